"""What the engine's tests share: a real database, a catalogue on disk, a clock that is moved by hand."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.catalog.current import CurrentCatalog
from storage.database import Database
from storage.records import Run, RunState

NOON = datetime(2026, 3, 29, 12, 0, tzinfo=UTC)
ME = "this-process"


class Clock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now

    def move(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    made = Database(f"sqlite:///{tmp_path / 'readiness.db'}", busy_seconds=0.05)
    made.migrate()
    yield made
    made.close()


@pytest.fixture
def catalogs(tmp_path: Path) -> CurrentCatalog:
    """Three items: one that passes, one that fails, one that needs the failing one."""
    items = [
        {"id": "well", "title": "Well", "level": "critical", "check": {"kind": "env", "name": "PATH"}},
        {"id": "ill", "title": "Ill", "check": {"kind": "env", "name": "NOT_SET_ANYWHERE"}},
        {"id": "after", "title": "After", "needs": ["ill"], "check": {"kind": "env", "name": "PATH"}},
    ]
    written = {"service": "shop", "environments": {"prod": {}}, "checklist": [{"section": "S", "items": items}]}
    file = tmp_path / "readiness.yaml"
    file.write_text(json.dumps(written))
    return CurrentCatalog(file, {})


def add_run(database: Database, state: str = RunState.QUEUED, **columns: object) -> int:
    """A run on record, with its subject at revision 1."""
    with database.write() as store:
        run = store.runs.add(
            Run(
                environment="prod", person="ana", name="Ana", items=["well", "ill", "after"], asked_at=NOON,
                state=state, **columns,  # type: ignore[arg-type]
            )
        )  # fmt: skip
        store.touch(f"run:{run.id}", NOON)
    return run.id or 0


def get_run(database: Database, run_id: int) -> Run:
    with database.read() as store:
        run = store.runs.get(run_id)
    assert run is not None
    return run
