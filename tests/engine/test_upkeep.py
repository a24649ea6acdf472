"""What nobody needs any more is forgotten; what people decided is not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.catalog.current import CurrentCatalog
from bot.engine.upkeep import Housekeeping
from storage.database import Database
from storage.records import Run

NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)
CATALOGUE = """
service: s
environments: {prod: {}}
keep: {results: 30d}
checklist:
  - {section: S, items: [{id: a, title: A, check: {kind: env, name: HOME}}]}
"""


async def test_old_results_and_old_events_are_forgotten_and_the_newest_result_stays(tmp_path: Path) -> None:
    (tmp_path / "readiness.yaml").write_text(CATALOGUE)
    database = Database(f"sqlite:///{tmp_path}/readiness.db")
    database.migrate()
    for age in (90, 60, 1):
        at = NOW - timedelta(days=age)
        with database.write() as store:
            run = store.runs.add(Run(environment="prod", person="p", name="P", items=["a"], asked_at=at))
            row = {"item": "a", "outcome": "pass", "summary": "fine", "seconds": 0.1, "at": at}
            store.results.add(run.id or 0, [row])
            assert store.first_time(f"event {age}", at)

    clock = [NOW]
    keeping = Housekeeping(database, CurrentCatalog(tmp_path / "readiness.yaml", {}), lambda: clock[0])
    assert await keeping.look() == 1.0, "there may be more to forget"
    assert await keeping.look() is None

    with database.write() as store:
        assert [result.at for result in store.results.history("prod", "a", 9)] == [NOW - timedelta(days=1)]
        assert len(store.runs.recent("prod", 9)) == 3
        assert store.first_time("event 60", NOW)
        assert not store.first_time("event 1", NOW)
    assert await keeping.look() is None, "the next time is in an hour"
    database.close()
