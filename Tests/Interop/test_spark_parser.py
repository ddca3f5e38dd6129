"""Spark 4.3 accepts the bank's scripts and gives the same results over our tables' files.

Spark runs the scripts from SILVER to the reports over the Parquet files of our tables of the layer below; Iceberg
itself is not needed for that.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import bank_oracle
import scripts
import spark_reports
from lake import DT, Lake
from test_open_tables import check

pytestmark = pytest.mark.timeout(600)

# Statements that are not Spark's: their first words. Spark parses read_files as a table function.
EXTENSIONS: tuple[str, ...] = ()
# Statements that Spark's own Parquet tables cannot do; the result is taken from our table.
ROW_LEVEL = ("MERGE", "UPDATE", "DELETE")


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    folder = tmp_path_factory.mktemp("spark")
    with spark_reports.spark(str(folder)) as session:
        session.conf.set("spark.sql.sources.partitionOverwriteMode", "dynamic")
        yield session


@pytest.mark.parametrize("name", scripts.SCRIPTS)
def test_every_statement_parses(session: Any, name: str, sources: Path) -> None:
    parser = session._jsparkSession.sessionState().sqlParser()
    texts = scripts.statements(name, {"dt": DT, "sources": str(sources)})
    assert texts
    for text in texts:
        if not EXTENSIONS or not text.startswith(EXTENSIONS):
            parser.parsePlan(text)


def files(bank: Lake, table: str) -> Any:
    return [str(row["_file"]) for row in bank.rows(f"SELECT DISTINCT _file FROM {table}")]


def load(session: Any, bank: Lake, table: str) -> None:
    """Makes a table of Spark's own from the files of ours."""
    session.sql(f"CREATE DATABASE IF NOT EXISTS {table.split('.')[0]}")
    frame = session.read.option("recursiveFileLookup", "true").parquet(*files(bank, table))
    frame.write.mode("overwrite").saveAsTable(table)


@pytest.fixture(scope="module")
def loaded(session: Any, bank: Lake) -> Any:
    """Spark's session with the tables of SILVER that GOLD and STAR are made from."""
    for table in bank.managed_tables():
        if table.startswith("silver."):
            load(session, bank, table)
    view = next(text for text in scripts.statements("raw_to_silver", {"dt": DT}) if "VIEW silver.customer_states" in text)
    session.sql(view)
    return session


@pytest.mark.parametrize("name", ["silver_to_gold", "gold_to_star"])
def test_scripts_give_the_same_on_spark(loaded: Any, bank: Lake, name: str) -> None:
    for text in scripts.statements(name, {"dt": DT}):
        if text.startswith("DELETE"):
            # Nothing dated later is there to go.
            continue
        if text.startswith(ROW_LEVEL):
            assert "star.dim_customer" in text
            source = loaded.sql("SELECT * FROM customer_versions").toArrow()
            check(bank, "star.dim_customer", source)
            loaded.sql("DROP TABLE star.dim_customer")
            load(loaded, bank, "star.dim_customer")
        else:
            loaded.sql(text)
    schema = name.split("_")[-1]
    tables = [table for table in bank.managed_tables() if table.startswith(f"{schema}.")]
    assert len(tables) > 7
    for table in tables:
        check(bank, table, loaded.table(table).toArrow())


def test_reports_over_our_files_are_those_committed(loaded: Any, bank: Lake) -> None:
    for table in bank.managed_tables():
        if table.startswith("star."):
            loaded.sql(f"DROP TABLE IF EXISTS {table}")
            load(loaded, bank, table)
    committed = json.loads(bank_oracle.REPORTS.read_text(encoding="utf-8"))
    assert spark_reports.answers(loaded) == committed
