"""Runs one query several times in a peer engine and prints the seconds of each run but the first, as JSON.

Usage: python peer.py DuckDB|Polars QUERY LINEITEM THREADS REPEATS
"""

import json
import sys
import time

engine, query, lineitem, threads, repeats = sys.argv[1:]

if engine == "DuckDB":
    import duckdb

    connection = duckdb.connect(config={"threads": int(threads)})
    connection.execute(f"create view lineitem as select * from read_parquet('{lineitem}')")

    def run():
        return len(connection.execute(query).fetchall())
else:
    import polars as pl

    def run():
        context = pl.SQLContext(lineitem=pl.scan_parquet(lineitem))
        return context.execute(query, eager=True).height


seconds = []
for _ in range(int(repeats) + 1):
    began = time.perf_counter()
    rows = run()
    seconds.append(time.perf_counter() - began)
print(json.dumps({"seconds": seconds[1:], "rows": rows}))
