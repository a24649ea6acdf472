"""Socket Mode's side: tickets, connections, envelopes and their acks, and what goes wrong with connections.

https://docs.slack.dev/apis/events-api/using-socket-mode; the aiohttp client in slack_sdk pings every 5 s and takes a
connection for dead when no pong came for 20 s.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Literal

from aiohttp import WSMsgType, web

from tests.standins.slack.calls import ApiError
from tests.standins.slack.shapes import Json
from tests.standins.slack.state import State
from tests.standins.slack.world import APP


@dataclass
class Link:
    """One connection. mute: nothing is sent any more; deaf: nor are pings answered."""

    number: int
    socket: web.WebSocketResponse
    mute: bool = False
    deaf: bool = False
    pings: int = 0
    warned: bool = False
    eaten: list[Json] = field(default_factory=list)


class SocketSide:
    def __init__(self, state: State) -> None:
        self.state = state
        self.links: list[Link] = []
        self.opened = 0
        self.accepting = True
        self.acks: list[Json] = []
        self._tickets: dict[str, float] = {}
        self._waiting: dict[str, asyncio.Future[Json]] = {}
        self._turn = 0

    def ticket(self) -> Json:
        if not self.accepting:
            raise ApiError("internal_error")
        key = secrets.token_urlsafe(12)
        self._tickets[key] = self.state.now()
        return {"ok": True, "url": f"{self.state.base.replace('http', 'ws', 1)}/link?ticket={key}&app_id={APP}"}

    async def link(self, request: web.Request) -> web.StreamResponse:
        """A ticket opens one connection, soon."""
        made = self._tickets.pop(request.query.get("ticket", ""), None)
        if made is None or self.state.now() - made > self.state.settings.socket_ticket_life or not self.accepting:
            return web.Response(status=403)
        socket = web.WebSocketResponse(autoping=False)
        await socket.prepare(request)
        self.opened += 1
        link = Link(self.opened, socket)
        self.links.append(link)
        if len(self.live) > self.state.settings.socket_most:
            await socket.send_json({"type": "disconnect", "reason": "too_many_websockets", "debug_info": {}})
            self.links.remove(link)
            await socket.close()
            return socket
        info = {"host": "applink-standin", "build_number": 1, "approximate_connection_time": 18060}
        hello = {
            "type": "hello",
            "num_connections": len(self.live),
            "debug_info": info,
            "connection_info": {"app_id": APP},
        }
        await socket.send_json(hello)
        self.state.changed()
        pinging = asyncio.create_task(self._ping(link))
        try:
            await self._read(link)
        finally:
            pinging.cancel()
            self.links.remove(link)
            self.state.changed()
        return socket

    async def _read(self, link: Link) -> None:
        async for message in link.socket:
            if message.type == WSMsgType.PING:
                link.pings += 1
                if not link.deaf:
                    await link.socket.pong(message.data)
            elif message.type == WSMsgType.TEXT and not link.deaf:
                ack = json.loads(message.data)
                self.acks.append(ack)
                waiting = self._waiting.get(str(ack.get("envelope_id")))
                if waiting is not None and not waiting.done():
                    waiting.set_result(ack)
                self.state.changed()

    async def _ping(self, link: Link) -> None:
        every = self.state.settings.socket_ping_every
        while every is not None:
            await asyncio.sleep(every)
            if not link.mute:
                with suppress(ConnectionError):
                    await link.socket.ping(b"Ping from applink-standin")

    @property
    def live(self) -> list[Link]:
        """Connections that are not being closed: "each payload may be sent to any of the connections"."""
        return [each for each in self.links if not each.socket.closed and not each.warned]

    async def deliver(self, envelope: Json, within: float) -> tuple[Json | None, float]:
        """Sends an envelope on one of the connections: its ack (None: none came) and the seconds it took."""
        links = self.live
        began = time.monotonic()
        if not links:
            return None, 0.0
        self._turn += 1
        link = links[self._turn % len(links)]
        if link.mute:
            link.eaten.append(envelope)
        future: asyncio.Future[Json] = asyncio.get_running_loop().create_future()
        self._waiting[envelope["envelope_id"]] = future
        try:
            if not link.mute:
                await link.socket.send_json(envelope)
            ack = await asyncio.wait_for(future, within)
        except (TimeoutError, ConnectionError):
            return None, time.monotonic() - began
        finally:
            self._waiting.pop(envelope["envelope_id"], None)
        return ack, time.monotonic() - began

    def silence(self, pongs: bool = False) -> None:
        """The connections that are open stay open, and nothing comes through any more. pongs: pings are answered."""
        for each in self.live:
            each.mute, each.deaf = True, not pongs

    async def disconnect(
        self, reason: Literal["warning", "refresh_requested", "link_disabled"], close: bool = True
    ) -> None:
        """Slack's notice on every connection. close: and the connection goes, as after "warning" about 10 s later."""
        for each in self.live:
            each.warned = True
            await each.socket.send_json(
                {"type": "disconnect", "reason": reason, "debug_info": {"host": "applink-standin"}}
            )
            if close:
                await each.socket.close()

    async def drop(self) -> None:
        """Every connection is cut without a word."""
        for each in list(self.links):
            each.warned = True
            transport = each.socket._req.transport if each.socket._req is not None else None
            if transport is not None:
                transport.abort()

    async def close(self) -> None:
        for each in list(self.links):
            with suppress(ConnectionError):
                await each.socket.close()
