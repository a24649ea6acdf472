"""Who may do what in Slack, and the forms: vouching, excepting, refusals that only the clicker sees."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from tests.platforms.slack.bot import (
    ANA,
    BEN,
    BOT,
    EVA,
    FOREIGN,
    GUEST,
    HERE,
    Bot,
    bot,
    gate,
    idle,
    program,
    site,
    slack,
    way,
)  # fmt: skip
from tests.standins.slack import How

__all__ = ["bot", "gate", "idle", "program", "site", "slack", "way"]


async def test_attest_with_its_form(bot: Bot) -> None:
    await bot.type(BEN, "show prod restore")
    shown = await bot.private(BEN, "Backup restored")
    await bot.click(BEN, shown, "Attest")
    view = await bot.form(BEN)
    assert "Backup restored" in view.words
    answer = await bot.slack.submit(BEN, {"evidence": "https://wiki/restore", "note": "x"}, how=How())
    assert answer.ok
    public = await bot.message("Ben", "Backup restored")
    assert "https://wiki/restore" in json.dumps(public.blocks)
    assert "vouches" in public.text
    assert bot.slack.view(BEN) is None
    (row,) = bot.program.rows("SELECT person, item, evidence FROM attestation")
    assert row == {"person": "ben", "item": "restore", "evidence": "https://wiki/restore"}
    bot.clean()


async def test_errors_stand_beside_the_field_and_keep_what_was_typed(bot: Bot) -> None:
    await bot.type(BEN, "attest prod restore --until yesterday")
    view = await bot.until(lambda: bot.slack.view(BEN) or bot.slack.ephemerals(BEN))
    assert bot.slack.view(BEN) or "yesterday" in view[0].words
    await bot.type(ANA, "waive prod api")
    view = await bot.form(ANA)
    past = int((datetime.now(UTC) - timedelta(days=1)).timestamp())
    await bot.slack.submit(ANA, {"reason": "the proxy goes", "until": past})
    assert set(view.errors) == {"until"}
    assert "past" in view.errors["until"]
    assert view.typed["reason"]["value"]["value"] == "the proxy goes"
    ahead = datetime.now(UTC) + timedelta(days=2)
    await bot.slack.submit(ANA, {"until": int(ahead.timestamp())})
    public = await bot.message("Ana", "The API is fast", "the proxy goes")
    assert "End the waiver" in public.labels
    (row,) = bot.program.rows("SELECT person, item, reason FROM waiver")
    assert row == {"person": "ana", "item": "api", "reason": "the proxy goes"}
    await bot.click(ANA, public, "End the waiver")
    await bot.message("took back", count=2)
    bot.clean()


async def test_a_refusal_is_private(bot: Bot) -> None:
    await bot.type(EVA, "waive prod api --reason because --until 2d")
    refused = await bot.private(EVA, "Only Operators or Lead may waive")
    assert "Eva" in refused.words
    await bot.type(EVA, "attest prod restore --evidence x")
    await bot.private(EVA, "Only Operators may vouch")
    await bot.type(ANA, "attest prod restore --evidence x")
    await bot.private(ANA, "Only Operators may vouch")
    assert not bot.slack.messages(HERE)
    assert not bot.program.rows("SELECT * FROM attestation")
    assert not bot.program.rows("SELECT * FROM waiver")
    bot.clean()


async def test_an_unauthorised_click_on_a_public_button(bot: Bot) -> None:
    await bot.type(ANA, "waive prod api --reason because --until 2d")
    public = await bot.message("waived")
    await bot.click(EVA, public, "End the waiver")
    await bot.private(EVA, "take back")
    assert len(bot.slack.messages(HERE)) == 1
    bot.clean()


async def test_a_group_that_cannot_be_read_denies_with_the_reason(bot: Bot) -> None:
    bot.slack.without_scope("usergroups:read")
    await bot.type(BEN, "attest prod restore --evidence x")
    await bot.private(BEN, "user group could not be read", "missing_scope")
    await bot.type(ANA, "attest prod nod")  # ana's role needs no group
    await bot.message("Ana", "The texts were read")
    assert [row["person"] for row in bot.program.rows("SELECT person FROM attestation")] == ["ana"]
    bot.clean()


@pytest.mark.parametrize("who", [GUEST, BOT, FOREIGN])
async def test_guests_bots_and_strangers_cannot_act(bot: Bot, who: str) -> None:
    bot.slack.state.channels[HERE].members.add(who)
    await bot.type(who, "attest prod restore --evidence x")
    await bot.until(lambda: bot.slack.ephemerals(who))
    assert "Not done" in bot.slack.ephemerals(who)[0].words
    assert not bot.program.rows("SELECT * FROM attestation")
    bot.clean()


async def test_another_workspace_is_not_served(bot: Bot) -> None:
    answer = await bot.slack.command(ANA, HERE, "/readiness", "run prod", How(team="T0OTHER"))
    assert answer.ok
    await bot.private(ANA, "another workspace")
    await bot.type(ANA, "run prod")
    public = await bot.judged()
    bot.slack.state.channels[HERE].members.add(FOREIGN)
    await bot.click(FOREIGN, public, "Run again")
    await bot.private(FOREIGN, "another workspace")
    assert bot.runs() == 1
    bot.clean()


async def test_a_form_submitted_twice_does_it_once(bot: Bot) -> None:
    await bot.type(BEN, "attest prod restore")
    view = await bot.form(BEN)
    answer = await bot.slack.submit(BEN, {"evidence": "x"})
    assert answer.ok
    await bot.message("vouches")
    bot.slack.state.stacks[BEN].append(view)
    assert (await bot.slack.resend(answer, How(retry=1))).ok
    assert len(bot.program.rows("SELECT * FROM attestation")) == 1
    assert len(bot.slack.messages(HERE)) == 1
    bot.clean()


async def test_the_home_shows_what_waits_and_its_buttons_work(bot: Bot) -> None:
    assert (await bot.slack.open_home(BEN)).ok
    home = await bot.until(lambda: bot.slack.home(BEN), "the home")
    assert "Backup restored" in home.words
    assert "The texts were read" not in home.words
    await bot.click(BEN, home, "Attest")
    await bot.form(BEN)
    assert (await bot.slack.submit(BEN, {"evidence": "x"})).ok
    await bot.until(lambda: len(bot.program.rows("SELECT * FROM attestation")) == 1)
    await bot.until(lambda: "Backup restored" not in home.words, "a home that is up to date")
    await bot.click(BEN, home, "Run prod")
    direct = bot.slack.state.direct(BEN).id
    run = await bot.message("Next:", channel=direct, count=2)
    assert "NO-GO" in run.words
    await bot.click(BEN, home, "Status")
    await bot.until(lambda: len(bot.slack.directs(BEN)) + len(bot.slack.ephemerals(BEN)) >= 2, "the status")
    assert (await bot.slack.open_home(GUEST)).ok
    guest = await bot.until(lambda: bot.slack.home(GUEST), "a home for a guest")
    assert "Guests cannot act here" in guest.words
    bot.clean()
