"""Tables of every type for the Parquet matrix, and values of readers in one form that can be compared."""

from __future__ import annotations

import base64
import datetime
import json
import math
import random
import struct
import subprocess
from collections.abc import Callable, Iterable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa

UTC = datetime.timezone.utc
EPOCH = datetime.datetime(1970, 1, 1)
NULLS = ("none", "some", "runs", "all")

# How a value of each column is made. Names that start with `n_` are nested, with `x_` of types that lakesql reads and
# does not write.
Maker = Callable[[random.Random], Any]


def moment(rng: random.Random, unit: int = 1) -> datetime.datetime:
    micros = rng.randrange(-60_000_000 * 10**6, 100_000_000 * 10**6) * 10 // unit * unit
    return EPOCH + datetime.timedelta(microseconds=micros)


def word(rng: random.Random) -> str:
    words = ("", "a", "é", "twelve bytes", "thirteen byte", "漢字かな交じり文", "a longer value with some words")
    return rng.choice(words) + ("" if rng.random() < 0.6 else str(rng.randrange(10**rng.randrange(1, 12))))


def number(rng: random.Random, bits: int) -> int:
    few = rng.random() < 0.5
    return rng.randrange(20) if few else rng.randrange(-(2 ** (bits - 1)), 2 ** (bits - 1))


def real(rng: random.Random) -> float:
    special = (0.0, -0.0, math.inf, -math.inf, math.nan, 1.5, 1e-30)
    return rng.choice(special) if rng.random() < 0.3 else rng.uniform(-1e6, 1e6)


def decimal(rng: random.Random, precision: int, scale: int) -> Decimal:
    digits = rng.randrange(1, precision + 1)
    return Decimal(rng.randrange(-(10**digits) + 1, 10**digits)).scaleb(-scale)


def some(rng: random.Random, make: Maker) -> Any:
    return None if rng.random() < 0.2 else make(rng)


def many(rng: random.Random, make: Maker) -> list[Any]:
    return [some(rng, make) for _ in range(rng.choice((0, 1, 2, 5)))]


def point(rng: random.Random) -> dict[str, Any]:
    return {"x": some(rng, lambda r: number(r, 32)), "y": some(rng, word)}


def keyed(rng: random.Random, make: Maker) -> list[tuple[str, Any]]:
    return [(f"k{index}", some(rng, make)) for index in range(rng.choice((0, 1, 3)))]


POINT = pa.struct([("x", pa.int32()), ("y", pa.string())])
DEEP = pa.struct([("p", POINT), ("l", pa.list_(pa.struct([("d", pa.date32()), ("n", pa.decimal128(18, 3))])))])


def deep(rng: random.Random) -> dict[str, Any]:
    def part(r: random.Random) -> dict[str, Any]:
        return {"d": some(r, day), "n": some(r, lambda q: decimal(q, 18, 3))}

    return {"p": some(rng, point), "l": some(rng, lambda r: many(r, part))}


def day(rng: random.Random) -> datetime.date:
    return datetime.date(1970, 1, 1) + datetime.timedelta(days=rng.randrange(-200_000, 200_000))


COLUMNS: dict[str, tuple[pa.DataType, Maker]] = {
    "flag": (pa.bool_(), lambda r: r.random() < 0.5),
    "tiny": (pa.int8(), lambda r: number(r, 8)),
    "small": (pa.int16(), lambda r: number(r, 16)),
    "whole": (pa.int32(), lambda r: number(r, 32)),
    "big": (pa.int64(), lambda r: number(r, 64)),
    "single": (pa.float32(), lambda r: struct.unpack("f", struct.pack("f", real(r)))[0]),
    "double": (pa.float64(), real),
    "d9": (pa.decimal128(9, 2), lambda r: decimal(r, 9, 2)),
    "d18": (pa.decimal128(18, 3), lambda r: decimal(r, 18, 3)),
    "d38": (pa.decimal128(38, 10), lambda r: decimal(r, 38, 10)),
    "text": (pa.string(), word),
    "bytes": (pa.binary(), lambda r: r.randbytes(r.choice((0, 1, 12, 13, 40)))),
    "date": (pa.date32(), day),
    "at": (pa.timestamp("us", tz="UTC"), lambda r: moment(r).replace(tzinfo=UTC)),
    "local": (pa.timestamp("us"), moment),
    "n_numbers": (pa.list_(pa.int64()), lambda r: many(r, lambda q: number(q, 64))),
    "n_texts": (pa.list_(pa.list_(pa.string())), lambda r: many(r, lambda q: many(q, word))),
    "n_map": (pa.map_(pa.string(), pa.decimal128(9, 2)), lambda r: keyed(r, lambda q: decimal(q, 9, 2))),
    "n_maps": (pa.map_(pa.string(), pa.list_(POINT)), lambda r: keyed(r, lambda q: many(q, point))),
    "n_point": (POINT, point),
    "n_deep": (DEEP, deep),
    "x_u8": (pa.uint8(), lambda r: r.randrange(2**8)),
    "x_u16": (pa.uint16(), lambda r: r.randrange(2**16)),
    "x_u32": (pa.uint32(), lambda r: r.randrange(2**32)),
    "x_u64": (pa.uint64(), lambda r: r.randrange(2**64)),
    "x_half": (pa.float16(), lambda r: float(r.randrange(-2048, 2048))),
    "x_fixed": (pa.binary(5), lambda r: r.randbytes(5)),
    "x_uuid": (pa.uuid(), lambda r: r.randbytes(16)),
    "x_millis": (pa.timestamp("ms"), lambda r: moment(r, 1000)),
    "x_nanos": (pa.timestamp("ns"), moment),
    "x_time32": (pa.time32("ms"), lambda r: datetime.time(r.randrange(24), r.randrange(60), 1, 123000)),
    "x_time64": (pa.time64("us"), lambda r: datetime.time(r.randrange(24), r.randrange(60), 1, 123456)),
    "x_category": (pa.dictionary(pa.int32(), pa.string()), lambda r: r.choice(("red", "green", "blue"))),
    "x_array": (pa.list_(pa.int16(), 3), lambda r: [number(r, 16) for _ in range(3)]),
}

# Types, and forms of types, that few writers have; for the writers that have them.
RARE: dict[str, tuple[pa.DataType, Maker]] = {
    "d1": (pa.decimal128(1, 0), lambda r: decimal(r, 1, 0)),
    "d2": (pa.decimal128(2, 2), lambda r: decimal(r, 2, 2)),
    "d4": (pa.decimal128(4, 1), lambda r: decimal(r, 4, 1)),
    "d10": (pa.decimal128(10, 5), lambda r: decimal(r, 10, 5)),
    "d19": (pa.decimal128(19, 19), lambda r: decimal(r, 19, 19)),
    "d25": (pa.decimal128(25, 0), lambda r: decimal(r, 25, 0)),
    "d_small": (pa.decimal32(7, 2), lambda r: decimal(r, 7, 2)),
    "d_wide": (pa.decimal256(38, 2), lambda r: decimal(r, 38, 2)),
    "ms_utc": (pa.timestamp("ms", tz="UTC"), lambda r: moment(r, 1000).replace(tzinfo=UTC)),
    "ns_utc": (pa.timestamp("ns", tz="UTC"), lambda r: moment(r).replace(tzinfo=UTC)),
    "zoned": (pa.timestamp("us", tz="Asia/Tokyo"), lambda r: moment(r).replace(tzinfo=UTC)),
    "seconds": (pa.timestamp("s"), lambda r: moment(r, 10**6)),
    "t_nanos": (pa.time64("ns"), lambda r: datetime.time(r.randrange(24), r.randrange(60), 1, 123456)),
    "day_millis": (pa.date64(), day),
    "large_text": (pa.large_string(), word),
    "viewed_text": (pa.string_view(), word),
    "large_list": (pa.large_list(pa.int32()), lambda r: many(r, lambda q: number(q, 32))),
    "halves": (pa.list_(pa.float16()), lambda r: many(r, lambda q: float(q.randrange(-2048, 2048)))),
    "naturals": (pa.list_(pa.uint32()), lambda r: many(r, lambda q: q.randrange(2**32))),
    "flags": (pa.list_(pa.bool_()), lambda r: many(r, lambda q: q.random() < 0.5)),
    "fixed": (pa.list_(pa.binary(3)), lambda r: many(r, lambda q: q.randbytes(3))),
    "lists": (pa.list_(pa.list_(pa.list_(pa.string()))), lambda r: many(r, lambda q: many(q, lambda z: many(z, word)))),
    "by_number": (pa.map_(pa.int32(), POINT), lambda r: [(n, some(r, point)) for n in range(r.choice((0, 1, 3)))]),
    "deepest": (pa.list_(pa.struct([("m", pa.map_(pa.string(), pa.list_(pa.int32())))])), lambda r: many(r, mapped)),
    "within": (
        pa.struct([("a", pa.struct([("b", pa.struct([("c", pa.int8())]))]))]),
        lambda r: {"a": some(r, lambda q: {"b": some(q, lambda z: {"c": some(z, lambda y: number(y, 8))})})}),
}


def mapped(rng: random.Random) -> dict[str, Any]:
    return {"m": some(rng, lambda r: keyed(r, lambda q: many(q, lambda z: number(z, 32))))}


def table(names: Iterable[str], nulls: str, rows: int, seed: int = 7) -> pa.Table:
    """A table of those columns, with NULLs as asked for; columns without NULLs are required."""
    columns, fields = [], []
    for index, name in enumerate(names):
        kind, make = (COLUMNS | RARE)[name]
        rng = random.Random(seed * 1000 + index)
        values = [None if is_null(nulls, row, rng) else make(rng) for row in range(rows)]
        storage = kind.storage_type if isinstance(kind, pa.BaseExtensionType) else kind
        column = pa.array(values, storage)
        columns.append(pa.ExtensionArray.from_storage(kind, column) if storage is not kind else column)
        fields.append(pa.field(name, kind, nullable=nulls != "none"))
    return pa.table(columns, schema=pa.schema(fields))


def is_null(nulls: str, row: int, rng: random.Random) -> bool:
    return nulls == "all" or (nulls == "some" and rng.random() < 0.25) or (nulls == "runs" and row // 90 % 2 == 1)


def plain(value: Any, kind: pa.DataType) -> Any:
    """A value in the form that is compared: what Python, Arrow, and the command's JSON say of it alike."""
    types = pa.types
    if value is None:
        return None
    if types.is_floating(kind):
        return struct.pack("f" if types.is_float32(kind) else "d", math.nan if math.isnan(float(value)) else float(value))
    if types.is_decimal(kind):
        return Decimal(value)
    if types.is_struct(kind):
        return [plain(value[field.name], field.type) for field in kind]
    if types.is_map(kind):
        pairs = value.items() if isinstance(value, dict) else entries(value)
        return sorted((str(key), plain(part, kind.item_type)) for key, part in pairs)
    if types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind):
        return [plain(part, kind.value_type) for part in value]
    return scalar(value)


def entries(pairs: Iterable[Any]) -> Iterable[tuple[Any, Any]]:
    """The entries of a map, which some readers give as structs."""
    return [(pair["key"], pair["value"]) if isinstance(pair, dict) else pair for pair in pairs]


def scalar(value: Any) -> Any:
    if isinstance(value, datetime.datetime):
        instant = value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value
        text = instant.isoformat(sep=" ", timespec="microseconds")
        return text.rstrip("0").rstrip(".")
    if isinstance(value, datetime.time):
        return ((value.hour * 60 + value.minute) * 60 + value.second) * 10**6 + value.microsecond
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, (bytes, bytearray)):
        return base64.b64encode(value).decode()
    return value if isinstance(value, (bool, int, str)) else str(value)


def columns_of(data: pa.Table) -> dict[str, list[Any]]:
    """Every column of an Arrow table in the form that is compared."""
    return {name: [plain(value, data.schema.field(name).type) for value in data[name].to_pylist()] for name in
            data.column_names}


def difference(wanted: dict[str, list[Any]], found: dict[str, list[Any]]) -> str | None:
    """The first value that differs, in words."""
    for name, values in wanted.items():
        if name not in found:
            return f"{name} is missing"
        if len(values) != len(found[name]):
            return f"{name} has {len(found[name])} rows instead of {len(values)}"
        for row, (one, other) in enumerate(zip(values, found[name], strict=True)):
            if one != other:
                return f"{name}, row {row}: {other!r} instead of {one!r}"
    return None


def lakesql_reads(command: str, folder: Path, files: dict[str, pa.Schema]) -> dict[str, dict[str, list[Any]]]:
    """What the command reads from Parquet files, all of them in one process; files that fail are not there."""
    script = folder / "read.sql"
    script.write_text("".join(
        f"SELECT '{name}' AS `file`;\nSELECT * FROM parquet.`{folder / name}`;\n" for name in files), encoding="utf-8")
    result = subprocess.run(
        [command, "-w", str(folder / "warehouse"), "--format", "jsonl", "--keep-going", "-f", str(script)],
        capture_output=True, text=True, timeout=300, env={"TZ": "UTC"})
    found: dict[str, dict[str, list[Any]]] = {}
    columns: dict[str, list[Any]] = {}
    kinds: list[tuple[str, pa.DataType]] = []
    for line in result.stdout.splitlines():
        record = json.loads(line, parse_float=Decimal)
        if record.keys() == {"file"}:
            schema = files[record["file"]]
            kinds = [(field.name, field.type) for field in schema]
            columns = found[record["file"]] = {name: [] for name, _ in kinds}
            continue
        for name, kind in kinds:
            columns[name].append(plain(record[name], kind))
    assert result.stderr == "", result.stderr[:2000]
    return found
