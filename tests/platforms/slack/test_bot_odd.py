"""What nobody expects: near misses, old buttons, unknown events, deliveries twice, forgeries, hostile titles."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.e2e.program import Program
from tests.e2e.site import Site
from tests.platforms.slack.bot import ANA, BEN, EVA, HERE, Bot, bot, gate, idle, program, shop, site, slack, way
from tests.standins.slack import How, SlackStandIn
from tests.standins.slack.mentions import mentions_of

__all__ = ["bot", "gate", "idle", "program", "site", "slack", "way"]


def _button(label: str, **more: str) -> dict[str, Any]:
    return {"type": "button", "text": {"type": "plain_text", "text": label}, **more}


OLD: list[dict[str, Any]] = [
    {
        "type": "actions",
        "elements": [
            _button("Dance", action_id="do-0", value="readiness dance prod"),
            _button("Gone", action_id="do-1", value="readiness show prod gone"),
            _button("Empty", action_id="old"),
            _button("Link", action_id="do-3", url="https://example.com"),
        ],
    },
]


async def test_words_that_are_no_command_are_helped_with(bot: Bot) -> None:
    await bot.type(EVA, "rum prod")
    near = await bot.private(EVA, "Did you mean /readiness run?")
    await bot.click(EVA, near, "Help")
    await bot.private(EVA, "/readiness waive")
    await bot.type(ANA, "")
    await bot.private(ANA, "/readiness attest")
    await bot.type(BEN, "show prod web")
    await bot.private(BEN, "The shop answers")
    await bot.type(BEN, "show prod wbe")
    await bot.private(BEN, "wbe", "web")
    await bot.type(BEN, "run prdo")
    await bot.private(BEN, "prdo", "prod")
    await bot.type(BEN, "x" * 10_000)
    await bot.until(lambda: len(bot.slack.ephemerals(BEN)) == 4)
    assert not bot.slack.messages(HERE)
    bot.clean()


async def test_a_form_where_the_environment_is_missing(bot: Bot) -> None:
    await bot.type(EVA, "status")
    await bot.form(EVA)
    assert (await bot.slack.submit(EVA, {"env": "prod"})).ok
    await bot.private(EVA, "The shop answers")
    bot.clean()


async def test_buttons_of_old_messages_are_answered_privately(bot: Bot) -> None:
    old = bot.slack.state.post(bot.slack.state.channels[HERE], "old", bot.slack.state.completed(OLD))
    await bot.click(EVA, old, "Dance")
    await bot.private(EVA, "There is no /readiness dance")
    await bot.click(EVA, old, "Gone")
    await bot.private(EVA, "prod has no item 'gone'")
    await bot.click(EVA, old, "Link")
    await bot.click(EVA, old, "Empty")
    await bot.type(EVA, "help")
    await bot.private(EVA, "/readiness attest")
    assert old.blocks == bot.slack.messages(HERE)[0].blocks
    bot.clean()


async def test_what_was_never_heard_of_is_taken(bot: Bot) -> None:
    assert (await bot.slack.event({"type": "never_heard_of", "user": ANA})).ok
    assert (await bot.slack.mention(ANA, HERE, "status")).ok
    assert (await bot.slack.open_home(ANA, tab="messages")).ok
    assert (await bot.slack.shortcut(ANA, "unknown")).ok
    strange = {**bot.slack.payloads._common("strange_kind", ANA, How())}
    assert (await bot.slack.sender.send("interaction", strange, How())).ok
    assert len(bot.slack.retries) == 3
    bot.clean()


async def test_deliveries_that_come_twice_do_nothing_twice(bot: Bot) -> None:
    answer = await bot.slack.command(ANA, HERE, "/readiness", "attest prod nod")
    await bot.message("vouches")
    assert (await bot.slack.replay(answer)).ok
    assert (await bot.slack.resend(answer, How(retry=1))).ok
    await bot.until(lambda: len(bot.slack.ephemerals(ANA)) == 2, "two answers that it was done")
    assert len(bot.program.rows("SELECT * FROM attestation")) == 1
    run = await bot.slack.command(ANA, HERE, "/readiness", "run prod")
    first = await bot.judged(2)
    assert (await bot.slack.replay(run)).ok
    click = await bot.slack.click(ANA, first, "Run again")
    assert click is not None
    await bot.judged(3)
    assert (await bot.slack.resend(click, How(retry=1))).ok
    await bot.until(lambda: len(bot.slack.ephemerals(ANA)) == 4)
    assert bot.runs() == 2
    bot.clean()


@pytest.mark.parametrize("way", ["http"])
async def test_forged_and_stale_signatures_are_refused(bot: Bot) -> None:
    for how in (How(signature="forged"), How(signature="missing"), How(age=301), How(age=-301)):
        answer = await bot.slack.command(ANA, HERE, "/readiness", "attest prod nod", how)
        assert answer.status == 401
        assert "Traceback" not in answer.body
    assert not bot.program.rows("SELECT * FROM attestation")
    assert not bot.slack.messages(HERE)
    assert (await bot.slack.verify_url()).json
    assert (await bot.slack.ssl_check()).status == 200
    assert not bot.slack.violations


HOSTILE = {
    "channel": "<!channel> @channel <!here|here>",
    "user": f"<@{EVA}> <#C0LAUNCH> <!subteam^S0OPS>",
    "long": "x" * 250 + " *bold* `code` _it_ ~s~ > & <b>",
    "arabic": "هل تعمل النسخة الاحتياطية؟",
    "emoji": "🚀👩‍👩‍👧 :tada: \u202eright",
}


async def test_hostile_titles_notify_nobody(slack: SlackStandIn, program: Program, site: Site, way: Any) -> None:
    items = [
        {"id": f"h-{name}", "title": title, "level": "critical", "detail": title * 20,
         "check": {"kind": "env", "name": "NOT_SET"}}
        for name, title in HOSTILE.items()
    ]  # fmt: skip
    program.write(shop(site, items))
    bot = Bot(slack, program, site, way)
    await bot.start()
    await bot.type(ANA, "run prod")
    done = await bot.judged()
    await bot.until(lambda: slack.replies(done), "the details")
    for name in HOSTILE:
        await bot.type(EVA, f"show prod h-{name}")
    await bot.until(lambda: len(slack.ephemerals(EVA)) == len(HOSTILE))
    text = "<!channel> <@U0EVA> *x* `y` " * 80
    await bot.type(ANA, f"waive prod h-user --until 2d --reason {text}")
    await bot.message("waived", count=2)
    assert "هل تعمل" in json.dumps([each.blocks for each in slack.messages(HERE)], ensure_ascii=False)
    for message in [*slack.messages(HERE, threads=True), *slack.ephemerals(EVA)]:
        for shown in message.edits:
            notified = mentions_of(shown.text, shown.blocks)
            assert not notified.broadcasts
            assert not notified.users
            assert not mentions_of(shown.text, []), "a notification that mentions somebody"
    bot.clean()


async def test_a_thousand_items(slack: SlackStandIn, program: Program, site: Site, way: Any) -> None:
    check = {"kind": "env", "name": "PATH"}
    broken = {"kind": "env", "name": "NOT_SET"}
    items = [
        {"id": f"i{n}", "title": f"Item number {n}", "level": "critical", "check": broken if n % 3 else check}
        for n in range(1000)
    ]
    program.write(shop(site, items))
    slack.rates(1.0)
    bot = Bot(slack, program, site, way)
    await bot.start()
    await bot.type(ANA, "run prod")
    done = await bot.message("Next:", timeout=60)
    assert len(bot.slack.messages(HERE)) == 1
    await bot.type(ANA, "waive prod")
    view = await bot.form(ANA)
    await slack.suggest(ANA, view, "item", "number 991")  # refused unless it is answered in time and within limits
    item = {"text": {"type": "plain_text", "text": "Item number 991"}, "value": "i991"}
    ahead = int((datetime.now(UTC) + timedelta(days=2)).timestamp())
    assert (await slack.submit(ANA, {"item": item, "reason": "later", "until": ahead})).ok
    await bot.message("Item number 991", "waived", count=2)
    assert "Re-run failed" in done.labels
    bot.clean()
