"""Damaged and lying Parquet files: lakesql gives rows or an error, and never crashes, hangs or takes too much memory.

The corpus is the fixtures of the unit tests and the cases that were found. Seeds are fixed; `FUZZ_SECONDS` and
`FUZZ_SEED` in the environment make a longer run of other cases. A case that fails is left in `FUZZ_KEEP`, if that is set,
and belongs into `Tests/ParquetTests/Fixtures/found`.
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
# The most that a process may take for a batch of files, none of which is larger than a few hundred KiB.
MEMORY_LIMIT = 512 << 20
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

    def page_offsets(self) -> list[int]:
        """Where the first pages of the column chunks are: dictionary pages and data pages."""
        found = []
        for group in thrift.field(self.footer, 4).value:
            for chunk in thrift.field(group, 1).value:
                metadata = thrift.field(chunk, 3)
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


CHANGES: tuple[Callable[[bytes, random.Random], bytes], ...] = (
    truncated, flipped, shuffled, lying_footer, lying_footer, lying_page, lying_page, damaged_page, damaged_page)


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


def run(command: str, folder: Path, files: list[str]) -> tuple[str, int]:
    """Reads files in one process; what went wrong with it as a whole, and its peak memory in bytes."""
    script = folder / "fuzz.sql"
    script.write_text("".join(
        f"SELECT * FROM parquet.`{folder / name}`;\nSELECT count(*) FROM parquet.`{folder / name}`;\n"
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
    files = []
    for number in range(300):
        name, data = case(names, corpus, number)
        (tmp_path / name).write_bytes(data)
        files.append(name)
    assert run(command, tmp_path, files)[0] == ""
    text = (tmp_path / "errors").read_text(errors="replace")
    assert "XX000" not in text
    assert text.count("Parquet file") > 50


def test_found_cases(command: str, tmp_path: Path) -> None:
    files = sorted((FIXTURES / "found").glob("*.parquet"))
    for path in files:
        shutil.copy(path, tmp_path)
    names = [path.name for path in files]
    problem, _ = run(command, tmp_path, names)
    assert problem == "" or culprits(command, tmp_path, names) == []


@pytest.mark.parametrize("codec", ["snappy", "gzip", "zstd", "lz4"])
def test_decompression_bombs(command: str, tmp_path: Path, codec: str) -> None:
    """A page may not become larger than its header says, and a header's claim alone costs no memory."""
    pq.write_table(
        pa.table({"zeros": pa.array([0] * 200_000, pa.int64())}), tmp_path / "zeros.parquet", compression=codec,
        use_dictionary=False, data_page_size=8 << 20)
    data = (tmp_path / "zeros.parquet").read_bytes()
    files = []
    for size in (0, 1, 100, 2**31 - 1, -1):
        parts = Parquet.parse(data)
        (offset,) = parts.page_offsets()
        decoder = thrift.Decoder(data, offset)
        header = decoder.struct()
        thrift.field(header, 2).value = size
        new = thrift.encode(header)
        change = len(new) - (decoder.offset - offset)
        parts.body = parts.body[:offset] + new + parts.body[decoder.offset:]
        metadata = thrift.field(thrift.field(thrift.field(parts.footer, 4).value[0], 1).value[0], 3)
        thrift.field(metadata, 7).value += change
        files.append(f"bomb{size}.parquet")
        (tmp_path / files[-1]).write_bytes(parts.data())
    assert run(command, tmp_path, files)[0] == ""
    # Counting rows needs no page, so that only one of a file's two statements fails.
    assert (tmp_path / "errors").read_text().count("the Parquet file is corrupt") == len(files)


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
