"""Compares how fast LakeSQL, DuckDB, Polars and PyArrow read and write Parquet, in one run.

Usage: python Benchmarks/parquet.py --lakesql .build/release/lakesql [--scale 1] [--threads 1 2] [--only scan write ...]

The data is TPC-H's lineitem: the file as its generator writes it, and copies of single columns in each encoding, written
by PyArrow; and a table of 24 columns of strings, of few, many and only distinct values. Engines run in processes of their own and take turns round by round. Printed are medians in milliseconds,
million rows and gigabytes of file a second, peak memory, and LakeSQL's time in that of the fastest peer (below 1: LakeSQL
is faster). PyArrow has no SQL: it reads the columns that a query needs and does not compute with them.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
from pathlib import Path

from run import DATA, HERE, generate, measured, prepare_environment

PEERS = ("DuckDB", "Polars", "PyArrow")

# A column as it is, or what it is cast to, and a query that must look at every value of it.
TYPES = {
    "int32": ("l_linenumber", "int32", "select sum({c}) from t"),
    "int64": ("l_orderkey", "int64", "select sum({c}) from t"),
    "random int64": ("l_partkey", "int64", "select sum({c}) from t"),
    "decimal": ("l_extendedprice", None, "select sum({c}) from t"),
    "double": ("l_extendedprice", "float64", "select sum({c}) from t"),
    "date": ("l_shipdate", None, "select sum(extract(year from {c})) from t"),
    "few strings": ("l_shipmode", None, "select sum(length({c})) from t"),
    "strings": ("l_comment", None, "select sum(length({c})) from t"),
}
ENCODINGS = {
    "int32": ["DELTA_BINARY_PACKED"], "int64": ["DELTA_BINARY_PACKED"], "random int64": ["DELTA_BINARY_PACKED"],
    "decimal": [], "double": ["BYTE_STREAM_SPLIT"], "date": ["DELTA_BINARY_PACKED"],
    "few strings": ["DELTA_BYTE_ARRAY"], "strings": ["DELTA_LENGTH_BYTE_ARRAY", "DELTA_BYTE_ARRAY"],
}
MAKE_COLUMN = """
import sys, pyarrow as pa, pyarrow.parquet as pq
source, target, column, kind, encoding = sys.argv[1:]
table = pq.read_table(source, columns=[column])
if kind != "-":
    table = table.cast(pa.schema([(column, getattr(pa, kind)())]))
special = {} if encoding in ("dictionary", "PLAIN") else {"column_encoding": {column: encoding}}
pq.write_table(table, target, compression="snappy", use_dictionary=encoding == "dictionary", data_page_version="1.0",
               row_group_size=1 << 20, **special)
"""

WIDE_COLUMNS = [f"s{number:02}" for number in range(24)]
MAKE_WIDE = """
import sys, random, pyarrow as pa, pyarrow.parquet as pq
rows, names = int(sys.argv[2]), sys.argv[3].split(",")
random.seed(7)
words = [f"{random.getrandbits(40):x}" for _ in range(50_000)]
def column(number):
    if number % 3 == 0:
        few = [f"{word} {number}" for word in random.sample(words, 5 + 20 * number)]
        return pa.array(random.choices(few, k=rows)).dictionary_encode()
    if number % 3 == 1:
        return pa.array([f"{a} {b}" for a, b in zip(random.choices(words, k=rows), random.choices(words[:40], k=rows))])
    return pa.array([f"{random.getrandbits(64):x}-{row}" for row in range(rows)])
table = pa.table({name: column(number).cast(pa.string()) for number, name in enumerate(names)})
pq.write_table(table, sys.argv[1], compression="snappy", row_group_size=1 << 18)
"""


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--lakesql", required=True)
    parser.add_argument("--scale", type=float, default=1)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--only", nargs="+", default=[], help="words, one of which a case's name has")
    options = parser.parse_args()
    options.lakesql = str(Path(options.lakesql).resolve())
    python = prepare_environment()
    lineitem = generate("tpch", options.scale) / "lineitem.parquet"
    rows = int(subprocess.check_output(
        [python, "-c", "import sys, pyarrow.parquet as p; print(p.ParquetFile(sys.argv[1]).metadata.num_rows)", lineitem]))
    print(f"lineitem at scale {options.scale:g}, {rows} rows, {options.rounds} rounds of {options.repeats} runs")
    cases = [case for case in all_cases(python, lineitem) if is_wanted(case["name"], options.only)]
    for threads in options.threads:
        print(f"{threads} thread{'s' if threads > 1 else ''}")
        for case in cases:
            compare(case, python, threads, rows, options)


def is_wanted(name, words):
    return not words or any(word in name for word in words)


def all_cases(python, lineitem):
    yield from column_scans(python, lineitem)
    whole = {"file": str(lineitem)}
    yield {**whole, "name": "project 3 columns", "columns": ["l_quantity", "l_shipdate", "l_comment"],
           "sql": "select sum(l_quantity), sum(extract(year from l_shipdate)), sum(length(l_comment)) from t"}
    sums = "select sum(l_extendedprice), sum(l_quantity), sum(length(l_comment)) from t where {c} < {n}"
    columns = ["l_extendedprice", "l_quantity", "l_comment"]
    for kind, column in (("random", "l_partkey"), ("clustered", "l_orderkey")):
        largest = maximum(python, lineitem, column)
        for share in (0.01, 0.0001):
            limit = int(largest * share)
            yield {**whole, "name": f"filter {share:.2%} {kind}", "columns": columns, "below": [column, limit],
                   "sql": sums.format(c=column, n=limit)}
    yield {**whole, "name": "count(*)", "sql": "select count(*) from t", "count": True, "columns": []}
    yield {**whole, "name": "min and max", "sql": "select min(l_shipdate), max(l_partkey) from t",
           "columns": ["l_shipdate", "l_partkey"]}
    yield wide_table(python, lineitem)
    for codec in ("snappy", "zstd"):
        yield {**whole, "name": f"write {codec}", "codec": codec, "target": str(DATA / "written" / f"{codec}.parquet")}


def wide_table(python, lineitem):
    file = lineitem.parent / "wide.parquet"
    rows = 600_000
    if not file.exists():
        subprocess.run([python, "-c", MAKE_WIDE, file, str(rows), ",".join(WIDE_COLUMNS)], check=True)
    lengths = ", ".join(f"sum(length({column}))" for column in WIDE_COLUMNS)
    return {"name": "scan wide table of strings", "file": str(file), "columns": WIDE_COLUMNS, "rows": rows,
            "sql": f"select {lengths} from t"}


def maximum(python, lineitem, column):
    code = "import sys, pyarrow.parquet as p; m = p.ParquetFile(sys.argv[1]).metadata; " \
           "i = m.schema.names.index(sys.argv[2]); " \
           "print(max(m.row_group(g).column(i).statistics.max for g in range(m.num_row_groups)))"
    return int(subprocess.check_output([python, "-c", code, lineitem, column]))


def column_scans(python, lineitem):
    folder = lineitem.parent / "columns"
    folder.mkdir(exist_ok=True)
    for name, (column, kind, query) in TYPES.items():
        for encoding in ["dictionary", "PLAIN", *ENCODINGS[name]]:
            file = folder / f"{name.replace(' ', '_')}_{encoding}.parquet"
            if not file.exists():
                subprocess.run(
                    [python, "-c", MAKE_COLUMN, lineitem, file, column, kind or "-", encoding], check=True)
            yield {"name": f"scan {name}, {encoding}", "file": str(file), "columns": [column],
                   "sql": query.format(c=column)}


def compare(case, python, threads, rows, options):
    times = {engine: [] for engine in ("LakeSQL", *PEERS)}
    peaks, sizes = dict.fromkeys(times, 0), {}
    for _ in range(options.rounds):
        for engine in times:
            run = lakesql(case, threads, options) if engine == "LakeSQL" else peer(engine, case, python, threads, options)
            times[engine] += run["seconds"]
            peaks[engine] = max(peaks[engine], run["peak"])
            sizes[engine] = run.get("size", 0)
    medians = {engine: statistics.median(values) for engine, values in times.items()}
    fastest = min(PEERS, key=medians.get)
    print(f"  {case['name']}: {medians['LakeSQL'] / medians[fastest]:.2f} of {fastest}")
    rows = case.get("rows", rows)
    for engine, median in medians.items():
        size = sizes[engine] or os.path.getsize(case["file"])
        wrote = f"  {sizes[engine] / 2**20:6.1f} MiB written" if sizes[engine] else ""
        print(f"    {engine:8} {median * 1000:8.1f} ms  {rows / median / 1e6:8.1f} Mrows/s  {size / median / 1e9:6.2f} GB/s"
              f"  peak {peaks[engine] / 1024:6.0f} MiB{wrote}", flush=True)


def lakesql(case, threads, options):
    source = f"parquet.`{case['file']}`"
    scratch = DATA / "written" / "lakesql"
    runs = options.repeats + 1
    if "target" in case:
        shutil.rmtree(scratch, ignore_errors=True)
        query = ";".join(
            f"create external table w{run} stored as parquet location '{scratch / str(run)}' "
            f"tblproperties ('parquet.compression' = '{case['codec']}') as select * from {source}" for run in range(runs))
    else:
        query = ";".join([case["sql"].replace("from t", f"from {source}")] * runs)
    command = [options.lakesql, "-w", str(scratch), "--threads", str(threads), "--format", "csv", "--timing", "-e", query]
    _, error, peak = measured(command)
    lines = [line for line in error.splitlines() if line.startswith("time: ")]
    seconds = [float(line.split()[1]) / 1000 for line in lines]
    size = sum(file.stat().st_size for file in (scratch / "1").rglob("*.parquet")) if "target" in case else 0
    return {"seconds": seconds[1:], "peak": peak, "size": size}


def peer(engine, case, python, threads, options):
    if "target" in case:
        Path(case["target"]).parent.mkdir(parents=True, exist_ok=True)
    environment = {**os.environ, "POLARS_MAX_THREADS": str(threads), "OMP_NUM_THREADS": str(threads)}
    command = [python, HERE / "parquet_peer.py", engine, json.dumps(case), str(threads), str(options.repeats)]
    text, _, peak = measured(command, environment)
    return {**json.loads(text), "peak": peak}


if __name__ == "__main__":
    sys.exit(main())
