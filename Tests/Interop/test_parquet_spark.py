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


def test_lakesql_reads_spark(
    command: str, tmp_path: Path, session: Any, sources: dict[str, tuple[Path, pa.Table]]
) -> None:
    files, expected = {}, {}
    variants = (("snappy", "PARQUET_1_0"), ("gzip", "PARQUET_1_0"), ("zstd", "PARQUET_2_0"), ("lz4_raw", "PARQUET_2_0"))
    for (codec, version), nulls in itertools.product(variants, sources):
        path, data = sources[nulls]
        target = tmp_path / f"{codec}_{version}_{nulls}"
        old = codec == "gzip"
        session.conf.set("spark.sql.parquet.outputTimestampType", "INT96" if old else "TIMESTAMP_MICROS")
        session.conf.set("spark.sql.parquet.writeLegacyFormat", str(old).lower())
        frame = session.read.parquet(str(path)).coalesce(1).write
        frame.option("compression", codec).option("parquet.writer.version", version).option(
            "parquet.page.row.count.limit", 40).option("parquet.bloom.filter.enabled#text", "true").parquet(str(target))
        (file,) = target.glob("*.parquet")
        name = f"{target.name}/{file.name}"
        files[name], expected[name] = data.schema, columns_of(data)
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
        frame = session.read.parquet(str(tmp_path / name))
        expected = columns_of(sources[nulls][1])
        if problem := difference(expected, spark_columns(frame.collect(), sources[nulls][1].schema)):
            problems.append(f"{name}: {problem}")
        # A filter makes Spark use statistics, the page index and bloom filters.
        for value in [value for value in sources[nulls][1]["big"].to_pylist() if value is not None][:3]:
            assert frame.where(f"big = {value}").count() == expected["big"].count(value), (name, value)
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
