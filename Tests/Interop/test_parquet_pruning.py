"""What scans leave out of files by several writers: the same rows with and without the predicates in the scan.

The files are sorted by `id` in small row groups and pages, so that statistics, page indexes and bloom filters of every
writer come to be used; NaN, signed zeros, NULL structs and long texts are among the values.
"""

from __future__ import annotations

import datetime
import random
import subprocess
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

ROWS = 4000

CONDITIONS = [
    "id < 17", "id >= 3990", "id = 1234", "id IN (5, 2500, 9999)", "id BETWEEN 1500 AND 1503", "id <=> 77",
    "NOT (id < 3995)", "id < 10 OR id > 3995", "id > 3990.5", "id < CAST(7.5 AS DOUBLE)",
    "s.a > 3990", "s.a IS NULL", "s.a IS NOT NULL AND id < 30", "s.b = 'b00123'", "s.b LIKE 'b0012%'",
    "s.a < 3 OR s.b > 'b0399'", "s IS NULL AND id > 3900", "s.t.z = 3000", "s.t.z IS NULL",
    "f > 3980", "f >= 3999", "f < 2", "f = 0", "f = CAST('NaN' AS DOUBLE)", "f > 1e300", "f <= -0.0", "isnan(f)",
    "g > 3980", "g < 1", "g = CAST('NaN' AS FLOAT)",
    "name LIKE 'name 0012%'", "name = 'name 03999'", "name > 'name 0399'", "name < 'name 0000~'",
    "startswith(name, 'name 01')",
    "long LIKE 'é%'", "long > 'z'", "long >= 'zzzz'", "long = 'nope'",
    "d = DATE'2001-06-01'", "year(d) = 2003", "d BETWEEN DATE'2001-01-01' AND DATE'2001-01-09'",
    "ts >= TIMESTAMP'2010-12-31 00:00:00'", "CAST(ts AS DATE) = DATE'2003-03-03'", "year(ts) < 2001",
    "price > 39.95", "price = 12.34", "price < 0.05", "price IN (1.01, 2.02, 77)",
    "flag", "NOT flag AND id < 9", "nothing IS NULL AND id < 5", "nothing IS NOT NULL", "nothing = 3",
    "odd = 'a'", "odd IS NULL AND id > 3990", "bin = X'000003E8'", "bin > X'00000F9A'",
]


def source() -> pa.Table:
    rng = random.Random(7)
    rows = range(ROWS)
    day = datetime.date(2000, 1, 1)
    floats = [float("nan") if i % 997 == 5 else -0.0 if i == 0 else float(i) for i in rows]
    structs = [
        None if i % 11 == 3 else {
            "a": None if i % 13 == 5 else i, "b": f"b{i:05}", "t": None if i % 7 == 2 else {"z": i}} for i in rows]
    return pa.table({
        "id": pa.array(rows, pa.int64()),
        "s": pa.array(structs, pa.struct([
            ("a", pa.int32()), ("b", pa.string()), ("t", pa.struct([("z", pa.int64())]))])),
        "f": pa.array(floats, pa.float64()),
        "g": pa.array([None if i % 5 == 1 else value for i, value in enumerate(floats)], pa.float32()),
        "name": [f"name {i:05}" for i in rows],
        "long": [("é" if i < 100 else "z" if i > 3900 else "m") * 300 + rng.choice("ab") for i in rows],
        "d": [day + datetime.timedelta(days=i) for i in rows],
        "ts": pa.array([datetime.datetime(2000, 1, 1, 5) + datetime.timedelta(days=i) for i in rows],
                       pa.timestamp("us", tz="UTC")),
        "price": pa.array([Decimal(i) / 100 for i in rows], pa.decimal128(9, 2)),
        "flag": [i % 2 == 0 for i in rows],
        "nothing": pa.array([None] * ROWS, pa.int32()),
        "odd": pa.array([None if i % 2 else "a" if i < 2000 else "b" for i in rows], pa.string()),
        "bin": pa.array([i.to_bytes(4, "big") for i in rows], pa.binary()),
    })


RARE_CONDITIONS = [
    "u8 = 255", "u8 > 250 AND id < 300", "u16 >= 65533", "u16 < 3", "u32 > 4190000000", "u32 < 70000",
    "u32 = 4026535680", "u64 >= 18446744073709550000", "u64 = 3", "u64 < 100", "tiny = -128",
    "tiny > 126 AND id < 300", "small < -32766", "neg < -39.5", "neg = -12.34", "neg > -0.03", "wide > 39.95",
    "wide = -20.00", "wide IN (-20, 19.99)", "short = 4.1", "half >= 249", "half = 100", "half < 0.5",
    "id2 = '00000000-0000-0000-0000-0000000004d2'", "id2 > '00000000-0000-0000-0000-000000000f90'",
    "id2 = 'nonsense'", "ms < TIMESTAMP_NTZ'2000-01-01 00:00:05'", "ms = TIMESTAMP_NTZ'2000-01-01 00:20:34.001'",
    "ns > TIMESTAMP_NTZ'2000-01-01 01:06:35'", "ns = TIMESTAMP_NTZ'2000-01-01 00:20:34.000001'", "t >= 3990000000",
    "t = 1234000000", "cat = 'c1'", "cat > 'c2' AND id < 9", "old = TIMESTAMP'2000-01-01 00:20:34'",
    "old < TIMESTAMP'2000-01-01 00:00:05'", "size(list) = 2 AND id < 9", "code = X'0004D2'", "code > X'000F90'",
    "code = X'04D2'",
]


def rare_source() -> pa.Table:
    """Columns of types whose bounds and hashes have an order and a form of their own."""
    rows = range(ROWS)
    start = datetime.datetime(2000, 1, 1)
    seconds = [start + datetime.timedelta(seconds=i) for i in rows]
    uuids = pa.array([i.to_bytes(16, "big") for i in rows], pa.binary(16))
    return pa.table({
        "id": pa.array(rows, pa.int64()),
        "name": [f"name {i:05}" for i in rows],
        "long": [f"{i % 7}" for i in rows],
        "u8": pa.array([i % 256 for i in rows], pa.uint8()),
        "u16": pa.array([65535 - i for i in rows], pa.uint16()),
        "u32": pa.array([i * 2**20 + i for i in rows], pa.uint32()),
        "u64": pa.array([2**64 - 1 - i if i > 2000 else i for i in rows], pa.uint64()),
        "tiny": pa.array([i % 256 - 128 for i in rows], pa.int8()),
        "small": pa.array([i - 32768 for i in rows], pa.int16()),
        "neg": pa.array([Decimal(-i) / 100 for i in rows], pa.decimal128(9, 2)),
        "wide": pa.array([Decimal(i - 2000) / 100 for i in rows], pa.decimal128(38, 2)),
        "short": pa.array([Decimal(i % 97) / 10 for i in rows], pa.decimal128(3, 1)),
        "half": pa.array([None if i % 9 == 4 else float(i // 16) for i in rows], pa.float16()),
        "id2": pa.ExtensionArray.from_storage(pa.uuid(), uuids),
        "ms": pa.array([second + datetime.timedelta(milliseconds=1) for second in seconds], pa.timestamp("ms")),
        "ns": pa.array([i * 10**9 + 946_684_800 * 10**9 + 1999 for i in rows], pa.timestamp("ns")),
        "old": pa.array(seconds, pa.timestamp("us", tz="UTC")),
        "t": pa.array([i * 10**6 for i in rows], pa.time64("us")),
        "cat": pa.array([f"c{i // 1000}" for i in rows]).dictionary_encode(),
        "list": pa.array([[i] * (i % 4) for i in rows], pa.list_(pa.int32())),
        "code": pa.array([i.to_bytes(3, "big") for i in rows], pa.binary(3)),
    })


def write_rare_files(folder: Path) -> list[str]:
    data = rare_source()
    blooms = {name: {"ndv": ROWS, "fpp": 0.01} for name in data.column_names if name != "list"}
    shapes: dict[str, dict[str, Any]] = {
        "indexed": {"write_page_index": True},
        "plain": {"use_dictionary": False, "store_decimal_as_integer": True, "write_page_index": True},
        "bloom": {"bloom_filter_options": blooms, "write_statistics": False},
        "old": {"use_deprecated_int96_timestamps": True, "version": "1.0"},
    }
    for name, options in shapes.items():
        pq.write_table(
            data, folder / f"{name}.parquet", row_group_size=1000, data_page_size=1000, write_batch_size=64, **options)
    return [f"{name}.parquet" for name in shapes]


def write_files(folder: Path) -> list[str]:
    data = source()
    names = []
    for version in ("1.0", "2.0"):
        for dictionary in (True, False):
            name = f"arrow_{version}_{dictionary}.parquet"
            pq.write_table(
                data, folder / name, data_page_version=version, use_dictionary=dictionary, row_group_size=1000,
                data_page_size=1000, write_batch_size=64, write_page_index=True)
            names.append(name)
    pq.write_table(data, folder / "plain.parquet", row_group_size=500, write_statistics=["id", "f"])
    pq.write_table(data, folder / "one.parquet", use_dictionary=False, data_page_size=2000, write_page_index=True)
    with duckdb.connect(config={"threads": "1"}) as duck:
        duck.execute("SET TimeZone = 'UTC'")
        duck.register("data", data)
        duck.execute(f"COPY (FROM data) TO '{folder / 'duckdb.parquet'}' (FORMAT parquet, ROW_GROUP_SIZE 2048)")
    pl.from_arrow(data).write_parquet(folder / "polars.parquet", row_group_size=700, data_page_size=1000)
    return names + ["plain.parquet", "one.parquet", "duckdb.parquet", "polars.parquet"]


def run(command: str, folder: Path, statements: list[str]) -> list[str]:
    script = folder / "pruning.sql"
    script.write_text(";\n".join(statements) + ";\n", encoding="utf-8")
    done = subprocess.run(
        [command, "-w", str(folder / "warehouse"), "--format", "csv", "-f", str(script)], capture_output=True,
        text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def queries(folder: Path, names: list[str], conditions: list[str]) -> list[str]:
    return [
        f"SELECT '{name}' AS file, {number} AS condition, count(*) AS n, sum(id) AS ids, count(DISTINCT long) AS l, "
        f"min(name) AS m FROM parquet.`{folder / name}` WHERE {condition}"
        for name in names for number, condition in enumerate(conditions)]


def check(command: str, folder: Path, names: list[str], conditions: list[str]) -> None:
    """Predicates in scans change no row, and all files hold the same rows."""
    statements = queries(folder, names, conditions)
    pruned = run(command, folder, statements)
    rule = "SET lakesql.optimizer.disabled_rules = 'scan-predicates'"
    plain = run(command, folder, [rule, *statements])
    plain = plain[len(plain) - len(pruned):]
    assert len(pruned) >= 2 * len(statements)
    assert pruned == plain
    counts: dict[str, set[str]] = {}
    for line in pruned:
        if ".parquet," in line:
            _, condition, rest = line.split(",", 2)
            counts.setdefault(conditions[int(condition)], set()).add(rest)
    assert len(counts) == len(conditions)
    assert {condition: found for condition, found in counts.items() if len(found) > 1} == {}


def test_predicates_in_scans_change_no_row(command: str, tmp_path: Path) -> None:
    check(command, tmp_path, write_files(tmp_path), CONDITIONS)


def test_predicates_on_rare_types_change_no_row(command: str, tmp_path: Path) -> None:
    check(command, tmp_path, write_rare_files(tmp_path), RARE_CONDITIONS)


def skipped(command: str, folder: Path, name: str, condition: str) -> int:
    """Row groups that a scan passes over."""
    lines = run(command, folder, [f"EXPLAIN ANALYZE SELECT id FROM parquet.`{folder / name}` WHERE {condition}"])
    (line,) = [line for line in lines if "row groups: " in line]
    return int(line.split("row groups: ")[1].split(" read + ")[1].split()[0])


def test_row_groups_are_passed_over(command: str, tmp_path: Path) -> None:
    write_files(tmp_path)
    cases = {
        "s.a > 3990": 3, "s.b LIKE 'b0012%'": 3, "s.t.z = 3000": 3, "name LIKE 'name 0012%'": 3, "year(d) = 2003": 3,
        "id < 10 OR id > 3995": 2, "id > 3990.5": 3, "CAST(ts AS DATE) = DATE'2003-03-03'": 3, "f < 2": 3,
        "price = 12.34": 3, "id <=> 77": 3, "nothing IS NOT NULL": 4,
    }
    found = {condition: skipped(command, tmp_path, "arrow_1.0_True.parquet", condition) for condition in cases}
    assert found == cases
    # NaN is above all numbers, and the bounds do not show it.
    assert skipped(command, tmp_path, "arrow_1.0_True.parquet", "f > 1e300") == 0


def test_row_groups_are_passed_over_by_rare_types(command: str, tmp_path: Path) -> None:
    write_rare_files(tmp_path)
    conditions = {
        "u32 > 4190000000": 3, "u64 = 3": 3, "small < -32766": 3, "neg = -12.34": 3, "wide = -20.00": 3,
        "half = 100": 3,
        "id2 = '00000000-0000-0000-0000-0000000004d2'": 3, "ms < TIMESTAMP_NTZ'2000-01-01 00:00:05'": 3,
        "ns > TIMESTAMP_NTZ'2000-01-01 01:06:35'": 3, "t = 1234000000": 3, "cat = 'c1'": 3, "code = X'0004D2'": 3,
    }
    # Bloom filters know nothing of order, and numbers of half precision are not looked up.
    equal = {one: count for one, count in conditions.items() if " = " in one and "half" not in one}
    for name, wanted in (("indexed", conditions), ("bloom", equal)):
        assert {one: skipped(command, tmp_path, f"{name}.parquet", one) for one in wanted} == wanted, name
