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


def queries(folder: Path, names: list[str]) -> list[str]:
    return [
        f"SELECT '{name}' AS file, {number} AS condition, count(*) AS n, sum(id) AS ids, count(DISTINCT long) AS l, "
        f"min(name) AS m FROM parquet.`{folder / name}` WHERE {condition}"
        for name in names for number, condition in enumerate(CONDITIONS)]


def test_predicates_in_scans_change_no_row(command: str, tmp_path: Path) -> None:
    names = write_files(tmp_path)
    statements = queries(tmp_path, names)
    pruned = run(command, tmp_path, statements)
    rule = "SET lakesql.optimizer.disabled_rules = 'scan-predicates'"
    plain = run(command, tmp_path, [rule, *statements])
    plain = plain[len(plain) - len(pruned):]
    assert len(pruned) >= 2 * len(statements)
    assert pruned == plain
    # All writers hold the same rows.
    counts: dict[str, set[str]] = {}
    for line in pruned:
        if ".parquet," in line:
            _, condition, rest = line.split(",", 2)
            counts.setdefault(condition, set()).add(rest)
    assert len(counts) == len(CONDITIONS)
    assert {condition: found for condition, found in counts.items() if len(found) > 1} == {}


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
