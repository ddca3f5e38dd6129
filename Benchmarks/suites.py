"""Makes the data of a benchmark as Parquet files, and its queries as SQL files.

Usage: python Benchmarks/suites.py tpch|tpcds|ssb FOLDER [--scale 1]

TPC-H's rows come from tpchgen-cli, TPC-DS's from DuckDB's generator, and the queries of both from DuckDB's extensions,
with the values that the specifications validate with. The Star Schema Benchmark is TPC-H's data in another shape
(ssb/tables.sql). Needs the packages of requirements-suites.txt. What is there already is left as it is.
"""

import argparse
import re
import subprocess
import sys
from pathlib import Path

import duckdb

HERE = Path(__file__).resolve().parent
TPCH = ("customer", "lineitem", "nation", "orders", "part", "partsupp", "region", "supplier")

# Spelling that differs: DuckDB quotes names with '"', Spark's dialect quotes strings with it.
SPELLING = ((re.compile(r'"([^"]*)"'), r"`\1`"),)


def in_dialect(query):
    for pattern, replacement in SPELLING:
        query = pattern.sub(replacement, query)
    return query


def make(suite, folder, scale):
    """The suite's tables as FOLDER/name.parquet, its queries as FOLDER/queries/name.sql in DuckDB's spelling and as
    FOLDER/dialect/name.sql in that of LakeSQL and Spark."""
    folder.mkdir(parents=True, exist_ok=True)
    done = folder / ".done"
    if done.exists():
        return
    {"tpch": make_tpch, "tpcds": make_tpcds, "ssb": make_ssb}[suite](folder, scale)
    for name, text in queries(suite).items():
        text = text.strip().rstrip(";") + "\n"
        write(folder / "queries" / f"{name}.sql", text)
        write(folder / "dialect" / f"{name}.sql", in_dialect(text))
    done.touch()


def queries(suite):
    """The texts of a suite's queries by name, in DuckDB's spelling."""
    if suite == "ssb":
        parts = re.split(r"^-- (Q[\d.]+)\n", (HERE / "ssb" / "queries.sql").read_text(), flags=re.MULTILINE)
        return dict(zip(parts[1::2], parts[2::2], strict=True))
    connection = connect(suite)
    return {f"Q{number:02}": text for number, text in connection.execute(f"from {suite}_queries()").fetchall()}


def write(file, text):
    file.parent.mkdir(exist_ok=True)
    file.write_text(text)


def connect(*extensions):
    connection = duckdb.connect(config={"allow_unsigned_extensions": True})
    for name in extensions:
        module = __import__(f"duckdb_extension_{name}")
        (file,) = Path(module.__path__[0]).rglob(f"{name}.duckdb_extension")
        connection.execute(f"load '{file}'")
    return connection


def make_tpch(folder, scale):
    tool = Path(sys.executable).parent / "tpchgen-cli"
    command = [tool, "parquet", "-s", f"{scale:g}", f"--output-dir={folder}"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def make_tpcds(folder, scale):
    connection = connect("tpcds")
    connection.execute(f"call dsdgen(sf={scale:g})")
    copy_tables(connection, folder)


def make_ssb(folder, scale):
    tpch = folder.parent / f"tpch-{scale:g}"
    make("tpch", tpch, scale)
    connection = connect()
    connection.execute("create schema tpch")
    for table in TPCH:
        connection.execute(f"create view tpch.{table} as from read_parquet('{tpch / table}.parquet')")
    connection.execute(f"set variable scale = {scale:g}")
    connection.execute((HERE / "ssb" / "tables.sql").read_text())
    copy_tables(connection, folder)


def copy_tables(connection, folder):
    tables = connection.execute("select table_name from duckdb_tables() where schema_name = 'main'").fetchall()
    for (table,) in tables:
        connection.execute(f"copy {table} to '{folder / table}.parquet' (format parquet)")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("suite", choices=("tpch", "tpcds", "ssb"))
    parser.add_argument("folder", type=Path)
    parser.add_argument("--scale", type=float, default=1)
    options = parser.parse_args()
    make(options.suite, options.folder, options.scale)


if __name__ == "__main__":
    main()
