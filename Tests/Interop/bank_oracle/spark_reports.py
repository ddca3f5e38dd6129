#!/usr/bin/env python3
"""Runs fixtures/bank/sql/reports.sql on Spark 4.3, over the oracle's tables, and writes reports.expected.json.

Needs pyspark==4.3.0 and Java 17. The committed answers are those of scale 1 and dt=2026-01-31.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import bank_oracle
import scripts

DT = "2026-01-31"


@contextmanager
def spark(folder: str) -> Iterator[Any]:
    """A small Spark session with its warehouse in the folder."""
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false")
    builder = builder.config("spark.sql.warehouse.dir", f"{folder}/warehouse").config("spark.log.level", "ERROR")
    builder = builder.config("spark.sql.session.timeZone", "UTC").config("spark.driver.memory", "1g")
    session = builder.config("spark.sql.shuffle.partitions", "4").getOrCreate()
    try:
        yield session
    finally:
        session.stop()


def answers(session: Any) -> list[dict[str, Any]]:
    """The reports over the session's tables."""
    return [answer(session, query) for query in scripts.statements("reports", {"dt": DT})]


def answer(session: Any, query: str) -> dict[str, Any]:
    frame = session.sql(query)
    rows = [[None if value is None else value if isinstance(value, (int, str)) else str(value) for value in row]
            for row in frame.collect()]
    types = [field.dataType.simpleString() for field in frame.schema]
    return {"columns": frame.columns, "types": types, "rows": rows}


def load_oracle(session: Any, folder: str) -> None:
    """Makes the oracle's tables tables of the session."""
    with bank_oracle.evaluate(scripts.BANK / "data", DT) as connection:
        names = bank_oracle.table_names(connection)
        for schema, name in names:
            connection.execute(f"COPY expected_{schema}.{name} TO '{folder}/{schema}.{name}.parquet'")
    for schema, name in names:
        session.sql(f"CREATE DATABASE IF NOT EXISTS {schema}")
        frame = session.read.parquet(f"{folder}/{schema}.{name}.parquet")
        if schema == "silver":
            # One row a record, as the pipeline keeps them.
            frame = frame.selectExpr("source", "reason", "explode(sequence(1L, records)) AS number")
        frame.write.saveAsTable(f"{schema}.{name}")


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, spark(folder) as session:
        load_oracle(session, folder)
        lines = ",\n".join(json.dumps(report, ensure_ascii=False) for report in answers(session))
    bank_oracle.REPORTS.write_text(f"[\n{lines}\n]\n", encoding="utf-8")


if __name__ == "__main__":
    main()
