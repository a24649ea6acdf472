"""What the presets are measured against: providers, databases and a name server, all real enough to be wrong.

Each world is opened for one case and gives the values that the case's parameters name: `{base}`, `{database}`, ...
"""

from __future__ import annotations

import asyncio
import json
import socket
import sqlite3
import ssl
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import psycopg
import trustme
from aiohttp import web


@dataclass(frozen=True)
class Place:
    """Where worlds may put things, and the PostgreSQL of this test process, started when it is first asked for."""

    folder: Path
    postgres: Callable[[], str]


@dataclass(frozen=True)
class Answer:
    """What a provider says. `json` wins over `text`."""

    json: Any = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    text: str = ""


@dataclass(frozen=True)
class Web:
    """A provider. `answers` by 'METHOD /path?query', word for word; anything else is 404.

    needs: headers without which it answers 401. body: the JSON that must be sent, or it answers 400.
    after: from this many requests on, it answers 429.
    """

    answers: Mapping[str, Answer]
    needs: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    after: int | None = None
    tls: bool = False

    @asynccontextmanager
    async def open(self, place: Place) -> AsyncIterator[dict[str, Any]]:
        values: dict[str, Any] = {}
        context = await asyncio.to_thread(_certificate, place.folder, values) if self.tls else None
        async with _served(_app(self), context) as served:
            yield values | served


@asynccontextmanager
async def _served(app: web.Application, context: ssl.SSLContext | None = None) -> AsyncIterator[dict[str, Any]]:
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
    host, port = runner.addresses[0][:2]
    try:
        scheme = "https" if context else "http"
        yield {"base": f"{scheme}://{host}:{port}", "host": f"{host}:{port}", "port": port}
    finally:
        await runner.cleanup()


def _app(world: Web) -> web.Application:
    asked = 0

    async def answer(request: web.Request) -> web.Response:
        nonlocal asked
        asked += 1
        if world.after is not None and asked > world.after:
            return web.Response(status=429)
        if any(request.headers.get(name) != value for name, value in world.needs.items()):
            return web.json_response({"message": "who are you?"}, status=401)
        if world.body is not None and await request.json() != world.body:
            return web.json_response({"message": "what do you mean?"}, status=400)
        found = world.answers.get(f"{request.method} {request.path_qs}", Answer({"message": "Not Found"}, 404))
        origin = request.headers.get("Origin", "")
        headers = {name: value.replace("ECHO", origin) for name, value in found.headers.items()}
        if found.json is None:
            return web.Response(text=found.text, status=found.status, headers=headers)
        return web.json_response(text=json.dumps(found.json), status=found.status, headers=headers)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    return app


def _certificate(folder: Path, values: dict[str, Any], host: str = "127.0.0.1") -> ssl.SSLContext:
    authority = trustme.CA()
    values["ca"] = str(folder / "ca.pem")
    authority.cert_pem.write_to_path(values["ca"])
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(host).configure_cert(context)
    return context


@dataclass(frozen=True)
class Prometheus:
    """One series for each value, if that very query is asked; otherwise none."""

    query: str
    values: tuple[str, ...]

    def __init__(self, query: str, *values: str) -> None:
        object.__setattr__(self, "query", query)
        object.__setattr__(self, "values", values)

    @asynccontextmanager
    async def open(self, place: Place) -> AsyncIterator[dict[str, Any]]:
        app = web.Application()
        app.router.add_route("*", "/api/v1/query", self._answer)
        async with _served(app) as served:
            yield served

    async def _answer(self, request: web.Request) -> web.Response:
        asked = request.query.get("query") or str((await request.post()).get("query"))
        values = self.values if asked == self.query else ()
        result = [{"metric": {}, "value": [1.5, value]} for value in values]
        return web.json_response({"status": "success", "data": {"resultType": "vector", "result": result}})


@dataclass(frozen=True)
class Nothing:
    """A place where nobody is at home."""

    @asynccontextmanager
    async def open(self, place: Place) -> AsyncIterator[dict[str, Any]]:
        # Bound and not listening, so that nobody else gets the port and every connection is refused.
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            port = taken.getsockname()[1]
            nowhere = place.folder / "nowhere"
            yield {
                "base": f"http://127.0.0.1:{port}",
                "host": f"127.0.0.1:{port}",
                "port": port,
                "database": f"postgresql://nobody@127.0.0.1:{port}/none",
                "nameserver": f"127.0.0.1:{port}",
                "file": str(nowhere / "secrets"),
                "ca": str(nowhere / "ca.pem"),
            }


@dataclass(frozen=True)
class Listener:
    """A server with a certificate for that name, and nothing to say."""

    tls: str

    @asynccontextmanager
    async def open(self, place: Place) -> AsyncIterator[dict[str, Any]]:
        async def greet(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.close()

        values: dict[str, Any] = {}
        context = await asyncio.to_thread(_certificate, place.folder, values, self.tls)
        server = await asyncio.start_server(greet, "127.0.0.1", 0, ssl=context)
        async with server:
            yield values | {"port": server.sockets[0].getsockname()[1]}


@dataclass(frozen=True)
class Sqlite:
    """A database in a file, as the script leaves it."""

    script: str

    @asynccontextmanager
    async def open(self, place: Place) -> AsyncIterator[dict[str, Any]]:
        yield {"database": await asyncio.to_thread(self._make, place.folder / "shop.db")}

    def _make(self, file: Path) -> str:
        connection = sqlite3.connect(file)
        connection.executescript(self.script)
        connection.close()
        return f"sqlite:///{file}"


@dataclass(frozen=True)
class Postgres:
    """A fresh database of a real server, as the script leaves it."""

    script: str

    @asynccontextmanager
    async def open(self, place: Place) -> AsyncIterator[dict[str, Any]]:
        yield {"database": await asyncio.to_thread(self._make, place.postgres())}

    def _make(self, server: str) -> str:
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute("DROP DATABASE IF EXISTS shop")
            connection.execute("CREATE DATABASE shop")
        database = server.replace("/postgres?", "/shop?")
        with psycopg.connect(database) as connection:
            connection.execute(self.script.encode())
        return database


@dataclass(frozen=True)
class Environment:
    """A dotenv file."""

    text: str

    @asynccontextmanager
    async def open(self, place: Place) -> AsyncIterator[dict[str, Any]]:
        file = place.folder / "production.env"
        await asyncio.to_thread(file.write_text, self.text, encoding="utf-8")
        yield {"file": str(file)}


@dataclass(frozen=True)
class Names:
    """A name server. `zone` by 'TYPE name'; the rest does not exist."""

    zone: Mapping[str, list[str]]

    @asynccontextmanager
    async def open(self, place: Place) -> AsyncIterator[dict[str, Any]]:
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_datagram_endpoint(lambda: _Resolver(self.zone), local_addr=("127.0.0.1", 0))
        try:
            yield {"nameserver": f"127.0.0.1:{transport.get_extra_info('sockname')[1]}"}
        finally:
            transport.close()


class _Resolver(asyncio.DatagramProtocol):
    def __init__(self, zone: Mapping[str, list[str]]) -> None:
        self._zone = zone

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, address: Any) -> None:
        query = dns.message.from_wire(data)
        response = dns.message.make_response(query)
        response.flags |= dns.flags.RA
        question = query.question[0]
        kind = dns.rdatatype.to_text(question.rdtype)
        name = question.name.to_text(omit_final_dot=True)
        if records := self._zone.get(f"{kind} {name}"):
            response.answer.append(dns.rrset.from_text(question.name, 60, "IN", kind, *records))
        elif not any(key.endswith(f" {name}") for key in self._zone):
            response.set_rcode(dns.rcode.NXDOMAIN)
        self._transport.sendto(response.to_wire(), address)


World = Web | Prometheus | Nothing | Listener | Sqlite | Postgres | Environment | Names
