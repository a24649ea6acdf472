"""What answers over HTTP: the shop itself, and what stands around it (a redirect, Prometheus, a status page)."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import time
from dataclasses import dataclass, field
from pathlib import Path

from aiohttp import web

from bot.demo.data import CUSTOMERS, orders_of

DOMAIN = "shop.test"  # .test belongs to nobody: RFC 6761
_LOGINS = 5  # a second
_HEADERS = {
    "Content-Security-Policy": "default-src 'self'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
_PAGE = "<!doctype html><title>The shop</title><h1>The shop</h1><p>It sells nothing, but it answers."
_HSTS = "max-age=31536000; includeSubDomains"


@dataclass
class Shop:
    """The service that is to go live. What is wrong with it at first: `hsts` is off, `debug` is on."""

    database: Path
    signing: str = field(repr=False)
    hsts: bool = False
    debug: bool = True
    answered: int = 0
    failed: int = 0
    _second: int = 0
    _logins: int = 0

    def application(self) -> web.Application:
        app = web.Application()
        app.on_response_prepare.append(self._dress)
        app.add_routes(
            [
                web.get("/", self._page),
                web.get("/health", self._health),
                web.get("/api/orders", self._orders),
                web.post("/api/payments/webhook", self._webhook),
                web.post("/login", self._login),
                web.get("/debug/vars", self._debug),
            ]
        )
        return app

    async def _dress(self, request: web.Request, response: web.StreamResponse) -> None:
        """Every answer is counted and gets its headers, those that refuse something too."""
        self.answered += 1
        self.failed += response.status >= 500
        response.headers.update(_HEADERS)
        if self.hsts and request.secure:
            response.headers["Strict-Transport-Security"] = _HSTS
        if request.headers.get("Origin") == f"https://{DOMAIN}":
            response.headers["Access-Control-Allow-Origin"] = f"https://{DOMAIN}"
            response.headers["Vary"] = "Origin"

    async def _page(self, _request: web.Request) -> web.Response:
        return web.Response(text=_PAGE, content_type="text/html")

    async def _health(self, _request: web.Request) -> web.Response:
        await asyncio.to_thread(orders_of, self.database, 0)
        return web.json_response({"status": "ok", "database": "ok"})

    async def _orders(self, request: web.Request) -> web.Response:
        customer = request.query.get("customer", "")
        if not customer.isdecimal() or int(customer) >= CUSTOMERS:
            return web.json_response({"error": f"customer is a number below {CUSTOMERS}"}, status=400)
        found = await asyncio.to_thread(orders_of, self.database, int(customer))
        return web.json_response({"orders": [{"id": number, "cents": cents} for number, cents in found]})

    async def _webhook(self, request: web.Request) -> web.Response:
        signed = hmac.digest(self.signing.encode(), await request.read(), hashlib.sha256).hex()
        if not hmac.compare_digest(signed.encode(), request.headers.get("Shop-Signature", "").encode()):
            return web.json_response({"error": "the signature is missing or wrong"}, status=400)
        return web.json_response({"received": True})

    async def _login(self, _request: web.Request) -> web.Response:
        second = int(time.monotonic())
        self._logins = self._logins + 1 if second == self._second else 1
        self._second = second
        if self._logins > _LOGINS:
            return web.json_response({"error": "too many attempts"}, status=429, headers={"Retry-After": "1"})
        return web.json_response({"error": "wrong name or password"}, status=401)

    async def _debug(self, _request: web.Request) -> web.Response:
        if not self.debug:
            raise web.HTTPNotFound
        return web.json_response({"database": str(self.database), "answered": self.answered})


def redirecting(web_port: int) -> web.Application:
    """The port of plain HTTP: it knows nothing but the way to HTTPS."""

    async def to_https(request: web.Request) -> web.Response:
        host = (request.host or "127.0.0.1").partition(":")[0]
        return web.Response(status=308, headers={"Location": f"https://{host}:{web_port}{request.path_qs}"})

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", to_https)
    return app


def prometheus(shop: Shop) -> web.Application:
    """As much of Prometheus' HTTP API as the catalogue asks for, over what the shop really counts."""

    async def query(request: web.Request) -> web.Response:
        form = await request.post() if request.method == "POST" else request.query
        asked = str(form.get("query", ""))
        values = {
            "shop_error_ratio": shop.failed / max(shop.answered, 1),
            'avg_over_time(up{job="shop"}': 100.0,
        }
        result = [
            {"metric": {"job": "shop"}, "value": [time.time(), str(value)]}
            for known, value in values.items()
            if known in asked
        ]
        return web.json_response({"status": "success", "data": {"resultType": "vector", "result": result}})

    app = web.Application()
    app.add_routes([web.get("/api/v1/query", query), web.post("/api/v1/query", query)])
    return app


def status_page() -> web.Application:
    """The page where the payment provider tells how it is, as Atlassian Statuspage has it."""

    async def status(_request: web.Request) -> web.Response:
        told = {"indicator": "none", "description": "All Systems Operational"}
        return web.json_response({"page": {"name": "Payments"}, "status": told})

    app = web.Application()
    app.add_routes([web.get("/api/v2/status.json", status)])
    return app
