"""The bank's scripts give what DuckDB computes from the same sources with SQL written independently."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

import bank_oracle
import scripts
from lake import DT, Lake

pytestmark = pytest.mark.timeout(300)

# Load times differ from run to run.
VOLATILE = "load_time"


@pytest.fixture(scope="module")
def expected(sources: Path) -> dict[str, bank_oracle.Expected]:
    return bank_oracle.compute(sources, DT)


def problems(lake: Lake, expected: dict[str, bank_oracle.Expected]) -> dict[str, list[str]]:
    found = {name: bank_oracle.compare_table(lake.command, str(lake.path), table) for name, table in expected.items()}
    return {name: lines for name, lines in found.items() if lines}


def test_gold_and_star_equal_the_oracle(bank: Lake, expected: dict[str, bank_oracle.Expected]) -> None:
    assert {name.split(".")[0] for name in expected} == {"silver", "gold", "star"}
    assert all(table.rows for table in expected.values())
    assert problems(bank, expected) == {}


def test_column_types_equal_the_oracle(bank: Lake, expected: dict[str, bank_oracle.Expected]) -> None:
    for name, table in expected.items():
        if name.startswith("silver."):
            continue
        described = [row for row in bank.rows(f"DESCRIBE {name}") if row["col_name"] in table.columns]
        assert [row["col_name"] for row in described[: len(table.columns)]] == list(table.columns), name
        found = dict(zip(table.columns, (row["data_type"] for row in described)))
        assert found == dict(zip(table.columns, table.types)), name


def test_reports_equal_those_of_spark(bank: Lake) -> None:
    queries = scripts.statements("reports", {"dt": DT})
    reports = json.loads(bank_oracle.REPORTS.read_text(encoding="utf-8"), parse_float=Decimal)
    assert len(queries) == len(reports) >= 9
    for query, report in zip(queries, reports, strict=True):
        assert bank_oracle.compare_report(bank.command, str(bank.path), query, report) == [], query


def contents(lake: Lake) -> dict[str, list[str]]:
    """All rows of all managed tables, sorted, without what changes from run to run."""
    found = {}
    for name in lake.managed_tables():
        rows = lake.rows(f"SELECT * FROM {name}")
        found[name] = sorted(json.dumps({**row, VOLATILE: None}, sort_keys=True, default=str) for row in rows)
    return found


def test_second_run_gives_the_same(
    new_lake: Callable[[str], Lake], sources: Path, expected: dict[str, bank_oracle.Expected]
) -> None:
    lake = new_lake("twice")
    reports = lake.run_scripts(scripts.SCRIPTS, sources)
    first = contents(lake)
    assert len(first) > 30 and all(first.values())
    assert lake.run_scripts(scripts.SCRIPTS, sources) == reports
    assert contents(lake) == first
    assert problems(lake, expected) == {}


def test_run_for_an_earlier_date(new_lake: Callable[[str], Lake], sources: Path) -> None:
    """In the middle of a month that a later run was done for already."""
    earlier = "2025-12-15"
    lake = new_lake("earlier")
    for dt in (DT, earlier):
        lake.run_scripts(scripts.SCRIPTS[:-1], sources, dt)
    expected = bank_oracle.compute(sources, earlier)
    for name, table in expected.items():
        if name.startswith("gold."):
            # The partitions of the later run stay.
            partition = table.columns[-1]
            comparison = "=" if partition == "as_of" else "<="
            table = replace(table, query=f"{table.query} WHERE {partition} {comparison} DATE'{earlier}'")
        assert bank_oracle.compare_table(lake.command, str(lake.path), table) == [], name


def test_one_process_and_one_transaction_give_the_same(
    new_lake: Callable[[str], Lake], sources: Path, expected: dict[str, bank_oracle.Expected]
) -> None:
    lake = new_lake("atomic")
    result = lake.run(*lake.script_arguments(scripts.SCRIPTS, sources), "--atomic")
    assert result.returncode == 0, result.stderr
    assert problems(lake, expected) == {}


@pytest.mark.timeout(600)
def test_scale_20_equals_the_oracle(new_lake: Callable[[str], Lake], tmp_path: Path) -> None:
    generator = scripts.BANK / "generator" / "generate.py"
    subprocess.run([sys.executable, generator, "--scale", "20", "--output", tmp_path / "data"], check=True)
    lake = new_lake("scale20")
    lake.run_scripts(scripts.SCRIPTS, tmp_path / "data")
    with bank_oracle.evaluate(tmp_path / "data", DT) as connection:
        assert connection.execute("SELECT count(*) FROM expected_star.fact_profit").fetchall()[0][0] > 300_000
        for schema, name in bank_oracle.table_names(connection):
            assert missing_and_surplus(connection, lake, schema, name, tmp_path / "found.jsonl") == ([], []), name


def missing_and_surplus(
    connection: duckdb.DuckDBPyConnection, lake: Lake, schema: str, name: str, file: Path
) -> tuple[list[tuple[object, ...]], ...]:
    """Compares bags of rows inside DuckDB; gives some of the rows that differ."""
    expected = f"expected_{schema}.{name}"
    columns = {row[0]: row[1] for row in connection.execute(f"DESCRIBE {expected}").fetchall()}
    query = f"SELECT {', '.join(columns)} FROM {schema}.{name}"
    lake.execute(bank_oracle.REJECTS_QUERY if schema == "silver" else query, "--format", "jsonl", "-o", file)
    found = connection.read_json(str(file), columns=columns, format="newline_delimited")
    found.create_view("found", replace=True)
    both = ((expected, "found"), ("found", expected))
    return tuple(connection.execute(f"FROM {a} EXCEPT ALL FROM {b} LIMIT 3").fetchall() for a, b in both)
