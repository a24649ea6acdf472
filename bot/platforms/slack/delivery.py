"""Sending and editing messages in Slack: what its errors mean, and how a message that may be there is found again."""

from __future__ import annotations

from collections import deque
from time import monotonic
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.cards.model import Card
from bot.platform import Gone, TryLater, Undeliverable
from bot.platforms.slack.render import Message, render, thread

EVENT = "readiness_post"  # the type of the metadata by which a message of ours is known again
_LOOKED_BACK = 50  # messages; a post that was in doubt is among the newest of its channel
SILENCE = (TimeoutError, aiohttp.ClientError, OSError)

# What no second try can mend, and what a person can do about it.
ADVICE = {
    "channel_not_found": "the bot finds no such channel; invite it with /invite @Readiness, or mend channels:",
    "not_in_channel": "the bot is not in the channel; invite it with /invite @Readiness",
    "is_inactive": "the channel is archived; unarchive it, or name another one in the catalogue",
    "is_archived": "the channel is archived; unarchive it, or name another one in the catalogue",
    "restricted_action": "the workspace does not let the bot write there; ask an admin",
    "invalid_auth": "SLACK_BOT_TOKEN is not valid; copy it again from the app's page (OAuth & Permissions)",
    "not_authed": "SLACK_BOT_TOKEN is missing; copy it from the app's page (OAuth & Permissions)",
    "token_revoked": "SLACK_BOT_TOKEN was revoked; install the app again and set the new token",
    "account_inactive": "the app was removed from the workspace; install it again and set the new token",
    "token_expired": "SLACK_BOT_TOKEN has expired; install the app again and set the new token",
    "not_allowed_token_type": "SLACK_BOT_TOKEN is a token of another kind; it begins with xoxb-",
    "missing_scope": "the app lacks a scope; install it again with the manifest of readiness slack-manifest",
    "msg_too_long": "the message is longer than Slack takes; this is a fault of the program",
    "invalid_blocks": "Slack refuses the message's form; this is a fault of the program",
}
TOKEN = (
    "invalid_auth", "not_authed", "token_revoked", "token_expired", "account_inactive", "not_allowed_token_type",
)  # fmt: skip
_LOST = ("message_not_found", "cant_update_message", "edit_window_closed", "thread_not_found")


EDITS = 50  # a minute, for the whole app: chat.update is of tier 3, https://docs.slack.dev/apis/web-api/rate-limits
_RESERVE = 20  # of them are kept for cards that have settled: a verdict must not wait for progress


def error_of(refused: SlackApiError) -> str:
    """Slack's word for what is wrong; '' where something else answered (a proxy, in plain text)."""
    data = getattr(refused.response, "data", refused.response)
    return str(data.get("error") or "") if isinstance(data, dict) else ""


class Courier:
    """Posts cards as messages, edits them, and keeps their threads complete.

    refused: what to do about the token, while Slack refuses it.
    """

    def __init__(self, client: AsyncWebClient) -> None:
        self._client = client
        self.refused: str | None = None
        self._edits: deque[float] = deque()
        self._made: dict[tuple[str, str], str] = {}  # posted, while their threads are not complete yet

    def _take_turn(self, *, settled: bool) -> None:
        """Raises TryLater when it is not this edit's turn within the limit of the whole app."""
        now = monotonic()
        while self._edits and now - self._edits[0] > 60:
            self._edits.popleft()
        allowed = EDITS if settled else EDITS - _RESERVE
        if len(self._edits) >= allowed:
            wait = 60 - (now - self._edits[len(self._edits) - allowed])
            raise TryLater("Slack allows no more edits now", max(wait, 0.1), paced=True)
        self._edits.append(now)

    async def post(self, channel: str, card: Card, nonce: str, mentions: dict[str, str], *, again: bool) -> str:
        """The ts of the message. again: an earlier try may have arrived, so it is looked for first."""
        found = self._made.get((channel, nonce)) or (await self._find(channel, nonce) if again else None)
        if found is not None:
            try:
                await self.edit(channel, found, card, mentions)
            except Gone:
                self._made.pop((channel, nonce), None)
                raise
            self._made.pop((channel, nonce), None)
            return found
        message = render(card, mentions)
        answer = await self._call("chat.postMessage", channel=channel, **_body(message, nonce))
        ts = self._made[channel, nonce] = str(answer["ts"])
        await self._complete(channel, ts, card, mentions)
        self._made.pop((channel, nonce), None)
        return ts

    async def edit(self, channel: str, ts: str, card: Card, mentions: dict[str, str]) -> None:
        """Make the message show the card. Raises Gone when somebody deleted it."""
        self._take_turn(settled=card.settled)
        message = render(card, mentions)
        await self._call("chat.update", channel=channel, ts=ts, text=message.text, blocks=message.blocks)
        await self._complete(channel, ts, card, mentions)

    async def _complete(self, channel: str, ts: str, card: Card, mentions: dict[str, str]) -> None:
        """What belongs beside a settled message goes to its thread, each part once however often this is called."""
        if not card.settled or not card.detail:
            return
        parts = thread(card, mentions)
        answer = await self._call(
            "conversations.replies", channel=channel, ts=ts, limit=200, include_all_metadata=True, optional=True
        )
        there = {_nonce(reply) for reply in answer.get("messages", ())}
        for number, part in enumerate(parts):
            nonce = f"detail-{number}"
            if nonce not in there:
                await self._call("chat.postMessage", channel=channel, thread_ts=ts, **_body(part, nonce))

    async def _find(self, channel: str, nonce: str) -> str | None:
        answer = await self._call(
            "conversations.history", channel=channel, limit=_LOOKED_BACK, include_all_metadata=True, optional=True
        )
        return next((str(message["ts"]) for message in answer.get("messages", ()) if _nonce(message) == nonce), None)

    async def _call(self, method: str, *, optional: bool = False, **body: Any) -> dict[str, Any]:
        """One call, its errors told apart: try later, never, or the message is gone.

        optional: without the scope for it, the answer is empty (then a doubtful post may be made twice).
        """
        try:
            answer = (
                await self._client.api_call(method, json=body)
                if method.startswith("chat.")
                else (await self._client.api_call(method, params=_query(body)))
            )
        except SlackApiError as refused:
            error, status = error_of(refused), refused.response.status_code
            if error in TOKEN:
                self.refused = ADVICE[error]
            if optional and error in ("missing_scope", "not_in_channel", "channel_not_found"):
                return {}
            raise _meaning(error, status, refused) from None
        except SILENCE as reason:
            raise TryLater(f"Slack does not answer: {type(reason).__name__}") from None
        self.refused = None
        return dict(answer.data) if isinstance(answer.data, dict) else {}


def _meaning(error: str, status: int, refused: SlackApiError) -> Exception:
    if status == 429 or error in ("ratelimited", "rate_limited"):
        after = refused.response.headers.get("Retry-After", "1")
        return TryLater("Slack asks for patience", float(after) if str(after).isdigit() else 1.0)
    if error in _LOST:
        return Gone(f"the message is gone: {error}")
    if error in ADVICE:
        return Undeliverable(ADVICE[error])
    if status >= 500 or error in ("internal_error", "fatal_error", "service_unavailable", "request_timeout", ""):
        return TryLater(f"Slack has trouble: {error or status}")
    return Undeliverable(f"Slack refuses it: {error}")


def _body(message: Message, nonce: str) -> dict[str, Any]:
    return {
        "text": message.text,
        "blocks": message.blocks,
        "unfurl_links": False,
        "unfurl_media": False,
        "metadata": {"event_type": EVENT, "event_payload": {"nonce": nonce}},
    }


def _query(body: dict[str, Any]) -> dict[str, Any]:
    return {key: str(value).lower() if isinstance(value, bool) else value for key, value in body.items()}


def _nonce(message: dict[str, Any]) -> str | None:
    metadata = message.get("metadata") or {}
    payload = metadata.get("event_payload") or {}
    return payload.get("nonce") if metadata.get("event_type") == EVENT else None
