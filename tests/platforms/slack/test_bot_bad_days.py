"""Slack on a bad day: limits, errors, silence, lost messages, lost connections; and kill -9 of the bot."""

from __future__ import annotations

import pytest

from tests.platforms.slack.bot import ANA, EVA, HERE, Bot, Gate, bot, gate, idle, program, site, slack, way
from tests.standins.slack import SlackStandIn

__all__ = ["bot", "gate", "idle", "program", "site", "slack", "way"]


@pytest.mark.parametrize("fault", ["429", "503", "internal_error", "cut", "cut after", "hang after"])
async def test_a_post_and_an_edit_that_fail_are_made_once(bot: Bot, fault: str) -> None:
    for method in ("chat.postMessage", "chat.update"):
        if fault == "429":
            bot.slack.ratelimit(method, after=2)
        elif fault == "503":
            bot.slack.fail(method)
        elif fault == "internal_error":
            bot.slack.fault(method, "error")
        elif fault == "hang after" and method == "chat.postMessage":
            bot.slack.hang(method)
        else:
            bot.slack.cut(method, taken=fault == "cut after")
    await bot.type(ANA, "run prod")
    done = await bot.message("Next:", timeout=45)
    assert bot.slack.messages(HERE) == [done]
    await bot.until(lambda: bot.slack.replies(done), "the details")
    assert len(bot.slack.replies(done)) == 1
    bot.clean()


async def test_retry_after_is_respected(bot: Bot) -> None:
    bot.slack.ratelimit("chat.postMessage", after=3)
    await bot.type(ANA, "run prod")
    await bot.judged()
    first, second = bot.slack.calls("chat.postMessage")[:2]
    assert second.at - first.at >= 2.9
    bot.clean()


@pytest.mark.parametrize("fault", ["cut", "cut after", "503"])
async def test_a_public_answer_is_given_once(bot: Bot, fault: str) -> None:
    if fault == "503":
        bot.slack.fail("chat.postMessage", times=2)
    else:
        bot.slack.cut("chat.postMessage", taken=fault == "cut after")
    await bot.type(ANA, "attest prod nod")
    await bot.until(lambda: len(bot.slack.calls("chat.postMessage")) > 1 or fault == "cut after")
    message = await bot.message("vouches")
    await bot.type(EVA, "help")
    await bot.private(EVA, "/readiness attest")
    assert bot.slack.messages(HERE) == [message]
    bot.clean()


async def test_a_thread_in_doubt_is_not_told_twice(bot: Bot) -> None:
    bot.slack.fault("chat.postMessage", "drop", taken=True, when=lambda args: "thread_ts" in args)
    await bot.type(ANA, "run prod")
    done = await bot.judged()
    await bot.until(lambda: len(bot.slack.calls("conversations.replies")) >= 2, "another look at the thread")
    assert len(bot.slack.replies(done)) == 1
    assert bot.slack.messages(HERE) == [done]
    bot.clean()


async def test_without_the_scope_for_history_a_thread_in_trouble_makes_no_second_message(bot: Bot) -> None:
    bot.slack.without_scope("channels:history", "groups:history")
    bot.slack.fault("chat.postMessage", "status", when=lambda args: "thread_ts" in args)
    await bot.type(ANA, "run prod web")
    done = await bot.judged()
    await bot.until(lambda: bot.slack.replies(done), "the details")
    assert bot.slack.messages(HERE) == [done]
    bot.clean()


async def test_a_message_that_was_deleted_is_posted_anew(bot: Bot, gate: Gate) -> None:
    await bot.type(ANA, "run prod")
    live = await bot.message("measuring")
    bot.slack.remove(live)
    gate.open()
    done = await bot.judged()
    assert done is not live
    assert bot.slack.messages(HERE) == [done]
    bot.clean()


@pytest.mark.parametrize("why", ["archived", "kicked", "archived meanwhile"])
async def test_where_it_cannot_be_shown_the_asker_is_told(bot: Bot, gate: Gate, why: str) -> None:
    if why == "kicked":
        bot.slack.without_scope("chat:write.public")
        bot.slack.kick(HERE)
    elif why == "archived":
        bot.slack.archive(HERE)
    await bot.type(ANA, "run prod")
    if why == "archived meanwhile":
        await bot.message("measuring")
        bot.slack.archive(HERE)
    gate.open()
    await bot.private(ANA, "cannot be shown here", "invite" if why == "kicked" else "archived")
    bot.clean()


async def test_slack_is_down_for_a_while(bot: Bot, gate: Gate) -> None:
    await bot.type(ANA, "run prod")
    live = await bot.message("measuring")
    await bot.slack.down()
    gate.open()
    await bot.said("post.later")
    bot.slack.up()
    done = await bot.message("Next:", timeout=60)
    assert done is live
    assert len(bot.slack.messages(HERE)) == 1
    if bot.way == "socket":
        await bot.slack.connected(60)
    await bot.type(ANA, "status prod")
    await bot.private(ANA, "NO-GO")
    bot.clean()


async def test_it_connects_once_slack_is_there(idle: Bot) -> None:
    await idle.slack.down()
    await idle.start(connected=False)
    await idle.said("slack.unconnected")
    idle.slack.up()
    await idle.said("slack.connected")
    if idle.way == "socket":
        await idle.slack.connected()
    await idle.type(ANA, "run prod")
    await idle.judged()
    idle.clean()


@pytest.mark.parametrize("way", ["socket"])
@pytest.mark.parametrize("how", ["dropped", "silent", "told"])
async def test_a_connection_that_is_lost_is_renewed(slack: SlackStandIn, bot: Bot, how: str) -> None:
    if how == "dropped":
        await slack.sockets.drop()
    elif how == "silent":
        slack.sockets.silence()
    else:
        await slack.sockets.disconnect("warning")
    await bot.until(lambda: any(not each.mute for each in slack.sockets.live), "a new connection", timeout=45)
    await bot.type(ANA, "run prod")
    await bot.judged()
    bot.clean()


@pytest.mark.parametrize("moment", ["before the post", "after the post", "while it runs"])
async def test_killed_and_started_again_it_tells_the_truth(bot: Bot, gate: Gate, moment: str) -> None:
    if moment == "before the post":
        bot.slack.hang("chat.postMessage", taken=False)
    elif moment == "after the post":
        bot.slack.hang("chat.postMessage", taken=True)
    await bot.type(ANA, "run prod")
    await bot.until(lambda: bot.slack.calls("chat.postMessage"), "the post")
    if moment == "while it runs":
        await bot.message("measuring")
    await bot.kill()
    await bot.start()
    done = await bot.message("interrupted", timeout=45)
    assert bot.slack.messages(HERE) == [done]
    gate.open()
    await bot.click(EVA, done, "Run again")
    await bot.judged(2)
    assert len(bot.slack.messages(HERE)) == 2
    bot.clean()
