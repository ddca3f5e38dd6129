"""Parquet files of lakesql read by others: every value, filters, and what the files say of themselves.

Readers are PyArrow, DuckDB, Polars and fastparquet. A file is small; one process writes all of them.
"""

from __future__ import annotations

import datetime
import itertools
import operator
import struct
import subprocess
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import fastparquet
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as dataset
import pyarrow.parquet as pq
import pytest

import thrift_tree as thrift
from parquet_values import COLUMNS, EPOCH, NULLS, columns_of, difference
from test_parquet_matrix import FLAT, NOT_POLARS, OURS, Expected, duck, expected, sources  # noqa: F401

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
# Without `bytes`: DuckDB looks the text of such values up, in PyArrow's filters too.
FILTERED = ("tiny", "whole", "big", "double", "d9", "d18", "d38", "text", "date", "at", "local")
SMALL_PARTS = ", ".join((
    "'parquet.block.row.count.limit' = '130'", "'parquet.page.row.count.limit' = '40'",
    *(f"'parquet.bloom.filter.enabled#{name}' = 'true'" for name in FILTERED)))


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
    """Version 1 only: fastparquet does not read several pages of version 2 in a row group."""
    names = ["flag", "tiny", "small", "whole", "big", "single", "double", "d9", "text", "bytes", "local", "n_numbers"]
    problems = []
    for (codec, style, nulls), path in written.items():
        if style not in ("v1", "v1_plain") or codec not in ("zstd", "snappy", "none"):
            continue
        frame = fastparquet.ParquetFile(str(path)).to_pandas(columns=names)
        for name in names:
            found = [framed(value) for value in frame[name]]
            if found != [framed(value) for value in sources[nulls][name].to_pylist()]:
                problems.append((codec, style, nulls, name))
    assert problems == []


def framed(value: Any) -> Any:
    """A value of a frame, where NULL, NaN and "not a time" are one, and decimals are floating-point numbers."""
    if isinstance(value, (list, np.ndarray)):
        return [framed(part) for part in value]
    if value is None or value is pd.NaT or value is pd.NA or value != value:
        return None
    if isinstance(value, (float, np.floating, Decimal)):
        return round(float(value), 3) if abs(value) < 1e7 else float(value)
    if isinstance(value, datetime.datetime):
        return pd.Timestamp(value)
    return value


def wanted_values(data: pa.Table, name: str) -> list[Any]:
    """Some values of a column to filter by, and one that is not there."""
    values = sorted(value for value in data[name].to_pylist() if value is not None and value == value)
    if not values:
        return []
    kind = data.schema.field(name).type
    absent = {"text": "not there", "bytes": b"not there"}.get(name)
    if pa.types.is_integer(kind):
        absent = next(number for number in range(21, 128) if number not in values)
    return [values[0], values[len(values) // 2], values[-1], *([] if absent is None else [absent])]


Filter = Callable[[Path, list[tuple[str, str, Any]]], list[int]]
OPERATORS: dict[str, Callable[[Any, Any], bool]] = {"==": operator.eq, "<": operator.lt, ">=": operator.ge}


def arrow_filter(path: Path, filters: list[tuple[str, str, Any]]) -> list[int]:
    data = dataset.dataset(path)
    compare = {"==": pc.equal, "<": pc.less, ">=": pc.greater_equal}
    return [
        data.count_rows(filter=compare[sign](dataset.field(name), pa.scalar(value, COLUMNS[name][0])))
        for name, sign, value in filters]


def duckdb_filter(path: Path, filters: list[tuple[str, str, Any]]) -> list[int]:
    with duckdb.connect(config={"threads": "1"}) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        return [
            connection.execute(f"SELECT count(*) FROM '{path}' WHERE \"{name}\" {sign} ?", [value]).fetchall()[0][0]
            for name, sign, value in filters]


def polars_filter(path: Path, filters: list[tuple[str, str, Any]]) -> list[int]:
    return [
        pl.scan_parquet(path).filter(OPERATORS[sign](pl.col(name), pl.lit(value))).select(pl.len()).collect().item()
        for name, sign, value in filters]


FILTERS: dict[str, Filter] = {"pyarrow": arrow_filter, "duckdb": duckdb_filter, "polars": polars_filter}


@pytest.mark.parametrize("reader", FILTERS)
def test_others_filter_lakesql(
    written: dict[tuple[str, str, str], Path], sources: dict[str, pa.Table], reader: str
) -> None:
    """Statistics, page indexes and bloom filters lead no reader past a row."""
    problems = []
    # Of NaN, readers think differently.
    names = [name for name in FLAT if name not in ("single", "double", "flag")]
    for key in (("zstd", "v1", "some"), ("snappy", "v2_plain", "none"), ("gzip", "v2", "runs")):
        data = sources[key[2]]
        filters = [(name, sign, value) for name in names for value in wanted_values(data, name) for sign in OPERATORS]
        values = {name: [value for value in data[name].to_pylist() if value is not None] for name in names}
        wanted = [sum(OPERATORS[sign](one, value) for one in values[name]) for name, sign, value in filters]
        found = FILTERS[reader](written[key], filters)
        problems += [(key, *one) for one, a, b in zip(filters, wanted, found, strict=True) if a != b]
    assert problems == []


def test_what_lakesql_writes_is_described(written: dict[tuple[str, str, str], Path]) -> None:
    codecs = {name: name.upper() for name in CODEC_PROPERTIES} | {"none": "UNCOMPRESSED"}
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


def stored(value: Any, kind: pa.DataType) -> Any:
    """A value as bounds are compared: a number, or bytes."""
    if isinstance(value, datetime.datetime):
        return round((value.replace(tzinfo=None) - EPOCH) / datetime.timedelta(microseconds=1))
    if isinstance(value, datetime.date):
        return (value - EPOCH.date()).days
    if isinstance(value, Decimal):
        return int(value.scaleb(kind.scale))
    return value.encode() if isinstance(value, str) else value


def bound(data: bytes, physical: str, kind: pa.DataType) -> Any:
    """A bound from its PLAIN form."""
    if physical in ("INT32", "INT64"):
        return int.from_bytes(data, "little", signed=True)
    if physical in ("FLOAT", "DOUBLE"):
        return struct.unpack("<f" if physical == "FLOAT" else "<d", data)[0]
    if physical == "BOOLEAN":
        return data == b"\1"
    return int.from_bytes(data, "big", signed=True) if pa.types.is_decimal(kind) else data


PAGE_INDEXES = (
    ("zstd", "v1", "some"), ("snappy", "v2_plain", "runs"), ("none", "v1_plain", "all"), ("gzip", "v2", "none"))


@pytest.mark.parametrize("key", PAGE_INDEXES, ids="_".join)
def test_page_indexes_describe_pages(
    written: dict[tuple[str, str, str], Path], sources: dict[str, pa.Table], key: tuple[str, str, str]
) -> None:
    """Each page lies where the offset index says, and its values within the bounds of the column index."""
    path, source = written[key], sources[key[2]]
    data, schema = path.read_bytes(), pq.ParquetFile(path).schema
    first, pages = 0, 0
    for group in thrift.field(footer(path), 4).value:
        rows = source.slice(first, thrift.field(group, 3).value)
        first += rows.num_rows
        for leaf, chunk in enumerate(thrift.field(group, 1).value):
            offsets = thrift.Decoder(data, thrift.field(chunk, 4).value).struct()
            starts = check_offsets(data, thrift.field(chunk, 3), thrift.field(offsets, 1).value, rows.num_rows)
            pages += len(starts)
            column = schema.column(leaf)
            if column.path in FLAT:
                index = thrift.Decoder(data, thrift.field(chunk, 6).value).struct()
                values = rows[column.path].to_pylist()
                parts = [values[a:b] for a, b in itertools.pairwise([*starts, rows.num_rows])]
                check_bounds(index, parts, column.physical_type, COLUMNS[column.path][0])
    assert pages > 200


def check_offsets(data: bytes, metadata: thrift.Value, locations: list[thrift.Value], rows: int) -> list[int]:
    """Compares an offset index with the headers of the pages; the first row of each page."""
    starts = [thrift.field(location, 3).value for location in locations]
    assert starts[0] == 0
    assert all(a < b for a, b in itertools.pairwise([*starts, rows]))
    end = thrift.field(metadata, 9).value
    for location, count in zip(locations, (b - a for a, b in itertools.pairwise([*starts, rows])), strict=True):
        offset, size = thrift.field(location, 1).value, thrift.field(location, 2).value
        assert offset == end
        decoder = thrift.Decoder(data, offset)
        header = decoder.struct()
        assert decoder.offset - offset + thrift.field(header, 3).value == size
        if newer := thrift.field(header, 8):
            assert thrift.field(newer, 3).value == count
        end = offset + size
    first = min(thrift.field(metadata, number).value for number in (9, 11) if thrift.field(metadata, number))
    assert end == first + thrift.field(metadata, 7).value
    return starts


def check_bounds(index: thrift.Value, parts: list[list[Any]], physical: str, kind: pa.DataType) -> None:
    empty, lows, highs, nulls = (thrift.field(index, number).value for number in (1, 2, 3, 5))
    assert len(parts) == len(empty) == len(lows) == len(highs) == len(nulls)
    for part, is_empty, low, high, count in zip(parts, empty, lows, highs, nulls, strict=True):
        assert count.value == part.count(None)
        assert (is_empty.kind == thrift.TRUE) == (count.value == len(part))
        numbers = [stored(value, kind) for value in part if value is not None and value == value]
        if numbers:
            assert bound(low.value, physical, kind) <= min(numbers)
            assert bound(high.value, physical, kind) >= max(numbers)


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
    assert {name for name, offset in duck.execute(
        "SELECT path_in_schema, bloom_filter_offset FROM parquet_metadata(?)", [str(path)]).fetchall() if offset
    } == set(FILTERED)
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
