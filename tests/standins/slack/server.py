"""The HTTP side: the Web API under /api/, response_urls, uploads, the Socket Mode link; tokens, scopes, faults."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from aiohttp import web

from tests.standins.slack import chat, directory, viewing
from tests.standins.slack.calls import METHODS, ApiError, Call, arguments
from tests.standins.slack.faults import Fault
from tests.standins.slack.shapes import Json
from tests.standins.slack.socketing import SocketSide
from tests.standins.slack.state import State
from tests.standins.slack.world import Channel

ALL = (chat, directory, viewing)  # importing them fills METHODS
_KIND: dict[str, Callable[[Channel], bool]] = {
    "channels": lambda channel: not channel.private and channel.im_with is None,
    "groups": lambda channel: channel.private,
    "im": lambda channel: channel.im_with is not None,
    "mpim": lambda channel: False,
}


class Server:
    """Its handlers; `state` holds what they change."""

    def __init__(self, state: State, sockets: SocketSide, bot_token: str, app_token: str) -> None:
        self.state = state
        self.sockets = sockets
        self.bot_token = bot_token
        self.app_token = app_token
        self.closing = asyncio.Event()
        self.app = web.Application(client_max_size=64 * 2**20)
        self.app.router.add_route("*", "/api/{method}", self.api)
        self.app.router.add_post("/response/{key}", self.response)
        self.app.router.add_post("/upload/{file}", self.upload)
        self.app.router.add_get("/link", self.sockets.link)

    async def api(self, request: web.Request) -> web.StreamResponse:
        name, began = request.match_info["method"], time.monotonic()
        call = Call(self.state.now(), name, {})
        self.state.calls.append(call)
        try:
            args = await arguments(request)
        except ApiError as error:
            return self._answer(call, began, 200, error.answer())
        header = request.headers.get("Authorization", "")
        token = header.removeprefix("Bearer ") if header else str(args.get("token") or "")
        args.pop("token", None)
        call.args = args
        fault = self.state.faults.next(name, args)
        if fault is not None:
            call.fault = fault.kind
            if not fault.taken and fault.kind != "delay":
                return await self._go_wrong(request, call, began, fault)
            if fault.kind == "delay":
                await asyncio.sleep(fault.seconds)
        status, answer, headers = self._act(name, args, token, call)
        if fault is not None and fault.kind != "delay":
            return await self._go_wrong(request, call, began, fault)
        return self._answer(call, began, status, answer, headers)

    def _act(self, name: str, args: Json, token: str, call: Call) -> tuple[int, Json, dict[str, str]]:
        """Does what a call asks: status, answer, headers."""
        declared = METHODS.get(name)
        scopes = () if declared is None else declared[0]
        headers = {"X-OAuth-Scopes": ",".join(self.state.scopes), "X-Accepted-OAuth-Scopes": ",".join(scopes)}
        try:
            if name == "apps.connections.open":
                self._token(token, self.app_token, self.state.app_token_state, self.bot_token)
                headers["X-OAuth-Scopes"] = "connections:write"
            elif declared is None:
                raise ApiError("unknown_method", req_method=name)
            elif name != "api.test":
                self._token(token, self.bot_token, self.state.token_state, self.app_token)
                self._scope(scopes, args)
            channel = args.get("channel")
            wait = self.state.rates.wait(name, channel if isinstance(channel, str) else None)
            if wait is not None:
                call.retry_after = wait
                return 429, {"ok": False, "error": "ratelimited"}, headers | {"Retry-After": str(wait)}
            answer = self.sockets.ticket() if declared is None else declared[1](self.state, args)
            call.taken = True
        except ApiError as error:
            answer = error.answer()
        return 200, answer, headers

    def _token(self, token: str, right: str, broken: str | None, other: str) -> None:
        if not token:
            raise ApiError("not_authed")
        if token == other:
            raise ApiError("not_allowed_token_type")
        if token != right:
            raise ApiError("invalid_auth")
        if broken is not None:
            raise ApiError(broken)

    def _scope(self, scopes: tuple[str, ...], args: Json) -> None:
        """One of the scopes suffices; of those for kinds of channels, the one for this channel's kind."""
        wanted = list(scopes)
        channel = self.state.channels.get(str(args.get("channel")))
        if channel is not None and len(scopes) == len(_KIND):
            wanted = [each for each in scopes if _KIND[each.partition(":")[0]](channel)]
        if wanted and not set(wanted) & set(self.state.scopes):
            raise ApiError("missing_scope", needed=",".join(wanted), provided=",".join(self.state.scopes))

    async def _go_wrong(self, request: web.Request, call: Call, began: float, fault: Fault) -> web.StreamResponse:
        self.state.changed()
        if fault.kind == "status":
            call.status, call.seconds = fault.status, time.monotonic() - began
            return web.Response(
                status=fault.status, text="<html><body>upstream error</body></html>", content_type="text/html"
            )
        if fault.kind == "error":
            return self._answer(call, began, 200, {"ok": False, "error": fault.error})
        if fault.kind == "ratelimited":
            call.retry_after = round(fault.seconds)
            headers = {"Retry-After": str(round(fault.seconds))}
            return self._answer(call, began, 429, {"ok": False, "error": "ratelimited"}, headers)
        if fault.kind == "hang":
            with suppress(TimeoutError):
                await asyncio.wait_for(self.closing.wait(), self.state.settings.hold)
        if request.transport is not None:
            request.transport.abort()
        return web.Response(status=500)

    def _answer(
        self, call: Call, began: float, status: int, answer: Json, headers: dict[str, str] | None = None
    ) -> web.Response:
        call.status, call.ok, call.error = status, answer["ok"] is True, answer.get("error")
        call.seconds, call.answer = time.monotonic() - began, answer
        self.state.changed()
        return web.json_response(answer, status=status, headers=headers)

    async def response(self, request: web.Request) -> web.StreamResponse:
        call, began = Call(self.state.now(), "response_url", {}), time.monotonic()
        self.state.calls.append(call)
        try:
            body: Any = json.loads(await request.text())
        except ValueError:
            body = None
        call.args = body if isinstance(body, dict) else {}
        fault = self.state.faults.next("response_url", call.args)
        if fault is not None and not fault.taken:
            call.fault = fault.kind
            return await self._go_wrong(request, call, began, fault)
        status, said = chat.respond(self.state, request.match_info["key"], body)
        call.taken = status == 200
        if fault is not None:
            call.fault = fault.kind
            return await self._go_wrong(request, call, began, fault)
        answer: Json = {"ok": status == 200} | ({} if status == 200 else {"error": said})
        self._answer(call, began, status, answer)
        return web.Response(status=status, text=said) if status == 200 else web.json_response(answer, status=status)

    async def upload(self, request: web.Request) -> web.StreamResponse:
        file = self.state.files.get(request.match_info["file"])
        if file is None:
            return web.Response(status=404)
        if request.content_type == "multipart/form-data":
            parts = [each.file.read() for each in (await request.post()).values() if isinstance(each, web.FileField)]
            content = b"".join(parts)
        else:
            content = await request.read()
        if len(content) != file["length"]:
            return web.Response(status=400, text="length does not match")
        file["content"] = content
        self.state.changed()
        return web.Response(text=f"OK - {len(content)}")
