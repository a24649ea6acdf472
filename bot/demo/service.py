"""The small real service of the demo, broken in four true ways at first: `start`, `repair`, `stop`.

It listens on loopback only and lives in the process and on the loop that start it: when that process ends, however it
ends, nothing is left running. All that it keeps is in one folder.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web

from bot.demo.certificates import Authority, make_authority
from bot.demo.data import UNFINISHED, finish_migration, make_database, make_settings
from bot.demo.ports import Doors, open_doors
from bot.demo.web import DOMAIN, Shop, prometheus, redirecting, status_page
from bot.demo.wires import NameServer, greet


@dataclass(frozen=True)
class Repair:
    """item: the id in the catalogue that it mends. does: what is really done, in one sentence."""

    item: str
    does: str
    do: Callable[[], Awaitable[None]]


class Service:
    """The demo's service, running. Make one with `start`."""

    def __init__(self, folder: Path, doors: Doors, authority: Authority, shop: Shop) -> None:
        self.folder, self.doors = folder, doors
        self._authority, self._shop = authority, shop
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._tls.minimum_version = ssl.TLSVersion.TLSv1_2
        self._runners: list[web.AppRunner] = []
        self._queue: asyncio.Server | None = None
        self._names: tuple[asyncio.DatagramTransport, NameServer] | None = None

    @classmethod
    async def start(cls, folder: Path) -> Service:
        """Make what it needs in `folder`, which is empty, and listen. Raises OSError."""
        authority, shop = await asyncio.to_thread(_prepare, folder)
        service = cls(folder, open_doors(), authority, shop)
        try:
            await service._install_certificate(days_left=2)
            await service._listen()
        except BaseException:
            await service.stop()
            raise
        return service

    async def stop(self) -> None:
        """Stop listening, and close every connection."""
        for runner in self._runners:
            await runner.cleanup()
        if self._queue is not None:
            self._queue.close()
            await self._queue.wait_closed()
        if self._names is not None:
            transport, names = self._names
            transport.close()
            await names.closed.wait()
        # Last: the loop closes what it was given by itself, and must not find another file under the same number.
        self.doors.close()

    def variables(self) -> dict[str, str]:
        """Where everything is, as variables of the catalogue."""
        return {**self.doors.variables(), "work": str(self.folder.resolve())}

    def repairs(self) -> tuple[Repair, ...]:
        """What is to be done until it is well; each once."""
        return (
            Repair("hsts", "the web server sends Strict-Transport-Security from now on", self._send_hsts),
            Repair("debug-off", "the route /debug/vars is taken away", self._close_debug),
            Repair("certificate", "the CA signs a certificate for 90 days; the listener takes it up", self._renew),
            Repair("migrations", f"the migration {UNFINISHED} is done to its end", self._migrate),
        )

    async def _listen(self) -> None:
        doors = self.doors
        shop = await self._runner(self._shop.application())
        await web.SockSite(shop, doors.sockets["web"], ssl_context=self._tls).start()
        await web.SockSite(shop, doors.sockets["inside"]).start()
        others = {
            "plain": redirecting(doors.port("web")),
            "prometheus": prometheus(self._shop),
            "payments": status_page(),
        }
        for name, app in others.items():
            await web.SockSite(await self._runner(app), doors.sockets[name]).start()
        self._queue = await asyncio.start_server(greet, sock=doors.sockets["queue"])
        loop = asyncio.get_running_loop()
        self._names = await loop.create_datagram_endpoint(NameServer, sock=doors.sockets["dns"])
        # The door "admin" stays as it is, bound but not listening: a port that nobody else can open, and is closed.

    async def _runner(self, app: web.Application) -> web.AppRunner:
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
        self._runners.append(runner)
        await runner.setup()
        return runner

    async def _send_hsts(self) -> None:
        self._shop.hsts = True

    async def _close_debug(self) -> None:
        self._shop.debug = False

    async def _renew(self) -> None:
        await self._install_certificate(days_left=90)

    async def _migrate(self) -> None:
        await asyncio.to_thread(finish_migration, self._shop.database)

    async def _install_certificate(self, days_left: int) -> None:
        """Connections made from now on are shown a new certificate; those that are open keep theirs."""
        file = await asyncio.to_thread(self._authority.issue, DOMAIN, days_left, self.folder)
        await asyncio.to_thread(self._tls.load_cert_chain, file)


def _prepare(folder: Path) -> tuple[Authority, Shop]:
    return make_authority(folder), Shop(make_database(folder), make_settings(folder))
