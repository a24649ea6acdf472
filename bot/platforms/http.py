"""The program's own HTTP: health, metrics, and reports from other systems."""

from __future__ import annotations

import hmac
import json
import logging
from collections.abc import Awaitable, Callable, Mapping

from aiohttp import web
from pydantic import ValidationError

from bot.commands.reports import NoSuchItem, NotReported, ReportBody, ReportDesk
from bot.engine.metrics import Metrics

log = logging.getLogger(__name__)
LARGEST_BODY = 64 * 1024  # bytes; a report is a sentence and a link
LARGEST_EVENT = 1024 * 1024  # bytes; a click brings along the message that it was made on
LONGEST_KEY = 200  # characters of an Idempotency-Key: the column that keeps it
Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]
NotReady = Callable[[], Awaitable[list[str]]]
"""Gives what is not connected, a sentence each; nothing when all is well."""


class HttpServer:
    """Serves `/healthz`, `/readyz`, `/metrics` and `/reports/{env}/{item}` on one address."""

    def __init__(
        self, reports: ReportDesk, metrics: Metrics, not_ready: NotReady, report_token: str | None,
        events: Mapping[str, Answer] | None = None,
    ) -> None:  # fmt: skip
        """events: what answers a POST from a platform, by path ('/slack/events')."""
        self._reports, self._metrics, self._not_ready, self._token = reports, metrics, not_ready, report_token
        self._events = dict(events or {})
        self._runner: web.AppRunner | None = None

    async def start(self, host: str, port: int) -> int:
        """Listen; gives the port, which is another one when `port` is 0. Raises OSError when it cannot be had."""
        app = web.Application(client_max_size=LARGEST_EVENT, middlewares=[_plain_errors])
        app.router.add_get("/healthz", self._healthz)
        app.router.add_get("/readyz", self._readyz)
        app.router.add_get("/metrics", self._metrics_text)
        app.router.add_post("/reports/{env}/{item}", self._report)
        for path, answer in self._events.items():
            app.router.add_post(path, answer)
        self._runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=2.0)
        await self._runner.setup()
        site = web.TCPSite(self._runner, host, port)
        await site.start()
        return int(self._runner.addresses[0][1])

    async def stop(self) -> None:
        """Answer what is under way, for at most two seconds, then close."""
        if self._runner:
            await self._runner.cleanup()

    async def _healthz(self, _request: web.Request) -> web.Response:
        return web.json_response({"alive": True})

    async def _readyz(self, _request: web.Request) -> web.Response:
        reasons = await self._not_ready()
        return web.json_response({"ready": not reasons, "reasons": reasons}, status=503 if reasons else 200)

    async def _metrics_text(self, _request: web.Request) -> web.Response:
        body = await self._metrics.text()
        return web.Response(body=body, headers={"Content-Type": "text/plain; version=0.0.4; charset=utf-8"})

    async def _report(self, request: web.Request) -> web.Response:
        refused = self._refused(request)
        if refused:
            return refused
        key = request.headers.get("Idempotency-Key")
        if key is not None and not 0 < len(key) <= LONGEST_KEY:
            return _error(400, f"Idempotency-Key must have 1 to {LONGEST_KEY} characters.")
        written = await request.read()
        if len(written) > LARGEST_BODY:
            return _error(413, f"The body is larger than {LARGEST_BODY // 1024} KiB.")
        try:
            body = ReportBody.model_validate_json(written)
        except ValidationError as wrong:
            return _error(422, _what_is_wrong(wrong))
        try:
            receipt = await self._reports.receive(request.match_info["env"], request.match_info["item"], body, key)
        except NoSuchItem as missing:
            return _error(404, str(missing))
        except NotReported as wrong:
            return _error(409, str(wrong))
        return web.json_response(
            {
                "id": receipt.id, "environment": receipt.environment, "item": receipt.item,
                "outcome": receipt.outcome, "repeated": receipt.repeated,
            },
            status=200 if receipt.repeated else 201,
        )  # fmt: skip

    def _refused(self, request: web.Request) -> web.Response | None:
        if not self._token:
            return _error(403, "Reports are switched off: set READINESS_REPORT_TOKEN where the bot runs.")
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not hmac.compare_digest(token.strip().encode(), self._token.encode()):
            answer = _error(401, "The token is missing or wrong; send Authorization: Bearer READINESS_REPORT_TOKEN.")
            answer.headers["WWW-Authenticate"] = "Bearer"
            return answer
        return None


@web.middleware
async def _plain_errors(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Every error is a sentence in JSON; nothing of the program's inside gets out."""
    try:
        return await handler(request)
    except web.HTTPRequestEntityTooLarge:
        return _error(413, f"The body is larger than {LARGEST_BODY // 1024} KiB.")
    except web.HTTPException as known:
        return _error(known.status, f"{known.reason}: {request.method} {request.path}")
    except Exception:
        log.exception("A request failed.", extra={"key": "http.failed", "path": request.path})
        return _error(503, "It could not be done now and nothing was recorded; try again.")


def _error(status: int, sentence: str) -> web.Response:
    return web.Response(
        status=status, text=json.dumps({"error": sentence}, ensure_ascii=False), content_type="application/json"
    )


def _what_is_wrong(wrong: ValidationError) -> str:
    parts = []
    for error in wrong.errors(include_url=False, include_input=False):
        where = ".".join(str(step) for step in error["loc"])
        parts.append(f"{where}: {error['msg']}" if where else str(error["msg"]))
    return "; ".join(parts) + '. Send {"outcome": "pass", "summary": "...", "url": "..."}.'
