"""What the bank's pipeline must give, computed by DuckDB from the same source files.

The SQL beside this file is written from fixtures/bank/RULES.md alone; it shares nothing with the scripts
in fixtures/bank/sql.

    expected = compute("fixtures/bank/data", "2026-01-31")
    for name, table in expected.items():
        problems = compare(table, rows_of(table.query))
"""

from __future__ import annotations

import argparse
import datetime
import json
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, Iterable, Sequence

import duckdb

import scripts

FOLDER = Path(__file__).resolve().parent
REPORTS = FOLDER / "reports.expected.json"
SCHEMAS = ("silver", "gold", "star")
REJECTS_QUERY = (
    "SELECT source, reason, source_file, count(*) AS records FROM silver.rejects GROUP BY source, reason, source_file"
)


@dataclass(frozen=True)
class Expected:
    """One table: its columns, their types in Spark's spelling, its rows, and the query that must give them."""

    columns: tuple[str, ...]
    types: tuple[str, ...]
    rows: list[tuple[Any, ...]]
    query: str


def evaluate(sources_dir: str | Path, dt: str) -> duckdb.DuckDBPyConnection:
    """Runs the oracle's SQL; the tables stand in the schemas expected_silver, expected_gold, expected_star."""
    connection = duckdb.connect()
    connection.execute("SET VARIABLE sources = ?", [str(Path(sources_dir).resolve())])
    connection.execute("SET VARIABLE dt = ?", [dt])
    for script in sorted(FOLDER.glob("*.sql")):
        connection.execute(script.read_text(encoding="utf-8"))
    return connection


def table_names(connection: duckdb.DuckDBPyConnection) -> list[tuple[str, str]]:
    """Lists schema and name of every expected table, schemas in the order of the pipeline."""
    query = "SELECT table_name FROM duckdb_tables() WHERE schema_name = ? ORDER BY table_name"
    return [
        (schema, name) for schema in SCHEMAS for (name,) in connection.execute(query, [f"expected_{schema}"]).fetchall()
    ]


def compute(sources_dir: str | Path, dt: str) -> dict[str, Expected]:
    """Computes every expected table of GOLD and STAR, and the counts of silver.rejects, by qualified name."""
    with evaluate(sources_dir, dt) as connection:
        return {f"{schema}.{name}": read_table(connection, schema, name) for schema, name in table_names(connection)}


def read_table(connection: duckdb.DuckDBPyConnection, schema: str, name: str) -> Expected:
    described = connection.execute(f"DESCRIBE expected_{schema}.{name}").fetchall()
    rows = connection.execute(f"SELECT * FROM expected_{schema}.{name}").fetchall()
    columns = tuple(row[0] for row in described)
    types = tuple(spark_type(row[1]) for row in described)
    query = f"SELECT {', '.join(columns)} FROM {schema}.{name}"
    return Expected(columns, types, rows, REJECTS_QUERY if schema == "silver" else query)


def spark_type(duckdb_type: str) -> str:
    names = {"VARCHAR": "string", "INTEGER": "int", "BIGINT": "bigint", "DATE": "date", "BOOLEAN": "boolean"}
    return names.get(duckdb_type) or duckdb_type.lower()


def canonical(value: Any, numeric: bool) -> str | None:
    """Prints a value so that equal values of different clients have equal text; NULL stays None."""
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if numeric or isinstance(value, (int, Decimal)):
        try:
            number = Decimal(str(value))
        except InvalidOperation:
            return str(value)
        return f"{number.normalize():f}" if number else "0"
    if isinstance(value, datetime.datetime):
        return value.isoformat(sep=" ")
    return value.isoformat() if isinstance(value, datetime.date) else str(value)


def compare(
    expected_rows: Expected | Iterable[Sequence[Any]], actual_rows: Iterable[Sequence[Any]], limit: int = 5
) -> list[str]:
    """Compares two bags of rows; returns what differs as readable lines, or nothing when they are equal.

    Values may come from any client: numbers and dates may also be text. Rows count as often as they occur.
    """
    columns: tuple[str, ...] = ()
    if isinstance(expected_rows, Expected):
        columns, expected_rows = expected_rows.columns, expected_rows.rows
    expected, actual = [tuple(row) for row in expected_rows], [tuple(row) for row in actual_rows]
    if len(expected) == len(actual) and Counter(expected) == Counter(actual):
        return []
    widths = {len(row) for row in expected} | {len(row) for row in actual}
    if len(widths) > 1:
        return [f"rows have different numbers of columns: {sorted(widths)}"]
    width = widths.pop() if widths else 0
    numeric = [
        any(isinstance(row[index], (int, Decimal)) and not isinstance(row[index], bool) for row in expected)
        for index in range(width)
    ]
    wanted = Counter(tuple(map(canonical, row, numeric)) for row in expected)
    found = Counter(tuple(map(canonical, row, numeric)) for row in actual)
    missing, surplus = wanted - found, found - wanted
    if not missing and not surplus:
        return []
    lines = [
        f"{len(expected)} rows expected, {len(actual)} found; "
        f"{missing.total()} are missing, {surplus.total()} are too many"
    ]
    if columns:
        lines.append("  columns: " + ", ".join(columns))
    lines += differing_columns(missing, surplus, columns or tuple(str(index) for index in range(width)))
    lines += [f"  - {count} x {row}" for row, count in ordered(missing)[:limit]]
    lines += [f"  + {count} x {row}" for row, count in ordered(surplus)[:limit]]
    return lines


def ordered(bag: Counter) -> list[tuple[tuple[str | None, ...], int]]:
    return sorted(bag.items(), key=lambda item: tuple((value is not None, value or "") for value in item[0]))


def differing_columns(missing: Counter, surplus: Counter, columns: tuple[str, ...]) -> list[str]:
    """Names the columns that differ, when exactly the same number of rows is missing as is too many."""
    if missing.total() != surplus.total():
        return []
    names = [
        name
        for index, name in enumerate(columns)
        if Counter(row[index] for row in missing.elements()) != Counter(row[index] for row in surplus.elements())
    ]
    return ["  columns that differ: " + ", ".join(names)] if names else []


def lakesql_rows(command: str, warehouse: str, query: str) -> list[dict[str, Any]]:
    """Runs a query with the lakesql command; gives a record a row, decimals exact."""
    result = subprocess.run(
        [command, "--warehouse", warehouse, "-e", query, "--format", "jsonl"], capture_output=True, text=True
    )
    if result.returncode != 0:
        raise RuntimeError(result.stderr.strip())
    return [json.loads(line, parse_float=Decimal) for line in result.stdout.splitlines() if line]


def compare_table(command: str, warehouse: str, table: Expected) -> list[str]:
    try:
        records = lakesql_rows(command, warehouse, table.query)
    except RuntimeError as error:
        return str(error).splitlines()
    return compare(table, [tuple(record.get(name) for name in table.columns) for record in records])


def compare_report(command: str, warehouse: str, query: str, report: dict[str, Any]) -> list[str]:
    """Compares a report with Spark's answer: columns, rows and their order."""
    try:
        records = lakesql_rows(command, warehouse, query)
    except RuntimeError as error:
        return str(error).splitlines()
    rows = [tuple(record.get(name) for name in report["columns"]) for record in records]
    numeric = [kind in ("int", "bigint") or kind.startswith("decimal") for kind in report["types"]]
    wanted = [tuple(map(canonical, row, numeric)) for row in report["rows"]]
    found = [tuple(map(canonical, row, numeric)) for row in rows]
    differing = [pair for pair in zip(wanted, found) if pair[0] != pair[1]]
    lines = [] if len(wanted) == len(found) else [f"{len(wanted)} rows expected, {len(found)} found"]
    return lines + [f"expected {a}, found {b}" for a, b in differing[:5]]


def main() -> int:
    parser = argparse.ArgumentParser(description="Compare a warehouse with what DuckDB computes from the sources.")
    parser.add_argument("--sources", required=True, help="folder of the source files")
    parser.add_argument("--dt", default="2026-01-31", help="business date of the run")
    parser.add_argument("--lakesql", default="lakesql", help="the lakesql command")
    parser.add_argument("--warehouse", required=True)
    parser.add_argument("--reports", action="store_true", help="compare the reports too (scale 1 only)")
    options = parser.parse_args()
    found = {
        f"{name} ({len(table.rows)} rows)": compare_table(options.lakesql, options.warehouse, table)
        for name, table in compute(options.sources, options.dt).items()
    }
    if options.reports:
        queries = scripts.statements("reports", {"dt": options.dt})
        reports = json.loads(REPORTS.read_text(encoding="utf-8"), parse_float=Decimal)
        for number, (query, report) in enumerate(zip(queries, reports, strict=True), start=1):
            found[f"report {number}"] = compare_report(options.lakesql, options.warehouse, query, report)
    for name, problems in found.items():
        print(f"{'differs' if problems else 'equal  '} {name}")
        print("".join(f"    {line}\n" for line in problems), end="")
    return 1 if any(found.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
