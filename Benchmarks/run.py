"""Compares LakeSQL with DuckDB and Polars on TPC-H queries over the same Parquet files, in one run.

Usage: python Benchmarks/run.py --lakesql .build/release/lakesql [--scale 1] [--rounds 7] [--threads 2]

Each engine runs in a process of its own that executes one query several times and reports the time of each
execution; the engines take turns round by round, because machines drift. Printed are the medians, the ratio to each
peer (below 1: LakeSQL is faster), and the peak memory of each process. Start-up is the time of a whole
`select 1` process. Needs the packages of Benchmarks/requirements.txt; makes them an environment of their own.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
import venv
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
ENVIRONMENT = ROOT / ".venv-benchmarks"
DATA = ROOT / ".build" / "benchmarks"

QUERIES = {
    "Q1": """
        select l_returnflag, l_linestatus, sum(l_quantity) as sum_qty, sum(l_extendedprice) as sum_base_price,
               sum(l_extendedprice * (1 - l_discount)) as sum_disc_price,
               sum(l_extendedprice * (1 - l_discount) * (1 + l_tax)) as sum_charge,
               avg(l_quantity) as avg_qty, avg(l_extendedprice) as avg_price, avg(l_discount) as avg_disc,
               count(*) as count_order
        from lineitem where l_shipdate <= date '1998-09-02'
        group by l_returnflag, l_linestatus order by l_returnflag, l_linestatus""",
    "Q6": """
        select sum(l_extendedprice * l_discount) as revenue
        from lineitem
        where l_shipdate >= date '1994-01-01' and l_shipdate < date '1995-01-01'
          and l_discount between 0.05 and 0.07 and l_quantity < 24""",
}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--lakesql", required=True)
    parser.add_argument("--scale", type=float, default=1)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    options.lakesql = str(Path(options.lakesql).resolve())
    python = prepare_environment()
    lineitem = generate(options.scale)
    print(f"TPC-H scale {options.scale:g}, Parquet, {options.threads} threads, {options.rounds} rounds")
    for name in QUERIES:
        compare(name, python, lineitem, options)
    start_up(options, python)


def prepare_environment():
    """The Python of an environment that has the peers."""
    python = ENVIRONMENT / "bin" / "python"
    stamp = ENVIRONMENT / ".done"
    if not stamp.exists():
        venv.create(ENVIRONMENT, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "-q", "-r", HERE / "requirements.txt"], check=True)
        stamp.touch()
    return str(python)


def generate(scale):
    folder = DATA / f"tpch-{scale:g}"
    lineitem = folder / "lineitem.parquet"
    if not lineitem.exists():
        folder.mkdir(parents=True, exist_ok=True)
        tool = ENVIRONMENT / "bin" / "tpchgen-cli"
        command = [tool, "parquet", "-s", f"{scale:g}", "--tables", "lineitem", f"--output-dir={folder}"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return lineitem


def compare(name, python, lineitem, options):
    times = {"LakeSQL": [], "DuckDB": [], "Polars": []}
    peaks = dict.fromkeys(times, 0)
    answers = {}
    for _ in range(options.rounds):
        for engine in times:
            run = lakesql(name, lineitem, options) if engine == "LakeSQL" else peer(engine, name, python, lineitem, options)
            times[engine] += run["seconds"]
            peaks[engine] = max(peaks[engine], run["peak"])
            answers[engine] = run["rows"]
    if len(set(answers.values())) != 1:
        sys.exit(f"{name}: the engines disagree on the number of rows: {answers}")
    medians = {engine: statistics.median(values) for engine, values in times.items()}
    for engine in times:
        ratio = "" if engine == "LakeSQL" else f"  LakeSQL/{engine} {medians['LakeSQL'] / medians[engine]:5.2f}"
        print(
            f"{name} {engine:8} median {medians[engine] * 1000:8.1f} ms  min {min(times[engine]) * 1000:8.1f} ms"
            f"  peak {peaks[engine] / 1024:6.0f} MiB{ratio}"
        )


def measured(command, environment=None):
    """Runs a command; its output and the peak memory of its process in KiB."""
    read, write = os.pipe()
    error_read, error_write = os.pipe()
    process = subprocess.Popen(command, stdout=write, stderr=error_write, env=environment)
    os.close(write)
    os.close(error_write)
    with os.fdopen(read) as output, os.fdopen(error_read) as errors:
        text, error = output.read(), errors.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}\n{text}{error}")
    return text, error, usage.ru_maxrss


def lakesql(name, lineitem, options):
    query = QUERIES[name].replace("from lineitem", f"from parquet.`{lineitem}`")
    command = [options.lakesql, "--threads", str(options.threads), "--format", "csv", "--timing"]
    command += ["-e", ";".join([query] * (options.repeats + 1))]
    text, error, peak = measured(command)
    lines = [line for line in error.splitlines() if line.startswith("time: ")]
    seconds = [float(line.split()[1]) / 1000 for line in lines]
    rows = len(text.splitlines()) // (options.repeats + 1) - 1
    return {"seconds": seconds[1:], "peak": peak, "rows": rows}


def peer(engine, name, python, lineitem, options):
    environment = {**os.environ, "POLARS_MAX_THREADS": str(options.threads)}
    command = [python, HERE / "peer.py", engine, QUERIES[name], str(lineitem), str(options.threads), str(options.repeats)]
    text, _, peak = measured(command, environment)
    return {**json.loads(text), "peak": peak}


def start_up(options, python):
    duckdb = [python, "-c", "import duckdb; duckdb.sql('select 1').fetchall()"]
    for label, command in (("LakeSQL", [options.lakesql, "-e", "select 1"]), ("DuckDB in Python", duckdb)):
        times = []
        for _ in range(30):
            began = time.perf_counter()
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            times.append(time.perf_counter() - began)
        print(f"select 1, whole process: {label:16} median {statistics.median(times) * 1000:6.1f} ms")


if __name__ == "__main__":
    main()
