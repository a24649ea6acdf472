"""The stand-in's methods, as Slack's own client meets them: posting, editing, reading, being refused, being limited."""

from __future__ import annotations

import json

import aiohttp
import pytest
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

from tests.standins.slack import SlackStandIn
from tests.standins.slack.fixtures import HERE, api, refused, slack
from tests.standins.slack.samples import marked, plain

__all__ = ["api", "slack"]


async def test_form_bodies_and_json_strings(slack: SlackStandIn) -> None:
    blocks = json.dumps([{"type": "divider"}])
    form = {"token": slack.bot_token, "channel": HERE, "text": "t", "blocks": blocks}
    async with aiohttp.ClientSession() as session:
        async with session.post(f"{slack.api_url}chat.postMessage", data=form) as response:
            assert (await response.json())["ok"]
        async with session.post(f"{slack.api_url}chat.postMessage", data=form | {"blocks": "[{"}) as response:
            assert (await response.json())["error"] == "invalid_blocks_format"
        async with session.post(f"{slack.api_url}chat.nonsense", data=form) as response:
            assert (await response.json())["error"] == "unknown_method"


async def test_posting_editing_and_what_is_refused(slack: SlackStandIn, api: AsyncWebClient) -> None:
    nothing = await refused(api.api_call("chat.postMessage", json={"channel": HERE, "text": ""}))
    assert nothing["error"] == "no_text"
    assert (await refused(api.chat_postMessage(channel="C0NONE", text="t")))["error"] == "channel_not_found"
    first = await api.chat_postMessage(
        channel=HERE, text="one", metadata={"event_type": "e", "event_payload": {"n": 1}}
    )
    second = await api.chat_postMessage(channel=HERE, text="in", thread_ts=first["ts"])
    assert float(second["ts"]) > float(first["ts"])
    await api.chat_update(channel=HERE, ts=first["ts"], text="two", blocks=[{"type": "divider"}])
    (message,) = slack.messages(HERE)
    assert [each.text for each in message.edits] == ["one", "two"]
    assert [each.text for each in slack.replies(message)] == ["in"]
    history = await api.conversations_history(channel=HERE, include_all_metadata=True)
    assert history["messages"][0]["metadata"]["event_payload"] == {"n": 1}
    replies = (await api.conversations_replies(channel=HERE, ts=first["ts"]))["messages"]
    assert [each["text"] for each in replies] == ["two", "in"]
    assert "p" in (await api.chat_getPermalink(channel=HERE, message_ts=first["ts"]))["permalink"]
    theirs = slack.say("U01", HERE, "hello")
    assert (await refused(api.chat_update(channel=HERE, ts=theirs.ts, text="x")))["error"] == "cant_update_message"
    slack.remove(message)
    assert (await refused(api.chat_update(channel=HERE, ts=first["ts"], text="x")))["error"] == "message_not_found"
    slack.settings.edit_window = 60
    slack.advance(61)
    assert (await refused(api.chat_update(channel=HERE, ts=second["ts"], text="x")))["error"] == "edit_window_closed"
    slack.archive(HERE)
    assert (await refused(api.chat_postMessage(channel=HERE, text="x")))["error"] == "is_archived"
    assert (await refused(api.chat_update(channel=HERE, ts=second["ts"], text="x")))["error"] == "is_inactive"
    slack.archive(HERE, archived=False)
    slack.kick(HERE)
    slack.without_scope("chat:write.public")
    assert (await refused(api.chat_postMessage(channel=HERE, text="x")))["error"] == "not_in_channel"
    slack.add_channel("G0PRIVATE", private=True, bot=False)
    assert (await refused(api.chat_postMessage(channel="G0PRIVATE", text="x")))["error"] == "channel_not_found"


async def test_who_would_be_notified(slack: SlackStandIn, api: AsyncWebClient) -> None:
    hostile = "<!channel> <@U1|ana> <!subteam^S1> <!here|here> @everyone"
    safe = "&lt;!channel&gt; &lt;@U1&gt;"
    await api.chat_postMessage(channel=HERE, text=safe, blocks=[{"type": "section", "text": plain(hostile)}])
    await api.chat_postMessage(channel=HERE, text="t", blocks=[{"type": "section", "text": marked(hostile)}])
    quiet, loud = slack.messages(HERE)
    assert not quiet.notified
    assert (loud.notified.users, loud.notified.groups) == ({"U1"}, {"S1"})
    assert loud.notified.broadcasts == {"channel", "here"}
    assert loud.notified.bare == {"everyone"}


async def test_tokens_scopes_people_and_groups(slack: SlackStandIn, api: AsyncWebClient) -> None:
    slack.add_user("U03", "gus", restricted=True)
    slack.add_user("U04", "bo", is_bot=True)
    slack.add_user("U05", "zoe", team="T0OTHER")
    slack.add_group("S0OPS", "ops", "U01", "U02")
    test = await api.auth_test()
    assert (test["team_id"], test["bot_id"]) == ("T0TEAM", "B0BOT")
    assert "chat:write" in test.headers["x-oauth-scopes"]
    assert (await api.users_info(user="U01"))["user"]["tz"] == "Europe/Lisbon"
    assert (await api.users_info(user="U03"))["user"]["is_restricted"]
    assert (await api.users_info(user="U04"))["user"]["is_bot"]
    assert (await api.users_info(user="U05"))["user"]["team_id"] == "T0OTHER"
    assert (await api.usergroups_users_list(usergroup="S0OPS"))["users"] == ["U01", "U02"]
    assert (await refused(api.usergroups_users_list(usergroup="S0NONE")))["error"] == "no_such_subteam"
    slack.without_scope("usergroups:read", "channels:read")
    answer = await refused(api.usergroups_users_list(usergroup="S0OPS"))
    assert (answer["error"], answer["needed"]) == ("missing_scope", "usergroups:read")
    assert "chat:write" in answer["provided"]
    assert (await refused(api.conversations_info(channel=HERE)))["needed"] == "channels:read"
    for error in ("token_revoked", "account_inactive"):
        slack.revoke(error)
        assert (await refused(api.auth_test()))["error"] == error
    api.token = "xoxb-other"
    assert (await refused(api.auth_test()))["error"] == "invalid_auth"
    api.token = slack.app_token
    assert (await refused(api.auth_test()))["error"] == "not_allowed_token_type"


async def test_files(slack: SlackStandIn, api: AsyncWebClient) -> None:
    await api.files_upload_v2(content="a report", filename="report.md", channel=HERE)
    (file,) = slack.state.files.values()
    assert file["content"] == b"a report"
    assert slack.messages(HERE)[0].attachments[0]["file_id"] == file["id"]


async def test_rate_limits(slack: SlackStandIn, api: AsyncWebClient) -> None:
    slack.rates(1.0)
    slack.add_channel("C0OTHER")
    for _ in range(5):
        ts = (await api.chat_postMessage(channel=HERE, text="t"))["ts"]
    answer = await refused(api.chat_postMessage(channel=HERE, text="t"))
    assert (answer["status"], answer["error"], answer["headers"]["Retry-After"]) == (429, "ratelimited", "1")
    await api.chat_postMessage(channel="C0OTHER", text="t")
    slack.advance(1)
    await api.chat_postMessage(channel=HERE, text="t")
    for _ in range(50):
        await api.chat_update(channel=HERE, ts=ts, text="t")
    assert int((await refused(api.chat_update(channel=HERE, ts=ts, text="t")))["headers"]["Retry-After"]) > 50
    slack.rates(2.0)
    await api.chat_update(channel=HERE, ts=ts, text="t")
    assert [each.status for each in slack.calls("chat.update")].count(429) == 1


async def test_faults(slack: SlackStandIn, api: AsyncWebClient) -> None:
    slack.fail("chat.postMessage", times=2)
    slack.ratelimit("chat.postMessage", after=7)
    for status in (503, 503, 429):
        assert (await refused(api.chat_postMessage(channel=HERE, text="t")))["status"] == status
    assert not slack.messages(HERE)
    slack.hang("chat.postMessage")
    hasty = AsyncWebClient(slack.bot_token, base_url=slack.api_url, timeout=1)
    with pytest.raises(TimeoutError):
        await hasty.chat_postMessage(channel=HERE, text="taken")
    assert [each.text for each in slack.messages(HERE)] == ["taken"]
    await slack.down("cut")
    with pytest.raises(aiohttp.ClientError):
        await api.auth_test()
    await slack.down()
    assert (await refused(api.auth_test()))["status"] == 503
    slack.up()
    assert (await api.auth_test())["ok"]


async def test_response_urls(slack: SlackStandIn, api: AsyncWebClient) -> None:
    await api.chat_postMessage(channel=HERE, text="original")
    (message,) = slack.messages(HERE)
    hook = AsyncWebhookClient(slack.state.response_url("U01", HERE, message))
    assert (await hook.send(text="only you")).body == "ok"
    assert [each.text for each in slack.ephemerals("U01")] == ["only you"]
    assert not slack.ephemerals("U02")
    await hook.send(text="all", response_type="in_channel")
    await hook.send(text="edited", replace_original=True)
    assert [each.text for each in slack.messages(HERE)] == ["edited", "all"]
    assert (await hook.send(text="t", blocks=[{"type": "nonsense"}])).status_code == 400
    await hook.send(delete_original=True)
    assert [each.text for each in slack.messages(HERE)] == ["all"]
    used = await hook.send(text="a sixth")
    assert (used.status_code, json.loads(used.body)["error"]) == (404, "used_url")
    late = AsyncWebhookClient(slack.state.response_url("U01", HERE))
    slack.advance(1801)
    assert (await late.send(text="late")).status_code == 404
