"""PyIceberg and DuckDB read every managed table as lakesql does, and PyIceberg writes what lakesql reads."""

from __future__ import annotations

import base64
import datetime
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from importlib import import_module
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from pyiceberg.types import DoubleType

from lake import Lake

# Tables up to this size are compared row by row.
SMALL = 30_000

KINDS = """
CREATE DATABASE kinds;
CREATE TABLE kinds.flat (
  id INT, b BOOLEAN, t TINYINT, s SMALLINT, l BIGINT, f FLOAT, d DOUBLE, n38 DECIMAL(38,10), n9 DECIMAL(9,2),
  n18 DECIMAL(18,3), x STRING, y BINARY, dt DATE, ts TIMESTAMP, tn TIMESTAMP_NTZ);
INSERT INTO kinds.flat VALUES
 (1, true, 127, 32767, 9223372036854775807, 1.5, 2.25, 1234567890123456789012345678.0123456789, 1234567.89,
  123456789012345.678, 'ação "x"\\n', X'00FF10', DATE'2026-01-31', TIMESTAMP'2026-01-31 10:00:00.123456',
  TIMESTAMP_NTZ'1969-12-31 23:59:59.999999'),
 (2, false, -128, -32768, -9223372036854775808, -2.5, 1e300, -0.0000000001, -1.00, -0.001, '', X'',
  DATE'0001-01-01', TIMESTAMP'1900-01-01 00:00:00', TIMESTAMP_NTZ'9999-12-31 23:59:59'),
 (3, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
CREATE TABLE kinds.nested (
  id INT, a ARRAY<INT>, m MAP<STRING, DECIMAL(10,2)>, s STRUCT<a: INT, b: STRUCT<c: STRING, d: ARRAY<STRUCT<e: DATE>>>>,
  aa ARRAY<ARRAY<STRING>>, ms MAP<STRING, STRUCT<x: BIGINT, y: ARRAY<DOUBLE>>>);
INSERT INTO kinds.nested VALUES
 (1, array(1, NULL, 3), map('a', 1.25, 'b', NULL),
  named_struct('a', 1, 'b', named_struct('c', 'deep', 'd', array(named_struct('e', DATE'1900-01-01')))),
  array(array('x', NULL), array(), NULL), map('k', named_struct('x', 1, 'y', array(0.5D, NULL)))),
 (2, array(), map(), named_struct('a', NULL, 'b', NULL), array(), map()),
 (3, NULL, NULL, NULL, NULL, NULL);
CREATE TABLE kinds.parts (id INT, day DATE, code STRING, n DECIMAL(9,2), flag BOOLEAN)
PARTITIONED BY (day, code, n, flag);
INSERT INTO kinds.parts VALUES
 (1, DATE'2026-01-31', 'a/b=c %é', 1.50, true), (2, NULL, NULL, NULL, NULL), (3, DATE'1969-12-31', '', -0.01, false);
CREATE TABLE kinds.changed (id INT, v STRING);
INSERT INTO kinds.changed SELECT id, CAST(id AS STRING) FROM range(10000);
DELETE FROM kinds.changed WHERE id % 3 = 0;
UPDATE kinds.changed SET v = concat('u', v) WHERE id % 5 = 0;
ALTER TABLE kinds.changed ADD COLUMNS (w BIGINT);
INSERT INTO kinds.changed VALUES (10001, 'new', 7);
CREATE TABLE kinds.empty (id INT, v STRING);
"""


@pytest.fixture(scope="module")
def kinds(new_lake: Callable[[str], Lake]) -> Lake:
    lake = new_lake("kinds")
    lake.execute(KINDS)
    return lake


@pytest.fixture(scope="module", params=["bank", "kinds"])
def lake(request: pytest.FixtureRequest) -> Lake:
    return request.getfixturevalue(request.param)


@pytest.fixture(scope="module")
def duck() -> Iterator[duckdb.DuckDBPyConnection]:
    """DuckDB with the packaged extensions, loaded from their files."""
    with duckdb.connect(config={"allow_unsigned_extensions": "true"}) as connection:
        for name in ("avro", "parquet", "icu", "json", "iceberg"):
            folder = Path(import_module(f"duckdb_extension_{name}").__file__).parent
            (extension,) = folder.rglob(f"{name}.duckdb_extension")
            connection.execute(f"LOAD '{extension}'")
        connection.execute("SET TimeZone = 'UTC'")
        yield connection


def plain(value: Any) -> Any:
    """A value of Arrow in the form that the command's JSON has, numbers as Decimal."""
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, (int, float, Decimal)):
        number = Decimal(str(value))
        return number.normalize() if number else Decimal(0)
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, datetime.datetime):
        text = value.replace(tzinfo=None).isoformat(sep=" ", timespec="microseconds")
        return text.rstrip("0").rstrip(".")
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, dict):
        return {key: plain(part) for key, part in value.items()}
    return [plain(part) for part in value]


def filled(value: Any, kind: pa.DataType) -> Any:
    """A value with empty lists and maps in place of NULL ones.

    PyIceberg 0.12 drops the validity of lists and maps when it projects a file to the table's schema.
    """
    if pa.types.is_struct(kind):
        return None if value is None else {field.name: filled(value[field.name], field.type) for field in kind}
    if pa.types.is_map(kind):
        return {key: filled(part, kind.item_type) for key, part in (value or {}).items()}
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return [filled(part, kind.value_type) for part in value or []]
    return value


def texts(schema: pa.Schema, rows: Iterable[Iterable[Any]], fills: bool) -> Counter[str]:
    """Rows as texts that are equal when the rows are."""
    kinds = [field.type for field in schema]
    found: Counter[str] = Counter()
    for row in rows:
        values = [plain(filled(value, kind) if fills else value) for value, kind in zip(row, kinds, strict=True)]
        found[json.dumps(values, sort_keys=True, default=str)] += 1
    return found


def arrow_rows(table: pa.Table, fills: bool) -> Counter[str]:
    """A table's rows, with maps as objects."""
    columns = [column.to_pylist(maps_as_pydicts="strict") for column in table.columns]
    return texts(table.schema, zip(*columns), fills)


def command_rows(lake: Lake, table: str, schema: pa.Schema, fills: bool) -> Counter[str]:
    rows = lake.rows(f"SELECT * FROM {table}")
    return texts(schema, ([row[name] for name in schema.names] for row in rows), fills)


def is_exact_number(kind: pa.DataType) -> bool:
    return pa.types.is_integer(kind) or pa.types.is_decimal(kind)


def sums(lake: Lake, table: str, columns: list[str]) -> dict[str, Any]:
    """The row count and the exact sums of columns, as lakesql computes them."""
    parts = ["count(*) AS rows"] + [f"sum(CAST({name} AS DECIMAL(38,10))) AS {name}" for name in columns]
    (row,) = lake.rows(f"SELECT {', '.join(parts)} FROM {table}")
    return {name: plain(value) for name, value in row.items()}


def arrow_sums(table: pa.Table, columns: list[str]) -> dict[str, Any]:
    totals: dict[str, Any] = {"rows": plain(table.num_rows)}
    for name in columns:
        values = [Decimal(value) for value in table[name].to_pylist() if value is not None]
        totals[name] = plain(sum(values)) if values else None
    return totals


def check(lake: Lake, name: str, found: pa.Table, fills: bool = False) -> None:
    """Compares what another reader found with what lakesql says."""
    numbers = [field.name for field in found.schema if is_exact_number(field.type)]
    # A sum of 38 digits needs more room than any type has.
    numbers = [number for number in numbers if number != "n38" and number != "l"]
    assert sums(lake, name, numbers) == arrow_sums(found, numbers), name
    if found.num_rows <= SMALL:
        wanted, actual = command_rows(lake, name, found.schema, fills), arrow_rows(found, fills)
        assert list((wanted - actual).items())[:3] == list((actual - wanted).items())[:3] == [], name


def test_tables_are_there(bank: Lake, kinds: Lake) -> None:
    assert len(bank.managed_tables()) > 35
    catalog = bank.catalog()
    listed = [".".join(name) for (space,) in catalog.list_namespaces() for name in catalog.list_tables(space)]
    assert sorted(listed) == bank.managed_tables()
    assert kinds.managed_tables() == [f"kinds.{name}" for name in ("changed", "empty", "flat", "nested", "parts")]


def test_pyiceberg_reads_every_table(lake: Lake) -> None:
    catalog = lake.catalog()
    for name in lake.managed_tables():
        table = catalog.load_table(name)
        assert table.metadata.format_version == 2
        check(lake, name, table.scan().to_arrow(), fills=True)


def test_duckdb_reads_every_table(lake: Lake, duck: duckdb.DuckDBPyConnection) -> None:
    for name in lake.managed_tables():
        location = lake.metadata_location(name).removeprefix("file://")
        check(lake, name, duck.sql(f"SELECT * FROM iceberg_scan('{location}')").to_arrow_table())


def test_duckdb_prunes_partitions_and_files(bank: Lake, duck: duckdb.DuckDBPyConnection) -> None:
    location = bank.metadata_location("star.fact_profit").removeprefix("file://")
    where = "WHERE profit_month = DATE '2025-12-01' AND profit > 100"
    found = duck.sql(f"SELECT count(*), sum(profit) FROM iceberg_scan('{location}') {where}").fetchall()
    (row,) = bank.rows(f"SELECT count(*) AS n, sum(profit) AS p FROM star.fact_profit {where}")
    assert found == [(row["n"], row["p"])]
    assert row["n"] > 0


def test_pyiceberg_prunes_partitions_and_files(bank: Lake) -> None:
    table = bank.catalog().load_table("star.fact_profit")
    scan = table.scan(row_filter="profit_month = '2025-12-01' and profit > 100")
    assert len(list(scan.plan_files())) < len(list(table.scan().plan_files()))
    where = "WHERE profit_month = DATE '2025-12-01' AND profit > 100"
    (row,) = bank.rows(f"SELECT count(*) AS n, sum(profit) AS p FROM star.fact_profit {where}")
    found = scan.to_arrow()
    assert (found.num_rows, sum(found["profit"].to_pylist())) == (row["n"], row["p"])


def test_pyiceberg_reads_column_defaults(lakesql: Lake) -> None:
    lakesql.execute("""
      CREATE DATABASE v3;
      CREATE TABLE v3.t (id INT, b STRING DEFAULT 'x');
      INSERT INTO v3.t (id) VALUES (1);
      ALTER TABLE v3.t ADD COLUMN c INT DEFAULT 5;
      ALTER TABLE v3.t ADD COLUMN d DECIMAL(9,2) DEFAULT 1.5;
      ALTER TABLE v3.t ADD COLUMN e TIMESTAMP DEFAULT TIMESTAMP'2026-01-31 10:00:00';
      ALTER TABLE v3.t ALTER COLUMN c SET DEFAULT 6;
      INSERT INTO v3.t (id, d) VALUES (2, NULL), (3, 7);
      DELETE FROM v3.t WHERE id = 2""")
    table = lakesql.catalog().load_table("v3.t")
    assert table.metadata.format_version == 3
    assert [(field.initial_default, field.write_default) for field in table.schema().fields][1:4] == [
        ("x", "x"),
        (5, 6),
        (Decimal("1.50"), Decimal("1.50")),
    ]
    moment = datetime.datetime(2026, 1, 31, 10, tzinfo=datetime.timezone.utc)
    assert sorted(table.scan().to_arrow().to_pylist(), key=lambda row: row["id"]) == [
        {"id": 1, "b": "x", "c": 5, "d": Decimal("1.50"), "e": moment},
        {"id": 3, "b": "x", "c": 6, "d": Decimal("7.00"), "e": moment},
    ]
    # Row lineage: no two files share ids, and the table counts on behind them.
    ranges = [(s.first_row_id, s.added_rows) for s in table.metadata.snapshots]
    assert ranges == [(sum(count for _, count in ranges[:index]), count) for index, (_, count) in enumerate(ranges)]
    assert table.metadata.next_row_id == sum(count for _, count in ranges)


def test_pyiceberg_appends_and_lakesql_goes_on(lakesql: Lake) -> None:
    lakesql.execute("""
      CREATE DATABASE d;
      CREATE TABLE d.t (id INT, name STRING, amount DECIMAL(18,2), tags ARRAY<STRING>, day DATE) PARTITIONED BY (day);
      INSERT INTO d.t VALUES (1, 'one', 1.10, array('a'), DATE'2026-01-30')""")
    table = lakesql.catalog().load_table("d.t")
    rows = [
        {"id": 2, "name": "two", "amount": Decimal("2.20"), "tags": ["b", None], "day": datetime.date(2026, 1, 30)},
        {"id": 3, "name": None, "amount": None, "tags": None, "day": datetime.date(2026, 1, 31)},
    ]
    table.append(pa.Table.from_pylist(rows, schema=table.schema().as_arrow()))
    assert lakesql.rows("SELECT id, name, amount, tags, day FROM d.t ORDER BY id") == [
        {"id": 1, "name": "one", "amount": Decimal("1.10"), "tags": ["a"], "day": "2026-01-30"},
        {"id": 2, "name": "two", "amount": Decimal("2.20"), "tags": ["b", None], "day": "2026-01-30"},
        {"id": 3, "name": None, "amount": None, "tags": None, "day": "2026-01-31"},
    ]
    lakesql.execute("INSERT INTO d.t VALUES (4, 'four', 4.40, array(), DATE'2026-01-31')")
    lakesql.execute("DELETE FROM d.t WHERE id = 2; UPDATE d.t SET name = 'three' WHERE id = 3")
    found = table.refresh().scan().to_arrow().sort_by("id")
    assert found["id"].to_pylist() == [1, 3, 4]
    assert found["name"].to_pylist() == ["one", "three", "four"]
    assert lakesql.rows("SELECT sum(id) AS s FROM d.t") == [{"s": 8}]


def test_pyiceberg_makes_a_table(lakesql: Lake) -> None:
    lakesql.execute("CREATE DATABASE d")
    schema = pa.schema([("id", pa.int64()), ("at", pa.timestamp("us", tz="UTC")), ("p", pa.struct([("x", pa.int32())]))])
    table = lakesql.catalog().create_table("d.made", schema=schema)
    noon = datetime.datetime(2026, 1, 31, 12, tzinfo=datetime.timezone.utc)
    table.append(pa.Table.from_pylist([{"id": 1, "at": noon, "p": {"x": 5}}], schema=schema))
    assert lakesql.rows("SELECT id, at, p.x FROM d.made") == [{"id": 1, "at": "2026-01-31 12:00:00", "x": 5}]
    lakesql.execute("INSERT INTO d.made VALUES (2, TIMESTAMP'2026-02-01 00:00:00', named_struct('x', 6))")
    found = table.refresh().scan().to_arrow().sort_by("id")
    assert found["p"].to_pylist() == [{"x": 5}, {"x": 6}]


def test_pyiceberg_changes_a_schema(lakesql: Lake) -> None:
    lakesql.execute("CREATE DATABASE d; CREATE TABLE d.t (a INT, b STRING); INSERT INTO d.t VALUES (1, 'x')")
    table = lakesql.catalog().load_table("d.t")
    with table.update_schema() as update:
        update.rename_column("b", "label")
        update.add_column("c", DoubleType())
    table.append(pa.table({"a": pa.array([2], pa.int32()), "label": ["y"], "c": [0.5]}))
    assert lakesql.rows("SELECT * FROM d.t ORDER BY a") == [
        {"a": 1, "label": "x", "c": None}, {"a": 2, "label": "y", "c": Decimal("0.5")}]
    lakesql.execute("INSERT INTO d.t VALUES (3, 'z', 1.5)")
    assert sorted(table.refresh().scan().to_arrow()["label"].to_pylist()) == ["x", "y", "z"]
