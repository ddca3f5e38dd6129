"""Parquet files of other writers read by lakesql, and files of lakesql read by others: every value of every type.

Writers and readers are PyArrow, DuckDB, Polars and fastparquet. A file is small; all files that lakesql reads or writes
in a test pass through one process.
"""

from __future__ import annotations

import itertools
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import fastparquet
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import thrift_tree as thrift
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
    for codec, version, nulls in itertools.product(("uncompressed", "snappy", "gzip", "zstd", "lz4_raw"), (1, 2), NULLS):
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


# MARK: lakesql writes

CODEC_PROPERTIES = {
    "zstd": "'parquet.compression' = 'zstd', 'parquet.compression.codec.zstd.level' = '9'",
    "snappy": "'parquet.compression' = 'SNAPPY'",
    "gzip": "'parquet.compression' = 'gzip'",
    "lz4": "'parquet.compression' = 'lz4_raw'",
    "brotli": "'write.parquet.compression-codec' = 'brotli', 'write.parquet.compression-level' = '6'",
    "none": "'parquet.compression' = 'uncompressed'",
}
STYLES = {
    "v1": "'parquet.writer.version' = 'v1'",
    "v1_plain": "'parquet.enable.dictionary' = 'false'",
    "v2": "'parquet.writer.version' = 'v2'",
    "v2_plain": "'parquet.writer.version' = 'v2', 'parquet.enable.dictionary' = 'false', "
                "'parquet.enable.bytestreamsplit' = 'true'",
}
SMALL_PARTS = (
    "'parquet.block.row.count.limit' = '130', 'parquet.page.row.count.limit' = '40', "
    "'parquet.bloom.filter.enabled#text' = 'true', 'parquet.bloom.filter.enabled#big' = 'true'")


@pytest.fixture(scope="module")
def written(
    command: str, tmp_path_factory: pytest.TempPathFactory, sources: dict[str, pa.Table]
) -> dict[tuple[str, str, str], Path]:
    """Files that lakesql wrote, by codec, style and how NULLs lie."""
    folder = tmp_path_factory.mktemp("written")
    script = []
    for nulls, data in sources.items():
        pq.write_table(data.select(OURS), folder / f"{nulls}.parquet", row_group_size=130)
    for codec, style, nulls in itertools.product(CODEC_PROPERTIES, STYLES, NULLS):
        name = f"{codec}_{style}_{nulls}"
        source = f"SELECT * FROM parquet.`{folder / nulls}.parquet`"
        properties = f"{CODEC_PROPERTIES[codec]}, {STYLES[style]}, {SMALL_PARTS}"
        script.append(
            f"CREATE EXTERNAL TABLE {name} STORED AS PARQUET LOCATION '{folder / name}' TBLPROPERTIES ({properties}) "
            f"AS {source};\n")
    (folder / "write.sql").write_text("".join(script), encoding="utf-8")
    result = subprocess.run(
        [command, "-w", str(folder / "warehouse"), "--threads", "1", "-f", str(folder / "write.sql")],
        capture_output=True, text=True, timeout=300, env={"TZ": "UTC"})
    assert (result.returncode, result.stderr) == (0, "")
    files = {}
    for key in itertools.product(CODEC_PROPERTIES, STYLES, NULLS):
        (files[key],) = (folder / "_".join(key)).glob("*.parquet")
    return files


def arrow_read(path: Path, names: list[str]) -> Expected:
    return columns_of(pq.ParquetFile(path, page_checksum_verification=True).read(columns=names))


def polars_read(path: Path, names: list[str]) -> Expected:
    frame = pl.read_parquet(path, columns=names).to_arrow()
    return columns_of(frame.cast(pa.schema([(name, COLUMNS[name][0]) for name in names])))


def duckdb_read(path: Path, names: list[str]) -> Expected:
    with duckdb.connect(config={"threads": "1"}) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        quoted = ", ".join(f'"{name}"' for name in names)
        return columns_of(connection.sql(f"SELECT {quoted} FROM '{path}'").to_arrow_table())


READERS: dict[str, tuple[Callable[[Path, list[str]], Expected], list[str]]] = {
    "pyarrow": (arrow_read, OURS),
    "duckdb": (duckdb_read, OURS),
    "polars": (polars_read, [name for name in OURS if name not in NOT_POLARS]),
}


@pytest.mark.parametrize("reader", READERS)
def test_others_read_lakesql(
    written: dict[tuple[str, str, str], Path], expected: dict[str, Expected], reader: str
) -> None:
    read, names = READERS[reader]
    problems = []
    for key, path in written.items():
        problem = difference({name: expected[key[2]][name] for name in names}, read(path, names))
        if problem:
            problems.append(f"{key}: {problem}")
    assert problems == []


def test_fastparquet_reads_lakesql(
    written: dict[tuple[str, str, str], Path], sources: dict[str, pa.Table]
) -> None:
    names = ["flag", "tiny", "small", "whole", "big", "single", "double", "text", "bytes"]
    for (codec, style, nulls), path in written.items():
        if style not in ("v1", "v1_plain") or nulls != "none":
            continue
        frame = fastparquet.ParquetFile(str(path)).to_pandas(columns=names)
        for name in names:
            wanted = sources[nulls][name].to_pandas()
            assert frame[name].astype(wanted.dtype).equals(wanted), (codec, style, name)


def test_what_lakesql_writes_is_described(written: dict[tuple[str, str, str], Path]) -> None:
    codecs = {"zstd": "ZSTD", "snappy": "SNAPPY", "gzip": "GZIP", "lz4": "LZ4", "brotli": "BROTLI", "none": "UNCOMPRESSED"}
    found: dict[str, set[str]] = {style: set() for style in STYLES}
    for (codec, style, nulls), path in written.items():
        data = pq.ParquetFile(path).metadata
        for group, column in itertools.product(range(data.num_row_groups), range(data.num_columns)):
            chunk = data.row_group(group).column(column)
            assert chunk.compression == codecs[codec]
            assert chunk.has_column_index or nulls != "none"
            assert chunk.has_offset_index
            found[style] |= set(chunk.encodings)
    assert found["v1"] == {"PLAIN", "RLE", "RLE_DICTIONARY"}
    assert found["v1_plain"] == {"PLAIN", "RLE"}
    assert found["v2_plain"] >= {"DELTA_BINARY_PACKED", "DELTA_BYTE_ARRAY"}


def test_random_columns_are_not_said_to_be_sorted(written: dict[tuple[str, str, str], Path]) -> None:
    for path in written.values():
        data = pq.ParquetFile(path).metadata
        for group in range(data.num_row_groups):
            assert not [column for column in data.row_group(group).sorting_columns if column.column_index < len(FLAT)]


def test_sorted_columns_are_said_to_be(command: str, tmp_path: Path) -> None:
    query = (
        f"CREATE EXTERNAL TABLE s STORED AS PARQUET LOCATION '{tmp_path / 's'}' "
        "TBLPROPERTIES ('parquet.block.row.count.limit' = '1000') AS SELECT id AS rising, -id AS falling, "
        "if(id < 100, NULL, concat('key ', 10000 + id)) AS late, id % 7 AS wave, 'x' AS same "
        "FROM range(2500) ORDER BY rising")
    result = subprocess.run(
        [command, "-w", str(tmp_path / "warehouse"), "-e", query], capture_output=True, text=True, timeout=60)
    assert (result.returncode, result.stderr) == (0, "")
    (path,) = (tmp_path / "s").glob("*.parquet")
    data = pq.ParquetFile(path).metadata
    found = [
        [(key.column_index, key.descending, key.nulls_first) for key in data.row_group(group).sorting_columns]
        for group in range(data.num_row_groups)]
    rest = [(0, False, False), (1, True, False), (2, False, False)]
    assert found == [[(0, False, False), (1, True, False), (2, False, True)], rest, rest]
    assert pl.read_parquet(path)["rising"].to_list() == list(range(2500))


def footer(path: Path) -> thrift.Value:
    data = path.read_bytes()
    size = int.from_bytes(data[-8:-4], "little")
    return thrift.Decoder(data, len(data) - 8 - size).struct()


def test_sizes_are_described(written: dict[tuple[str, str, str], Path], sources: dict[str, pa.Table]) -> None:
    path = written["snappy", "v1", "some"]
    lengths: dict[str, int] = {"text": 0, "bytes": 0}
    levels = 0
    for group in thrift.field(footer(path), 4).value:
        for chunk in thrift.field(group, 1).value:
            metadata = thrift.field(chunk, 3)
            names = [part.value.decode() for part in thrift.field(metadata, 3).value]
            sizes = thrift.field(metadata, 16)
            if names[0] in lengths:
                lengths[names[0]] += thrift.field(sizes, 1).value
            for histogram in (thrift.field(sizes, 2), thrift.field(sizes, 3)):
                if histogram:
                    levels += 1
                    assert sum(part.value for part in histogram.value) == thrift.field(metadata, 5).value
    for name, length in lengths.items():
        values = [value for value in sources["some"][name].to_pylist() if value is not None]
        assert length == sum(len(value.encode() if isinstance(value, str) else value) for value in values)
    assert levels > 0


def test_duckdb_trusts_our_bloom_filters(
    written: dict[tuple[str, str, str], Path], duck: duckdb.DuckDBPyConnection, expected: dict[str, Expected]
) -> None:
    path = written["zstd", "v1", "none"]
    for column, there, absent in (("big", expected["none"]["big"][0], 123456789), ("text", "é", "not there")):
        probe = "SELECT row_group_id, bloom_filter_excludes FROM parquet_bloom_probe(?, ?, ?) ORDER BY 1"
        assert not duck.execute(probe, [str(path), column, there]).fetchall()[0][1]
        assert all(excluded for _, excluded in duck.execute(probe, [str(path), column, absent]).fetchall())


def test_bounds_contain_every_value(
    written: dict[tuple[str, str, str], Path], sources: dict[str, pa.Table]
) -> None:
    path = written["snappy", "v1", "some"]
    data, source, first = pq.ParquetFile(path).metadata, sources["some"], 0
    for group in range(data.num_row_groups):
        rows = source.slice(first, data.row_group(group).num_rows)
        first += rows.num_rows
        for column, name in enumerate(FLAT):
            statistics = data.row_group(group).column(column).statistics
            values = [value for value in rows[name].to_pylist() if value is not None and value == value]
            assert statistics.null_count == rows[name].null_count
            assert statistics.min <= min(values), name
            assert statistics.max >= max(values), name
