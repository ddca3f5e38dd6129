"""What the tests of the release binary share: the command, warehouses, the bank's warehouse.

    LAKESQL=.build/release/lakesql python -m pytest Tests/Interop
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

sys.path[:0] = [str(Path(__file__).parent / "bank_oracle"), str(Path(__file__).parent)]

import scripts  # noqa: E402
from lake import Lake  # noqa: E402


@pytest.fixture(scope="session")
def command() -> str:
    """The binary to test, as an absolute path."""
    name = os.environ.get("LAKESQL")
    if not name:
        pytest.fail("set LAKESQL to the path of the lakesql binary, for example .build/release/lakesql")
    path = Path(name).resolve()
    if not os.access(path, os.X_OK):
        pytest.fail(f"LAKESQL names {path}, which is not a program")
    return str(path)


@pytest.fixture
def lakesql(command: str, tmp_path: Path) -> Lake:
    """The command on an empty warehouse."""
    return Lake(command, tmp_path / "warehouse")


@pytest.fixture(scope="session")
def new_lake(command: str, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Lake]:
    """Makes empty warehouses that outlive a test."""
    return lambda name: Lake(command, tmp_path_factory.mktemp(name) / "warehouse")


@pytest.fixture(scope="session")
def sources() -> Path:
    """The committed source files, scale 1."""
    return scripts.BANK / "data"


@pytest.fixture(scope="session")
def bank(new_lake: Callable[[str], Lake], sources: Path) -> Lake:
    """The bank's warehouse at scale 1, for reading only."""
    lake = new_lake("bank")
    lake.run_scripts(scripts.SCRIPTS, sources)
    return lake
