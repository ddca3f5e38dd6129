"""Writes the Parquet files of this folder with PyArrow, and the rows they hold as JSON lines.

Run it in this folder with pyarrow installed; the output is deterministic for one PyArrow version.
Values in the JSON lines: integers, booleans and null as they are; decimals as text; floating-point numbers as the
hexadecimal bits; dates as days, timestamps as microseconds since 1970; binary as hexadecimal; lists, structs and maps
(as pairs) as arrays.
"""

import datetime
import decimal
import json
import random
import struct
import uuid

import pyarrow as pa
import pyarrow.parquet as pq

ROWS = 400
random.seed(20260131)
EPOCH = datetime.date(1970, 1, 1)


def maybe(value, share=0.15):
    return None if random.random() < share else value


def canonical(value, kind):
    if value is None:
        return None
    if pa.types.is_struct(kind):
        return [canonical(value[field.name], field.type) for field in kind]
    if pa.types.is_map(kind):
        return [[canonical(k, kind.key_type), canonical(v, kind.item_type)] for k, v in value]
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return [canonical(item, kind.value_type) for item in value]
    if pa.types.is_float16(kind) or pa.types.is_float32(kind):
        return "0x%08x" % struct.unpack("<I", struct.pack("<f", value))[0]
    if pa.types.is_float64(kind):
        return "0x%016x" % struct.unpack("<Q", struct.pack("<d", value))[0]
    if pa.types.is_decimal(kind):
        return format(value, "f")
    if isinstance(kind, pa.UuidType):
        return str(value)
    if isinstance(kind, pa.JsonType):
        return value
    if pa.types.is_binary(kind) or pa.types.is_fixed_size_binary(kind):
        return value.hex()
    if pa.types.is_date(kind):
        return (value - EPOCH).days
    if pa.types.is_timestamp(kind) or pa.types.is_time(kind):
        raise TypeError("cast to integers first")
    if kind == pa.uint64():
        return str(value)
    return value


def integers(column):
    """Timestamps and times as microseconds."""
    kind = column.type
    if pa.types.is_timestamp(kind):
        raw = column.cast(pa.int64()).to_pylist()
        factor = {"s": 1000000, "ms": 1000, "us": 1, "ns": 0}[kind.unit]
        return [None if v is None else (v * factor if factor else v // 1000) for v in raw]
    if pa.types.is_time(kind):
        raw = column.cast(pa.int64() if pa.types.is_time64(kind) else pa.int32()).to_pylist()
        factor = {"ms": 1000, "us": 1, "ns": 0}[kind.unit]
        return [None if v is None else (v * factor if factor else v // 1000) for v in raw]
    return None


def write_expected(name, table):
    columns = []
    for field, column in zip(table.schema, table.columns):
        plain = integers(column)
        if plain is None:
            plain = [canonical(v, field.type) for v in column.to_pylist()]
        columns.append(plain)
    with open(name + ".jsonl", "w") as out:
        for row in zip(*columns):
            out.write(json.dumps(list(row), separators=(",", ":"), ensure_ascii=False) + "\n")


WORDS = ["", "a", "branch", "exactly12byt", "thirteen byte", "a text that is longer than a view holds inline",
         "Grüße, 世界", "x" * 70]


def flat_table():
    n = ROWS
    rnd = random.Random(7)

    def column(make, share=0.15):
        return [maybe(make(i), share) for i in range(n)]

    nan = float("nan")
    fields = {
        "id": (pa.field("id", pa.int64(), nullable=False), list(range(n))),
        "flag": (pa.field("flag", pa.bool_()), column(lambda i: i % 3 == 0)),
        "i8": (pa.field("i8", pa.int8()), column(lambda i: i % 256 - 128)),
        "i16": (pa.field("i16", pa.int16()), column(lambda i: (i * 331) % 65536 - 32768)),
        "i32": (pa.field("i32", pa.int32()), column(lambda i: rnd.randrange(-2**31, 2**31))),
        "i64": (pa.field("i64", pa.int64()), column(lambda i: rnd.randrange(-2**63, 2**63))),
        "u8": (pa.field("u8", pa.uint8()), column(lambda i: i % 256)),
        "u16": (pa.field("u16", pa.uint16()), column(lambda i: (i * 331) % 65536)),
        "u32": (pa.field("u32", pa.uint32()), column(lambda i: rnd.randrange(0, 2**32))),
        "u64": (pa.field("u64", pa.uint64()), column(lambda i: rnd.randrange(0, 2**64))),
        "f16": (pa.field("f16", pa.float16()), column(lambda i: [0.5, -2.0, 65504.0, 0.0, 2**-24][i % 5])),
        "f32": (pa.field("f32", pa.float32()), column(lambda i: [1.5, -0.0, 3.25e10, float("inf")][i % 4])),
        "f64": (pa.field("f64", pa.float64()), column(lambda i: nan if i % 50 == 0 else rnd.uniform(-1e9, 1e9))),
        "d9": (pa.field("d9", pa.decimal128(9, 2)),
               column(lambda i: decimal.Decimal(rnd.randrange(-10**9 + 1, 10**9)).scaleb(-2))),
        "d18": (pa.field("d18", pa.decimal128(18, 4)),
                column(lambda i: decimal.Decimal(rnd.randrange(-10**18 + 1, 10**18)).scaleb(-4))),
        "d38": (pa.field("d38", pa.decimal128(38, 10)), column(
            lambda i: decimal.Context(prec=60).scaleb(decimal.Decimal(rnd.randrange(-10**38 + 1, 10**38)), -10))),
        "day": (pa.field("day", pa.date32()), column(lambda i: EPOCH + datetime.timedelta(days=i * 37 - 5000))),
        "ts_us": (pa.field("ts_us", pa.timestamp("us", tz="UTC")), column(lambda i: i * 86399999999 - 10**15)),
        "ts_ms": (pa.field("ts_ms", pa.timestamp("ms", tz="UTC")), column(lambda i: i * 86399999 - 10**12)),
        "ntz_us": (pa.field("ntz_us", pa.timestamp("us")), column(lambda i: i * 86399999999 - 10**15)),
        "ntz_ns": (pa.field("ntz_ns", pa.timestamp("ns")), column(lambda i: i * 86399999999999 - 10**15 - 1)),
        "t_ms": (pa.field("t_ms", pa.time32("ms")), column(lambda i: i * 1000 + 7)),
        "t_us": (pa.field("t_us", pa.time64("us")), column(lambda i: i * 1000003)),
        "text": (pa.field("text", pa.string()), column(lambda i: WORDS[i % len(WORDS)] if i % 4 else "row %d" % i)),
        "code": (pa.field("code", pa.string(), nullable=False), ["code-%d" % (i % 5) for i in range(n)]),
        "bytes": (pa.field("bytes", pa.binary()), column(lambda i: bytes(rnd.randrange(256) for _ in range(i % 20)))),
        "fixed": (pa.field("fixed", pa.binary(5)), column(lambda i: bytes([i % 256, 1, 2, 3, 255]))),
        "uid": (pa.field("uid", pa.uuid()), column(lambda i: uuid.UUID(int=rnd.getrandbits(128)).bytes)),
        "none": (pa.field("none", pa.int32()), [None] * n),
        "rare": (pa.field("rare", pa.int32()), [i if i % 131 == 0 else None for i in range(n)]),
    }
    arrays = []
    for field, values in fields.values():
        if isinstance(field.type, pa.UuidType):
            arrays.append(pa.ExtensionArray.from_storage(field.type, pa.array(values, pa.binary(16))))
        elif pa.types.is_float16(field.type):
            import numpy as np
            arrays.append(pa.array([None if v is None else np.float16(v) for v in values], field.type))
        else:
            arrays.append(pa.array(values, field.type))
    return pa.Table.from_arrays(arrays, schema=pa.schema([field for field, _ in fields.values()]))


def present(table):
    """The table with other rows' values in place of NULLs."""
    def filled(column):
        rows = [row for row in range(len(column)) if column[row].is_valid]
        return column.take([rows[row % len(rows)] for row in range(len(column))]) if rows else column

    return pa.table([filled(column.combine_chunks()) for column in table.columns], schema=table.schema)


def nested_table():
    n = ROWS
    rnd = random.Random(11)
    point = pa.struct([pa.field("x", pa.int32()), pa.field("label", pa.string())])

    def a_point():
        return {"x": maybe(rnd.randrange(100)), "label": maybe(rnd.choice(WORDS))}

    def some(make, most=4):
        return [maybe(make()) for _ in range(rnd.randrange(most))]

    columns = [
        (pa.field("id", pa.int32()), list(range(n))),
        (pa.field("numbers", pa.list_(pa.int64())), [maybe(some(lambda: rnd.randrange(9))) for _ in range(n)]),
        (pa.field("names", pa.list_(pa.string())), [maybe(some(lambda: rnd.choice(WORDS))) for _ in range(n)]),
        (pa.field("matrix", pa.list_(pa.list_(pa.int32()))),
         [maybe(some(lambda: some(lambda: rnd.randrange(50)))) for _ in range(n)]),
        (pa.field("place", point), [maybe(a_point()) for _ in range(n)]),
        (pa.field("places", pa.list_(point)), [maybe(some(a_point)) for _ in range(n)]),
        (pa.field("tags", pa.map_(pa.string(), pa.int64())),
         [maybe([("k%d" % k, maybe(rnd.randrange(99))) for k in range(rnd.randrange(4))]) for _ in range(n)]),
        (pa.field("deep", pa.struct([pa.field("inner", pa.struct([pa.field("v", pa.float64())])),
                                     pa.field("list", pa.list_(pa.string()))])),
         [maybe({"inner": maybe({"v": maybe(rnd.random())}), "list": maybe(some(lambda: "s%d" % rnd.randrange(5)))})
          for _ in range(n)]),
        (pa.field("lists", pa.map_(pa.int32(), pa.list_(pa.date32()))),
         [maybe([(k, maybe(some(lambda: EPOCH + datetime.timedelta(days=rnd.randrange(20000)))))
                 for k in range(rnd.randrange(3))]) for _ in range(n)]),
        (pa.field("must", pa.list_(pa.field("element", pa.int32(), nullable=False)), nullable=False),
         [[k for k in range(i % 4)] for i in range(n)]),
    ]
    return pa.Table.from_arrays([pa.array(v, f.type) for f, v in columns], schema=pa.schema([f for f, _ in columns]))


def write(name, table, **options):
    settings = dict(row_group_size=150, data_page_size=512, write_batch_size=16)
    settings.update(options)
    pq.write_table(table, name + ".parquet", **settings)


def main():
    flat = flat_table()
    write_expected("flat", flat)
    for codec in ["none", "snappy", "gzip", "zstd", "lz4"]:
        for version in ["1.0", "2.0"]:
            write("flat_%s_v%s" % (codec, version[0]), flat, compression=codec, data_page_version=version)
    write("present_plain_v1", present(flat), compression="snappy", use_dictionary=False)
    write("flat_plain_v1", flat, compression="snappy", use_dictionary=False)
    write("flat_fallback_v1", flat, compression="snappy", dictionary_pagesize_limit=256)
    write("flat_fallback_v2", flat, compression="zstd", dictionary_pagesize_limit=256, data_page_version="2.0")
    write("flat_int96_v1", flat.select(["id", "ts_us", "ntz_us", "ntz_ns"]), compression="none",
          use_deprecated_int96_timestamps=True)
    write_expected("flat_int96_v1", flat.select(["id", "ts_us", "ntz_us", "ntz_ns"]))
    write("flat_intdecimal_v1", flat.select(["id", "d9", "d18", "d38"]), store_decimal_as_integer=True)
    write_expected("flat_intdecimal_v1", flat.select(["id", "d9", "d18", "d38"]))

    encodings = {
        "delta": ({"id": "DELTA_BINARY_PACKED", "i8": "DELTA_BINARY_PACKED", "i32": "DELTA_BINARY_PACKED",
                   "i64": "DELTA_BINARY_PACKED", "u32": "DELTA_BINARY_PACKED", "day": "DELTA_BINARY_PACKED",
                   "ts_us": "DELTA_BINARY_PACKED", "text": "DELTA_BYTE_ARRAY", "code": "DELTA_BYTE_ARRAY",
                   "bytes": "DELTA_LENGTH_BYTE_ARRAY", "fixed": "DELTA_BYTE_ARRAY", "flag": "RLE"}),
        "split": ({"id": "BYTE_STREAM_SPLIT", "i32": "BYTE_STREAM_SPLIT", "i64": "BYTE_STREAM_SPLIT",
                   "f32": "BYTE_STREAM_SPLIT", "f64": "BYTE_STREAM_SPLIT", "f16": "BYTE_STREAM_SPLIT",
                   "fixed": "BYTE_STREAM_SPLIT", "d38": "BYTE_STREAM_SPLIT",
                   "text": "DELTA_LENGTH_BYTE_ARRAY"}),
    }
    for name, chosen in encodings.items():
        part = flat.select(list(chosen))
        write_expected("encoding_" + name, part)
        for version in ["1.0", "2.0"]:
            write("encoding_%s_v%s" % (name, version[0]), part, use_dictionary=False, column_encoding=chosen,
                  data_page_version=version, compression="zstd")

    nested = nested_table()
    write_expected("nested", nested)
    for codec, version in [("snappy", "1.0"), ("zstd", "2.0"), ("none", "1.0")]:
        write("nested_%s_v%s" % (codec, version[0]), nested, compression=codec, data_page_version=version)
    write("nested_plain_v2", nested, use_dictionary=False, data_page_version="2.0", compression="gzip")

    ids = pa.schema([pa.field("a", pa.int32(), metadata={"PARQUET:field_id": "7"}),
                     pa.field("b", pa.struct([pa.field("c", pa.string(), metadata={"PARQUET:field_id": "9"})]),
                              metadata={"PARQUET:field_id": "8"})], metadata={"owner": "bank"})
    rows = [{"a": i, "b": {"c": "v%d" % i}} for i in range(10)]
    pq.write_table(pa.Table.from_pylist(rows, schema=ids), "field_ids.parquet")

    ordered = pa.table({"k": pa.array(range(10000), pa.int64()),
                        "v": pa.array([i // 100 for i in range(10000)], pa.int32()),
                        "s": pa.array(["s%05d" % i for i in range(10000)]),
                        "f": pa.array([float("nan") if i % 1000 == 1 else float(i) for i in range(10000)])})
    pq.write_table(ordered, "ordered.parquet", row_group_size=2500, data_page_size=1024, write_batch_size=100,
                   compression="snappy")
    pq.write_table(ordered.slice(0, 0), "empty.parquet")

    for version in ["1.0", "2.0"]:
        write("flat_brotli_v" + version[0], flat, compression="brotli", data_page_version=version,
              write_page_checksum=True)
    write_indexed(ordered)
    write_duckdb()


def write_indexed(ordered):
    """A page index, bloom filters and lists over several pages; v is clustered, k is not."""
    n = ordered.num_rows
    table = pa.table({"k": pa.array([i * 7919 % n for i in range(n)], pa.int64()), "v": ordered["v"],
                      "s": pa.array([None if i // 500 % 4 == 1 else "s%05d" % i for i in range(n)]),
                      "u": pa.array([i // 50 * 20_000_000 for i in range(n)], pa.uint32()),
                      "list": pa.array([list(range(i, i + i % 4)) for i in range(n)], pa.list_(pa.int32()))})
    for version in ["1.0", "2.0"]:
        pq.write_table(table, "indexed_v%s.parquet" % version[0], row_group_size=5000, data_page_size=1024,
                       write_batch_size=100, compression="zstd", write_page_index=True, data_page_version=version,
                       write_page_checksum=True, use_dictionary=["v", "u", "list.list.element"],
                       bloom_filter_options={"k": {"ndv": 5000, "fpp": 0.01}, "s": {"ndv": 1000, "fpp": 0.1}})


def write_duckdb():
    """DuckDB's intervals, bloom filters and types of its own."""
    import duckdb
    duckdb.sql("""
        COPY (SELECT (i * 37 % 200)::INTEGER AS a, (i * 37 % 200) * 1000003 AS b, 'name ' || (i * 37 % 200) AS c,
                     ((i * 37 % 200) / 4)::DOUBLE AS d, (DATE '2000-01-01' + (i * 37 % 200)::INTEGER) AS e,
                     ((i * 37 % 200) / 8)::DECIMAL(12, 3) AS f, (i * 37 % 200)::UTINYINT AS g,
                     CASE WHEN i % 2 = 0 THEN to_months(i::INTEGER) ELSE to_days(i::INTEGER) END AS h,
                     TIMESTAMP '2020-01-01 00:00:00' + to_seconds(i * 37 % 200) AS t
              FROM range(0, 2000) r(i))
        TO 'duckdb.parquet' (FORMAT PARQUET, ROW_GROUP_SIZE 2048)""")


main()
