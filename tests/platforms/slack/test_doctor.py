"""`readiness doctor` beside a stand-in Slack: what it says of tokens, scopes and channels, and what to do about it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from tests.e2e.program import BINARY, Program
from tests.e2e.site import Site
from tests.platforms.slack.bot import HERE, program, shop, site, slack
from tests.standins.slack import SlackStandIn
from tests.standins.slack.world import BOT_USER

__all__ = ["program", "site", "slack"]
WRONG = 2


@dataclass(frozen=True)
class Said:
    """What it left. text: without the breaks of lines, as a whole and column by column."""

    code: int
    text: str


async def doctor(slack: SlackStandIn, program: Program, **env: str) -> Said:
    """Run it; an empty value takes a variable away. Beside this very event loop, in which the stand-in answers."""
    given = {
        **program.env, "COLUMNS": "200", **slack.env("socket"), "SLACK_SIGNING_SECRET": slack.signing_secret, **env,
    }  # fmt: skip
    process = await asyncio.create_subprocess_exec(
        BINARY, "doctor", cwd=program.folder, env=given,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        out, err = await asyncio.wait_for(process.communicate(), 60)
    finally:
        if process.returncode is None:
            process.kill()
    assert process.returncode is not None
    whole = (out + err).decode()
    assert "Traceback" not in whole
    for secret in (slack.bot_token, slack.app_token, slack.signing_secret, *env.values()):
        assert not secret or secret.startswith("http") or secret not in whole, "a secret is shown"
    column = max(line.find("→") for line in whole.splitlines())
    columns = [[line[:column] for line in whole.splitlines()], [line[column:] for line in whole.splitlines()]]
    text = " | ".join(" ".join(" ".join(lines).split()) for lines in ([whole], *columns))
    return Said(process.returncode, text)


@pytest.fixture
def shopping(program: Program, site: Site) -> Program:
    """With a catalogue."""
    program.write(shop(site))
    return program


async def test_all_is_well(slack: SlackStandIn, shopping: Program) -> None:
    said = await doctor(slack, shopping)
    assert "connected to Example as readiness" in said.text
    assert "the bot is in #launch" in said.text
    assert "Socket Mode can be opened" in said.text
    assert said.code == 0
    slack.assert_clean()
    assert not slack.calls("chat.postMessage")


@pytest.mark.parametrize(
    ("error", "cure"),
    [
        ("token_revoked", "install the app again and set the new token"),
        ("account_inactive", "the app was removed from the workspace"),
        ("invalid_auth", "copy it again from the app's page"),
        ("token_expired", "has expired"),
    ],
)
async def test_a_token_that_works_no_more(slack: SlackStandIn, shopping: Program, error: str, cure: str) -> None:
    slack.revoke(error)
    said = await doctor(slack, shopping)
    assert f"SLACK_BOT_TOKEN does not work: {error}" in said.text
    assert cure in said.text
    assert said.code == WRONG


async def test_a_wrong_token(slack: SlackStandIn, shopping: Program) -> None:
    said = await doctor(slack, shopping, SLACK_BOT_TOKEN="xoxb-0-0-another")
    assert "SLACK_BOT_TOKEN does not work: invalid_auth" in said.text
    assert "copy it again from the app's page (OAuth & Permissions)" in said.text
    assert said.code == WRONG


async def test_tokens_that_were_swapped(slack: SlackStandIn, shopping: Program) -> None:
    swapped = {"SLACK_BOT_TOKEN": slack.app_token, "SLACK_APP_TOKEN": slack.bot_token}
    said = await doctor(slack, shopping, **swapped)
    assert "it begins with xoxb-" in said.text
    assert said.code == WRONG


async def test_a_missing_scope(slack: SlackStandIn, shopping: Program) -> None:
    slack.without_scope("usergroups:read", "groups:history")
    said = await doctor(slack, shopping)
    assert "the token lacks usergroups:read, groups:history" in said.text
    assert "to look up who is in the user groups that roles name" in said.text
    assert "install the app again with the manifest of readiness slack-manifest" in said.text


async def test_without_the_scope_to_look_at_channels(slack: SlackStandIn, shopping: Program) -> None:
    slack.without_scope("channels:read")
    said = await doctor(slack, shopping)
    assert "the token lacks channels:read" in said.text
    assert f"the channel {HERE} cannot be seen: missing_scope" in said.text


def _private(slack: SlackStandIn) -> None:
    slack.state.channels[HERE].private = True
    slack.kick(HERE)


def _unknown(slack: SlackStandIn) -> None:
    del slack.state.channels[HERE]


@pytest.mark.parametrize(
    ("change", "problem", "cure"),
    [
        (lambda slack: slack.kick(HERE), "the bot is not in #launch", "type /invite @Readiness in that channel"),
        (_private, f"{HERE} cannot be seen: channel_not_found", "invite it with /invite @Readiness"),
        (_unknown, f"{HERE} cannot be seen: channel_not_found", "or mend channels:"),
        (lambda slack: slack.archive(HERE), "the channel #launch is archived", "unarchive it, or name another one"),
    ],
    ids=["not invited", "private", "unknown", "archived"],
)
async def test_a_channel_that_cannot_be_used(
    slack: SlackStandIn, shopping: Program, change: Callable[[SlackStandIn], None], problem: str, cure: str
) -> None:
    assert BOT_USER in slack.state.channels[HERE].members
    change(slack)
    said = await doctor(slack, shopping)
    assert problem in said.text
    assert cure in said.text
    assert "Socket Mode can be opened" in said.text  # the rest is looked at all the same


@pytest.mark.parametrize("how", ["wrong", "revoked", "a bot's"])
async def test_the_token_for_socket_mode_is_wrong(slack: SlackStandIn, shopping: Program, how: str) -> None:
    env = {}
    if how == "revoked":
        slack.revoke("token_revoked", app_token=True)
    else:
        env = {"SLACK_APP_TOKEN": "xapp-1-another" if how == "wrong" else slack.bot_token}
    said = await doctor(slack, shopping, **env)
    assert "connected to Example as readiness" in said.text
    assert "Socket Mode cannot be opened" in said.text
    assert "make an app-level token with connections:write and set SLACK_APP_TOKEN" in said.text
    assert said.code == WRONG


async def test_over_http_alone_socket_mode_is_not_asked_for(slack: SlackStandIn, shopping: Program) -> None:
    said = await doctor(slack, shopping, SLACK_APP_TOKEN="")
    assert "connected to Example as readiness" in said.text
    assert not slack.calls("apps.connections.open")
    assert said.code == 0


async def test_only_the_bots_token_is_set(slack: SlackStandIn, shopping: Program) -> None:
    said = await doctor(slack, shopping, SLACK_APP_TOKEN="", SLACK_SIGNING_SECRET="")
    assert "set SLACK_APP_TOKEN (Socket Mode) or SLACK_SIGNING_SECRET (HTTP) as well" in said.text
    assert "readiness slack-manifest helps to make the app" in said.text
    assert not slack.calls()


async def test_nothing_of_slack_is_set(slack: SlackStandIn, shopping: Program) -> None:
    said = await doctor(slack, shopping, SLACK_BOT_TOKEN="", SLACK_APP_TOKEN="", SLACK_SIGNING_SECRET="")
    assert "SLACK_BOT_TOKEN is not set" in said.text
    assert "see docs/slack.md" in said.text
    assert said.code == 0


@pytest.mark.parametrize("how", ["503", "cut", "nobody there"])
async def test_slack_does_not_answer(slack: SlackStandIn, shopping: Program, how: str) -> None:
    env = {}
    if how == "nobody there":
        env = {"SLACK_API_URL": "http://127.0.0.1:9/api/"}
    elif how == "cut":
        await slack.down("cut")
    else:
        await slack.down("503")
    said = await doctor(slack, shopping, **env)
    assert ("Slack has trouble (503)" if how == "503" else "Slack does not answer") in said.text
    assert "then run readiness doctor again" in said.text
    assert said.code == WRONG


async def test_slack_asks_for_patience(slack: SlackStandIn, shopping: Program) -> None:
    slack.ratelimit("conversations.info", after=30)
    said = await doctor(slack, shopping)
    assert f"the channel {HERE} cannot be seen: ratelimited" in said.text
