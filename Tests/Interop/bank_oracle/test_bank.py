"""Checks the bank itself: generator, committed data, oracle.

    python -m unittest discover -s Tests/Interop/bank_oracle
"""

from __future__ import annotations

import datetime
import filecmp
import re
import subprocess
import sys
import tempfile
import unittest
from decimal import Decimal
from pathlib import Path

import bank_oracle
from scripts import BANK, statements

DT = "2026-01-31"
VARIABLES = {"sources": str(BANK / "data"), "dt": DT}

# Every reason that RULES.md names; each must occur in the committed data.
REASONS = {
    "customer_profit_cdc": {
        "malformed record", "unknown operation", "missing image", "missing customer", "unknown customer",
        "invalid time", "invalid amount", "amount out of range", "unsupported currency"},
    "profit_history": {
        "missing customer", "unknown customer", "invalid amount", "amount out of range", "unsupported currency"},
    "executive_channel_profit": {
        "malformed record", "missing executive", "unknown executive", "unknown channel", "invalid date",
        "invalid amount", "amount out of range", "unsupported currency"},
    "communications_monthly": {
        "missing customer", "unknown customer", "unknown channel", "invalid month", "invalid count",
        "count out of range"},
    "communication_performance": {
        "malformed record", "missing campaign", "unknown channel", "no results", "invalid date", "missing metric",
        "inconsistent metrics"},
}


def files(folder: Path) -> set[Path]:
    return {path.relative_to(folder) for path in folder.rglob("*") if path.suffix in (".csv", ".jsonl")}


class GeneratorTests(unittest.TestCase):
    def test_committed_data_is_what_the_generator_writes(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run([sys.executable, BANK / "generator" / "generate.py", "--output", folder], check=True)
            self.assertEqual(files(Path(folder)), files(BANK / "data"))
            for path in files(BANK / "data"):
                self.assertTrue(filecmp.cmp(Path(folder) / path, BANK / "data" / path, shallow=False), path)

    def test_size_and_missing_days(self) -> None:
        size = sum((BANK / "data" / path).stat().st_size for path in files(BANK / "data"))
        self.assertTrue(2_000_000 < size < 5_000_000, size)
        days = {path.name for path in (BANK / "data" / "profit_history").iterdir()}
        self.assertIn("business_day=2026-01-30", days)
        self.assertNotIn("business_day=2026-01-31", days, "a Saturday")
        self.assertNotIn("business_day=2026-01-01", days, "a holiday")


class OracleTests(unittest.TestCase):
    expected: dict[str, bank_oracle.Expected] = {}

    @classmethod
    def setUpClass(cls) -> None:
        cls.expected = bank_oracle.compute(BANK / "data", DT)

    def test_every_reason_occurs(self) -> None:
        found: dict[str, set[str]] = {}
        for source, reason, _, _ in self.expected["silver.rejects"].rows:
            found.setdefault(source, set()).add(reason)
        self.assertEqual(found, REASONS)

    def test_tables_are_those_of_the_scripts_and_have_rows(self) -> None:
        for schema, script in (("gold", "silver_to_gold"), ("star", "gold_to_star")):
            created = set()
            for statement in statements(script, VARIABLES):
                match = re.match(rf"CREATE TABLE IF NOT EXISTS ({schema}\.\w+)", statement)
                created |= {match[1]} if match else set()
            self.assertEqual(created, {name for name in self.expected if name.startswith(f"{schema}.")})
        for name, table in self.expected.items():
            self.assertTrue(table.rows, name)

    def test_dimension_keeps_history(self) -> None:
        table = self.expected["star.dim_customer"]
        rows = [dict(zip(table.columns, row)) for row in table.rows]
        self.assertEqual(len({row["customer_key"] for row in rows}), len(rows))
        self.assertTrue(any(row["version"] > 2 for row in rows))
        for row in rows:
            self.assertEqual(row["is_current"], row["valid_to"] is None)
            self.assertTrue(row["valid_to"] is None or row["valid_from"] < row["valid_to"])


class CompareTests(unittest.TestCase):
    def test_equal_values_of_different_clients(self) -> None:
        expected = [("a", Decimal("1.50"), datetime.date(2026, 1, 31), True, None)]
        self.assertEqual(bank_oracle.compare(expected, [("a", "1.5", "2026-01-31", "true", None)]), [])

    def test_counts_copies(self) -> None:
        self.assertTrue(bank_oracle.compare([("a",), ("a",), ("b",)], [("a",), ("b",), ("b",)]))

    def test_null_is_not_text(self) -> None:
        self.assertTrue(bank_oracle.compare([(None,)], [("None",)]))
        self.assertTrue(bank_oracle.compare([(None,)], [("",)]))

    def test_names_rows_and_columns(self) -> None:
        table = bank_oracle.Expected(("id", "profit"), ("int", "decimal(18,2)"), [(1, Decimal("2.00"))], "")
        lines = bank_oracle.compare(table, [(1, Decimal("2.01"))])
        self.assertIn("  columns that differ: profit", lines)
        self.assertIn("  - 1 x ('1', '2')", lines)
        self.assertIn("  + 1 x ('1', '2.01')", lines)


if __name__ == "__main__":
    unittest.main()
