"""The statements of the bank's scripts, split and with their variables filled in."""

from __future__ import annotations

import re
from pathlib import Path

BANK = Path(__file__).resolve().parents[3] / "fixtures" / "bank"
SCRIPTS = ("sources_to_raw", "raw_to_silver", "silver_to_gold", "gold_to_star", "reports")

# One piece of a script: a comment, a quoted text or name, a semicolon, or anything else.
PIECE = re.compile(r"--[^\n]*|'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"|`[^`]*`|;|[^-;'\"`]+|-", re.DOTALL)


def statements(name: str, variables: dict[str, str]) -> list[str]:
    """Gives the statements of a script in order, without comments."""
    text = (BANK / "sql" / f"{name}.sql").read_text(encoding="utf-8")
    for key, value in variables.items():
        text = text.replace("${hivevar:" + key + "}", value)
    found, current = [], ""
    for piece in PIECE.findall(text):
        if piece == ";":
            found.append(current.strip())
            current = ""
        elif not piece.startswith("--"):
            current += piece
    return [statement for statement in [*found, current.strip()] if statement]
