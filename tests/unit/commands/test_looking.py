"""Running, looking, and what becomes of faults: each answer is a card, and nothing is half-written."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

import pytest

from bot.commands import registry
from bot.commands.model import Call, Reply
from bot.commands.registry import Env, Item, OptionalReason, command, commands
from storage.records import Run, RunState, Waiver
from tests.unit.commands.desk import World
from tests.unit.samples import ANA, DAY, NOW, STRANGER


async def run_of(world: World, line: str) -> Run:
    before = world.entries()
    reply = await world.reply(line)
    assert reply.ok, reply.card
    assert not reply.private
    assert world.entries() == before + 1
    assert reply.subject is not None
    with world.database.read() as store:
        found = store.runs.get(int(reply.subject.removeprefix("run:")))
        assert store.revision(reply.subject) == 1
        assert [post.channel for post in store.posts.of_subject(reply.subject)] == ["terminal"]
    assert found is not None
    return found


def record(world: World, outcomes: dict[str, str]) -> None:
    with world.database.write() as store:
        run = store.runs.add(Run(environment="prod", person="ana", name="Ana", items=list(outcomes), asked_at=NOW))
        rows = [
            {"item": item, "outcome": outcome, "summary": outcome, "seconds": 0.1, "at": NOW}
            for item, outcome in outcomes.items()
        ]
        store.results.add(run.id or 0, rows)


async def test_a_run_measures_every_check_and_waits_for_whoever_serves(world: World) -> None:
    run = await run_of(world, "readiness run prod")
    assert (run.items, run.shown, run.state) == (["up", "fast", "Up", "late"], [], RunState.QUEUED)
    assert (run.person, run.name, run.release) == ("ana", "Ana", "r1")
    assert world.last()[:3] == ("ana", "run.asked", f"run:{run.id}")


async def test_a_process_that_does_its_own_runs_claims_them_at_once(world: World) -> None:
    world.owner = "host:1"
    run = await run_of(world, "readiness run prod")
    assert (run.state, run.claimed_by, run.started_at) == (RunState.RUNNING, "host:1", NOW)


@pytest.mark.parametrize(
    ("words", "items", "shown"),
    [
        ("up", ["up"], ["up"]),
        ("Up", ["Up"], ["Up"]),
        ("fast", ["up", "fast"], ["fast"]),
        ("late", ["late"], ["late"]),
        ("site", ["up", "fast", "Up"], ["up", "fast", "Up"]),
        ("'other things'", ["late"], ["restore", "read", "tests", "drill", "late"]),
        ("restore", [], ["restore"]),
        ("--item fast", ["up", "fast"], ["fast"]),
    ],
)
async def test_a_selection_brings_the_checks_that_it_needs_and_lists_only_itself(
    world: World, words: str, items: list[str], shown: list[str]
) -> None:
    run = await run_of(world, f"readiness run prod {words}")
    assert (run.items, run.shown) == (items, shown)


async def test_only_failing_runs_what_was_not_well(world: World) -> None:
    record(world, {"up": "pass", "fast": "fail", "Up": "warn", "late": "pass"})
    run = await run_of(world, "readiness run prod --only failing")
    assert run.shown == ["fast", "Up", "restore", "read", "tests", "drill", "late"]
    assert run.items == ["up", "fast", "Up", "late"]
    assert (await run_of(world, "readiness run prod site --only failing")).shown == ["fast", "Up"]


async def test_only_failing_where_all_was_well_is_refused_with_what_to_type(world: World) -> None:
    record(world, {"up": "pass"})
    assert await world.refused("readiness run prod up --only failing") == (
        "Everything there was well the last time. To measure it all again: /readiness run prod"
    )


LOOKS = [
    ("readiness status prod", "shop prod: NO-GO"),
    ("readiness show prod up", "It is up: pending"),
    ("readiness show prod drill", "Rollback rehearsed: pending"),
    ("readiness history prod", "shop prod: history"),
    ("readiness history prod up", "prod: history of It is up"),
    ("readiness history prod read", "prod: history of Terms were read"),
    ("readiness help", "Readiness"),
    ("readiness", "Readiness"),
    ("readiness help waive", "/readiness waive ENV ITEM"),
    ("readiness help /readiness run", "/readiness run ENV [ITEM …] [--only …]"),
]


@pytest.mark.parametrize(("line", "title"), LOOKS)
@pytest.mark.parametrize("who", [ANA, STRANGER])
async def test_anybody_may_look_and_looking_leaves_no_trace(world: World, line: str, title: str, who: object) -> None:
    record(world, {"up": "pass"} if line.endswith("history prod") else {})
    before = world.everything()
    reply = await world.reply(line, STRANGER if who is STRANGER else ANA)
    assert reply.ok
    assert reply.private
    assert reply.card is not None
    assert reply.card.title.startswith(title.split(" [--only")[0])
    assert world.everything() == before


async def test_help_says_who_one_is(world: World) -> None:
    assert "You are Ana (DevOps Lead)." in str(await world.reply("readiness help"))
    assert "You are Mallory, without a role here." in str(await world.reply("readiness help", STRANGER))


@pytest.mark.parametrize(
    "line", ["", "hello", "readiness help nosuch", "readiness help readiness nosuch", "readiness hlep"]
)
async def test_what_is_not_understood_offers_help(world: World, line: str) -> None:
    reply = await world.reply(line)
    assert not reply.ok
    assert reply.card is not None
    assert [button.command for button in reply.card.buttons()] == ["readiness help"]


async def test_while_the_file_on_disk_is_wrong_the_status_says_so(world: World) -> None:
    world.file.write_text("service: [")
    assert world.catalogs.look()
    reply = await world.reply("readiness status prod")
    assert "the last good one is in force" in str(reply.card)


def breaks(call: Call, env: Env, item: Item, *, reason: OptionalReason = None) -> Reply:
    call.store.people.add(
        Waiver(environment=env, item=item, person="x", name="x", reason="x", at=call.now, until=call.now + DAY)
    )
    call.record("waived", f"item:{env}/{item}", {})
    call.store.touch("run:1", call.now)
    if reason == "storage":
        raise sqlite3.OperationalError("the disk is gone") from None
    raise RuntimeError("s3cr3t detail of the fault")


@pytest.fixture
def breaking() -> Iterator[None]:
    commands()
    command("readiness", "breaks", "Write, then fail")(breaks)
    commands.cache_clear()
    yield
    registry._declared.pop(("readiness", "breaks"))
    commands.cache_clear()


@pytest.mark.usefixtures("breaking")
@pytest.mark.parametrize("reason", ["fault", "storage"])
async def test_a_handler_that_fails_half_way_leaves_nothing_and_shows_nothing_of_its_fault(
    world: World, reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    said = await world.refused(f"readiness breaks prod up --reason {reason}")
    assert said.startswith("Something went wrong inside the bot, and nothing was changed.")
    assert "s3cr3t" not in said
    assert "A command failed." in caplog.text
    with world.database.read() as store:
        assert store.revision("run:1") == 0


async def test_a_database_that_cannot_be_written_is_a_refusal(world: World) -> None:
    path = world.database.place
    other = sqlite3.connect(world.file.parent / "readiness.db", isolation_level=None)
    other.execute("DROP TABLE waiver")
    other.close()
    reply = await world.reply("readiness waive prod up --reason x --until 2d")
    assert not reply.ok
    assert reply.card is not None
    assert reply.failed
    assert reply.card.summary.endswith("could not do that. Nothing was changed.")
    assert path in reply.card.summary
    assert world.entries() == 0
