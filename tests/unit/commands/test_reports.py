"""Reports from other systems: delivered as often as they like, counted once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from pydantic import ValidationError

from bot.commands.reports import NoSuchItem, NotReported, Receipt, ReportBody
from storage.records import Report
from tests.unit.commands.desk import World
from tests.unit.samples import NOW

GREEN = ReportBody(outcome="pass", summary="212 passed", url="https://ci/1")
RED = ReportBody(outcome="fail", summary="1 failed")


async def send(world: World, body: ReportBody = GREEN, key: str | None = None, item: str = "tests") -> Receipt:
    return await world.reports.receive("prod", item, body, key)


def latest(world: World) -> Report:
    with world.database.read() as store:
        return store.people.reports("prod")["tests"]


async def test_a_report_is_on_record_with_one_entry_in_the_ledger(world: World) -> None:
    receipt = await send(world)
    assert (receipt.environment, receipt.item, receipt.outcome, receipt.repeated) == ("prod", "tests", "pass", False)
    found = latest(world)
    assert (found.id, found.outcome, found.summary, found.url, found.at) == (
        receipt.id, "pass", "212 passed", "https://ci/1", NOW,
    )  # fmt: skip
    assert world.entries() == 1
    assert world.last() == (
        "report", "reported", "item:prod/tests",
        {"environment": "prod", "item": "tests", "outcome": "pass", "summary": "212 passed", "url": "https://ci/1"},
    )  # fmt: skip


@pytest.mark.parametrize("body", [GREEN, ReportBody(outcome="fail", summary="a\x00b")])
async def test_the_same_key_again_is_the_same_delivery_however_late(world: World, body: ReportBody) -> None:
    first = await send(world, body, "build-1")
    world.now = NOW + timedelta(days=3)
    again = await send(world, body, "build-1")
    assert (again.id, again.repeated) == (first.id, True)
    assert world.entries() == 1


async def test_an_old_delivery_that_is_repeated_does_not_become_the_latest(world: World) -> None:
    await send(world, RED, "build-1")
    await send(world, GREEN, "build-2")
    assert (await send(world, RED, "build-1")).repeated
    assert latest(world).outcome == "pass"


async def test_a_key_that_is_used_for_something_else_is_refused(world: World) -> None:
    await send(world, GREEN, "build-1")
    with pytest.raises(NotReported, match="The key 'build-1' was used before for another report of 'tests'"):
        await send(world, RED, "build-1")
    assert world.entries() == 1
    assert latest(world).outcome == "pass"


@pytest.mark.parametrize("key", [None, ""])
async def test_without_a_key_the_same_within_a_minute_is_the_same_delivery(world: World, key: str | None) -> None:
    first = await send(world, key=key)
    world.now = NOW + timedelta(seconds=59)
    assert await send(world, key=key) == Receipt(first.id, "prod", "tests", "pass", repeated=True)
    world.now = NOW + timedelta(seconds=60)
    assert not (await send(world, key=key)).repeated
    assert world.entries() == 2


async def test_without_a_key_another_outcome_is_another_report(world: World) -> None:
    await send(world)
    assert not (await send(world, RED)).repeated
    assert latest(world).outcome == "fail"
    assert world.entries() == 2


@pytest.mark.parametrize(
    ("environment", "item", "said"),
    [
        ("prd", "tests", "There is no environment 'prd'; did you mean 'prod'?"),
        ("prod", "test", "prod has no item 'test'; did you mean 'tests'?"),
    ],
)
async def test_what_is_not_there_is_told_with_the_nearest_right_word(
    world: World, environment: str, item: str, said: str
) -> None:
    with pytest.raises(NoSuchItem) as caught:
        await world.reports.receive(environment, item, GREEN, None)
    assert str(caught.value) == said
    assert world.entries() == 0


@pytest.mark.parametrize(("item", "way"), [("up", "check"), ("read", "attest"), ("drill", "drill")])
async def test_an_item_that_is_known_in_another_way_takes_no_reports(world: World, item: str, way: str) -> None:
    with pytest.raises(NotReported, match=f"'{item}' is known by {way}, so it takes no reports"):
        await send(world, item=item)
    assert world.entries() == 0


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"outcome": "ok"},
        {"outcome": "pass", "sumary": "x"},
        {"outcome": "pass", "url": "javascript:alert(1)"},
        {"outcome": "pass", "summary": "x" * 2001},
        {"outcome": "pass", "summary": None},
    ],
)
def test_a_body_that_is_not_right_is_refused(body: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        ReportBody.model_validate(body)
