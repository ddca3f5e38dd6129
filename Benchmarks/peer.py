"""Runs queries several times each in a peer engine and prints, as JSON, the seconds of each run but the first and the
number of rows; queries that the engine can't run are left out.

Usage: python peer.py DuckDB|Polars|DataFusion FOLDER THREADS REPEATS NAME...
"""

import json
import sys
import time
from pathlib import Path

engine, folder, threads, repeats, *names = sys.argv[1:]
tables = {path.stem: str(path) for path in Path(folder).glob("*.parquet")}

if engine == "DuckDB":
    import duckdb

    connection = duckdb.connect(config={"threads": int(threads)})
    for name, path in tables.items():
        connection.execute(f"create view {name} as select * from read_parquet('{path}')")
    failures = ()

    def rows(query):
        return len(connection.execute(query).fetchall())
elif engine == "Polars":
    import polars as pl

    failures = (Exception, pl.exceptions.PanicException)

    def rows(query):
        context = pl.SQLContext({name: pl.scan_parquet(path) for name, path in tables.items()})
        return context.execute(query, eager=True).height
else:
    import datafusion

    context = datafusion.SessionContext(datafusion.SessionConfig().with_target_partitions(int(threads)))
    for name, path in tables.items():
        context.register_parquet(name, path)
    failures = (Exception,)

    def rows(query):
        return sum(batch.num_rows for batch in context.sql(query).collect())


results = {}
for name in names:
    query = (Path(folder) / "queries" / f"{name}.sql").read_text()
    seconds = []
    try:
        for _ in range(int(repeats) + 1):
            began = time.perf_counter()
            count = rows(query)
            seconds.append(time.perf_counter() - began)
    except failures as error:
        print(f"{engine} {name}: {error}", file=sys.stderr)
        continue
    results[name] = {"seconds": seconds[1:], "rows": count}
print(json.dumps(results))
