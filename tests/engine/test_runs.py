"""Runs are done, recorded and judged, or marked as what they are: never half, never twice."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from bot.catalog.current import CurrentCatalog
from bot.engine import runs as runs_module
from bot.engine.runs import RunEngine
from checks.model import Result as Measurement
from checks.runner import Job, Runner
from storage.database import Database
from storage.errors import StorageError
from storage.records import RunState
from storage.store import Store
from tests.engine.conftest import ME, NOON, Clock, add_run, get_run

ENVIRON = {"PATH": "/bin"}


@pytest.fixture
async def engine(database: Database, catalogs: CurrentCatalog, clock: Clock) -> AsyncIterator[RunEngine]:
    made = RunEngine(database, catalogs, clock, ME, serves=True, environ=ENVIRON)
    yield made
    await made.stop()


@pytest.fixture
def writes(database: Database, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Which kinds of rows each transaction added, in order."""
    from storage.results import Results

    genuine, seen = Results.add, list[str]()

    def add(self: Results, run_id: int, rows: list[dict[str, object]]) -> None:
        seen.append(" ".join(str(row["item"]) for row in rows))
        genuine(self, run_id, rows)

    monkeypatch.setattr(Results, "add", add)
    return seen


async def test_a_queued_run_is_claimed_measured_judged_and_put_in_the_ledger(
    database: Database, engine: RunEngine, writes: list[str]
) -> None:
    run = add_run(database)
    assert await engine.ended(run) is None
    found = get_run(database, run)
    assert (found.state, found.verdict, found.done) == (RunState.FINISHED, "GO_WITH_CONDITIONS", 3)
    assert found.states == {"well": "pass", "ill": "fail", "after": "blocked"}
    with database.read() as store:
        results = {result.item: result for result in store.results.of_run(run)}
        assert store.ledger.verify().length == 1
    assert results["after"].blocked_by == "ill"
    assert writes == ["well ill after"], "what comes together is written together"


async def test_who_does_not_serve_leaves_alone_what_others_asked_for(
    database: Database, catalogs: CurrentCatalog, clock: Clock
) -> None:
    engine = RunEngine(database, catalogs, clock, ME, serves=False, environ=ENVIRON)
    queued = add_run(database)
    own = add_run(
        database, RunState.RUNNING, claimed_by=ME, claimed_until=NOON + timedelta(seconds=30), started_at=NOON
    )
    assert await engine.ended(own) is None
    await engine.stop()
    assert [get_run(database, run).state for run in (queued, own)] == ["queued", "finished"]


async def test_a_database_that_fails_for_a_moment_costs_nothing(
    database: Database, engine: RunEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs_module, "AFTER_FAILURE", 0.01)
    run = add_run(database)
    fail(database, monkeypatch, {2, 3})  # the first batches; the claim before them goes well
    held = hold_first(monkeypatch)
    task = asyncio.create_task(engine.ended(run))
    await asyncio.wait_for(held.two_failures.wait(), 20)
    held.go.set()
    assert await task is None
    assert get_run(database, run).state == RunState.FINISHED
    with database.read() as store:
        assert len(store.results.of_run(run)) == 3


async def test_a_run_that_cannot_be_recorded_ends_as_not_finished_and_is_marked_when_it_can(
    database: Database, engine: RunEngine, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    run = add_run(database)
    with closing(sqlite3.connect(tmp_path / "readiness.db", isolation_level=None)) as other:
        for one in await database.transact(engine._take):
            assert one.id == run
        other.execute("BEGIN IMMEDIATE")
        with database.read() as store:
            record = store.runs.get(run)
        assert record is not None
        opened = runs_module._Open(record, runs_module._Writer(database, record, engine._clock))
        engine._open[run] = opened
        await engine._work(opened)
        assert opened.trouble is not None
        assert "busy" in opened.trouble
        assert "run.unrecorded" in [entry.__dict__["key"] for entry in caplog.records]
        assert get_run(database, run).state == RunState.RUNNING
        with pytest.raises(StorageError):
            await engine.look()
        other.execute("ROLLBACK")
    await engine.look()
    found = get_run(database, run)
    assert (found.state, found.verdict, found.done) == (RunState.INTERRUPTED, None, 3)
    with database.read() as store:
        assert len(store.results.of_run(run)) == 3, "what was measured is kept"
        (entry,) = store.ledger.export()
    assert "it could not be recorded" in entry
    await engine.look()
    assert get_run(database, run).state == RunState.INTERRUPTED, "it is not begun again"


async def test_a_probe_that_breaks_the_runner_itself_interrupts_the_run_and_is_logged(
    database: Database, engine: RunEngine, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken(self: Runner, jobs: list[Job], on_result: Callable[[str, Measurement], None]) -> None:
        raise ZeroDivisionError("a fault of the program")

    monkeypatch.setattr(Runner, "run", broken)
    run = add_run(database)
    trouble = await engine.ended(run)
    assert trouble == "the program failed; its log has the reason."
    assert get_run(database, run).state == RunState.INTERRUPTED
    assert "a fault of the program" in caplog.text


@pytest.mark.parametrize("steps", [0, 1, 3])
async def test_stopping_marks_what_was_begun_however_far_it_got(
    database: Database, engine: RunEngine, monkeypatch: pytest.MonkeyPatch, steps: int
) -> None:
    held = hold_first(monkeypatch)
    runs = [add_run(database), add_run(database)]
    await engine.look()
    for _ in range(steps):
        await asyncio.sleep(0)
    await engine.stop()
    assert not held.go.is_set()
    for run in runs:
        found = get_run(database, run)
        assert (found.state, found.verdict, found.claimed_until) == (RunState.INTERRUPTED, None, None)


async def test_a_run_that_another_process_took_over_is_let_go(
    database: Database, engine: RunEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs_module, "RENEW", 0.01)
    held = hold_first(monkeypatch)
    run = add_run(database)
    task = asyncio.create_task(engine.ended(run))
    await asyncio.wait_for(held.begun.wait(), 20)
    with database.write() as store:
        assert store.runs.interrupt(run, NOON)
    await asyncio.wait_for(task, 20)
    assert get_run(database, run).state == RunState.INTERRUPTED


async def test_an_abandoned_run_is_marked_with_its_message_forgotten(
    database: Database, engine: RunEngine, clock: Clock
) -> None:
    until = NOON + timedelta(seconds=30)
    run = add_run(database, RunState.RUNNING, claimed_by="elsewhere/1/2/3", claimed_until=until, started_at=NOON)
    with database.write() as store:
        store.posts.add(f"run:{run}", "console/4f2a", "terminal")
        store.posts.add(f"run:{run}", "slack", "C1")
    await engine.look()
    assert get_run(database, run).state == RunState.RUNNING, "its claim still holds"
    clock.move(31)
    await engine.look()
    assert get_run(database, run).state == RunState.INTERRUPTED
    with database.read() as store:
        assert [post.platform for post in store.posts.of_subject(f"run:{run}")] == ["slack"]
        assert store.revision(f"run:{run}") == 2


async def test_an_environment_that_left_the_catalogue_interrupts_its_run(database: Database, engine: RunEngine) -> None:
    run = add_run(database)
    with database.write() as store:
        from sqlalchemy import text

        store._session.execute(text("UPDATE run SET environment = 'gone'"))
    await engine.ended(run)
    assert get_run(database, run).state == RunState.INTERRUPTED
    with database.read() as store:
        (entry,) = store.ledger.export()
    assert "no longer in the catalogue" in entry


def fail(database: Database, monkeypatch: pytest.MonkeyPatch, calls: set[int]) -> None:
    """The transactions of those numbers fail, as when the disk is full for a moment."""
    genuine, count = database.transact, 0

    async def transact(work: Callable[[Store], object]) -> object:
        nonlocal count
        count += 1
        if count in calls:
            if count == max(calls):
                Held.latest.two_failures.set()
            raise StorageError("The disk is full: make room on it.")
        return await genuine(work)

    monkeypatch.setattr(database, "transact", transact)


class Held:
    """A runner that delivers each result when the one before was tried to be written, and ends when told."""

    latest: Held

    def __init__(self) -> None:
        self.begun, self.go, self.two_failures = asyncio.Event(), asyncio.Event(), asyncio.Event()
        Held.latest = self


def hold_first(monkeypatch: pytest.MonkeyPatch) -> Held:
    held, genuine = Held(), Runner.run

    async def run(self: Runner, jobs: list[Job], on_result: Callable[[str, Measurement], None]) -> None:
        first, *rest = jobs
        await genuine(self, [first], on_result)
        held.begun.set()
        if rest:
            await genuine(self, rest[:1], on_result)
            while not held.go.is_set() and not held.two_failures.is_set():
                await asyncio.wait({asyncio.create_task(held.go.wait()), asyncio.create_task(held.two_failures.wait())},
                                   return_when=asyncio.FIRST_COMPLETED)  # fmt: skip
            await held.go.wait()
            await genuine(self, rest[1:], on_result)

    monkeypatch.setattr(Runner, "run", run)
    return held
