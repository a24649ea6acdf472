"""Messages converge to what the record says, whatever the platform does in between."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Generator
from datetime import datetime

import pytest

from bot.cards.model import Card, Tone
from bot.engine import publisher as publisher_module
from bot.engine.publisher import CLAIM, FIRST_WAIT, Publisher
from bot.platform import Platform, TryLater, Undeliverable
from storage.database import Database
from storage.records import Post
from storage.store import Store
from tests.engine.conftest import NOON, Clock, add_run
from tests.engine.wall import Wall


def build(store: Store, subject: str, now: datetime) -> Card | None:
    """A card that says which revision it was made from."""
    revision = store.revision(subject)
    return Card(subject, Tone.NEUTRAL, f"revision {revision}", subject=subject, settled=False) if revision else None


@pytest.fixture(autouse=True)
def light(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cards that cost nothing to make, but for the test of those that do."""
    monkeypatch.setattr(publisher_module, "SHARE", 0)


@pytest.fixture
def wall() -> Wall:
    return Wall()


@pytest.fixture
def posted(database: Database) -> int:
    """A post that is to show a run at its first revision."""
    run = add_run(database)
    with database.write() as store:
        return store.posts.add(f"run:{run}", "wall", "general").id or 0


@pytest.fixture
def publisher(database: Database, wall: Wall, clock: Clock) -> Publisher:
    return Publisher(database, {wall.name: wall}, build, clock, "me")


def change(database: Database, times: int = 1) -> None:
    for _ in range(times):
        with database.write() as store:
            store.touch("run:1", NOON)


def post(database: Database) -> Post:
    with database.read() as store:
        (found,) = store.posts.of_subject("run:1")
    return found


def test_the_stand_in_offers_what_a_platform_must() -> None:
    platform: Platform = Wall()
    assert platform.name == "wall"


async def test_a_post_is_sent_once_and_then_edited(
    database: Database, publisher: Publisher, wall: Wall, posted: int
) -> None:
    assert await publisher.look() is None
    assert await publisher.look() is None
    assert wall.nonces == [f"readiness-{posted}"]
    change(database)
    assert await publisher.look() is None
    assert wall.messages == {f"readiness-{posted}": "revision 2"}
    assert wall.edits == ["revision 2"]
    found = post(database)
    assert (found.shown, found.message, found.claimed_by) == (2, f"readiness-{posted}", None)


async def test_many_changes_within_the_pace_become_one_edit(
    database: Database, wall: Wall, clock: Clock, posted: int
) -> None:
    wall.pace = 3600.0
    publisher = Publisher(database, {wall.name: wall}, build, clock, "me")
    await publisher.look()
    change(database, 50)
    wait = await publisher.look()
    assert wait is not None
    assert 3500 < wait <= 3600
    assert wall.edits == []
    wall.pace = 0.0
    assert await publisher.look() is None
    assert wall.edits == ["revision 51"]


@pytest.mark.parametrize(
    ("after", "waits"), [(7.0, [7.0, 7.0, 7.0]), (None, [FIRST_WAIT, 2 * FIRST_WAIT, 4 * FIRST_WAIT])]
)
async def test_what_cannot_be_delivered_now_is_tried_when_the_platform_says_or_later_and_later(
    database: Database,
    publisher: Publisher,
    wall: Wall,
    clock: Clock,
    posted: int,
    after: float | None,
    waits: list[float],
) -> None:
    wall.troubles = [TryLater("too fast", after) for _ in waits]
    for wait in waits:
        assert await publisher.look() == wait
        clock.move(wait - 0.1)
        assert await publisher.look() is None, "it is left alone until then"
        clock.move(0.2)
    assert post(database).failures == len(waits)
    assert await publisher.look() is None
    assert wall.messages == {f"readiness-{posted}": "revision 1"}
    assert post(database).failures == 0


async def test_a_card_that_takes_long_to_make_is_made_less_often(
    database: Database, publisher: Publisher, wall: Wall, posted: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publisher_module, "SHARE", 1_000_000)
    await publisher.look()
    change(database)
    wait = await publisher.look()
    assert wait is not None
    assert wait > 10
    assert wall.edits == []


async def test_what_can_never_be_delivered_is_given_up_and_said(
    database: Database, publisher: Publisher, wall: Wall, posted: int, caplog: pytest.LogCaptureFixture
) -> None:
    wall.troubles = [Undeliverable("the channel is gone: invite the bot to another")]
    assert await publisher.look() is None
    change(database)
    assert await publisher.look() is None
    assert wall.messages == {}
    found = post(database)
    assert (found.given_up, found.claimed_by) == ("the channel is gone: invite the bot to another", None)
    assert [record.__dict__["key"] for record in caplog.records] == ["post.given_up"]


async def test_a_subject_that_is_gone_is_given_up(database: Database, wall: Wall, clock: Clock, posted: int) -> None:
    publisher = Publisher(database, {wall.name: wall}, lambda store, subject, now: None, clock, "me")
    assert await publisher.look() is None
    assert post(database).given_up == "run:1 is no longer on record"


async def test_a_platform_with_a_fault_is_left_for_later_and_does_not_hold_up_the_others(
    database: Database, wall: Wall, clock: Clock, posted: int
) -> None:
    other = Wall("other")
    with database.write() as store:
        store.posts.add("run:1", "other", "general")
    wall.troubles = [ZeroDivisionError("a fault")]
    publisher = Publisher(database, {"wall": wall, "other": other}, build, clock, "me")
    assert await publisher.look() == FIRST_WAIT
    assert list(other.messages.values()) == ["revision 1"]
    clock.move(FIRST_WAIT)
    assert await publisher.look() is None
    assert list(wall.messages.values()) == ["revision 1"]


class Crash(BaseException):
    """The process ends here."""


async def test_a_crash_before_the_delivery_was_recorded_posts_the_same_again(
    database: Database, publisher: Publisher, wall: Wall, clock: Clock, posted: int
) -> None:
    await crash_after_delivery(database, publisher)
    assert post(database).message is None
    again = Publisher(database, {wall.name: wall}, build, clock, "the next process")
    assert await again.look() == wall.pace, "somebody may be at it still"
    clock.move(CLAIM.total_seconds())
    assert await again.look() is None
    assert wall.nonces == [f"readiness-{posted}"] * 2, "the platform can tell that it is the same"
    assert len(wall.messages) == 1


async def test_a_crash_before_an_edit_was_recorded_edits_again(
    database: Database, publisher: Publisher, wall: Wall, clock: Clock, posted: int
) -> None:
    await publisher.look()
    change(database)
    await crash_after_delivery(database, publisher)
    assert post(database).shown == 1
    clock.move(CLAIM.total_seconds())
    again = Publisher(database, {wall.name: wall}, build, clock, "the next process")
    assert await again.look() is None
    assert wall.edits == ["revision 2", "revision 2"]
    assert len(wall.nonces) == 1
    assert post(database).shown == 2


async def crash_after_delivery(database: Database, publisher: Publisher) -> None:
    """The platform has shown it; the process ends before that is on record."""
    writes = iter_transactions(database)
    next(writes)
    with pytest.raises(Crash):
        await publisher.look()
    writes.close()


def iter_transactions(database: Database) -> Generator[None, None, None]:
    """Lets the claim through and ends the process at the write after it."""
    genuine, count = database.transact, 0

    async def transact(work: Callable[[Store], object]) -> object:
        nonlocal count
        count += 1
        if count == 2:
            raise Crash
        return await genuine(work)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(database, "transact", transact)
        yield


async def test_the_card_and_the_revision_that_it_is_said_to_show_are_from_one_moment(
    database: Database, wall: Wall, clock: Clock, posted: int
) -> None:
    changes = iter(range(3))

    def hurried(store: Store, subject: str, now: datetime) -> Card | None:
        # Somebody changes the record while the card is being made, after it was looked at.
        store.revision(subject)
        if next(changes, None) is not None:
            change(database)
        return build(store, subject, now)

    publisher = Publisher(database, {wall.name: wall}, hurried, clock, "me")
    for _ in range(4):
        await publisher.look()
        assert list(wall.messages.values()) == [f"revision {post(database).shown}"]
    assert list(wall.messages.values()) == ["revision 4"]


async def test_a_change_during_the_delivery_is_shown_by_the_next_look(
    database: Database, publisher: Publisher, wall: Wall, posted: int
) -> None:
    wall.before = lambda: change(database)
    await publisher.look()
    assert list(wall.messages.values()) == ["revision 1"]
    wall.before = lambda: None
    await publisher.look()
    assert list(wall.messages.values()) == ["revision 2"]


async def test_two_processes_do_not_show_one_post_twice(
    database: Database, wall: Wall, clock: Clock, posted: int
) -> None:
    both = [Publisher(database, {wall.name: wall}, build, clock, owner) for owner in ("one", "two")]
    await asyncio.gather(*(publisher.look() for publisher in both))
    assert len(wall.nonces) == 1


async def test_the_last_look_tries_for_its_time_and_no_longer(
    database: Database, publisher: Publisher, wall: Wall, clock: Clock, posted: int
) -> None:
    wall.troubles = [TryLater("busy", 0.01)]
    wall.before = lambda: clock.move(1)
    await publisher.finish(5.0)
    clock.move(1)
    await publisher.finish(5.0)
    assert list(wall.messages.values()) == ["revision 1"]
    change(database)
    wall.troubles = [TryLater("away", 3600.0)]
    async with asyncio.timeout(5):
        await publisher.finish(0.05)
    assert list(wall.messages.values()) == ["revision 1"]
