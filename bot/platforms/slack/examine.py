"""What Slack says of the tokens and channels: what is missing, and what to do about it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.cards.doctor import Finding
from bot.platforms.slack.delivery import ADVICE, SILENCE, error_of
from bot.platforms.slack.manifest import SCOPES
from bot.platforms.slack.platform import Tokens

_LATER = "look at https://slack-status.com and at SLACK_API_URL, then run readiness doctor again"
_AGAIN = "install the app again with the manifest of readiness slack-manifest"


async def examine(tokens: Tokens, channels: Mapping[str, str]) -> list[Finding]:
    """Every finding. channels: by environment, the id of its Slack channel."""
    client = AsyncWebClient(token=tokens.bot, base_url=tokens.api, timeout=10, retry_handlers=[])
    return [finding async for finding in _findings(client, tokens, channels)]


async def _findings(client: AsyncWebClient, tokens: Tokens, channels: Mapping[str, str]) -> AsyncIterator[Finding]:
    answer, problem = await _ask(client, "auth.test")
    if answer is None:
        yield Finding("Slack", "broken", f"SLACK_BOT_TOKEN does not work: {problem}", ADVICE.get(problem, _LATER))
        return
    yield Finding("Slack", "good", f"connected to {answer.get('team')} as {answer.get('user')}")
    granted = {scope.strip() for scope in str(answer["scopes"]).split(",")} - {""}
    missing = [scope for scope in SCOPES if scope not in granted]
    if granted and missing:
        why = "; ".join(f"{scope}: {SCOPES[scope]}" for scope in missing)
        yield Finding("Slack", "missing", f"the token lacks {', '.join(missing)} ({why})", _AGAIN)
    for environment, channel in channels.items():
        yield await _channel(client, environment, channel)
    if tokens.app:
        socket = AsyncWebClient(token=tokens.app, base_url=tokens.api, timeout=10, retry_handlers=[])
        opened, problem = await _ask(socket, "apps.connections.open")
        if opened is None:
            cure = "make an app-level token with connections:write and set SLACK_APP_TOKEN"
            yield Finding("Slack", "broken", f"Socket Mode cannot be opened: {problem}", cure)
        else:
            yield Finding("Slack", "good", "Socket Mode can be opened")


async def _channel(client: AsyncWebClient, environment: str, channel: str) -> Finding:
    answer, problem = await _ask(client, "conversations.info", channel=channel)
    about = f"Slack {environment}"
    if answer is None:
        return Finding(
            about, "missing", f"the channel {channel} cannot be seen: {problem}", ADVICE.get(problem, _AGAIN)
        )
    found: dict[str, Any] = answer.get("channel") or {}
    if found.get("is_archived"):
        return Finding(about, "missing", f"the channel #{found.get('name')} is archived", ADVICE["is_archived"])
    if not found.get("is_member"):
        said = f"the bot is not in #{found.get('name')}"
        return Finding(about, "missing", said, "type /invite @Readiness in that channel")
    return Finding(about, "good", f"the bot is in #{found.get('name')}")


async def _ask(client: AsyncWebClient, method: str, **params: str) -> tuple[dict[str, Any] | None, str]:
    """The answer with its scopes, or None and the error."""
    try:
        answer = await client.api_call(method, params=params)
    except SlackApiError as refused:
        return None, (error_of(refused) or f"Slack has trouble ({refused.response.status_code})")
    except SILENCE as reason:
        return None, f"Slack does not answer ({type(reason).__name__})"
    data = dict(answer.data) if isinstance(answer.data, dict) else {}
    return data | {"scopes": answer.headers.get("x-oauth-scopes", "")}, ""
