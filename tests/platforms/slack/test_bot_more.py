"""Longer lives: a token that is revoked, both ways in at once, connections that go, forms that outlive their item."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from time import monotonic

import aiohttp
import pytest

from tests.platforms.slack.bot import ANA, BEN, EVA, HERE, Bot, Gate, bot, gate, idle, program, site, slack, way
from tests.standins.slack import How, SlackStandIn

__all__ = ["bot", "gate", "idle", "program", "site", "slack", "way"]


async def ready(bot: Bot, holds: Callable[[int, list[str]], bool], timeout: float = 30) -> list[str]:
    """Asks /readyz again and again until its status and its reasons are as they should be; gives the reasons."""
    end = monotonic() + timeout
    async with aiohttp.ClientSession(trust_env=False) as session:
        while True:
            async with session.get(f"http://127.0.0.1:{bot.port}/readyz") as response:
                reasons: list[str] = (await response.json())["reasons"]
            if holds(response.status, reasons):
                return reasons
            assert monotonic() < end, (response.status, reasons, bot.log[-3000:])


def well(status: int, reasons: list[str]) -> bool:
    return status == 200 and not reasons


@pytest.mark.parametrize("error", ["token_revoked", "account_inactive"])
async def test_the_token_is_revoked_in_mid_life(bot: Bot, gate: Gate, error: str) -> None:
    await ready(bot, well)
    await bot.type(ANA, "run prod")
    live = await bot.message("measuring")
    bot.slack.revoke(error)
    gate.open()
    await bot.said("post.given_up")
    # A response_url needs no token: whoever does something is still told, in private.
    await bot.private(ANA, "cannot be shown here", "set the new token")
    (reason,) = await ready(bot, lambda status, _: status == 503)
    assert reason.startswith("Slack refuses the token: ")
    assert reason.endswith("set the new token.")
    await bot.type(EVA, "status prod")
    await bot.private(EVA, "NO-GO")
    await bot.type(BEN, "attest prod restore --evidence x")
    await bot.private(BEN, "Not done", error)
    await bot.type(EVA, "run")
    await bot.private(EVA, "The form cannot be opened", "set the new token", "/readiness run")
    assert not bot.program.rows("SELECT * FROM attestation")
    assert bot.slack.messages(HERE) == [live]
    assert bot.slack.bot_token not in bot.log
    bot.clean()


async def test_a_click_on_an_old_message_is_answered_without_a_token(bot: Bot) -> None:
    await bot.type(ANA, "run prod")
    done = await bot.judged()
    await bot.until(lambda: bot.slack.replies(done), "its details")
    bot.slack.revoke()
    await bot.click(EVA, done, "Show all items")
    await bot.private(EVA, "The texts were read")
    await bot.click(EVA, done, "Run again")
    await bot.private(EVA, "cannot be shown here", "set the new token")
    bot.clean()


@pytest.mark.parametrize("way", ["socket"])
async def test_it_tells_that_its_connection_is_lost(bot: Bot) -> None:
    await ready(bot, well)
    await bot.slack.down()
    (reason,) = await ready(bot, lambda status, _: status == 503)
    assert reason == "The Socket Mode connection to Slack is lost; it is being renewed."
    await bot.said("slack.lost")
    bot.slack.up()
    await bot.slack.connected(60)
    await ready(bot, well)
    await bot.said("slack.renewed")
    await bot.type(ANA, "run prod")
    await bot.judged()
    bot.clean()


@pytest.mark.parametrize("way", ["socket"])
async def test_an_address_that_is_refused_is_not_tried_for_ever(bot: Bot) -> None:
    bot.slack.settings.socket_ticket_life = -1  # each address that it is given is too old already
    opened = len(bot.slack.calls("apps.connections.open"))
    await bot.slack.sockets.drop()
    await bot.until(
        lambda: len(bot.slack.calls("apps.connections.open")) > opened + 1, "another address", timeout=40
    )  # fmt: skip
    bot.slack.settings.socket_ticket_life = 30
    await bot.slack.connected(40)
    await ready(bot, well)
    await bot.type(ANA, "status prod")
    await bot.private(ANA, "NO-GO")
    bot.clean()


@pytest.mark.parametrize("way", ["socket"])
async def test_a_wrong_token_for_socket_mode_is_told(idle: Bot) -> None:
    idle.slack.revoke("invalid_auth", app_token=True)
    await idle.start(connected=False)
    await idle.said("slack.socket")
    (reason,) = await ready(idle, lambda status, _: status == 503)
    assert reason == "Socket Mode cannot be opened (invalid_auth); check SLACK_APP_TOKEN."
    idle.slack.state.app_token_state = None
    await idle.said("slack.connected")
    await idle.slack.connected()
    await ready(idle, well)
    assert idle.slack.app_token not in idle.log
    idle.clean()


async def test_a_wrong_token_is_told(idle: Bot) -> None:
    idle.slack.revoke("invalid_auth")
    await idle.start(connected=False)
    await idle.said("slack.unconnected")
    (reason,) = await ready(idle, lambda status, _: status == 503)
    assert reason.startswith("Slack refuses the token (invalid_auth): SLACK_BOT_TOKEN is not valid")
    if idle.way == "http":
        answer = await idle.slack.command(ANA, HERE, "/readiness", "run prod")
        assert answer.status == 503
    assert idle.slack.bot_token not in idle.log
    assert "Traceback" not in idle.log


@pytest.mark.parametrize("way", ["socket"])
async def test_one_process_serves_both_ways(idle: Bot) -> None:
    idle.program.env["SLACK_SIGNING_SECRET"] = idle.slack.signing_secret
    await idle.start()
    idle.slack.deliver_to(f"http://127.0.0.1:{idle.port}/slack/events")
    await idle.slack.command(ANA, HERE, "/readiness", "run prod", How(way="http"))
    done = await idle.judged()
    assert not idle.slack.sockets.acks
    await idle.slack.click(BEN, done, "Run again", how=How(way="socket"))
    await idle.judged(2)
    assert len(idle.slack.sockets.acks) == 1
    forged = await idle.slack.command(ANA, HERE, "/readiness", "run prod", How(way="http", signature="forged"))
    assert forged.status == 401
    assert idle.runs() == 2
    assert not idle.slack.violations
    assert "Traceback" not in idle.log


@pytest.mark.parametrize("typed", ["attest prod restore", "waive prod restore"])
async def test_the_item_of_an_open_form_left_the_catalogue(bot: Bot, typed: str) -> None:
    await bot.type(BEN, typed)
    view = await bot.form(BEN)
    whole = json.loads((bot.program.folder / "readiness.yaml").read_text())
    words = whole["checklist"][1]["items"]
    whole["checklist"][1]["items"] = [item for item in words if item["id"] != "restore"]
    bot.program.write(json.dumps(whole))
    await bot.said("catalog.read")
    values = {"evidence": "x"} if typed.startswith("attest") else {"reason": "x", "until": 4102444800}
    assert (await bot.slack.submit(BEN, values)).ok
    told = " ".join(view.errors.values()) or (await bot.private(BEN, "restore")).words
    assert "prod has no item 'restore'" in told
    assert not bot.program.rows("SELECT * FROM attestation")
    assert not bot.program.rows("SELECT * FROM waiver")
    assert not bot.slack.messages(HERE)
    bot.clean()


async def test_a_catalogue_that_is_wrong_meanwhile_stops_no_form(bot: Bot) -> None:
    await bot.type(BEN, "attest prod restore")
    await bot.form(BEN)
    bot.program.write("service: [")
    await bot.said("catalog.refused")
    assert (await bot.slack.submit(BEN, {"evidence": "x"})).ok
    await bot.message("vouches")
    assert len(bot.program.rows("SELECT * FROM attestation")) == 1
    bot.clean()


@pytest.mark.parametrize("blank", ["", " ", " \n\t "])
async def test_blank_evidence_is_told_beside_its_field(bot: Bot, blank: str) -> None:
    await bot.type(BEN, "attest prod restore")
    view = await bot.form(BEN)
    answer = await bot.slack.submit(BEN, {"evidence": blank, "note": "kept"}, force=True)
    assert answer.ok
    assert set(view.errors) == {"evidence"}
    assert bot.slack.view(BEN) is view
    assert view.typed["note"]["value"]["value"] == "kept"
    assert not bot.program.rows("SELECT * FROM attestation")
    assert (await bot.slack.submit(BEN, {"evidence": "https://wiki/restore"})).ok
    await bot.message("vouches")
    (row,) = bot.program.rows("SELECT evidence, note FROM attestation")
    assert row == {"evidence": "https://wiki/restore", "note": "kept"}
    bot.clean()


async def test_two_people_vouch_for_the_same_item_at_once(bot: Bot) -> None:
    bot.slack.state.groups["S0OPS"].users.append(EVA)
    for user in (BEN, EVA):
        await bot.type(user, "attest prod restore")
        await bot.form(user)
    answers = await asyncio.gather(
        bot.slack.submit(BEN, {"evidence": "by ben"}), bot.slack.submit(EVA, {"evidence": "by eva"})
    )
    assert all(answer.ok for answer in answers)
    assert bot.slack.view(BEN) is None
    assert bot.slack.view(EVA) is None
    await bot.until(lambda: len(bot.slack.messages(HERE)) == 2, "an answer for each")
    said = sorted(message.words for message in bot.slack.messages(HERE))
    assert sum("by ben" in words for words in said) == 1
    assert sum("by eva" in words for words in said) == 1
    rows = bot.program.rows("SELECT name, evidence FROM attestation ORDER BY evidence")
    assert [row["evidence"] for row in rows] == ["by ben", "by eva"]
    assert "entries" in (await asyncio.to_thread(bot.program.run, "ledger", "verify")).calm().out
    bot.clean()


@pytest.mark.parametrize("how", ["503", "cut"])
async def test_slack_is_away_for_long(slack: SlackStandIn, bot: Bot, gate: Gate, how: str) -> None:
    await bot.type(ANA, "run prod")
    first = await bot.message("measuring")
    await bot.type(EVA, "run prod web")
    second = await bot.message("Next:", count=2)
    await slack.down("503" if how == "503" else "cut")
    gate.open()
    await bot.said('(?s)"key": "post.later".*"key": "post.later".*"seconds": 4.0')  # it waits longer and longer
    slack.advance(3600)  # in the meantime every trigger_id and response_url has died
    slack.up()
    done = await bot.message("Next:", timeout=60)
    assert done is first
    await bot.until(lambda: slack.replies(first), "its details")
    if bot.way == "socket":
        await slack.connected(60)
    await ready(bot, well)
    await bot.type(ANA, "run prod web")
    await bot.judged(3)
    assert slack.messages(HERE)[:2] == [first, second]
    assert len(slack.messages(HERE)) == 3
    assert all(len(slack.replies(message)) <= 1 for message in slack.messages(HERE))
    assert bot.runs() == 3
    bot.clean()
