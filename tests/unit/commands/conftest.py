"""The world of one test: its own catalogue file and database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.catalog.current import CurrentCatalog
from storage.database import Database
from tests.unit.commands.desk import CATALOG, World


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    file = tmp_path / "readiness.yaml"
    file.write_text(CATALOG)
    database = Database(f"sqlite:///{tmp_path / 'readiness.db'}")
    database.migrate()
    yield World(file, database, CurrentCatalog(file, {}))
    database.close()
