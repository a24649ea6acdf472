"""A web server that misbehaves in a different way on each path, on a loopback port of its own."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

Way = Callable[["Unruly", "Asked", asyncio.StreamWriter], Coroutine[Any, Any, None]]


@dataclass
class Asked:
    """One request as it came in."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Unruly:
    """The server: its port, what it was asked, how many are connected, and the most that it answered at one time."""

    port: int = 0
    asked: list[Asked] = field(default_factory=list)
    connected: int = 0
    busy: int = 0
    most: int = 0
    came: asyncio.Event = field(default_factory=asyncio.Event)
    left: asyncio.Event = field(default_factory=asyncio.Event)
    sent: int = 0
    elsewhere: str = ""

    def url(self, path: str = "/") -> str:
        return f"http://127.0.0.1:{self.port}{path}"


def answer(status: int = 200, body: bytes = b"", **headers: str) -> bytes:
    """A whole answer; underscores in the names of headers stand for hyphens."""
    lines = [f"HTTP/1.1 {status} Whatever"] + [f"{name.replace('_', '-')}: {text}" for name, text in headers.items()]
    lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


async def _flood(server: Unruly, writer: asyncio.StreamWriter, piece: bytes, most: int) -> None:
    with suppress(ConnectionError):
        while server.sent < most:
            writer.write(piece)
            server.sent += len(piece)
            await writer.drain()


async def _silent(server: Unruly, asked: Asked, writer: asyncio.StreamWriter) -> None:
    await asyncio.Event().wait()


async def _huge(server: Unruly, asked: Asked, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 104857600\r\n\r\n")
    await _flood(server, writer, b"x" * 65536, 100 * 2**20)


async def _endless_header(server: Unruly, asked: Asked, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\n")
    await _flood(server, writer, b"x-more: " + b"y" * 4000 + b"\r\n", 2**40)


async def _endless_chunks(server: Unruly, asked: Asked, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    await _flood(server, writer, b"1000\r\n" + b"z" * 4096 + b"\r\n", 2**40)


async def _provisional(server: Unruly, asked: Asked, writer: asyncio.StreamWriter) -> None:
    await _flood(server, writer, b"HTTP/1.1 103 Early Hints\r\nx: y\r\n\r\n", 2**40)


async def _circle(server: Unruly, asked: Asked, writer: asyncio.StreamWriter) -> None:
    writer.write(answer(302, Location="/circle2" if asked.path == "/circle" else "/circle"))


async def _farther(server: Unruly, asked: Asked, writer: asyncio.StreamWriter) -> None:
    step = int(asked.path.rpartition("/")[2])
    writer.write(answer(302, Location=f"/farther/{step + 1}"))


async def _elsewhere(server: Unruly, asked: Asked, writer: asyncio.StreamWriter) -> None:
    writer.write(answer(307, Location=server.elsewhere))


async def _see_other(server: Unruly, asked: Asked, writer: asyncio.StreamWriter) -> None:
    writer.write(answer(303, Location="/echo", Set_Cookie="step=one"))


async def _echo(server: Unruly, asked: Asked, writer: asyncio.StreamWriter) -> None:
    said = {"method": asked.method, "headers": asked.headers, "body": asked.body.decode()}
    writer.write(answer(200, json.dumps(said).encode(), Content_Type="application/json"))


async def _flaky(server: Unruly, asked: Asked, writer: asyncio.StreamWriter) -> None:
    """Every second request is not answered."""
    if sum(each.path == asked.path for each in server.asked) % 2:
        writer.write(answer(200, b"ok"))


def _fixed(whole: bytes) -> Way:
    async def way(server: Unruly, asked: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(whole)

    return way


WAYS: dict[str, Way] = {
    "/": _fixed(answer(200, b"hello", Content_Type="text/plain")),
    "/json": _fixed(answer(200, b'{"ok": true, "n": [1, 2]}', Content_Type="application/json")),
    "/bad-json": _fixed(answer(200, b'{"ok": tru', Content_Type="application/json")),
    "/nan": _fixed(answer(200, b'{"ok": NaN}', Content_Type="application/json")),
    "/gzip": _fixed(answer(200, gzip.compress(b"unpacked" * 100), Content_Encoding="gzip")),
    "/bomb": _fixed(answer(200, gzip.compress(b"\0" * 20 * 2**20), Content_Encoding="gzip")),
    "/not-gzip": _fixed(answer(200, b"plain", Content_Encoding="gzip")),
    "/latin": _fixed(answer(200, "déjà".encode("latin-1"), Content_Type="text/plain; charset=iso-8859-1")),
    "/cookie": _fixed(answer(200, b"", Set_Cookie="sid=topsecret123; HttpOnly; Secure")),
    "/missing": _fixed(answer(404, b"no")),
    "/broken": _fixed(answer(503, b"down")),
    "/teapot": _fixed(b"I am no web server\r\n\r\n"),
    "/middle": _fixed(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this"),
    "/nothing": _fixed(b""),
    "/old": _fixed(b"HTTP/1.0 200 OK\r\n\r\nuntil the end"),
    "/hints": _fixed(b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + answer(200, b"real")),
    "/switch": _fixed(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"),
    "/twice": _fixed(b"HTTP/1.1 200 OK\r\nVia: a\r\nVia: b\r\nContent-Length: 0\r\n\r\n"),
    "/mailto": _fixed(answer(302, Location="mailto:root@example.com")),
    "/silent": _silent,
    "/huge": _huge,
    "/endless-header": _endless_header,
    "/endless-chunks": _endless_chunks,
    "/provisional": _provisional,
    "/circle": _circle,
    "/circle2": _circle,
    "/farther": _farther,
    "/elsewhere": _elsewhere,
    "/see-other": _see_other,
    "/echo": _echo,
    "/flaky": _flaky,
}


async def _read(reader: asyncio.StreamReader) -> Asked:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    method, path, _ = head[0].split(" ")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:] if line)}
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    return Asked(method, path, headers, body)


@asynccontextmanager
async def unruly_server() -> AsyncIterator[Unruly]:
    """Serve on loopback until the end of the block; whoever is still connected is cut off."""
    server, tasks = Unruly(), set[asyncio.Task[None]]()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        server.connected += 1
        try:
            asked = await _read(reader)
            server.asked.append(asked)
            server.came.set()
            server.busy += 1
            server.most = max(server.most, server.busy)
            path = asked.path.partition("?")[0]
            way = asyncio.create_task(WAYS["/farther" if path.startswith("/farther") else path](server, asked, writer))
            gone = asyncio.create_task(reader.read())
            await asyncio.wait({way, gone}, return_when=asyncio.FIRST_COMPLETED)
            server.busy -= 1
            way.cancel()
            gone.cancel()
            await asyncio.gather(way, gone, return_exceptions=True)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            server.connected -= 1
            server.left.set()
            writer.close()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(serve(reader, writer))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    listening = await asyncio.start_server(accept, "127.0.0.1", 0, backlog=1000)
    server.port = listening.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listening.close()
        for task in list(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
