"""A warehouse and the lakesql command that works on it."""

from __future__ import annotations

import os
import sqlite3
import subprocess
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pyiceberg.catalog.sql import SqlCatalog

import bank_oracle
import scripts

DT = "2026-01-31"
PIPELINE = scripts.SCRIPTS[:-1]


@dataclass(frozen=True)
class Lake:
    """Runs the command on one warehouse."""

    command: str
    path: Path

    def arguments(self, *arguments: Any) -> list[str]:
        return [self.command, "--warehouse", str(self.path), *map(str, arguments)]

    def run(self, *arguments: Any, **options: Any) -> subprocess.CompletedProcess[str]:
        """Runs the command whatever its exit code; times are UTC."""
        environment = {**os.environ, "TZ": "UTC", **options.pop("env", {})}
        return subprocess.run(
            self.arguments(*arguments), capture_output=True, text=True, timeout=300, env=environment, **options)

    def execute(self, sql: str, *arguments: Any) -> str:
        """Runs statements that must succeed; gives standard output."""
        result = self.run("-e", sql, *arguments)
        assert result.returncode == 0, result.stderr
        assert result.stderr == ""
        return result.stdout

    def rows(self, query: str) -> list[dict[str, Any]]:
        """A record a row, decimals exact."""
        return bank_oracle.lakesql_rows(self.command, str(self.path), query)

    def script_arguments(self, names: tuple[str, ...], sources: Path, dt: str = DT) -> list[str]:
        files = [argument for name in names for argument in ("-f", str(scripts.BANK / "sql" / f"{name}.sql"))]
        return [*files, "--hivevar", f"sources={sources}", "--hivevar", f"dt={dt}"]

    def run_scripts(self, names: tuple[str, ...], sources: Path, dt: str = DT, *arguments: Any) -> str:
        """Runs scripts of the bank, each in a process of its own; they must succeed."""
        output = ""
        for name in names:
            result = self.run(*self.script_arguments((name,), sources, dt), *arguments)
            assert result.returncode == 0, result.stderr
            assert result.stderr == ""
            output += result.stdout
        return output

    def catalog(self) -> SqlCatalog:
        """PyIceberg's catalog on the warehouse's metastore."""
        return SqlCatalog("lakesql", uri=f"sqlite:///{self.path}/metastore.db", warehouse=f"file://{self.path}")

    def managed_tables(self) -> list[str]:
        """The qualified names of the Iceberg tables, read from the metastore itself."""
        if not (self.path / "metastore.db").exists():
            return []
        query = "SELECT table_namespace || '.' || table_name FROM iceberg_tables ORDER BY 1"
        return [name for (name,) in self.metastore(query)]

    def metadata_location(self, table: str) -> str:
        query = "SELECT metadata_location FROM iceberg_tables WHERE table_namespace = ? AND table_name = ?"
        return self.metastore(query, *table.split("."))[0][0]

    def metastore(self, query: str, *values: str) -> list[tuple[Any, ...]]:
        """Asks the metastore's SQLite file itself."""
        with closing(sqlite3.connect(f"file:{self.path}/metastore.db?mode=ro", uri=True)) as connection:
            return connection.execute(query, values).fetchall()

    def staged(self) -> list[Path]:
        """What is left of transactions that did not end."""
        folder = self.path / "lakesql_staged"
        return sorted(folder.iterdir()) if folder.exists() else []
