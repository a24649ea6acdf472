"""Vouching, excepting, taking back: who may, what is asked for, what is on record afterwards."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.rules.access import Actor
from tests.unit.commands.desk import World
from tests.unit.samples import ANA, BEN, DAY, NOW, STRANGER

WAIVE = "readiness waive prod up --reason 'the proxy is replaced' --until 2d"
RESTORE = "readiness attest prod restore --evidence https://wiki/restore"


async def test_vouching_is_on_record_with_who_what_and_until_when(world: World) -> None:
    card = await world.done(f"{RESTORE} --note 'restored on Monday'")
    record = world.attestation("restore")
    assert record is not None
    assert (record.person, record.name, record.role) == ("ana", "Ana", "devops")
    assert (record.evidence, record.note, record.took) == ("https://wiki/restore", "restored on Monday", None)
    assert (record.at, record.until) == (NOW, NOW + 30 * DAY)
    actor, verb, subject, data = world.last()
    assert (actor, verb, subject) == ("ana", "attested", "item:prod/restore")
    assert data == {
        "environment": "prod", "item": "restore", "evidence": "https://wiki/restore", "note": "restored on Monday",
        "role": "devops", "until": record.until.isoformat(), "took": None, "platform": "console", "name": "Ana",
    }  # fmt: skip
    assert card.summary.startswith("Ana vouches for “Backup restored” in prod, until 2026-04-27 14:00 CEST")


async def test_everybody_sees_a_deed_and_only_the_asker_a_refusal(world: World) -> None:
    assert not (await world.reply(RESTORE)).private
    assert (await world.reply(RESTORE, BEN)).private


@pytest.mark.parametrize("who", [BEN, STRANGER, Actor("slack", "ana", "ana"), Actor("local", "Ana", "Ana")])
async def test_only_who_holds_the_role_may_vouch(world: World, who: Actor) -> None:
    said = await world.refused(RESTORE, who)
    assert said.startswith("Only DevOps Lead may vouch for “Backup restored”, and ")


async def test_anybody_may_vouch_for_what_names_no_role(world: World) -> None:
    await world.done("readiness attest prod read", STRANGER)
    record = world.attestation("read")
    assert record is not None
    assert (record.person, record.name, record.role) == ("local:mallory", "Mallory", None)


@pytest.mark.parametrize("line", ["readiness attest prod restore", "readiness attest prod restore --evidence ' '"])
async def test_evidence_that_is_required_is_asked_for(world: World, line: str) -> None:
    assert await world.asked(line) == ["evidence"]
    await world.done(line, evidence="https://wiki/restore")


async def test_a_form_is_only_opened_for_who_may_fill_it_in(world: World) -> None:
    assert "Only DevOps Lead" in await world.refused("readiness attest prod restore", BEN)


async def test_how_long_a_rehearsal_took_is_asked_for(world: World) -> None:
    assert await world.asked("readiness attest prod drill") == ["took"]
    await world.done("readiness attest prod drill --took 4m10s")
    record = world.attestation("drill")
    assert record is not None
    assert record.took == 250.0


async def test_a_rehearsal_of_no_time_is_refused(world: World) -> None:
    assert "takes longer than nothing" in await world.refused("readiness attest prod drill --took 0s")


@pytest.mark.parametrize(("until", "days"), [("2d", 2), ("60d", 30), ("2030-01-01", 30)])
async def test_a_word_counts_no_longer_than_the_catalogue_says(world: World, until: str, days: int) -> None:
    await world.done(f"{RESTORE} --until {until}")
    record = world.attestation("restore")
    assert record is not None
    assert record.until == NOW + days * DAY


@pytest.mark.parametrize("item", ["up", "tests"])
async def test_what_the_program_knows_by_itself_is_nobodys_word(world: World, item: str) -> None:
    said = await world.refused(f"readiness attest prod {item}")
    assert f"/readiness waive prod {item} --reason … --until 2d" in said


async def test_a_waiver_is_on_record_with_its_reason_and_its_end(world: World) -> None:
    card = await world.done(WAIVE)
    record = world.waiver("up")
    assert record is not None
    assert (record.person, record.reason, record.until) == ("ana", "the proxy is replaced", NOW + 2 * DAY)
    assert world.last()[:3] == ("ana", "waived", "item:prod/up")
    assert world.last()[3]["reason"] == "the proxy is replaced"
    assert "is waived" in card.title


@pytest.mark.parametrize("who", [BEN, STRANGER])
async def test_only_who_is_permitted_may_waive(world: World, who: Actor) -> None:
    assert (await world.refused(WAIVE, who)).startswith("Only DevOps Lead may waive, and ")


async def test_where_nobody_is_permitted_nobody_may_waive(world: World) -> None:
    world.file.write_text(world.file.read_text().replace("permissions: {waive: [devops]}", "permissions: {}"))
    assert world.catalogs.look()
    assert (await world.refused(WAIVE)).startswith("Nobody may waive yet: name the roles that may under permissions")


@pytest.mark.parametrize(
    ("line", "missing"),
    [
        ("readiness waive prod up --reason because", ["until"]),
        ("readiness waive prod up --until 2d", ["reason"]),
        ("readiness waive prod up --reason '  ' --until 2d", ["reason"]),
        ("readiness waive prod up", ["reason", "until"]),
    ],
)
async def test_a_waiver_without_reason_or_end_is_asked_for_them(world: World, line: str, missing: list[str]) -> None:
    assert await world.asked(line) == missing
    await world.done(line, reason="because", until="3d")


@pytest.mark.parametrize(
    ("until", "said"),
    [
        ("367d", "A waiver ends within 366 days"),
        ("2020-01-01", "in the past"),
        ("9999-12-31", "out of reach"),
        ("2026-03-29 02:30", "the clocks change"),
        ("soon", "is not a time"),
    ],
)
async def test_an_end_that_is_none_is_refused(world: World, until: str, said: str) -> None:
    assert said in await world.refused(f"readiness waive prod up --reason x --until '{until}'")


async def test_a_waiver_may_last_a_year(world: World) -> None:
    await world.done("readiness waive prod up --reason x --until 366d")


async def test_ones_own_word_and_waiver_can_be_taken_back(world: World) -> None:
    await world.done("readiness attest prod read", BEN)
    await world.done("readiness revoke prod read", BEN)
    assert world.attestation("read") is None
    assert world.last()[1] == "revoked"
    assert world.last()[3]["what"] == "attestation"
    await world.done(WAIVE)
    card = await world.done("readiness revoke prod up --reason 'not needed'")
    assert world.waiver("up") is None
    assert "Ana took back the waiver of “It is up” in prod." in card.summary


async def test_who_could_have_made_it_may_take_it_back(world: World) -> None:
    await world.done(WAIVE)
    await world.done("readiness revoke prod up", Actor("local", "cy", "cy"))
    assert world.last()[0] == "cy"


async def test_what_is_somebody_elses_stays(world: World) -> None:
    await world.done(WAIVE)
    await world.done("readiness attest prod read", ANA)
    assert "may take back the waiver of Ana" in await world.refused("readiness revoke prod up", BEN)
    assert "Nobody may take back the attestation of Ana" in await world.refused("readiness revoke prod read", BEN)


async def test_a_waiver_is_taken_back_before_the_word_beneath_it(world: World) -> None:
    await world.done(RESTORE)
    await world.done(WAIVE.replace("up", "restore", 1))
    await world.done("readiness revoke prod restore")
    assert (world.waiver("restore"), world.attestation("restore") is not None) == (None, True)


@pytest.mark.parametrize("item", ["up", "read", "tests"])
async def test_where_nothing_stands_there_is_nothing_to_take_back(world: World, item: str) -> None:
    assert "there is nothing to take back" in await world.refused(f"readiness revoke prod {item}")


async def test_a_waiver_that_has_ended_is_nothing_to_take_back(world: World) -> None:
    await world.done(WAIVE)
    world.now = NOW + timedelta(days=2)
    assert "there is nothing to take back" in await world.refused("readiness revoke prod up")


async def test_taking_back_twice_is_refused_the_second_time(world: World) -> None:
    await world.done(WAIVE)
    await world.done("readiness revoke prod up")
    assert "there is nothing to take back" in await world.refused("readiness revoke prod up")


async def test_the_buttons_payload_never_says_who_clicked(world: World) -> None:
    assert "has no --person" in await world.refused("readiness attest prod read --person ben", STRANGER)
    assert (await world.done("readiness attest prod read", STRANGER, person="ben")).summary.startswith("Mallory")
