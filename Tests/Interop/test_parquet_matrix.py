"""Parquet files of other writers read by lakesql: every value of every type.

Writers are PyArrow, DuckDB, Polars and fastparquet. A file is small; all files of a test are read by one process.
"""

from __future__ import annotations

import itertools
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import fastparquet
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lake import Lake
from parquet_values import COLUMNS, NULLS, RARE, columns_of, difference, lakesql_reads, table

ROWS = 300
OURS = [name for name in COLUMNS if not name.startswith("x_")]
FLAT = [name for name in OURS if not name.startswith("n_")]
# What DuckDB and Polars have no type for, or write as another one.
NOT_DUCKDB = {"x_half", "x_fixed", "x_uuid", "x_category", "x_array", "x_time32"}
NOT_POLARS = {"n_map", "n_maps", "x_fixed", "x_uuid", "x_half", "x_time32", "x_time64", "x_category", "x_array"}

Expected = dict[str, list[Any]]


@pytest.fixture(scope="module")
def sources() -> dict[str, pa.Table]:
    """A table of all columns by how NULLs lie in it."""
    return {nulls: table(COLUMNS, nulls, ROWS) for nulls in NULLS}


@pytest.fixture(scope="module")
def expected(sources: dict[str, pa.Table]) -> dict[str, Expected]:
    return {nulls: columns_of(data) for nulls, data in sources.items()}


def check(command: str, folder: Path, files: dict[str, tuple[pa.Schema, Expected]]) -> None:
    found = lakesql_reads(command, folder, {name: schema for name, (schema, _) in files.items()})
    problems = []
    for name, (schema, wanted) in files.items():
        wanted = {column: wanted[column] for column in schema.names}
        problem = difference(wanted, found[name]) if name in found else "was not read"
        if problem:
            problems.append(f"{name}: {problem}")
    assert problems == []


# Encodings made for each physical type; the second is used where `split` is asked for.
SPECIAL = {
    "BOOLEAN": ("RLE", "PLAIN"),
    "INT32": ("DELTA_BINARY_PACKED", "BYTE_STREAM_SPLIT"),
    "INT64": ("DELTA_BINARY_PACKED", "BYTE_STREAM_SPLIT"),
    "FLOAT": ("BYTE_STREAM_SPLIT", "PLAIN"),
    "DOUBLE": ("BYTE_STREAM_SPLIT", "PLAIN"),
    "BYTE_ARRAY": ("DELTA_BYTE_ARRAY", "DELTA_LENGTH_BYTE_ARRAY"),
    "FIXED_LEN_BYTE_ARRAY": ("DELTA_BYTE_ARRAY", "BYTE_STREAM_SPLIT"),
}


def arrow_encodings(data: pa.Table, style: str) -> dict[str, Any]:
    """Arguments of PyArrow's writer: dictionaries, PLAIN, or the encodings made for each leaf's type."""
    if style in ("dictionary", "plain"):
        return {"use_dictionary": style == "dictionary"}
    options: dict[str, Any] = {"store_decimal_as_integer": style == "special"}
    output = pa.BufferOutputStream()
    pq.write_table(data.slice(0, 0), output, **options)
    schema = pq.ParquetFile(pa.BufferReader(output.getvalue())).schema
    leaves = [schema.column(index) for index in range(len(schema))]
    chosen = {leaf.path: SPECIAL[leaf.physical_type][style == "split"] for leaf in leaves}
    return {"use_dictionary": False, "column_encoding": chosen, **options}


CODECS = ("none", "snappy", "gzip", "zstd", "lz4")


@pytest.mark.parametrize("codec", CODECS)
def test_lakesql_reads_pyarrow(
    command: str, tmp_path: Path, sources: dict[str, pa.Table], expected: dict[str, Expected], codec: str
) -> None:
    files = {}
    special = "split" if codec in ("zstd", "gzip") else "special"
    for version, style, nulls in itertools.product(("1.0", "2.0"), ("dictionary", "plain", special), NULLS):
        data = sources[nulls]
        name = f"{version}_{style}_{nulls}.parquet"
        pq.write_table(
            data, tmp_path / name, compression=codec, data_page_version=version, row_group_size=130,
            data_page_size=300, write_batch_size=32, write_page_index=style == "plain",
            write_page_checksum=style == "dictionary", use_deprecated_int96_timestamps=False,
            **arrow_encodings(data, style))
        files[name] = (data.schema, expected[nulls])
    check(command, tmp_path, files)


def test_lakesql_reads_rare_types(command: str, tmp_path: Path) -> None:
    files = {}
    for nulls, rows in itertools.product(NULLS, (1, 150)):
        data = table(RARE, nulls, rows)
        wanted = columns_of(data)
        for version, style in itertools.product(("1.0", "2.0"), ("dictionary", "special", "split")):
            name = f"{version}_{style}_{nulls}_{rows}.parquet"
            pq.write_table(
                data, tmp_path / name, compression="brotli" if rows == 1 else "none", data_page_version=version,
                row_group_size=70, data_page_size=100, write_batch_size=16, **arrow_encodings(data, style))
            files[name] = (data.schema, wanted)
    check(command, tmp_path, files)


def test_lakesql_reads_old_timestamps(
    command: str, tmp_path: Path, sources: dict[str, pa.Table], expected: dict[str, Expected]
) -> None:
    files = {}
    for style, nulls in itertools.product(("dictionary", "plain"), NULLS):
        data = sources[nulls].select(["at", "local", "x_nanos"])
        name = f"{style}_{nulls}.parquet"
        pq.write_table(
            data, tmp_path / name, use_dictionary=style == "dictionary", use_deprecated_int96_timestamps=True)
        files[name] = (data.schema, expected[nulls])
    check(command, tmp_path, files)


@pytest.fixture(scope="module")
def duck() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(config={"threads": "1"}) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        yield connection


def test_lakesql_reads_duckdb(
    command: str, tmp_path: Path, duck: duckdb.DuckDBPyConnection, sources: dict[str, pa.Table],
    expected: dict[str, Expected],
) -> None:
    files = {}
    codecs = ("uncompressed", "snappy", "gzip", "zstd", "lz4_raw")
    for codec, version, nulls in itertools.product(codecs, (1, 2), NULLS):
        data = sources[nulls].select([name for name in COLUMNS if name not in NOT_DUCKDB])
        name = f"{codec}_{version}_{nulls}.parquet"
        duck.register("data", data)
        duck.execute(
            f"COPY (FROM data) TO '{tmp_path / name}' (FORMAT parquet, CODEC {codec}, PARQUET_VERSION v{version}, "
            f"ROW_GROUP_SIZE 2048, STRING_DICTIONARY_PAGE_SIZE_LIMIT {1 if nulls == 'runs' else 100000})")
        files[name] = (data.schema, expected[nulls])
    check(command, tmp_path, files)


def test_lakesql_reads_polars(
    command: str, tmp_path: Path, sources: dict[str, pa.Table], expected: dict[str, Expected]
) -> None:
    files = {}
    for codec, nulls in itertools.product(("uncompressed", "snappy", "gzip", "zstd", "lz4"), NULLS):
        data = sources[nulls].select([name for name in COLUMNS if name not in NOT_POLARS])
        name = f"{codec}_{nulls}.parquet"
        pl.from_arrow(data).write_parquet(tmp_path / name, compression=codec, row_group_size=130, data_page_size=300)
        files[name] = (data.schema, expected[nulls])
    check(command, tmp_path, files)


def test_lakesql_reads_fastparquet(
    command: str, tmp_path: Path, sources: dict[str, pa.Table], expected: dict[str, Expected]
) -> None:
    names = ["flag", "tiny", "small", "whole", "big", "single", "double", "text", "bytes", "local", "x_u8", "x_u32"]
    files = {}
    for codec, nulls in itertools.product(("UNCOMPRESSED", "SNAPPY", "GZIP", "ZSTD", "LZ4_RAW"), ("none", "some")):
        data = sources[nulls].select(names)
        frame = data.to_pandas(types_mapper=PANDAS.get)
        name = f"{codec}_{nulls}.parquet"
        fastparquet.write(
            str(tmp_path / name), frame, compression=codec, row_group_offsets=130, times="int64",
            object_encoding={"text": "utf8", "bytes": "bytes"})
        # Pandas has one form for NULL and NaN in floating-point columns.
        wanted = {column: frame_values(frame, column, data.schema.field(column).type) for column in names}
        files[name] = (data.schema, wanted)
    check(command, tmp_path, files)


PANDAS = {
    pa.bool_(): pd.BooleanDtype(), pa.int8(): pd.Int8Dtype(), pa.int16(): pd.Int16Dtype(), pa.int32(): pd.Int32Dtype(),
    pa.int64(): pd.Int64Dtype(), pa.uint8(): pd.UInt8Dtype(), pa.uint32(): pd.UInt32Dtype(),
}


def frame_values(frame: pd.DataFrame, column: str, kind: pa.DataType) -> list[Any]:
    return columns_of(pa.table({column: pa.array(frame[column], kind, from_pandas=True)}))[column]


def test_files_are_described_as_by_duckdb(
    command: str, tmp_path: Path, duck: duckdb.DuckDBPyConnection, sources: dict[str, pa.Table]
) -> None:
    """The functions that show what is inside of files give what DuckDB's give."""
    data = sources["some"]
    pq.write_table(
        data, tmp_path / "arrow.parquet", row_group_size=130, use_deprecated_int96_timestamps=False,
        **arrow_encodings(data, "split"))
    polars = pl.from_arrow(data.select([name for name in COLUMNS if name not in NOT_POLARS]))
    polars.write_parquet(tmp_path / "polars.parquet", compression="gzip")
    duck.register("data", data.select([name for name in COLUMNS if name not in NOT_DUCKDB]))
    duck.execute(f"COPY (FROM data) TO '{tmp_path / 'duckdb.parquet'}' (FORMAT parquet, KV_METADATA {{owner: 'us'}})")
    fastparquet.write(str(tmp_path / "fast.parquet"), data.select(["whole", "single"]).to_pandas())
    for file, function in itertools.product(("arrow", "polars", "duckdb", "fast"), DESCRIPTIONS):
        query = f"SELECT * FROM {function}('{tmp_path / file}.parquet')"
        result = subprocess.run(
            [command, "-w", str(tmp_path / "warehouse"), "--format", "jsonl", "-e", query], capture_output=True,
            text=True, timeout=60, env={"TZ": "UTC"})
        assert (result.returncode, result.stderr) == (0, "")
        found = [json.loads(line) for line in result.stdout.splitlines()]
        cursor = duck.execute(query)
        names = [column[0] for column in cursor.description]
        wanted = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
        assert len(found) == len(wanted) > 0
        compared = set(names) - DESCRIPTIONS[function]
        for one, other in zip(found, wanted, strict=True):
            assert {name: one[name] for name in compared} == {name: shown(other[name]) for name in compared}


# What is shown by each function, without types of DuckDB's own, how it writes bounds, and what it does not know of
# fields that a file leaves out.
BOUNDS = {"stats_min", "stats_max", "stats_min_value", "stats_max_value"}
DESCRIPTIONS = {
    "parquet_metadata": {"geo_bbox", "geo_types", "file_offset", "row_group_compressed_bytes", *BOUNDS},
    "parquet_schema": {"duckdb_type", "logical_type"},
    "parquet_file_metadata": set(),
}


def shown(value: Any) -> Any:
    return {key.decode(): part.decode() for key, part in value.items()} if isinstance(value, dict) else value


def test_columns_whose_names_differ_in_case_only(lakesql: Lake, tmp_path: Path) -> None:
    path = tmp_path / "case.parquet"
    pq.write_table(pa.table({"a": pa.array([1]), "A": pa.array([2])}), path)
    refused = lakesql.run("-e", f"SELECT * FROM parquet.`{path}`")
    assert refused.returncode == 1
    assert "SQLSTATE 42711" in refused.stderr
    assert lakesql.rows(f"SELECT * FROM read_files('{path}', schema => 'A BIGINT')") == [{"A": 2}]
