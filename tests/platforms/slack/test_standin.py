"""The stand-in Slack against the real slack_sdk and a small real Bolt app, both ways in: as strict as Slack."""

from __future__ import annotations

import copy
from typing import Literal

import aiohttp
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from tests.standins.slack import How, SlackStandIn
from tests.standins.slack.fixtures import HERE, api, refused, slack
from tests.standins.slack.samples import LIMITS, TYPED, VIEWS, WRONG, actions, asking, button, marked, modal, plain
from tests.standins.slack.shapes import Json
from tests.standins.slack.tiny_bot import running

__all__ = ["api", "slack"]


@pytest.mark.parametrize("what", LIMITS)
async def test_a_limit_is_kept_to_the_character(what: str, slack: SlackStandIn, api: AsyncWebClient) -> None:
    build, most, pointer = LIMITS[what]
    await api.chat_postMessage(channel=HERE, text="t", blocks=build(most))
    answer = await refused(api.chat_postMessage(channel=HERE, text="t", blocks=build(most + 1)))
    assert answer["error"] == "invalid_blocks"
    assert f"[json-pointer:{pointer}]" in answer["response_metadata"]["messages"][0]
    assert answer["response_metadata"]["messages"][0].startswith("[ERROR] ")
    assert answer["errors"][0] == answer["response_metadata"]["messages"][0].removeprefix("[ERROR] ")
    assert len(slack.messages(HERE)) == 1
    assert len(slack.violations) == 1


@pytest.mark.parametrize("what", WRONG)
async def test_a_wrong_block_is_refused(what: str, api: AsyncWebClient) -> None:
    answer = await refused(api.chat_postMessage(channel=HERE, text="t", blocks=WRONG[what]))
    assert answer["error"] == "invalid_blocks"


async def test_blocks_that_work_and_blocks_that_a_workspace_lacks(slack: SlackStandIn, api: AsyncWebClient) -> None:
    rich = {
        "type": "rich_text",
        "elements": [{"type": "rich_text_section", "elements": [{"type": "text", "text": "x"}]}],
    }
    task = {"type": "task_card", "task_id": "1", "title": "Check", "status": "in_progress", "details": rich}
    newer: list[Json] = [task, {"type": "plan", "title": "Plan", "tasks": [task]}, {"type": "card", "body": plain("x")}]
    await api.chat_postMessage(channel=HERE, text="t", blocks=[rich, {"type": "markdown", "text": "**x**"}, *newer])
    slack.settings.newer_blocks = False
    assert (await refused(api.chat_postMessage(channel=HERE, text="t", blocks=newer)))["error"] == "invalid_blocks"


async def test_the_whole_message_has_a_limit(slack: SlackStandIn, api: AsyncWebClient) -> None:
    def blocks(total: int) -> list[Json]:
        whole, rest = divmod(total, 3000)
        return [{"type": "section", "text": marked("x" * n)} for n in [3000] * whole + [rest]]

    await api.chat_postMessage(channel=HERE, text="t", blocks=blocks(11_340))
    answer = await refused(api.chat_postMessage(channel=HERE, text="t", blocks=blocks(11_341)))
    assert answer["error"] == "msg_blocks_too_long"
    slack.settings.total_block_text = 13_200
    await api.chat_postMessage(channel=HERE, text="t", blocks=blocks(13_200))
    ts = (await api.chat_postMessage(channel=HERE, text="x" * 40_000))["ts"]
    assert (await refused(api.chat_postMessage(channel=HERE, text="x" * 40_001)))["error"] == "msg_too_long"
    await api.chat_update(channel=HERE, ts=ts, text="x" * 4_000)
    assert (await refused(api.chat_update(channel=HERE, ts=ts, text="x" * 4_001)))["error"] == "msg_too_long"


@pytest.mark.parametrize("what", VIEWS)
async def test_a_views_limit_is_kept(what: str, slack: SlackStandIn, api: AsyncWebClient) -> None:
    build, most, pointer = VIEWS[what]
    await api.views_open(trigger_id=slack.state.trigger("U01"), view=build(most))
    answer = await refused(api.views_open(trigger_id=slack.state.trigger("U01"), view=build(most + 1)))
    assert answer["error"] == "invalid_arguments"
    assert f"[json-pointer:{pointer}]" in answer["response_metadata"]["messages"][0]


async def test_triggers_stacks_and_hashes(slack: SlackStandIn, api: AsyncWebClient) -> None:
    trigger = slack.state.trigger("U01")
    opened = await api.views_open(trigger_id=trigger, view=modal(external_id="mine"))
    assert (await refused(api.views_open(trigger_id=trigger, view=modal())))["error"] == "exchanged_trigger_id"
    assert (await refused(api.views_open(trigger_id="1.2.3", view=modal())))["error"] == "invalid_trigger_id"
    late = slack.state.trigger("U01")
    slack.advance(3.1)
    assert (await refused(api.views_open(trigger_id=late, view=modal())))["error"] == "expired_trigger_id"
    again = modal(external_id="mine")
    twice = api.views_open(trigger_id=slack.state.trigger("U02"), view=again)
    assert (await refused(twice))["error"] == "duplicate_external_id"
    ident, old = opened["view"]["id"], opened["view"]["hash"]
    await api.views_update(view_id=ident, hash=old, view=modal(title=plain("Second")))
    assert slack.stack("U01")[0].title == "Second"
    assert (await refused(api.views_update(view_id=ident, hash=old, view=modal())))["error"] == "hash_conflict"
    for _ in range(2):
        await api.views_push(trigger_id=slack.state.trigger("U01", ident), view=modal())
    fourth = api.views_push(trigger_id=slack.state.trigger("U01", ident), view=modal())
    assert (await refused(fourth))["error"] == "push_limit_reached"
    no_submit = {name: each for name, each in modal(asking(TYPED)).items() if name != "submit"}
    answer = await refused(api.views_open(trigger_id=slack.state.trigger("U01"), view=no_submit))
    assert "`submit` is required" in answer["response_metadata"]["messages"][0]
    home: Json = {"type": "home", "blocks": [actions(button())]}
    shown = await api.views_publish(user_id="U01", view=copy.deepcopy(home))
    found = slack.home("U01")
    assert found is not None
    assert found.id == shown["view"]["id"]
    assert (await refused(api.views_publish(user_id="U01", view=home, hash="old")))["error"] == "hash_conflict"
    titled = home | {"title": plain("x")}
    assert (await refused(api.views_publish(user_id="U01", view=titled)))["error"] == "invalid_arguments"


@pytest.mark.parametrize("way", ["http", "socket"])
async def test_both_ways_in(slack: SlackStandIn, way: Literal["http", "socket"]) -> None:
    async with running(slack, way):
        assert (await slack.command("U01", HERE, "/readiness", "run prod")).ok
        (message,) = await slack.wait_for(lambda: slack.messages(HERE))
        answer = await slack.click("U02", message, "Re-run")
        assert answer is not None
        assert answer.ok
        (private,) = await slack.wait_for(lambda: slack.ephemerals("U02"))
        assert private.text == "you may not"
        await slack.click("U01", message, "Re-run")
        await slack.wait_for(lambda: message.text == "again by U01")
        assert message.edits[0].text == "run"
        await slack.click("U01", message.as_of(0), "Re-run")
        with pytest.raises(AssertionError, match="nothing to use is called"):
            await slack.click("U01", message, "Re-run")
        assert message.as_of(0).labels == ["Re-run"]
        await slack.command("U01", HERE, "/readiness", "private")
        assert [each.text for each in slack.ephemerals("U01")] == ["only for you"]
        await slack.open_home("U01")
        home = await slack.wait_for(lambda: slack.home("U01"))
        offered = await slack.suggest("U01", home, "pick", "0")
        assert [each["value"] for each in offered] == ["000", "001"]
        chosen = await slack.choose("U01", home, "pick", offered[1])
        assert chosen is not None
        assert chosen.sent.payload["actions"][0]["selected_option"]["value"] == "001"
        assert (await slack.shortcut("U01", "wave")).ok
        assert (await slack.mention("U01", HERE, "status")).ok
        with pytest.raises(AssertionError, match="only U02 sees"):
            await slack.click("U01", private, "Re-run")
        slack.assert_clean()


@pytest.mark.parametrize("way", ["http", "socket"])
async def test_a_form_and_its_errors(slack: SlackStandIn, way: Literal["http", "socket"]) -> None:
    async with running(slack, way):
        await slack.command("U01", HERE, "/readiness", "form")
        with pytest.raises(AssertionError, match="Until: please complete"):
            await slack.submit("U01", {"Reason": "no"})
        with pytest.raises(AssertionError, match="at most 20"):
            await slack.submit("U01", {"Reason": "x" * 21, "Until": "2026-01-01"})
        assert (await slack.submit("U01", {"Reason": "no"})).ok
        view = slack.view("U01")
        assert view is not None
        assert view.errors == {"b": "say more"}
        assert view.typed["day"]["d"]["selected_date"] == "2026-01-01"
        assert not (await slack.submit("U01", {"a": "elsewhere"})).ok
        assert slack.troubles["U01"]
        assert (await slack.submit("U01", {"a": "a good reason"})).ok
        assert slack.view("U01") is None
        await slack.command("U01", HERE, "/readiness", "form")
        closed = await slack.close("U01")
        assert closed is not None
        assert closed.ok


async def test_http_signatures_retries_and_time(slack: SlackStandIn) -> None:
    async with running(slack, "http"):
        for how in (How(signature="forged"), How(signature="missing"), How(age=301)):
            assert (await slack.command("U01", HERE, "/readiness", "private", how)).status == 401
        assert (await slack.verify_url()).json == {"challenge": "3eZbrw1aBm2rZgRNFdxV2595E9CY3gmd"}
        assert (await slack.ssl_check()).status == 200
        good = await slack.command("U01", HERE, "/readiness", "private")
        assert (await slack.replay(good)).status == 200
        assert (await slack.resend(good, How(retry=1))).sent.headers["X-Slack-Retry-Num"] == "1"
        late = await slack.command("U01", HERE, "/readiness", "slow")
        assert (late.status, late.trouble) == (0, "/readiness failed with the error 'operation_timeout'")
        slack.settings.retry_after = (0.0,)
        answer = await slack.event({"type": "never_heard_of", "user": "U01"})
        assert answer.status == 404
        await slack.wait_for(lambda: len(slack.retries) == 2)
        assert slack.retries[1].sent.headers["X-Slack-Retry-Reason"] == "http_error"
        assert slack.retries[1].sent.payload["event_id"] == slack.retries[0].sent.payload["event_id"]
        missing = await slack.command("U01", HERE, "/unknown")
        assert missing.trouble == "/unknown failed with the error 'dispatch_failed'"


async def test_socket_mode_connections(slack: SlackStandIn) -> None:
    async with running(slack, "socket") as handler:
        assert handler is not None
        await slack.sockets.disconnect("warning", close=False)
        await slack.wait_for(lambda: slack.sockets.opened == 2 and slack.sockets.live)
        await slack.sockets.drop()
        await slack.wait_for(lambda: slack.sockets.opened == 3 and slack.sockets.live)
        slack.sockets.silence(pongs=True)
        lost = await slack.command("U01", HERE, "/readiness", "private")
        assert (lost.status, lost.trouble) == (0, "/readiness failed with the error 'operation_timeout'")
        assert slack.sockets.links[0].eaten
        slack.sockets.silence()
        await slack.wait_for(lambda: any(not each.mute for each in slack.sockets.live), 10)
        assert (await slack.command("U01", HERE, "/readiness", "private")).ok
        slack.revoke("invalid_auth", app_token=True)
        api = AsyncWebClient(base_url=slack.api_url)
        assert (await refused(api.apps_connections_open(app_token=slack.app_token)))["error"] == "invalid_auth"
        refused_ticket = f"{slack.state.base}/link?ticket=none"
        async with aiohttp.ClientSession() as session, session.get(refused_ticket) as response:
            assert response.status == 403
