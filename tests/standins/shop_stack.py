"""The stack of the team in examples/shop-coolify, on loopback: site, desk, API, name server, database port, settings.

It begins with faults, each called by the id of the item that must find it, and `mend` really takes them away. What the
team buys (Stripe, GitHub, a registry, Prometheus, a status page) is in `shop_providers`.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import socket
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset
import trustme
from aiohttp import web

from tests.standins.shop_providers import FAULTS as PROVIDER_FAULTS
from tests.standins.shop_providers import Providers, served

HOST = "127.0.0.1"
DOMAIN, ADDRESS = "shop.example.com", "203.0.113.10"
WEBHOOK_SECRET = b"whsec_of_the_stand_in"
LOGINS = 10  # attempts until the API has enough
TOKENS = {
    "STRIPE_READ_KEY": "rk_live_only_for_reading",
    "GITHUB_TOKEN": "github-token-of-the-stand-in",
    "REGISTRY_TOKEN": "registry-token-of-the-stand-in",
    "PROMETHEUS_TOKEN": "prometheus-token-of-the-stand-in",
}
FAULTS = frozenset(
    [
        "certificate",
        "cors",
        "debug-routes",
        "dns",
        "email",
        "forged-signature",
        "hsts",
        "jwt-secret",
        "live-keys",
        "mongo-connected",
        "mongo-internal",
        "rate-limited",
        "security-headers",
        "webhook-signed",
    ]
)
_WEAK = {"JWT_SECRET": "shop-secret", "STRIPE_SECRET_KEY": "sk_test_4242"}
_STRONG = {"JWT_SECRET": "q8Zt2vLr0WnXc5Yb1Ks7Md4Hf9Gj3Pa6Te", "STRIPE_SECRET_KEY": "sk_live_4242"}
_HEADERS = {
    "Content-Security-Policy": "default-src 'self'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin",
}
_ZONE = {
    f"A {DOMAIN}": [ADDRESS],
    f"A desk.{DOMAIN}": [ADDRESS],
    f"A api.{DOMAIN}": [ADDRESS],
    f"MX {DOMAIN}": [f"10 mail.{DOMAIN}."],
    f"TXT {DOMAIN}": ['"v=spf1 include:mail.example -all"'],
    f"TXT s1._domainkey.{DOMAIN}": ['"k=rsa; t=s; p=MIGfMA0G"'],
    f"TXT _dmarc.{DOMAIN}": ['"v=DMARC1; p=quarantine"'],
}


class ShopStack:
    """faults: ids of the items that cannot hold as the stack is now. Lives in the event loop that opened it."""

    def __init__(self, folder: Path) -> None:
        self.faults = set(FAULTS | PROVIDER_FAULTS)
        self.variables: dict[str, str] = {}
        self._folder, self._logins = folder, 0
        self._authority = trustme.CA()
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._database: asyncio.Server | None = None
        self._providers = Providers(self.faults, TOKENS)

    @property
    def environ(self) -> Mapping[str, str]:
        """What the program needs in its environment: the secrets, and the authority to trust."""
        return {**TOKENS, "SSL_CERT_FILE": str(self._folder / "ca.pem"), "GIT_SHA": "4f2a9c1"}

    async def mend(self) -> None:
        """Take every fault away: close, renew, publish, configure."""
        self.faults.clear()
        self._settle()
        if self._database is not None:
            self._database.close()
            await self._database.wait_closed()

    def _settle(self) -> None:
        """Bring certificate and settings to where the faults say they are."""
        days = 6 if "certificate" in self.faults else 80
        self._authority.issue_cert(HOST, not_after=datetime.now(UTC) + timedelta(days=days)).configure_cert(self._tls)
        settings = "".join(
            f"{name}={(_WEAK if fault in self.faults else _STRONG)[name]}\n"
            for name, fault in (("JWT_SECRET", "jwt-secret"), ("STRIPE_SECRET_KEY", "live-keys"))
        )
        (self._folder / "api.env").write_text(settings, encoding="utf-8")

    async def _open(self, exits: AsyncExitStack) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        self._authority.cert_pem.write_to_path(str(self._folder / "ca.pem"))
        self._settle()
        self._database = await asyncio.start_server(_hang_up, HOST, 0)
        exits.callback(self._database.close)
        site = await exits.enter_async_context(served(self._app(self._site), self._tls))
        desk = await exits.enter_async_context(served(self._app(self._desk), self._tls))
        api = await exits.enter_async_context(served(self._api(), self._tls))
        plain = await exits.enter_async_context(served(self._app(self._plain)))
        resolver, _ = await asyncio.get_running_loop().create_datagram_endpoint(
            lambda: _Resolver(self.faults), local_addr=(HOST, 0)
        )
        exits.callback(resolver.close)
        silent, silent_port = _bound()
        exits.callback(silent.close)
        own = {
            "resolvers": f"{HOST}:{resolver.get_extra_info('sockname')[1]}",
            "public_host": HOST,
            "api_port": str(silent_port),
            "mongo_port": str(self._database.sockets[0].getsockname()[1]),
            "site": f"https://{HOST}:{site}",
            "site_http": f"http://{HOST}:{plain}",
            "tls_port": str(site),
            "desk": f"https://{HOST}:{desk}",
            "api": f"https://{HOST}:{api}",
            "api_http": f"http://{HOST}:{plain}",
            "webhook": f"https://{HOST}:{api}/api/payments/webhook",
            "env_file": str(self._folder / "api.env"),
        }
        self.variables |= own | await self._providers.open(exits, own["webhook"])

    def _app(self, handler: Any) -> web.Application:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", handler)
        return app

    async def _site(self, _request: web.Request) -> web.Response:
        age = "max-age=3600" if "hsts" in self.faults else "max-age=31536000; includeSubDomains"
        headers = {} if "security-headers" in self.faults else _HEADERS
        page = "<!doctype html><title>Shop</title>"
        return web.Response(text=page, content_type="text/html", headers={"Strict-Transport-Security": age, **headers})

    async def _desk(self, _request: web.Request) -> web.Response:
        return web.Response(text="<!doctype html><title>Desk</title>", content_type="text/html")

    async def _plain(self, request: web.Request) -> web.Response:
        return web.Response(status=308, headers={"Location": f"https://{DOMAIN}{request.path_qs}"})

    def _api(self) -> web.Application:
        app = web.Application()
        app.router.add_get("/health", self._health)
        app.router.add_get("/api/products", self._products)
        app.router.add_post("/api/auth/login", self._login)
        app.router.add_post("/api/payments/webhook", self._webhook)
        app.router.add_get("/api/debug/env", self._debug)
        app.router.add_get("/openapi.json", self._contract)
        return app

    async def _health(self, _request: web.Request) -> web.Response:
        state = "connecting" if "mongo-connected" in self.faults else "connected"
        database = {"state": state, "name": "shop_production"}
        said = {"status": "ok", "environment": "production", "version": "4f2a9c1", "uptime": 8123, "database": database}
        return web.json_response(said)

    async def _products(self, _request: web.Request) -> web.Response:
        origin = "*" if "cors" in self.faults else f"https://{DOMAIN}"
        products = [{"id": number, "name": f"Product {number}"} for number in range(20)]
        return web.json_response(products, headers={"Access-Control-Allow-Origin": origin})

    async def _login(self, _request: web.Request) -> web.Response:
        self._logins += 1
        tired = self._logins > LOGINS and "rate-limited" not in self.faults
        return web.json_response({"error": "no"}, status=429 if tired else 401)

    async def _webhook(self, request: web.Request) -> web.Response:
        body, header = await request.read(), request.headers.get("Stripe-Signature")
        fault = "webhook-signed" if header is None else "forged-signature"
        if fault not in self.faults and not _signed(body, header or ""):
            return web.json_response({"error": "no such signature"}, status=400)
        return web.json_response({"received": True})

    async def _debug(self, _request: web.Request) -> web.Response:
        if "debug-routes" not in self.faults:
            raise web.HTTPNotFound
        return web.json_response({"NODE_ENV": "production"})

    async def _contract(self, _request: web.Request) -> web.Response:
        return web.json_response({"openapi": "3.1.0", "paths": {"/api/products": {}, "/api/payments/webhook": {}}})


def _signed(body: bytes, header: str) -> bool:
    """Stripe's scheme: https://docs.stripe.com/webhooks#verify-manually."""
    parts = dict(part.partition("=")[::2] for part in header.split(","))
    made = hmac.new(WEBHOOK_SECRET, parts.get("t", "").encode() + b"." + body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(made, parts.get("v1", ""))


def _bound() -> tuple[socket.socket, int]:
    """A port that is taken and does not listen, so that every connection to it is refused."""
    taken = socket.socket()
    taken.bind((HOST, 0))
    return taken, int(taken.getsockname()[1])


async def _hang_up(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.close()


class _Resolver(asyncio.DatagramProtocol):
    """A name server. While there are faults, the desk has no address and mail has no policy."""

    def __init__(self, faults: set[str]) -> None:
        self._faults = faults

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.DatagramTransport", transport)  # asyncio's own is no instance of it

    def datagram_received(self, data: bytes, address: Any) -> None:
        query = dns.message.from_wire(data)
        response = dns.message.make_response(query)
        response.flags |= dns.flags.RA
        question = query.question[0]
        kind, name = dns.rdatatype.to_text(question.rdtype), question.name.to_text(omit_final_dot=True)
        missing = {"dns": f"A desk.{DOMAIN}", "email": f"TXT _dmarc.{DOMAIN}"}
        asked = f"{kind} {name}"
        if asked in _ZONE and not any(missing.get(fault) == asked for fault in self._faults):
            response.answer.append(dns.rrset.from_text(question.name, 60, "IN", kind, *_ZONE[asked]))
        else:
            response.set_rcode(dns.rcode.NXDOMAIN)
        self._transport.sendto(response.to_wire(), address)


@asynccontextmanager
async def shop_stack(folder: Path) -> AsyncIterator[ShopStack]:
    """The stack with all its faults, until the block ends; what it writes goes to `folder`."""
    async with AsyncExitStack() as exits:
        stack = ShopStack(folder)
        await stack._open(exits)
        yield stack
