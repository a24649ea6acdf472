"""A run in Slack, from outside: the real process, over HTTP and over Socket Mode."""

from __future__ import annotations

import asyncio
from time import monotonic

from tests.e2e.site import Answer
from tests.platforms.slack.bot import ANA, BEN, EVA, HERE, Bot, Gate, bot, gate, idle, program, site, slack, way

__all__ = ["bot", "gate", "idle", "program", "site", "slack", "way"]


async def test_a_run_is_one_message_that_is_edited_to_its_verdict(bot: Bot, gate: Gate) -> None:
    began = monotonic()
    await bot.type(ANA, "run prod")
    live = await bot.message("measuring")
    assert monotonic() - began < 2
    assert live.text.startswith("Measuring shop prod")
    await bot.until(lambda: "The API is fast" in live.words, "what fails already")
    gate.open()
    done = await bot.judged()
    assert done is live
    assert [each.ts for each in bot.slack.messages(HERE)] == [live.ts]
    assert "NO-GO" in done.words
    assert "NO-GO" in done.text
    assert "Re-run failed" in done.labels
    await bot.until(lambda: bot.slack.replies(done), "the details")
    details = "\n".join(each.words for each in bot.slack.replies(done))
    assert details.count("The export works") == 1
    assert not done.notified
    bot.clean()


async def test_rerun_failed_by_somebody_else(bot: Bot) -> None:
    await bot.type(ANA, "run prod")
    first = await bot.judged()
    bot.site.answers["/api"] = lambda _: Answer()
    await bot.click(EVA, first, "Re-run failed")
    second = await bot.judged(2)
    assert "The API is fast" not in second.words.partition("Changed since")[0]
    assert bot.runs() == 2
    asked = [each.path for each in bot.site.asked]
    assert (asked.count("/api"), asked.count("/web")) == (2, 1)
    assert len(bot.slack.messages(HERE)) == 2
    bot.clean()


async def test_double_clicks_and_two_people_at_once_are_one_run(bot: Bot, gate: Gate) -> None:
    gate.open()
    await bot.type(ANA, "run prod")
    first = await bot.judged()
    gate.close()
    await asyncio.gather(*(bot.click(user, first, "Run again") for user in (ANA, ANA, BEN, EVA)))
    await bot.message("measuring", count=2)
    await bot.type(BEN, "run prod")
    gate.open()
    await bot.judged(2)
    assert bot.runs() == 2
    assert len(bot.slack.messages(HERE)) == 2
    bot.clean()


async def test_details_come_once_however_often_the_card_changes(bot: Bot) -> None:
    await bot.type(ANA, "run prod")
    done = await bot.judged()
    await bot.until(lambda: bot.slack.replies(done), "the details")
    before = len(bot.slack.replies(done))
    await bot.type(ANA, "run prod")
    await bot.judged(2)
    assert len(bot.slack.replies(done)) == before
    bot.clean()
