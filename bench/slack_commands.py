"""Slash commands as Slack signs them, and a client for them that costs next to nothing: bytes in, bytes out."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import itertools
import time
from collections.abc import Sequence
from typing import cast
from urllib.parse import urlencode

from tests.standins.slack.world import APP, TEAM

_count = itertools.count(1)


def request(secret: str, text: str, *, sink: int, user: str = "U0ANA", channel: str = "C0LAUNCH") -> bytes:
    """A whole HTTP request with `/readiness TEXT`, fresh: what answers it goes to the Slack on the port `sink`."""
    number = next(_count)
    body = urlencode(
        {
            "token": "old", "team_id": TEAM, "team_domain": "example", "channel_id": channel, "channel_name": "launch",
            "user_id": user, "user_name": "ana", "command": "/readiness", "text": text, "api_app_id": APP,
            "is_enterprise_install": "false", "response_url": f"http://127.0.0.1:{sink}/response/{number}",
            "trigger_id": f"{number}.{number}.{number:032x}",
        }
    ).encode()  # fmt: skip
    stamp = str(int(time.time()))
    digest = hmac.new(secret.encode(), f"v0:{stamp}:".encode() + body, hashlib.sha256).hexdigest()
    head = (
        "POST /slack/events HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: Slackbot 1.0 (+https://api.slack.com/robots)\r\n"
        "Accept: application/json,*/*\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        f"X-Slack-Request-Timestamp: {stamp}\r\nX-Slack-Signature: v0={digest}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


class Line(asyncio.Protocol):
    """One connection that stays open; one request at a time on it."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._data = b""
        self._answered: asyncio.Future[bytes] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._data += data
        head, end, body = self._data.partition(b"\r\n\r\n")
        if not end or not self._answered:
            return
        length = head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]
        if len(body) >= int(length or 0):
            self._data = b""
            self._answered.set_result(head)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._answered and not self._answered.done():
            self._answered.set_exception(exc or ConnectionError("closed"))

    async def ask(self, written: bytes) -> float:
        """Seconds until the answer, which must be a 200, is there."""
        assert self._transport is not None
        self._answered = asyncio.get_running_loop().create_future()
        begun = time.perf_counter()
        self._transport.write(written)
        head = await self._answered
        seconds = time.perf_counter() - begun
        assert head.startswith(b"HTTP/1.1 200"), head
        return seconds

    def close(self) -> None:
        if self._transport:
            self._transport.close()


async def line(port: int) -> Line:
    _, found = await asyncio.get_running_loop().create_connection(Line, "127.0.0.1", port)
    return found


async def at_once(lines: Sequence[Line], written: Sequence[bytes]) -> float:
    """Seconds for all of them, each line with its share, one request at a time."""

    async def share(own: Line, mine: Sequence[bytes]) -> None:
        for each in mine:
            await own.ask(each)

    begun = time.perf_counter()
    await asyncio.gather(*(share(own, written[place :: len(lines)]) for place, own in enumerate(lines)))
    return time.perf_counter() - begun
