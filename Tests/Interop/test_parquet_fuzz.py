"""Damaged and lying Parquet files: lakesql gives rows or an error, and never crashes, hangs or takes too much memory.

The corpus is the fixtures of the unit tests and the cases that were found. Seeds are fixed; `FUZZ_SECONDS` and
`FUZZ_SEED` in the environment make a longer run of other cases. A case that fails is left in `FUZZ_KEEP`, if that is
set, and belongs into `Tests/ParquetTests/Fixtures/found`.
"""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import time
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import thrift_tree as thrift

FIXTURES = Path(__file__).parent.parent / "ParquetTests" / "Fixtures"
SECONDS = float(os.environ.get("FUZZ_SECONDS", "12"))
SEED = int(os.environ.get("FUZZ_SEED", "1"))
BATCH = 150
# The most that a process may take for a batch of files: the query's memory limit, the 256 MiB that a reader may hold
# beside it, and the engine itself.
MEMORY_LIMIT = 512 << 20
SETTINGS = "SET lakesql.memory_limit = '64MB';\n"
TIME_LIMIT = 60
EXTREMES = (0, 1, -1, 2, 7, 255, 65536, 2**31 - 1, -(2**31), 2**31, 2**32, 2**40, 2**62, 2**63 - 1, -(2**63))


@dataclass
class Parquet:
    """A file in parts that can be changed."""

    body: bytes
    footer: thrift.Value

    @staticmethod
    def parse(data: bytes) -> Parquet:
        length = int.from_bytes(data[-8:-4], "little")
        start = len(data) - 8 - length
        return Parquet(data[:start], thrift.Decoder(data, start).struct())

    def data(self, length: int | None = None) -> bytes:
        footer = thrift.encode(self.footer)
        size = len(footer) if length is None else length
        return self.body + footer + (size & 0xFFFFFFFF).to_bytes(4, "little") + b"PAR1"

    def chunks(self) -> list[thrift.Value]:
        """The metadata of the column chunks."""
        groups = thrift.field(self.footer, 4).value
        return [thrift.field(chunk, 3) for group in groups for chunk in thrift.field(group, 1).value]

    def places(self, *numbers: int) -> list[int]:
        """Offsets that column chunks give besides those of pages: 4 offset index, 6 column index, 14 bloom filter."""
        found = []
        for group in thrift.field(self.footer, 4).value:
            for chunk in thrift.field(group, 1).value:
                for number in numbers:
                    offset = thrift.field(thrift.field(chunk, 3) if number == 14 else chunk, number)
                    if offset is not None and offset.value > 0:
                        found.append(offset.value)
        return found

    def page_offsets(self) -> list[int]:
        """Where the first pages of the column chunks are: dictionary pages and data pages."""
        found = []
        for metadata in self.chunks():
            for number in (9, 11):
                offset = thrift.field(metadata, number)
                # Some writers put 0 where there is no dictionary.
                if offset is not None and offset.value > 0:
                    found.append(offset.value)
        return found


def truncated(data: bytes, rng: random.Random) -> bytes:
    cut = rng.randrange(len(data))
    return data[:cut] if rng.random() < 0.5 else data[:cut] + data[-8:]


def flipped(data: bytes, rng: random.Random) -> bytes:
    out = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 8))):
        place = rng.randrange(len(out))
        out[place] = rng.choice((rng.randrange(256), 0, 255, out[place] ^ 1 << rng.randrange(8)))
    return bytes(out)


def shuffled(data: bytes, rng: random.Random) -> bytes:
    """A part of the file repeated, left out or copied over another."""
    start, size = rng.randrange(len(data)), rng.randrange(1, 200)
    target = rng.randrange(len(data))
    return rng.choice((
        data[:start] + data[start + size:], data[:start] + data[start:start + size] * 2 + data[start + size:],
        data[:target] + data[start:start + size] + data[target + size:]))


def lie(tree: thrift.Value, rng: random.Random) -> None:
    """Changes one value of a tree."""
    node = rng.choice(thrift.nodes(tree))
    if node.kind in thrift.INTEGERS:
        node.value = rng.choice((*EXTREMES, node.value + 1, node.value - 1, node.value * 2, -node.value))
    elif node.kind == thrift.BINARY:
        node.value = rng.choice((b"", node.value[:-1], node.value * 2, rng.randbytes(len(node.value)), b"\xff" * 300))
    elif node.kind in (thrift.LIST, thrift.STRUCT, thrift.SET) and node.value:
        index = rng.randrange(len(node.value))
        change = rng.randrange(4)
        if change == 0:
            del node.value[index]
        elif change == 1:
            node.value.insert(index, deepcopy(node.value[index]))
        elif change == 2:
            node.value.append(deepcopy(rng.choice(node.value)))
        else:
            node.value = node.value * rng.choice((2, 50))
    elif node.kind in (thrift.TRUE, thrift.FALSE):
        node.kind = thrift.TRUE + thrift.FALSE - node.kind


def lying_footer(data: bytes, rng: random.Random) -> bytes:
    parts = Parquet.parse(data)
    for _ in range(rng.choice((1, 1, 2, 3))):
        lie(parts.footer, rng)
    return parts.data(rng.choice(EXTREMES) if rng.random() < 0.03 else None)


def lying_page(data: bytes, rng: random.Random) -> bytes:
    """Changes a page's header; its chunk gets as much longer or shorter as it does."""
    parts = Parquet.parse(data)
    offset = rng.choice(parts.page_offsets())
    decoder = thrift.Decoder(data, offset)
    header = decoder.struct()
    lie(header, rng)
    new = thrift.encode(header)
    change = len(new) - (decoder.offset - offset)
    parts.body = parts.body[:offset] + new + parts.body[decoder.offset:]
    for group in thrift.field(parts.footer, 4).value:
        for chunk in thrift.field(group, 1).value:
            metadata = thrift.field(chunk, 3)
            first, size = thrift.field(metadata, 9), thrift.field(metadata, 7)
            dictionary = thrift.field(metadata, 11)
            if offset in (first.value, dictionary and dictionary.value):
                size.value += change
            for place in filter(None, (first, dictionary)):
                place.value += change if place.value > offset else 0
    return parts.data()


def damaged_page(data: bytes, rng: random.Random) -> bytes:
    """Changes the first bytes of a page, where its levels and the width of its codes stand."""
    offset = rng.choice(Parquet.parse(data).page_offsets())
    decoder = thrift.Decoder(data, offset)
    decoder.struct()
    out = bytearray(data)
    for _ in range(rng.choice((1, 2, 4))):
        out[decoder.offset + min(rng.randrange(24), rng.randrange(24))] = rng.choice((rng.randrange(256), 255, 0, 127))
    return bytes(out)


def lying_index(data: bytes, rng: random.Random) -> bytes:
    """Changes a column index, an offset index or the header of a bloom filter in its place."""
    places = Parquet.parse(data).places(4, 6, 14)
    if not places:
        return lying_footer(data, rng)
    offset = rng.choice(places)
    decoder = thrift.Decoder(data, offset)
    tree = decoder.struct()
    lie(tree, rng)
    new = thrift.encode(tree)
    # What is longer runs into what stands behind it.
    return data[:offset] + new + data[offset + len(new):]


CHANGES: tuple[Callable[[bytes, random.Random], bytes], ...] = (
    truncated, flipped, shuffled, lying_footer, lying_footer, lying_page, lying_page, damaged_page, damaged_page,
    lying_index)


def sources() -> dict[str, bytes]:
    files = sorted(path for path in FIXTURES.glob("*.parquet"))
    return {path.stem: path.read_bytes() for path in files if path.stat().st_size < 200_000}


def case(names: list[str], corpus: dict[str, bytes], number: int) -> tuple[str, bytes]:
    rng = random.Random(f"{SEED}-{number}")
    name, change = rng.choice(names), rng.choice(CHANGES)
    return f"{SEED}-{number}_{change.__name__}_{name}.parquet", change(corpus[name], rng)


def peak_memory(process: int) -> int:
    """The most bytes a running process has had in memory; 0 once it has ended.

    The system's own account of a child that has ended counts what its parent held when it was forked.
    """
    try:
        status = Path(f"/proc/{process}/status").read_text(encoding="utf-8")
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return next((int(line.split()[1]) << 10 for line in status.splitlines() if line.startswith("VmHWM:")), 0)


def conditions(name: str) -> str:
    """Statements that ask a file's statistics, page indexes, bloom filters and footer; $ stands for its path."""
    statements = ["SELECT count(*) FROM parquet.`$`", "SELECT * FROM parquet_metadata('$')",
                  "SELECT * FROM parquet_schema('$')"]
    if "indexed" in name:
        statements += ["SELECT * FROM parquet.`$` WHERE v = 40 AND k >= 0",
                       "SELECT u, list FROM parquet.`$` WHERE k = 77"]
    elif "duckdb" in name:
        statements.append("SELECT * FROM parquet.`$` WHERE b = 500 OR b = 7")
    elif "flat" in name:
        statements.append("SELECT * FROM parquet.`$` WHERE id < 40 AND text IS NOT NULL")
    return "".join(statement + ";\n" for statement in statements)


def run(command: str, folder: Path, files: list[str]) -> tuple[str, int]:
    """Reads files in one process; what went wrong with it as a whole, and its peak memory in bytes."""
    script = folder / "fuzz.sql"
    script.write_text(SETTINGS + "".join(
        f"SELECT * FROM parquet.`{folder / name}`;\n{conditions(name)}".replace("$", str(folder / name))
        for name in files), encoding="utf-8")
    with open(folder / "errors", "wb") as errors:
        process = subprocess.Popen(
            [command, "-w", str(folder / "warehouse"), "--format", "csv", "--keep-going", "--threads", "1", "-f",
             str(script), "-o", str(folder / "out")], stdout=subprocess.DEVNULL, stderr=errors)
        deadline = time.monotonic() + TIME_LIMIT
        peak = 0
        while process.poll() is None:
            peak = max(peak, peak_memory(process.pid))
            if time.monotonic() > deadline:
                process.kill()
                process.wait()
                return f"took more than {TIME_LIMIT} s", 0
            time.sleep(0.002)
    code = process.returncode
    if code not in (0, 1):
        return f"ended with {code}: {(folder / 'errors').read_text(errors='replace')[-500:]}", peak
    return (f"took {peak >> 20} MiB", peak) if peak > MEMORY_LIMIT else ("", peak)


def culprits(command: str, folder: Path, files: list[str]) -> list[str]:
    """Of files with which a process went wrong, those that do it alone."""
    found = []
    for name in files:
        problem, _ = run(command, folder, [name])
        if problem:
            found.append(f"{name}: {problem}")
            if keep := os.environ.get("FUZZ_KEEP"):
                shutil.copy(folder / name, keep)
    return found or ["only together: " + ", ".join(files)]


def test_damaged_files(command: str, tmp_path: Path) -> None:
    corpus = sources()
    names = sorted(corpus)
    assert len(names) > 15
    began, number, problems = time.monotonic(), 0, []
    while time.monotonic() - began < SECONDS:
        files = []
        for _ in range(BATCH):
            name, data = case(names, corpus, number)
            (tmp_path / name).write_bytes(data)
            files.append(name)
            number += 1
        problem, _ = run(command, tmp_path, files)
        if problem:
            problems += culprits(command, tmp_path, files)
        for name in files:
            (tmp_path / name).unlink()
    print(f"{number} files")
    assert problems == []


def test_errors_of_damaged_files_say_so(command: str, tmp_path: Path) -> None:
    """Errors blame the file, with a code of class XX or 58 or of data, and never the engine."""
    corpus = sources()
    names = sorted(corpus)
    blamed = 0
    for start in range(0, 300, BATCH):
        files = []
        for number in range(start, start + BATCH):
            name, data = case(names, corpus, number)
            (tmp_path / name).write_bytes(data)
            files.append(name)
        assert run(command, tmp_path, files)[0] == ""
        text = (tmp_path / "errors").read_text(errors="replace")
        assert "XX000" not in text
        blamed += text.count("Parquet file")
    assert blamed > 100


def test_found_cases(command: str, tmp_path: Path) -> None:
    files = sorted((FIXTURES / "found").glob("*.parquet"))
    for path in files:
        shutil.copy(path, tmp_path)
    names = [path.name for path in files]
    problem, _ = run(command, tmp_path, names)
    assert problem == "" or culprits(command, tmp_path, names) == []


CODECS = ["snappy", "gzip", "zstd", "lz4", "brotli"]


def with_page(data: bytes, body: bytes | None, header: dict[int, int], values: int | None = None) -> Parquet:
    """A file of one column and page with another body, numbers of the page's header, and number of values."""
    parts = Parquet.parse(data)
    (offset,) = parts.page_offsets()
    decoder = thrift.Decoder(data, offset)
    tree = decoder.struct()
    (chunk,) = parts.chunks()
    end = offset + thrift.field(chunk, 7).value
    if body is None:
        body = data[decoder.offset:end]
    for number, value in header.items():
        thrift.field(tree, number).value = value
    thrift.field(tree, 3).value = len(body)
    if values is not None:
        thrift.field(thrift.field(tree, 5), 1).value = values
        thrift.field(chunk, 5).value = values
    page = thrift.encode(tree) + body
    parts.body = data[:offset] + page
    thrift.field(chunk, 7).value = len(page)
    return parts


def set_rows(parts: Parquet, rows: int) -> None:
    thrift.field(parts.footer, 3).value = rows
    (group,) = thrift.field(parts.footer, 4).value
    thrift.field(group, 3).value = rows


def one_column(folder: Path, column: pa.Array, codec: str, **options: object) -> bytes:
    path = folder / "source.parquet"
    pq.write_table(
        pa.table({"x": column}), path, compression=codec, use_dictionary=False, data_page_size=8 << 20,
        write_statistics=False, **options)
    return path.read_bytes()


@pytest.mark.parametrize("codec", CODECS)
def test_pages_that_claim_another_size(command: str, tmp_path: Path, codec: str) -> None:
    """A page may not become larger than its header says, and a header's claim alone costs no memory."""
    data = one_column(tmp_path, pa.array([0] * 200_000, pa.int64()), codec)
    files = []
    for size in (0, 1, 100, 2**30, 2**31 - 1, -1):
        files.append(f"claim{size}.parquet")
        (tmp_path / files[-1]).write_bytes(with_page(data, None, {2: size}).data())
    assert run(command, tmp_path, files)[0] == ""
    # Metadata can be shown, and counting rows needs no page.
    assert errors(tmp_path, "Parquet file") == len(files)


def errors(folder: Path, text: str) -> int:
    lines = (folder / "errors").read_text(errors="replace").splitlines()
    return sum(text in line and line.startswith("error") for line in lines)


@pytest.mark.parametrize("codec", CODECS)
def test_decompression_bombs(command: str, tmp_path: Path, codec: str) -> None:
    """512 MiB of zeros, as the file says, in a few KiB (or MiB) are more than a query with 64 MB may hold."""
    size = 512 << 20
    data = one_column(tmp_path, pa.array([0] * 1000, pa.int64()), codec)
    body = pa.Codec("lz4_raw" if codec == "lz4" else codec).compress(bytes(size)).to_pybytes()
    # An optional column's levels stand in front: one run of ones.
    parts = with_page(data, body, {2: size}, size // 8)
    set_rows(parts, size // 8)
    (tmp_path / "bomb.parquet").write_bytes(parts.data())
    problem, peak = run(command, tmp_path, ["bomb.parquet"])
    assert problem == ""
    assert peak < MEMORY_LIMIT
    assert errors(tmp_path, "the memory limit of") == 1
    assert errors(tmp_path, "column x, row group 0, page 0") == 1


def test_chunks_that_share_their_bytes(command: str, tmp_path: Path) -> None:
    """A thousand columns that all claim the same MiB of the file."""
    noise = random.Random(3).randbytes(1 << 20)
    data = one_column(tmp_path, pa.array([noise[i:i + 1024] for i in range(0, len(noise), 1024)], pa.binary()), "none")
    parts = Parquet.parse(data)
    schema, groups = thrift.field(parts.footer, 2).value, thrift.field(parts.footer, 4).value
    thrift.field(schema[0], 5).value = 1000
    for number in range(1, 1000):
        column = deepcopy(schema[1])
        thrift.field(column, 4).value = f"x{number}".encode()
        schema.append(column)
    chunks = thrift.field(groups[0], 1)
    chunks.value = chunks.value * 1000
    (tmp_path / "shared.parquet").write_bytes(parts.data())
    assert run(command, tmp_path, ["shared.parquet"])[0] == ""
    assert errors(tmp_path, "the memory limit of") == 1


def run_of(value: int, length: int) -> bytes:
    return thrift.varint(length << 1) + bytes([value])


def levels(*runs: bytes) -> bytes:
    joined = b"".join(runs)
    return len(joined).to_bytes(4, "little") + joined


def test_pages_that_claim_more_values_than_they_have(command: str, tmp_path: Path) -> None:
    """More values than the row group has rows, or than the levels hold, are refused before any is decoded."""
    most, here = 2**31 - 1, 1000
    flat = one_column(tmp_path, pa.array([1, None, 3] * 5, pa.int64()), "none")
    lists = one_column(tmp_path, pa.array([[None, None]] * 5, pa.list_(pa.int64())), "none")
    short = levels(run_of(0, 1), run_of(1, here - 1)) + levels(run_of(2, here))
    cases = {
        "rows": (flat, levels(run_of(0, most)), most, 15),
        "values": (flat, levels(run_of(0, here)), most, most),
        "entries": (lists, short, 2**27 - 1, 1),
        "most": (lists, levels(run_of(0, 1), run_of(1, most - 1)) + levels(run_of(2, most)), most, 1),
    }
    for name, (data, body, values, rows) in cases.items():
        parts = with_page(data, body, {2: len(body)}, values)
        set_rows(parts, rows)
        (tmp_path / f"{name}.parquet").write_bytes(parts.data())
    problem, peak = run(command, tmp_path, [f"{name}.parquet" for name in cases])
    assert problem == ""
    assert peak < MEMORY_LIMIT // 2
    found = (tmp_path / "errors").read_text(errors="replace")
    assert all(f"{name}.parquet" in found for name in cases)
    assert errors(tmp_path, "levels or codes end early") == 2
    assert errors(tmp_path, "the memory limit of") == 1


def test_runs_that_claim_many_entries(command: str, tmp_path: Path) -> None:
    """A list of 100 million NULLs in twenty bytes of levels, and delta-encoded integers in blocks without bits."""
    count = 100_000_000
    lists = one_column(tmp_path, pa.array([[None, None]] * 5, pa.list_(pa.int64())), "none")
    body = levels(run_of(0, 1), run_of(1, count - 1)) + levels(run_of(2, count))
    parts = with_page(lists, body, {2: len(body)}, count)
    set_rows(parts, 1)
    (tmp_path / "entries.parquet").write_bytes(parts.data())

    deltas = one_column(
        tmp_path, pa.array(range(1000), pa.int64()), "none", column_encoding={"x": "DELTA_BINARY_PACKED"})
    block = 1 << 16
    blocks = count // block
    head = b"".join(thrift.varint(number) for number in (block, 1, count, 0))
    body = levels(run_of(1, count)) + head + b"\0\0" * (blocks + 1)
    parts = with_page(deltas, body, {2: len(body)}, count)
    set_rows(parts, count)
    (tmp_path / "deltas.parquet").write_bytes(parts.data())
    assert run(command, tmp_path, ["entries.parquet", "deltas.parquet"])[0] == ""
    assert errors(tmp_path, "the memory limit of") == 2


def test_deep_schema(command: str, tmp_path: Path) -> None:
    """A schema nested thousands deep must not overflow the stack."""
    parts = Parquet.parse((FIXTURES / "flat_none_v1.parquet").read_bytes())
    schema = thrift.field(parts.footer, 2)
    group = thrift.Value(thrift.STRUCT, [
        (3, thrift.Value(thrift.I32, 1)), (4, thrift.Value(thrift.BINARY, b"g")), (5, thrift.Value(thrift.I32, 1))])
    schema.value = [schema.value[0], *([group] * 20_000), schema.value[1]]
    thrift.field(schema.value[0], 5).value = 1
    (tmp_path / "deep.parquet").write_bytes(parts.data())
    assert run(command, tmp_path, ["deep.parquet"])[0] == ""
    assert "Parquet file" in (tmp_path / "errors").read_text()


@pytest.mark.parametrize("version", ["1.0", "2.0"])
def test_changed_pages_fail_their_checksums(command: str, tmp_path: Path, version: str) -> None:
    """A bit of any page, of data or a dictionary, cannot change unseen where the writer left a checksum."""
    path = tmp_path / "source.parquet"
    texts = [f"text {number % 40}" for number in range(500)]
    pq.write_table(
        pa.table({"k": range(500), "t": texts, "l": [[text] for text in texts]}), path, compression="none",
        data_page_version=version, use_dictionary=["t", "l.list.element"], write_page_checksum=True, data_page_size=200,
        write_batch_size=50)
    data, files = path.read_bytes(), []
    for offset in Parquet.parse(data).page_offsets():
        decoder = thrift.Decoder(data, offset)
        header = decoder.struct()
        end = decoder.offset + thrift.field(header, 3).value
        for place in (decoder.offset, (decoder.offset + end) // 2):
            changed = bytearray(data)
            changed[place] ^= 64
            files.append(f"changed{place}.parquet")
            (tmp_path / files[-1]).write_bytes(changed)
    assert len(files) >= 10
    assert run(command, tmp_path, files)[0] == ""
    assert errors(tmp_path, "its checksum is wrong") == len(files)
    assert run(command, tmp_path, ["source.parquet"])[0] == ""
    assert errors(tmp_path, "") == 0
