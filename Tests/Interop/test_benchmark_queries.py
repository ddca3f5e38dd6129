"""The queries of TPC-H, TPC-DS and the Star Schema Benchmark equal DuckDB's results, under every setting that must not
matter: threads, sizes of batches, encodings of vectors, a memory limit that makes every operator spill, optimizer rules
left out, files or managed tables.

LAKESQL_SUITE_SCALE sets the scale (0.01); LAKESQL_SUITE_DATA a folder that keeps the data.
"""

from __future__ import annotations

import json
import math
import os
import re
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

sys.path.append(str(Path(__file__).parents[2] / "Benchmarks"))

import suites  # noqa: E402
from lake import Lake  # noqa: E402

SCALE = float(os.environ.get("LAKESQL_SUITE_SCALE", "0.01"))
SUITES = {"tpch": 22, "tpcds": 99, "ssb": 13}
SETTINGS = {
    "as they are": {},
    "1 thread": {"lakesql.threads": "1"},
    "4 threads": {"lakesql.threads": "4"},
    "batches of 1 row": {"lakesql.batch_size": "1"},
    "batches of 3 rows": {"lakesql.batch_size": "3", "lakesql.threads": "2"},
    "dictionary vectors": {"lakesql.forced_encoding": "dictionary"},
    "constant vectors": {"lakesql.forced_encoding": "constant", "lakesql.batch_size": "1"},
    "all operators spill": {"lakesql.memory_limit": "1", "lakesql.threads": "2"},
}
MARK = "== query "


@pytest.fixture(scope="session")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    root = Path(os.environ.get("LAKESQL_SUITE_DATA") or tmp_path_factory.mktemp("suites"))
    result = {suite: root / f"{suite}-{SCALE:g}" for suite in SUITES}
    for suite, folder in result.items():
        suites.make(suite, folder, SCALE)
    return result


@pytest.fixture(scope="session")
def expected(folders: dict[str, Path]) -> dict[str, dict[str, list[tuple[Any, ...]]]]:
    """DuckDB's rows of each query."""
    return {suite: duckdb_rows(folder) for suite, folder in folders.items()}


def duckdb_rows(folder: Path) -> dict[str, list[tuple[Any, ...]]]:
    connection = duckdb.connect()
    for table in folder.glob("*.parquet"):
        connection.execute(f"create view {table.stem} as from read_parquet('{table}')")
    return {name: connection.execute(query).fetchall() for name, query in texts(folder / "queries").items()}


def texts(folder: Path) -> dict[str, str]:
    return {path.stem: path.read_text() for path in sorted(folder.glob("*.sql"))}


def views(folder: Path) -> str:
    return "".join(
        f"CREATE TEMPORARY VIEW {table.stem} AS SELECT * FROM parquet.`{table}`;\n"
        for table in sorted(folder.glob("*.parquet")))


def lakesql_rows(
    lake: Lake, folder: Path, prologue: str, settings: dict[str, str], names: list[str] | None = None
) -> dict[str, list[list[Any]]]:
    """LakeSQL's rows of each query, or of some, all run by one process."""
    script = "".join(f"SET {key}={value};\n" for key, value in settings.items()) + prologue
    for name, query in texts(folder / "dialect").items():
        if names is not None and name not in names:
            continue
        script += f"SELECT '{MARK}{name}' AS mark;\n{query};\n"
    result = lake.run("-q", "--format", "jsonl", "-f", "-", input=script)
    rows: dict[str, list[list[Any]]] = {}
    name = ""
    for line in result.stdout.splitlines():
        values = list(json.loads(line, parse_float=Decimal).values())
        if isinstance(values[0], str) and values[0].startswith(MARK):
            name = values[0].removeprefix(MARK)
            rows[name] = []
        else:
            rows[name].append(values)
    assert result.returncode == 0, f"after the beginning of {name}: {result.stderr}"
    return rows


def plain(value: Any) -> Any:
    """A value as what both engines' clients can say it with; DuckDB divides decimals as doubles."""
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, (int, float, Decimal)):
        number = float(value)
        return None if math.isnan(number) else number
    return str(value).rstrip()


def are_same(left: Any, right: Any) -> bool:
    if isinstance(left, float) and isinstance(right, float):
        return math.isclose(left, right, rel_tol=1e-6, abs_tol=1e-6)
    return left == right


def order(row: list[Any]) -> list[Any]:
    """A key to sort rows by that a small difference in a number does not change."""
    return [(value is None, f"{value:.4g}" if isinstance(value, float) else str(value)) for value in row]


def difference(left: list[Any], right: list[Any]) -> str | None:
    """What tells the rows of two results apart, whatever their order; rows that tie in ORDER BY come in any."""
    if len(left) != len(right):
        return f"{len(left)} rows, and {len(right)} expected"
    ours, theirs = (sorted(([plain(value) for value in row] for row in rows), key=order) for rows in (left, right))
    for a, b in zip(ours, theirs, strict=True):
        if len(a) != len(b) or not all(map(are_same, a, b)):
            return f"{a}, and expected {b}"
    return None


def check(ours: dict[str, list[list[Any]]], theirs: dict[str, list[tuple[Any, ...]]]) -> None:
    wrong = {name: difference(ours.get(name, []), rows) for name, rows in theirs.items()}
    assert {name: text for name, text in wrong.items() if text} == {}


@pytest.mark.parametrize("suite", SUITES)
@pytest.mark.parametrize("setting", SETTINGS)
def test_files(lakesql: Lake, folders, expected, suite: str, setting: str) -> None:
    assert len(expected[suite]) == SUITES[suite]
    folder = folders[suite]
    check(lakesql_rows(lakesql, folder, views(folder), SETTINGS[setting]), expected[suite])


@pytest.mark.parametrize("suite", SUITES)
def test_managed_tables(lakesql: Lake, folders, expected, suite: str) -> None:
    folder = folders[suite]
    tables = "".join(
        f"CREATE TABLE {table.stem} AS SELECT * FROM parquet.`{table}`;\n" for table in sorted(folder.glob("*.parquet")))
    check(lakesql_rows(lakesql, folder, tables, {}), expected[suite])


# Without these rules the tables of FROM a, b, c are multiplied: the queries that can wait for that.
FEASIBLE = {
    ("push-filters", "tpch"): "Q01 Q04 Q06 Q11 Q13 Q14 Q15 Q16 Q20 Q22",
    ("push-filters", "tpcds"): "Q08 Q09 Q28 Q41 Q44 Q58 Q75 Q78 Q83 Q93 Q95",
    ("push-filters", "ssb"): "Q1.1 Q1.2 Q1.3",
    ("order-joins", "ssb"): "Q1.1 Q1.2 Q1.3 Q2.1 Q2.2 Q2.3 Q3.1 Q3.2 Q3.3 Q3.4 Q4.3",
}


def optimizer_rules(lake: Lake) -> list[str]:
    """The names of the rules that can be left out, of which the error for an unknown one tells."""
    error = lake.run("-e", "SET lakesql.optimizer.disabled_rules=none-such").stderr
    listed = re.search(r" takes (.*), not ", error)
    assert listed, error
    return listed[1].split(", ")


@pytest.mark.parametrize("suite", SUITES)
def test_without_a_rule(lakesql: Lake, folders, expected, suite: str) -> None:
    folder = folders[suite]
    rules = optimizer_rules(lakesql)
    assert {rule for rule, _ in FEASIBLE} <= set(rules)
    for rule in rules:
        names = FEASIBLE.get((rule, suite), " ".join(expected[suite])).split()
        settings = {"lakesql.optimizer.disabled_rules": rule}
        rows = lakesql_rows(lakesql, folder, views(folder), settings, names)
        check(rows, {name: expected[suite][name] for name in names})
