"""Parquet files of Spark read by lakesql, and files of lakesql read by Spark's vectorised reader."""

from __future__ import annotations

import itertools
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import spark_reports
import test_parquet_pruning
from parquet_values import COLUMNS, columns_of, difference, lakesql_reads, plain, table

OURS = [name for name in COLUMNS if not name.startswith("x_")]
ROWS = 300


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with spark_reports.spark(str(tmp_path_factory.mktemp("spark"))) as session:
        session.conf.set("spark.sql.session.timeZone", "UTC")
        session.conf.set("spark.sql.parquet.inferTimestampNTZ.enabled", "true")
        session.conf.set("spark.sql.parquet.datetimeRebaseModeInWrite", "CORRECTED")
        session.conf.set("spark.sql.parquet.int96RebaseModeInWrite", "CORRECTED")
        yield session


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Path, pa.Table]]:
    folder = tmp_path_factory.mktemp("sources")
    result = {}
    for nulls in ("none", "some"):
        data = table(OURS, nulls, ROWS)
        pq.write_table(data, folder / f"{nulls}.parquet")
        result[nulls] = (folder / f"{nulls}.parquet", data)
    return result


DICTIONARY = "parquet.enable.dictionary"
NEW = {"parquet.writer.version": "PARQUET_2_0"}
# What Spark is told beside each codec; gzip goes with the old layout of lists, decimals and timestamps.
VARIANTS: dict[str, dict[str, str]] = {
    "snappy": {"parquet.bloom.filter.enabled#text": "true"},
    "gzip": {},
    "zstd": NEW,
    "lz4_raw": {**NEW, DICTIONARY: "false"},
    "lz4": {"parquet.page.write-checksum.enabled": "true"},
    "none": {DICTIONARY: "false", "parquet.enable.bytestreamsplit": "true"},
}


def write(session: Any, source: Path, target: Path, codec: str, options: dict[str, str]) -> str:
    """Writes a file's rows with Spark into one file of a new folder; gives the name of the file from its parent on."""
    old = codec == "gzip"
    session.conf.set("spark.sql.parquet.outputTimestampType", "INT96" if old else "TIMESTAMP_MICROS")
    session.conf.set("spark.sql.parquet.writeLegacyFormat", str(old).lower())
    options = {"compression": codec, **VARIANTS[codec], **options}
    session.read.parquet(str(source)).coalesce(1).write.options(**options).parquet(str(target))
    (file,) = target.glob("*.parquet")
    return f"{target.name}/{file.name}"


def test_predicates_in_scans_of_sparks_files_change_no_row(command: str, tmp_path: Path, session: Any) -> None:
    """Statistics, page indexes and bloom filters of parquet-mr; its lists of row groups are cut by bytes."""
    pq.write_table(test_parquet_pruning.source(), tmp_path / "source.parquet")
    sizes = {
        "parquet.block.size": "60000", "parquet.block.size.row.check.min": "10", "parquet.page.size": "4000",
        "parquet.page.size.row.check.min": "10", "parquet.page.row.count.limit": "200"}
    blooms = {f"parquet.bloom.filter.enabled#{name}": "true" for name in ("id", "name", "long", "price", "d", "bin")}
    filtered = {**sizes, **blooms, "parquet.bloom.filter.max.bytes": "16384"}
    options = {"snappy": filtered, "gzip": sizes, "zstd": filtered, "lz4": sizes}
    names = [
        write(session, tmp_path / "source.parquet", tmp_path / codec, codec, more) for codec, more in options.items()]
    test_parquet_pruning.check(command, tmp_path, [*names, "source.parquet"], test_parquet_pruning.CONDITIONS)
    for condition in ("s.b LIKE 'b0012%'", "price = 12.34", "name = 'name 00123'", "bin = X'000003E8'"):
        assert test_parquet_pruning.skipped(command, tmp_path, names[0], condition) > 0, condition
    # Between the bounds, so that only the bloom filter knows.
    assert test_parquet_pruning.skipped(command, tmp_path, names[0], "name = 'name 00123x'") > 3


def test_lakesql_reads_spark(
    command: str, tmp_path: Path, session: Any, sources: dict[str, tuple[Path, pa.Table]]
) -> None:
    files, expected = {}, {}
    values = {nulls: columns_of(data) for nulls, (_, data) in sources.items()}
    for codec, nulls in itertools.product(VARIANTS, sources):
        path, data = sources[nulls]
        name = write(session, path, tmp_path / f"{codec}_{nulls}", codec, {"parquet.page.row.count.limit": "40"})
        files[name], expected[name] = data.schema, values[nulls]
    found = lakesql_reads(command, tmp_path, files)
    problems = [f"{name}: {problem}" for name in files if (problem := difference(expected[name], found.get(name, {})))]
    assert problems == []


def test_spark_reads_lakesql(
    command: str, tmp_path: Path, session: Any, sources: dict[str, tuple[Path, pa.Table]]
) -> None:
    script, tables = [], {}
    variants = (("zstd", "v1"), ("snappy", "v2"), ("lz4_raw", "v1"), ("gzip", "v2"))
    for (codec, version), dictionary in itertools.product(variants, (True, False)):
        nulls = "some" if dictionary else "none"
        name = f"{codec}_{version}_{nulls}"
        tables[name] = nulls
        script.append(
            f"CREATE EXTERNAL TABLE {name} STORED AS PARQUET LOCATION '{tmp_path / name}' TBLPROPERTIES ("
            f"'parquet.compression' = '{codec}', 'parquet.writer.version' = '{version}', "
            f"'parquet.enable.dictionary' = '{str(dictionary).lower()}', 'parquet.block.row.count.limit' = '130', "
            f"'parquet.page.row.count.limit' = '40', 'parquet.bloom.filter.enabled#big' = 'true') "
            f"AS SELECT * FROM parquet.`{sources[nulls][0]}`")
    result = subprocess.run(
        [command, "-w", str(tmp_path / "warehouse"), "--threads", "1", "-e", ";".join(script)],
        capture_output=True, text=True, timeout=300, env={"TZ": "UTC"})
    assert (result.returncode, result.stderr) == (0, "")
    problems = []
    for name, nulls in tables.items():
        # parquet-mr's reader of records reads other files than the vectorised one of Spark.
        session.conf.set("spark.sql.parquet.enableVectorizedReader", str("gzip" not in name).lower())
        frame = session.read.parquet(str(tmp_path / name))
        expected = columns_of(sources[nulls][1])
        if problem := difference(expected, spark_columns(frame.collect(), sources[nulls][1].schema)):
            problems.append(f"{name}: {problem}")
        # A filter makes Spark use statistics, the page index and bloom filters.
        for value in [value for value in sources[nulls][1]["big"].to_pylist() if value is not None][:3]:
            assert frame.where(f"big = {value}").count() == expected["big"].count(value), (name, value)
        for column, value in (("text", "'thirteen byte'"), ("d18", "0.007"), ("date", "DATE'1970-01-01'")):
            rows = frame.where(f"{column} <= {value}").count()
            # Concatenation and addition are not pushed to the file.
            other = "concat({}, '')" if column == "text" else "({} + 0)"
            assert frame.where(f"{other.format(column)} <= {value}").count() == rows, (name, column)
    session.conf.set("spark.sql.parquet.enableVectorizedReader", "true")
    assert problems == []


def spark_columns(rows: list[Any], schema: pa.Schema) -> dict[str, list[Any]]:
    """Spark's rows in the form that is compared."""
    return {field.name: [plain(unpacked(row[field.name]), field.type) for row in rows] for field in schema}


def unpacked(value: Any) -> Any:
    """Rows of Spark as dictionaries, however deep."""
    if hasattr(value, "asDict"):
        return {key: unpacked(part) for key, part in value.asDict().items()}
    if isinstance(value, dict):
        return {key: unpacked(part) for key, part in value.items()}
    return [unpacked(part) for part in value] if isinstance(value, list) else value
