"""Runs one case of parquet.py several times in a peer and prints the seconds of each run but the first, as JSON.

Usage: python parquet_peer.py DuckDB|Polars|PyArrow CASE THREADS REPEATS, the case as JSON.
"""

import json
import sys
import time
from pathlib import Path

engine, case, threads, repeats = sys.argv[1], json.loads(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
source, target = case["file"], case.get("target")


def duckdb_run():
    import duckdb

    connection = duckdb.connect(config={"threads": threads})
    connection.execute(f"create view t as select * from read_parquet('{source}')")
    if target:
        level = ", compression_level 3" if case["codec"] == "zstd" else ""
        return lambda: connection.execute(f"copy t to '{target}' (format parquet, codec {case['codec']}{level})")
    return lambda: connection.execute(case["sql"]).fetchall()


def polars_run():
    import polars as pl

    if target:
        level = 3 if case["codec"] == "zstd" else None
        return lambda: pl.scan_parquet(source).sink_parquet(
            target, compression=case["codec"], compression_level=level, mkdir=True)
    return lambda: pl.SQLContext(t=pl.scan_parquet(source)).execute(case["sql"], eager=True)


def pyarrow_run():
    import pyarrow as pa
    import pyarrow.dataset as ds
    import pyarrow.parquet as pq

    pa.set_cpu_count(threads)
    pa.set_io_thread_count(threads)
    parallel = threads > 1
    if target:
        level = 3 if case["codec"] == "zstd" else None
        return lambda: pq.write_table(
            pq.read_table(source, use_threads=parallel), target, compression=case["codec"], compression_level=level)
    if case.get("count"):
        return lambda: ds.dataset(source).count_rows()
    where = None
    if "below" in case:
        column, limit = case["below"]
        where = ds.field(column) < limit
    # PyArrow can't filter the string views that the generator's schema asks for.
    stored = pq.read_schema(source)
    schema = pa.schema([(field.name, pa.string() if field.type == pa.string_view() else field.type) for field in stored])
    # PyArrow has no SQL: it reads the columns into memory, and does not compute with them.
    return lambda: ds.dataset(source, schema=schema).to_table(
        columns=case["columns"], filter=where, use_threads=parallel)


run = {"DuckDB": duckdb_run, "Polars": polars_run, "PyArrow": pyarrow_run}[engine]()
seconds = []
for _ in range(repeats + 1):
    began = time.perf_counter()
    run()
    seconds.append(time.perf_counter() - began)
print(json.dumps({"seconds": seconds[1:], "size": Path(target).stat().st_size if target else 0}))
