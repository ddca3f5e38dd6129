"""What goes wrong gives one clear message and the right exit code, and leaves tables as they were."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import scripts
from lake import Lake

NOBODY = 65534


@pytest.fixture
def lake(lakesql: Lake) -> Lake:
    """A warehouse with a table of three rows."""
    lakesql.execute("CREATE DATABASE d; CREATE TABLE d.t (id INT, v STRING) PARTITIONED BY (v)")
    lakesql.execute("INSERT INTO d.t VALUES (1, 'a'), (2, 'b'), (3, NULL)")
    return lakesql


def state(lake: Lake) -> Any:
    """All a failed statement could have changed: files, tables, rows."""
    files = sorted(str(path) for path in lake.path.glob("**/*") if path.is_file() and "metastore" not in path.name)
    tables = {name: (lake.metadata_location(name), lake.rows(f"SELECT * FROM {name}")) for name in lake.managed_tables()}
    return files, tables


def check_error(result: subprocess.CompletedProcess[str], sql_state: str, *words: str, code: int = 1) -> str:
    """Checks for exactly one error block with that SQLSTATE and those words; gives the block."""
    assert result.returncode == code, result.stderr
    assert len(re.findall(r"^error: ", result.stderr, re.M)) == 1, result.stderr
    assert result.stderr.startswith("error: ")
    assert re.findall(r"SQLSTATE (\w{5})", result.stderr) == [sql_state], result.stderr
    for line in result.stderr.splitlines()[1:]:
        assert line.startswith(" "), result.stderr
    for word in words:
        assert word in result.stderr, result.stderr
    return result.stderr


def check_fails(lake: Lake, sql: str, sql_state: str, *words: str, options: tuple[str, ...] = ()) -> None:
    """Runs statements that fail, as they are and atomically; tables and files stay."""
    before = state(lake)
    for option in ((), ("--atomic",)):
        check_error(lake.run("-e", sql, *options, *option), sql_state, *words)
        assert state(lake) == before
        assert lake.staged() == []


# Names, syntax, values ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sql", "sql_state", "words"),
    [
        ("INSERT INTO d.t SELECT nosuch, 'x' FROM d.t", "42703", ("nosuch", "<command line>:1:24", "^^^^^^")),
        ("SELECT idd FROM d.t", "42703", ("idd", "did you mean id?")),
        ("SELECT nosuch_function(id) FROM d.t", "42883", ("nosuch_function", "1:8")),
        ("SELECT uper(v) FROM d.t", "42883", ("uper", "did you mean upper?")),
        ("SELECT * FROM d.tt", "42P01", ("d.tt", "did you mean d.t?")),
        ("INSERT INTO d.missing SELECT 1", "42P01", ("d.missing",)),
        ("SELECT * FROM nowhere.t", "42P01", ("nowhere",)),
        ("SELECT upper(v, v) FROM d.t", "42605", ("upper",)),
        ("SELECT count(*) FROM d.t WHERE sum(id) > 1", "42903", ("sum",)),
        ("SELECT v, id FROM d.t GROUP BY v", "42803", ("id",)),
        ("INSERT INTO d.t SELECT 1", "21S01", ()),
        ("INSERT OVERWRITE d.t SELECT CAST(concat(v, '?') AS INT), v FROM d.t", "22018", ("?'", "CAST(", "1:29")),
        ("INSERT INTO d.t SELECT CAST('12x' AS INT), 'n'", "22018", ("'12x'", "CAST('12x' AS INT)")),
        ("UPDATE d.t SET id = 2147483647 + id", "22003", ("2147483647 + id",)),
        ("SELECT id / (id - id) FROM d.t", "22012", ("id / (id - id)",)),
        ("SELECT (SELECT id FROM d.t)", "21000", ()),
        ("MERGE INTO d.t USING (SELECT 1 AS k UNION ALL SELECT 1) s ON t.id = s.k "
         "WHEN MATCHED THEN UPDATE SET id = 5", "23K01", ()),
        ("SELECT '${hivevar:day}'", "42K0E", ("day", "--hivevar day=")),
        ("SELEC 1", "42601", ("1:1",)),
        ("SELECT 1 +", "42601", ()),
        ("SELECT 'open", "42601", ()),
    ],
)
def test_statement_that_fails(lake: Lake, sql: str, sql_state: str, words: tuple[str, ...]) -> None:
    check_fails(lake, sql, sql_state, *words)


def test_error_names_script_line_and_column(lake: Lake, tmp_path: Path) -> None:
    script = tmp_path / "job.sql"
    script.write_text("-- a comment\nINSERT INTO d.t VALUES (4, 'd');\n\n\tSELECT id,\n\t       nosuch\n\tFROM d.t;\n")
    message = check_error(lake.run("-f", script), "42703", f"{script}:5:9", "       nosuch", "^^^^^^")
    lines = message.splitlines()
    caret = next(index for index, line in enumerate(lines) if "^" in line)
    assert lines[caret].index("^") == lines[caret - 1].index("nosuch")


@pytest.mark.parametrize("tail", ["SELEC 1;", "INSERT INTO d.t VALUES (1, ;", "CREATE TABLE d.x (a NOTYPE);"])
def test_syntax_error_at_the_end_of_a_long_script(lake: Lake, tmp_path: Path, tail: str) -> None:
    script = tmp_path / "long.sql"
    inserts = [f"INSERT INTO d.t VALUES ({number}, 'long');" for number in range(20)]
    padding = ["SELECT 1;"] * 2000
    script.write_text("\n".join([*inserts, *padding, tail]) + "\n")
    before = state(lake)
    check_error(lake.run("-f", script, "--atomic"), "42601", f"{script}:2021:")
    assert state(lake) == before
    check_error(lake.run("-f", script), "42601", f"{script}:2021:")
    assert lake.rows("SELECT count(*) AS n FROM d.t WHERE v = 'long'") == [{"n": 20}]


@pytest.mark.parametrize("tail", ["SELECT 'open;", "SELECT 1 /* open", "SELECT `open;"])
def test_what_is_never_closed_fails_behind_the_statements_before_it(lake: Lake, tail: str) -> None:
    script = f"INSERT INTO d.t VALUES (4, 'closed');\n{tail}"
    check_error(lake.run("-e", script, "--atomic"), "42601", "is never closed", "<command line>:2:")
    assert lake.rows("SELECT count(*) AS n FROM d.t WHERE v = 'closed'") == [{"n": 0}]
    check_error(lake.run("-e", script), "42601", "is never closed", "<command line>:2:")
    assert lake.rows("SELECT count(*) AS n FROM d.t WHERE v = 'closed'") == [{"n": 1}]


def test_atomic_undoes_statements_before_the_failure(lake: Lake) -> None:
    check_fails_atomic = "INSERT INTO d.t VALUES (9, 'z'); CREATE TABLE d.new (a INT); DELETE FROM d.t; SELECT 1 / 0"
    before = state(lake)
    check_error(lake.run("-e", check_fails_atomic, "--atomic"), "22012")
    assert state(lake) == before


def test_keep_going_runs_what_follows(lake: Lake) -> None:
    sql = "INSERT INTO d.t VALUES (7, 'k'); SELECT nosuch FROM d.t; INSERT INTO d.t VALUES (8, 'k')"
    check_error(lake.run("-e", sql, "--keep-going"), "42703")
    assert lake.rows("SELECT id FROM d.t WHERE v = 'k' ORDER BY id") == [{"id": 7}, {"id": 8}]


def test_missing_variable_of_a_script(bank: Lake) -> None:
    script = scripts.BANK / "sql" / "reports.sql"
    check_error(bank.run("-f", script), "42K0E", "dt", f"{script}:22:35", "--hivevar dt=")


@pytest.mark.parametrize(
    "arguments",
    [("--nosuch",), ("--format", "xml", "-e", "SELECT 1"), ("-f", "nosuch.sql"), ("--threads", "0", "-e", "SELECT 1"),
     ("--atomic", "--keep-going", "-e", "SELECT 1"), ("--hivevar", "novalue", "-e", "SELECT 1"), ("stray",)])
def test_wrong_usage(lakesql: Lake, arguments: tuple[str, ...]) -> None:
    result = lakesql.run(*arguments)
    assert (result.returncode, result.stdout) == (2, "")
    assert len(re.findall(r"^error: ", result.stderr, re.M | re.I)) == 1, result.stderr
    assert not lakesql.path.exists()


# Source files ------------------------------------------------------------------------------------------------------


def read(path: Path, **options: str) -> str:
    settings = "".join(f", {name} => {value}" for name, value in options.items())
    return f"INSERT INTO d.t SELECT * FROM read_files('{path}'{settings})"


def test_wrong_type_in_csv(lake: Lake, tmp_path: Path) -> None:
    file = tmp_path / "in.csv"
    file.write_text("id,v\n" + "".join(f"{row},x\n" for row in range(5000)) + "12;5,x\n")
    sql = read(file, format="'csv'", schema="'id int, v string'", header="true", mode="'FAILFAST'")
    check_fails(lake, sql, "22023", "'12;5'", "id", "int", f"{file}, row 5002")


def test_wrong_type_in_json(lake: Lake, tmp_path: Path) -> None:
    file = tmp_path / "in.jsonl"
    file.write_text('{"id": 1, "v": "x"}\n{"id": "many", "v": "y"}\n')
    sql = read(file, format="'json'", schema="'id int, v string'", mode="'FAILFAST'")
    check_fails(lake, sql, "22023", "many", f"{file}, row 2")
    file.write_text('{"id": 1, "v": "x"}\n{"id": 2, "v": \n')
    check_fails(lake, sql, "22023", f"{file}, row 2")


def test_bad_cast_of_a_file_column(lake: Lake, tmp_path: Path) -> None:
    file = tmp_path / "in.csv"
    file.write_text("id,v\n1,x\nthree,y\n")
    relation = f"read_files('{file}', format => 'csv', schema => 'id string, v string', header => true)"
    check_fails(lake, f"INSERT INTO d.t SELECT CAST(id AS INT), v FROM {relation}", "22018", "'three'", "CAST(id AS INT)")


def test_missing_column_in_a_file(lake: Lake, tmp_path: Path) -> None:
    file = tmp_path / "in.csv"
    file.write_text("id,v\n1,x\n")
    relation = f"read_files('{file}', format => 'csv', header => true)"
    check_fails(lake, f"INSERT INTO d.t SELECT idd, v FROM {relation}", "42703", "idd", "did you mean id?")


def test_missing_file_and_directory_in_its_place(lake: Lake, tmp_path: Path) -> None:
    check_fails(lake, read(tmp_path / "no.csv", format="'csv'"), "42K03", str(tmp_path / "no.csv"))
    (tmp_path / "folder.csv").mkdir()
    check_fails(lake, read(tmp_path / "folder.csv", format="'csv'"), "42K03", str(tmp_path / "folder.csv"))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_unreadable_file(command: str) -> None:
    folder = Path("/tmp") / f"lakesql-unreadable-{os.getpid()}"
    try:
        folder.mkdir()
        program = shutil.copy(command, folder / "lakesql")
        file = folder / "secret.csv"
        file.write_text("1,x\n")
        file.chmod(0)
        for path in (folder, Path(program), file):
            os.chown(path, NOBODY, NOBODY)
        as_nobody = {"user": NOBODY, "group": NOBODY, "extra_groups": [], "cwd": folder}
        lake = Lake(str(program), folder / "warehouse")
        created = lake.run("-e", "CREATE DATABASE d; CREATE TABLE d.t (id INT, v STRING)", **as_nobody)
        assert created.returncode == 0, created.stderr
        before = state(lake)
        sql = read(file, format="'csv'", schema="'id int, v string'")
        check_error(lake.run("-e", sql, **as_nobody), "58030", str(file), "Permission denied")
        assert state(lake) == before
    finally:
        shutil.rmtree(folder, ignore_errors=True)


# Corrupt files -----------------------------------------------------------------------------------------------------


@pytest.fixture
def parquet(tmp_path: Path) -> bytes:
    """A Parquet file with two row groups of compressible and incompressible columns."""
    table = pa.table({
        "id": pa.array(range(20_000), pa.int32()),
        "v": pa.array([f"value {number * 7919 % 10_007}" for number in range(20_000)]),
    })
    pq.write_table(table, tmp_path / "good.parquet", row_group_size=10_000, compression="zstd")
    return (tmp_path / "good.parquet").read_bytes()


def test_truncated_parquet(lake: Lake, tmp_path: Path, parquet: bytes) -> None:
    file = tmp_path / "cut.parquet"
    sql = read(file, format="'parquet'")
    for length in (0, 3, 11, len(parquet) // 2, len(parquet) - 1):
        file.write_bytes(parquet[:length])
        check_fails(lake, sql, "XX001", str(file))


def test_parquet_with_a_damaged_footer(lake: Lake, tmp_path: Path, parquet: bytes) -> None:
    file = tmp_path / "footer.parquet"
    length = int.from_bytes(parquet[-8:-4], "little")
    start = len(parquet) - 8 - length
    for damaged in (
        parquet[:start] + b"\xff" * 16 + parquet[start + 16:],
        parquet[:-8] + (2**31 - 1).to_bytes(4, "little") + parquet[-4:],
        parquet[:-4] + b"PAR0",
    ):
        file.write_bytes(damaged)
        check_fails(lake, read(file, format="'parquet'"), "XX001", str(file))


def test_parquet_with_a_damaged_page(lake: Lake, tmp_path: Path, parquet: bytes) -> None:
    file = tmp_path / "page.parquet"
    chunk = pq.ParquetFile(tmp_path / "good.parquet").metadata.row_group(1).column(1)
    middle = chunk.data_page_offset + chunk.total_compressed_size // 3
    for start in (chunk.data_page_offset, middle):
        file.write_bytes(parquet[:start] + bytes(byte ^ 0xFF for byte in parquet[start:start + 24]) + parquet[start + 24:])
        check_fails(lake, read(file, format="'parquet'"), "XX001", str(file))


def test_damaged_table(lake: Lake) -> None:
    """A data file of a managed table that was cut off, or is gone."""
    lake.execute("CREATE TABLE d.big AS SELECT id, CAST(id AS STRING) AS v FROM range(5000)")
    for (location,) in [tuple(row.values()) for row in lake.rows("SELECT DISTINCT _file FROM d.big")][:1]:
        file = Path(location.removeprefix("file://"))
        content = file.read_bytes()
        file.write_bytes(content[: len(content) // 2])
        check_error(lake.run("-e", "INSERT INTO d.t SELECT CAST(id AS INT), v FROM d.big"), "XX001", str(file))
        file.unlink()
        check_error(lake.run("-e", "INSERT INTO d.t SELECT CAST(id AS INT), v FROM d.big"), "42K03", str(file))
        file.write_bytes(content)
    assert lake.rows("SELECT count(*) AS n FROM d.t") == [{"n": 3}]
    assert lake.rows("SELECT count(*) AS n FROM d.big") == [{"n": 5000}]


# A full disk -------------------------------------------------------------------------------------------------------


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of three megabytes."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", folder], capture_output=True, text=True)
    if mounted.returncode != 0:
        pytest.skip(f"cannot mount a small tmpfs: {mounted.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=True)


def test_full_disk(command: str, small_disk: Path) -> None:
    lake = Lake(command, small_disk / "warehouse")
    lake.execute("CREATE DATABASE d; CREATE TABLE d.t (id BIGINT, v STRING); INSERT INTO d.t VALUES (1, 'a'), (2, 'b')")
    check_fails(lake, "INSERT INTO d.t SELECT id, sha2(CAST(id AS STRING), 256) FROM range(300000)", "53100",
                "No space left on device")
    check_fails(lake, "INSERT OVERWRITE d.t SELECT id, sha2(CAST(id AS STRING), 256) FROM range(300000)", "53100")
    check_fails(lake, "CREATE TABLE d.c AS SELECT id, sha2(CAST(id AS STRING), 256) FROM range(300000)", "53100")
    # With its space free again the warehouse works on.
    lake.execute("INSERT INTO d.t VALUES (3, 'c')")
    assert lake.rows("SELECT count(*) AS n FROM d.t") == [{"n": 3}]


def test_disk_that_is_full_at_any_point_of_a_commit(command: str, small_disk: Path) -> None:
    lake = Lake(command, small_disk / "warehouse")
    lake.execute("CREATE DATABASE d; CREATE TABLE d.t (id BIGINT, v STRING)")
    ballast, failures, done = small_disk / "ballast", 0, 0
    for free in range(0, 112, 4):
        before = count_rows(lake)
        room = os.statvfs(small_disk)
        ballast.write_bytes(b"\0" * max(0, room.f_bavail * room.f_frsize - free * 1024))
        result = lake.run("-e", "INSERT INTO d.t SELECT id, sha2(CAST(id AS STRING), 256) FROM range(200)")
        ballast.unlink()
        if result.returncode == 0:
            done += 1
            assert count_rows(lake) == before + 200
        else:
            failures += 1
            check_error(result, "53100")
            assert count_rows(lake) == before
        assert lake.staged() == []
    assert failures > 3 and done > 3
    assert lake.catalog().load_table("d.t").scan().to_arrow().num_rows == done * 200


def count_rows(lake: Lake) -> int:
    return lake.rows("SELECT count(*) AS n FROM d.t")[0]["n"]


def test_output_on_a_full_disk(command: str, small_disk: Path, lakesql: Lake) -> None:
    target = small_disk / "out.csv"
    result = lakesql.run("-e", "SELECT id, sha2(CAST(id AS STRING), 256) FROM range(200000)", "-o", target)
    assert result.returncode == 1
    assert result.stderr.count("error: ") == 1 and "No space left on device" in result.stderr
    assert list(small_disk.iterdir()) == []
    with open("/dev/full", "w") as full:
        arguments = lakesql.arguments("-e", "SELECT 1")
        result = subprocess.run(arguments, stdout=full, stderr=subprocess.PIPE, text=True)
    assert result.returncode == 1 and result.stderr.count("error: ") == 1
