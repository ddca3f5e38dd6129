"""Killed at any moment, a run of the pipeline leaves every table readable, old or new, and the next run completes.

Runs alternate between two business dates, so that old and new states differ. A clean chain of runs is recorded
first: the states that each table went through, and the order of the commits. After a kill every table must be in a
state of that record, and the tables together must be where a prefix of the statements leaves them.
"""

from __future__ import annotations

import random
import re
import subprocess
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest
from pyiceberg.table import Table

import bank_oracle
import scripts
from lake import DT, PIPELINE, Lake

pytestmark = pytest.mark.timeout(900)

EARLIER = "2025-12-31"
# The business date of each run on a warehouse; the first one finds it empty.
CHAIN = (DT, EARLIER, DT)
KILLS = 50
ATOMIC_KILLS = 16
SEED = 20260131
TARGET = re.compile(
    r"^\s*(?:INSERT\s+(?:OVERWRITE|INTO)(?:\s+TABLE)?|MERGE\s+INTO|UPDATE|DELETE\s+FROM)\s+([\w.]+)", re.I | re.M)


def statements_that_write() -> list[tuple[bool, Counter[str]]]:
    """The tables that each statement of the pipeline writes, in order, and whether it may find nothing to do."""
    texts = [text for name in PIPELINE for text in scripts.statements(name, {"dt": DT, "sources": ""})]
    return [(text.startswith("DELETE"), Counter(targets)) for text in texts if (targets := TARGET.findall(text))]


def commits_of(made: Counter[str]) -> list[Counter[str]]:
    """The tables of each commit of a clean run, in order, given how many each table got: a DELETE that finds
    nothing commits nothing."""
    spare = sum((tables for _, tables in statements_that_write()), Counter()) - made
    found = []
    for is_optional, tables in statements_that_write():
        if is_optional and tables <= spare:
            spare -= tables
        else:
            found.append(tables)
    assert sum(found, Counter()) == made, "every other statement makes one commit"
    return found


@dataclass
class View:
    """What a reader found: the contents of each table as one text, and how many snapshots it has."""

    contents: dict[str, str]
    snapshots: dict[str, int]


def fingerprint(rows: pa.Table) -> str:
    """The same text for the same bag of rows; load times left out."""
    rows = rows.drop_columns([name for name in rows.column_names if name == "load_time"])
    query = "SELECT count(*), sum(hash(t)::DECIMAL(38,0)) FROM rows t"
    return str(duckdb.sql(query).fetchone())


# What a snapshot holds never changes, and lakesql reads every table anew after each kill: PyIceberg reads each
# snapshot once.
READ: dict[tuple[object, int], str] = {}


def contents_of(table: Table, snapshot: int | None = None) -> str:
    chosen = snapshot or table.metadata.current_snapshot_id
    if chosen is None:
        return "empty"
    key = (table.metadata.table_uuid, chosen)
    if key not in READ:
        READ[key] = fingerprint(table.scan(snapshot_id=chosen).to_arrow())
    return READ[key]


def view(lake: Lake) -> View:
    """Reads every table of the metastore with PyIceberg."""
    if not (lake.path / "metastore.db").exists():
        return View({}, {})
    catalog = lake.catalog()
    found = View({}, {})
    for name in lake.managed_tables():
        table = catalog.load_table(name)
        found.contents[name] = contents_of(table)
        found.snapshots[name] = len(table.metadata.snapshots)
    return found


def command_view(lake: Lake) -> dict[str, str]:
    """Reads every table with one lakesql process; what a killed one left is cleaned away before."""
    queries = []
    catalog = lake.catalog()
    for name in lake.managed_tables():
        columns = [column.name for column in catalog.load_table(name).schema().fields if column.name != "load_time"]
        digest = f"CAST(sum(CAST(xxhash64({', '.join(columns)}) AS DECIMAL(38,0))) AS STRING)"
        queries.append(f"SELECT '{name}' AS name, concat(count(*), ' ', coalesce({digest}, '')) AS digest FROM {name}")
    rows = lake.rows("\nUNION ALL\n".join(queries)) if queries else lake.rows("SHOW DATABASES")
    assert lake.staged() == []
    return {row["name"]: row["digest"] for row in rows} if queries else {}


@dataclass
class Run:
    """One clean run: how long it took, the states of each table on the way, and what it left."""

    seconds: float
    states: dict[str, set[str]]
    result: View
    digests: dict[str, str]
    commits: list[Counter[str]]


@dataclass
class Record:
    """The clean chain, and which digest of lakesql belongs to which contents."""

    runs: list[Run] = field(default_factory=list)
    digests: dict[tuple[str, str], str] = field(default_factory=dict)

    def note(self, contents: dict[str, str], digests: dict[str, str]) -> None:
        """Both readers must always agree on which contents are equal."""
        assert contents.keys() == digests.keys()
        for name, text in contents.items():
            assert self.digests.setdefault((name, text), digests[name]) == digests[name], name


def start(lake: Lake, names: tuple[str, ...], sources: Path, dt: str, *options: str) -> subprocess.Popen[str]:
    """Starts scripts in one process."""
    arguments = lake.arguments(*lake.script_arguments(names, sources, dt), *options)
    return subprocess.Popen(arguments, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)


def run(lake: Lake, names: tuple[str, ...], sources: Path, dt: str, *options: str) -> float:
    """Runs scripts to their end; gives the seconds that took."""
    begin = time.monotonic()
    process = start(lake, names, sources, dt, *options)
    _, problems = process.communicate(timeout=120)
    assert (process.returncode, problems) == (0, "")
    return time.monotonic() - begin


def killed(process: subprocess.Popen[str], moment: float) -> bool:
    """Kills the process at that moment, in seconds; false when it had ended."""
    try:
        _, problems = process.communicate(timeout=moment)
        assert (process.returncode, problems) == (0, "")
        return False
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        return process.returncode == -9


@pytest.fixture(scope="module")
def record(new_lake: Callable[[str], Lake], sources: Path) -> Record:
    lake, found = new_lake("clean"), Record()
    known: set[int] = set()
    previous: dict[str, int] = {}
    for dt in CHAIN:
        seconds = run(lake, PIPELINE, sources, dt)
        states: dict[str, set[str]] = {}
        catalog = lake.catalog()
        for name in lake.managed_tables():
            table = catalog.load_table(name)
            new = [snapshot.snapshot_id for snapshot in table.metadata.snapshots if snapshot.snapshot_id not in known]
            states[name] = {contents_of(table, snapshot) for snapshot in new}
            known.update(new)
        result, digests = view(lake), command_view(lake)
        found.note(result.contents, digests)
        made = Counter({name: count - previous.get(name, 0) for name, count in result.snapshots.items()})
        previous = result.snapshots
        found.runs.append(Run(seconds, states, result, digests, commits_of(made)))
    return found


def check_states(after: View, before: View, clean: Run) -> None:
    """Every table is in its old state or in one that the clean run gave it."""
    for name, text in after.contents.items():
        allowed = clean.states[name] | ({before.contents[name]} if name in before.contents else {"empty"})
        assert text in allowed, name
    assert before.contents.keys() <= after.contents.keys()


def check_prefix(after: View, before: View, clean: Run) -> None:
    """The commits that are there are those of the first statements, each statement whole."""
    made = Counter({name: count - before.snapshots.get(name, 0) for name, count in after.snapshots.items()})
    made = +made
    done: Counter[str] = Counter()
    for tables in clean.commits:
        if done == made:
            return
        done += tables
    assert done == made


def orphans(lake: Lake) -> list[str]:
    """Files in the tables' folders that no snapshot and no version of the metadata names."""
    named = set()
    catalog = lake.catalog()
    for name in lake.managed_tables():
        table = catalog.load_table(name)
        named.add(table.metadata_location)
        named.update(entry.metadata_file for entry in table.metadata.metadata_log)
        for snapshot in table.metadata.snapshots:
            named.add(snapshot.manifest_list)
            for manifest in snapshot.manifests(table.io):
                named.add(manifest.manifest_path)
                named.update(entry.data_file.file_path for entry in manifest.fetch_manifest_entry(table.io, False))
    files = {f"file://{path}" for path in lake.path.glob("*.db/**/*") if path.is_file()}
    assert named <= files
    return sorted(files - named)


def test_fifty_kills(
    new_lake: Callable[[str], Lake], sources: Path, record: Record
) -> None:
    moments = random.Random(SEED)
    expected = bank_oracle.compute(sources, DT)
    kills, partial, step = 0, 0, 0
    seconds = [clean.seconds for clean in record.runs]
    lake, before = new_lake("killed"), View({}, {})
    while kills < KILLS:
        position = step % len(CHAIN)
        if position == 0:
            lake, before = new_lake("killed"), View({}, {})
        clean, dt = record.runs[position], CHAIN[position]
        process = start(lake, PIPELINE, sources, dt)
        begin = time.monotonic()
        if killed(process, moments.uniform(0, seconds[position])):
            kills += 1
            after = view(lake)
            check_states(after, before, clean)
            check_prefix(after, before, clean)
            record.note(after.contents, command_view(lake))
            partial += after.contents not in (before.contents, clean.result.contents)
            run(lake, PIPELINE, sources, dt)
        else:
            # The machine is faster than it was; a kill must come earlier.
            seconds[position] = min(seconds[position], time.monotonic() - begin)
        assert command_view(lake) == clean.digests
        before = View(clean.result.contents, {})
        before.snapshots = snapshot_counts(lake)
        if kills > KILLS - 4 and position == 0:
            assert {name: lines for name, table in expected.items()
                    if (lines := bank_oracle.compare_table(lake.command, str(lake.path), table))} == {}
        step += 1
    assert partial > KILLS // 2, "most kills find the pipeline half done"
    assert view(lake).contents == clean.result.contents
    assert orphans(lake) == []


def snapshot_counts(lake: Lake) -> dict[str, int]:
    catalog = lake.catalog()
    return {name: len(catalog.load_table(name).metadata.snapshots) for name in lake.managed_tables()}


def test_atomic_run_is_all_or_nothing(new_lake: Callable[[str], Lake], sources: Path) -> None:
    moments = random.Random(SEED)
    lake, names = new_lake("atomic"), ("silver_to_gold", "gold_to_star")
    run(lake, PIPELINE, sources, DT)
    # Each date's partitions stay when the other one runs, so the states repeat from the second round on.
    run(lake, names, sources, EARLIER, "--atomic")
    run(lake, names, sources, DT, "--atomic")
    states = [view(lake).contents]
    seconds = run(lake, names, sources, EARLIER, "--atomic")
    states.append(view(lake).contents)
    assert states[0] != states[1]
    current, kills = 1, 0
    while kills < ATOMIC_KILLS:
        # Half of the kills come near the commit.
        low = 0 if kills % 2 else 0.8
        begin = time.monotonic()
        process = start(lake, names, sources, CHAIN[1 - current], "--atomic")
        if killed(process, moments.uniform(low, 1) * seconds):
            kills += 1
        else:
            seconds = min(seconds, time.monotonic() - begin)
            assert view(lake).contents == states[1 - current]
        after = view(lake).contents
        assert after in states
        current = states.index(after)
        assert command_view(lake).keys() == after.keys()
        assert view(lake).contents == after
    run(lake, names, sources, CHAIN[1 - current], "--atomic")
    assert view(lake).contents == states[1 - current]
    assert lake.staged() == []
    assert orphans(lake) == []


def test_atomic_run_on_an_empty_warehouse(new_lake: Callable[[str], Lake], sources: Path, record: Record) -> None:
    moments = random.Random(SEED + 1)
    for _ in range(6):
        lake = new_lake("atomic")
        if not killed(start(lake, PIPELINE, sources, DT, "--atomic"), moments.uniform(0.1, 1) * record.runs[0].seconds):
            continue
        after = view(lake).contents
        assert after in ({}, record.runs[0].result.contents)
        command_view(lake)
        assert orphans(lake) == []
    run(lake, PIPELINE, sources, DT, "--atomic")
    assert view(lake).contents == record.runs[0].result.contents
