"""Whoever looks at the record goes on looking, and who owns a run is known to be dead only when it is."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys

import pytest

from bot.engine import heart as heart_module
from bot.engine.heart import Heart
from bot.engine.owner import is_dead, this_process
from storage.database import Database
from storage.errors import StorageError
from tests.engine.conftest import NOON


async def beating(heart: Heart, done: asyncio.Event) -> None:
    """Let it beat until that happens."""
    task = asyncio.create_task(heart.run())
    await asyncio.wait_for(done.wait(), 20)
    heart.rest()
    await asyncio.wait_for(task, 20)


@pytest.mark.parametrize("trouble", [StorageError("The database is away."), ZeroDivisionError("a fault")])
async def test_a_look_that_fails_is_logged_and_made_again(
    database: Database, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, trouble: Exception
) -> None:
    monkeypatch.setattr(heart_module, "SLOW_POLL", 0.01)
    troubles, well = [trouble, trouble], asyncio.Event()

    async def look() -> None:
        if troubles:
            raise troubles.pop()
        well.set()

    await beating(Heart(database, {"it": look}), well)
    key = "it.storage" if isinstance(trouble, StorageError) else "it.failed"
    assert [record.__dict__["key"] for record in caplog.records] == [key, key]
    assert str(trouble) in caplog.text or str(trouble) == caplog.records[0].__dict__["reason"]


async def test_a_slow_look_does_not_hold_up_the_others(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heart_module, "SLOW_POLL", 0.01)
    count, enough, release = 0, asyncio.Event(), asyncio.Event()

    async def slow() -> None:
        await release.wait()

    async def quick() -> None:
        nonlocal count
        count += 1
        if count == 3:
            enough.set()
            release.set()

    await beating(Heart(database, {"slow": slow, "quick": quick}), enough)
    assert count >= 3


async def test_a_commit_is_noticed_at_once(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heart_module, "SLOW_POLL", 3600.0)
    looks, first, second = 0, asyncio.Event(), asyncio.Event()

    async def look() -> None:
        nonlocal looks
        looks += 1
        (first if looks == 1 else second).set()

    heart = Heart(database, {"it": look})
    task = asyncio.create_task(heart.run())
    await asyncio.wait_for(first.wait(), 20)
    await database.transact(lambda store: store.touch("run:1", NOON))
    await asyncio.wait_for(second.wait(), 20)
    heart.rest()
    await asyncio.wait_for(task, 20)


async def test_a_look_that_wants_to_come_back_soon_does(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heart_module, "SLOW_POLL", 3600.0)
    looks, again = 0, asyncio.Event()

    async def look() -> float | None:
        nonlocal looks
        looks += 1
        if looks == 2:
            again.set()
        return 0.01

    await beating(Heart(database, {"it": look}), again)


async def test_resting_lets_a_look_under_way_finish(database: Database) -> None:
    begun, release, finished = asyncio.Event(), asyncio.Event(), False

    async def look() -> None:
        nonlocal finished
        begun.set()
        await release.wait()
        finished = True

    heart = Heart(database, {"it": look})
    task = asyncio.create_task(heart.run())
    await asyncio.wait_for(begun.wait(), 20)
    heart.rest()
    assert not task.done()
    release.set()
    await asyncio.wait_for(task, 20)
    assert finished


def owner_of_another() -> tuple[subprocess.Popen[str], str]:
    """A process that tells its name as an owner and waits."""
    code = "from bot.engine.owner import this_process; print(this_process(), flush=True); input()"
    process = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    return process, process.stdout.readline().strip()


def test_a_process_is_dead_when_it_has_ended_and_not_before() -> None:
    process, owner = owner_of_another()
    assert is_dead(owner) is False
    process.communicate("\n")
    assert is_dead(owner) is True
    assert is_dead(this_process()) is False


def test_another_process_with_the_same_number_is_not_the_same() -> None:
    host, pid, birth, rest = this_process().rsplit("/", 3)
    assert int(pid) == os.getpid()
    assert is_dead(f"{host}/{pid}/{int(birth) - 1}/{rest}") is True
    assert is_dead(f"{host}/{pid}//{rest}") is False, "without a birth the number has to do"


@pytest.mark.parametrize("owner", ["", "elsewhere/1/2/3", "nonsense", "a/b/c/d", "///"])
def test_of_other_machines_nothing_is_known(owner: str) -> None:
    assert is_dead(owner) is None


def test_two_owners_are_never_the_same() -> None:
    assert this_process() != this_process()
