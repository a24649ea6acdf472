"""How something reaches the bot: signed HTTP requests or Socket Mode envelopes, answered within 3 s or not.

Signatures: https://docs.slack.dev/authentication/verifying-requests-from-slack (v0 HMAC of "v0:timestamp:body", refused
when more than 5 minutes old). Retries of events: https://docs.slack.dev/apis/events-api#retries.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import time
import uuid
from dataclasses import dataclass, field, replace
from typing import Any, Literal
from urllib.parse import urlencode

import aiohttp

from tests.standins.slack.shapes import Json
from tests.standins.slack.socketing import SocketSide
from tests.standins.slack.state import State
from tests.standins.slack.world import TEAM

Kind = Literal["command", "interaction", "event", "bare"]
_SOCKET_KINDS = {"command": "slash_commands", "interaction": "interactive", "event": "events_api"}


@dataclass(frozen=True)
class How:
    """What is unusual about a delivery. age: seconds that its timestamp lies back. retry: the number of the retry."""

    signature: Literal["right", "forged", "missing"] = "right"
    age: float = 0.0
    retry: int = 0
    reason: str = "http_timeout"
    team: str = TEAM
    way: Literal["http", "socket"] | None = None


@dataclass(frozen=True)
class Sent:
    """What was sent, so that it can be sent again: over HTTP body and headers, over Socket Mode the envelope."""

    kind: Kind
    payload: Json
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    envelope: Json | None = None


@dataclass
class Answer:
    """What the bot answered. status: 200 also for an ack over Socket Mode, 0 when nothing came within the time.

    seconds: how long it took. trouble: what the person sees when it did not work out, None when it did.
    """

    status: int
    body: str
    seconds: float
    sent: Sent
    trouble: str | None = None
    no_retry: bool = False

    @property
    def ok(self) -> bool:
        return self.status == 200 and self.trouble is None

    @property
    def json(self) -> Any:
        """The body, None when it is empty or not JSON."""
        try:
            return json.loads(self.body) if self.body else None
        except ValueError:
            return None


class Sender:
    """url: where the bot takes HTTP deliveries; None: Socket Mode."""

    def __init__(self, state: State, sockets: SocketSide, secret: str) -> None:
        self.state = state
        self.sockets = sockets
        self.secret = secret
        self.url: str | None = None
        self.session: aiohttp.ClientSession | None = None
        self.retrying: set[asyncio.Task[None]] = set()

    async def send(self, kind: Kind, payload: Json, how: How) -> Answer:
        over_http = how.way == "http" or (how.way is None and self.url is not None)
        if not over_http:
            return await self._over_socket(self._enveloped(kind, payload, how))
        body = _encoded(kind, payload)
        form = kind in ("command", "interaction")
        headers = {
            "Content-Type": "application/x-www-form-urlencoded" if form else "application/json",
            "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
        }
        if how.retry:
            headers |= {"X-Slack-Retry-Num": str(how.retry), "X-Slack-Retry-Reason": how.reason}
        return await self._over_http(Sent(kind, payload, body, headers | self.signature(body, how)))

    async def again(self, sent: Sent) -> Answer:
        """The very same bytes once more."""
        return await (self._over_http(sent) if sent.envelope is None else self._over_socket(sent))

    def signature(self, body: bytes, how: How) -> dict[str, str]:
        stamp = str(int(time.time() - how.age))
        key = self.secret if how.signature == "right" else "not the secret"
        digest = hmac.new(key.encode(), f"v0:{stamp}:".encode() + body, hashlib.sha256).hexdigest()
        stamped = {"X-Slack-Request-Timestamp": stamp}
        return stamped if how.signature == "missing" else stamped | {"X-Slack-Signature": f"v0={digest}"}

    def _enveloped(self, kind: Kind, payload: Json, how: How) -> Sent:
        replies = kind in ("command", "interaction")
        envelope: Json = {
            "envelope_id": str(uuid.uuid4()), "type": _SOCKET_KINDS[kind], "payload": payload,
            "accepts_response_payload": replies,
        }  # fmt: skip
        if kind == "event":
            envelope |= {"retry_attempt": how.retry, "retry_reason": how.reason if how.retry else ""}
        return Sent(kind, payload, envelope=envelope)

    async def _over_http(self, sent: Sent) -> Answer:
        assert self.session is not None
        assert self.url is not None, "say with `deliver_to` where the bot listens"
        timeout = aiohttp.ClientTimeout(total=self.state.settings.ack_within)
        began = time.monotonic()
        try:
            async with self.session.post(self.url, data=sent.body, headers=sent.headers, timeout=timeout) as response:
                body = (await response.read()).decode(errors="replace")
                quiet = response.headers.get("X-Slack-No-Retry") == "1"
                answer = Answer(response.status, body, time.monotonic() - began, sent, no_retry=quiet)
        except TimeoutError:
            return Answer(0, "", time.monotonic() - began, sent, "http_timeout")
        except aiohttp.ClientError:
            return Answer(0, "", time.monotonic() - began, sent, "connection_failed")
        if answer.status != 200:
            answer.trouble = "http_error"
        return answer

    async def _over_socket(self, sent: Sent) -> Answer:
        assert sent.envelope is not None
        ack, seconds = await self.sockets.deliver(sent.envelope, self.state.settings.ack_within)
        if ack is None:
            return Answer(0, "", seconds, sent, "http_timeout" if self.sockets.links else "connection_failed")
        payload = ack.get("payload")
        if payload and not sent.envelope["accepts_response_payload"]:
            self.state.violations.append("a payload in an ack that takes none")
        return Answer(200, json.dumps(payload) if payload else "", seconds, sent)

    async def event(self, payload: Json, how: How, answers: list[Answer]) -> Answer:
        """An event, and its retries until one is taken, all of them in `answers`; comes back with the first answer."""
        answer = await self.send("event", payload, how)
        answers.append(answer)
        if answer.ok or answer.no_retry:
            return answer
        task = asyncio.create_task(self._retry(payload, how, answer, answers))
        self.retrying.add(task)
        task.add_done_callback(self.retrying.discard)
        return answer

    async def _retry(self, payload: Json, how: How, failed: Answer, answers: list[Answer]) -> None:
        for number, delay in enumerate(self.state.settings.retry_after, 1):
            await asyncio.sleep(delay)
            failed = await self.send("event", payload, replace(how, retry=number, reason=failed.trouble or ""))
            answers.append(failed)
            self.state.changed()
            if failed.ok or failed.no_retry:
                return


def _encoded(kind: Kind, payload: Json) -> bytes:
    if kind == "command":
        return urlencode(payload).encode()
    if kind == "interaction":
        return urlencode({"payload": json.dumps(payload)}).encode()
    return json.dumps(payload).encode()
