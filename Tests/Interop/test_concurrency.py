"""Several processes that write to the same tables lose nothing, and readers see each commit whole or not at all."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pyarrow as pa
import pytest

from lake import Lake

CONFLICT = "SQLSTATE 40001"
ROUNDS = 12


@pytest.fixture
def lake(lakesql: Lake) -> Lake:
    lakesql.execute("""
      CREATE DATABASE d;
      CREATE TABLE d.log (writer INT, number INT, day DATE) PARTITIONED BY (day);
      CREATE TABLE d.counter (id INT, n BIGINT);
      INSERT INTO d.counter VALUES (1, 0)""")
    return lakesql


def together(*bodies: Callable[[], Any]) -> list[Any]:
    """Runs functions at the same time, and gives what they give."""
    with ThreadPoolExecutor(len(bodies)) as threads:
        return [future.result() for future in [threads.submit(body) for body in bodies]]


def until_done(lake: Lake, sql: str) -> int:
    """Runs a statement again as long as it conflicts with others; gives how often it did."""
    for conflicts in range(200):
        result = lake.run("-e", sql)
        if result.returncode == 0:
            return conflicts
        assert CONFLICT in result.stderr and "run it again" in result.stderr, result.stderr
    raise AssertionError(f"never went through: {sql}")


def test_appends_never_conflict(lake: Lake) -> None:
    def writer(number: int) -> Callable[[], None]:
        def run() -> None:
            for turn in range(ROUNDS):
                lake.execute(f"INSERT INTO d.log VALUES ({number}, {turn}, DATE'2026-01-0{1 + turn % 3}')")
        return run

    def python_writer() -> int:
        done = 0
        for turn in range(ROUNDS):
            table = lake.catalog().load_table("d.log")
            rows = [{"writer": 99, "number": turn, "day": None}]
            try:
                table.append(pa.Table.from_pylist(rows, schema=table.schema().as_arrow()))
                done += 1
            except Exception as error:  # PyIceberg does not try again by itself.
                assert "CommitFailed" in type(error).__name__, error
        return done

    *_, appended = together(writer(1), writer(2), writer(3), python_writer)
    rows = lake.rows("SELECT writer, count(*) AS n, count(DISTINCT number) AS numbers FROM d.log GROUP BY writer")
    found = {row["writer"]: (row["n"], row["numbers"]) for row in rows}
    assert found.pop(99, (0, 0)) == (appended, appended)
    assert found == {number: (ROUNDS, ROUNDS) for number in (1, 2, 3)}
    assert lake.catalog().load_table("d.log").scan().to_arrow().num_rows == 3 * ROUNDS + appended
    assert lake.staged() == []


@pytest.mark.parametrize(
    "statement",
    ["UPDATE d.counter SET n = n + 1 WHERE id = 1",
     "MERGE INTO d.counter t USING (SELECT 1 AS id) s ON t.id = s.id WHEN MATCHED THEN UPDATE SET n = t.n + 1",
     "INSERT OVERWRITE d.counter SELECT id, n + 1 FROM d.counter"])
def test_no_update_is_lost(lake: Lake, statement: str) -> None:
    def writer() -> None:
        for _ in range(ROUNDS):
            until_done(lake, statement)

    together(writer, writer)
    assert lake.rows("SELECT id, n FROM d.counter") == [{"id": 1, "n": 2 * ROUNDS}]
    assert lake.staged() == []


def test_merges_insert_a_key_once(lake: Lake) -> None:
    def writer() -> None:
        for number in range(ROUNDS):
            until_done(lake, f"MERGE INTO d.counter t USING (SELECT {100 + number} AS id) s ON t.id = s.id "
                             "WHEN MATCHED THEN UPDATE SET n = t.n + 1 WHEN NOT MATCHED THEN INSERT VALUES (s.id, 1)")

    together(writer, writer)
    rows = lake.rows("SELECT id, n FROM d.counter WHERE id >= 100 ORDER BY id")
    assert rows == [{"id": 100 + number, "n": 2} for number in range(ROUNDS)]


def test_readers_see_scripts_whole_or_not_at_all(lake: Lake) -> None:
    """Each script moves a part of one table's sum to the other, in both tables or in none."""
    lake.execute("CREATE TABLE d.a (n BIGINT); CREATE TABLE d.b (n BIGINT); INSERT INTO d.a VALUES (1000)")
    ended = threading.Event()

    def mover() -> None:
        for _ in range(ROUNDS):
            lake.execute("INSERT OVERWRITE d.b SELECT coalesce(sum(n), 0) + 10 FROM d.b; "
                         "INSERT OVERWRITE d.a SELECT sum(n) - 10 FROM d.a", "--atomic")
        ended.set()

    def reader() -> int:
        reads = 0
        while not ended.is_set() or reads == 0:
            (row,) = lake.rows("SELECT (SELECT sum(n) FROM d.a) + coalesce((SELECT sum(n) FROM d.b), 0) AS n")
            assert row == {"n": 1000}
            reads += 1
        return reads

    _, reads, _ = together(mover, reader, reader)
    assert reads > 0
    assert lake.rows("SELECT n FROM d.a") == [{"n": 1000 - 10 * ROUNDS}]


def test_scripts_that_start_together_on_an_empty_warehouse(lakesql: Lake) -> None:
    script = "CREATE DATABASE IF NOT EXISTS d; CREATE TABLE IF NOT EXISTS d.t (id INT); INSERT INTO d.t VALUES (1)"
    results = together(*[lambda: lakesql.run("-e", script)] * 4)
    # Who finds that another one has just made what it was about to make is told so, and may start again.
    for result in results:
        assert result.returncode == 0 or CONFLICT in result.stderr, result.stderr
    done = sum(result.returncode == 0 for result in results)
    assert done > 0
    assert lakesql.rows("SELECT count(*) AS n FROM d.t") == [{"n": done}]
