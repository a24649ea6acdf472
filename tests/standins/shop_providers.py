"""What the team in examples/shop-coolify buys: Stripe, GitHub, a registry, Prometheus, a status page.

Each answers in the shape that its documentation gives, and only to whoever has its token.
"""

from __future__ import annotations

import json
import ssl
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from aiohttp import web

HOST = "127.0.0.1"
REPO = "example/shop"
DAY = 86400
FAULTS = frozenset(
    [
        "alert-rules",
        "backup-daily",
        "build-time",
        "error-rate",
        "image-size",
        "memory",
        "no-critical-vulnerability",
        "pipeline",
        "services-healthy",
        "status-page",
        "troubleshooting",
        "webhook-registered",
    ]
)
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
_FILES = {
    "runbooks/rollback.md": 1400,
    "docs/troubleshooting.md": 3200,
}


@asynccontextmanager
async def served(app: web.Application, context: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    """The app on a free port of loopback; gives the port."""
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, HOST, 0, ssl_context=context).start()
    try:
        yield int(runner.addresses[0][1])
    finally:
        await runner.cleanup()


class Providers:
    """faults: shared with the stack; whatever is not in it is well. tokens: by the name of the secret."""

    def __init__(self, faults: set[str], tokens: Mapping[str, str]) -> None:
        self._faults, self._tokens, self._webhook = faults, tokens, ""

    async def open(self, exits: AsyncExitStack, webhook: str) -> dict[str, str]:
        """Serve them all until `exits` closes; gives the catalogue's variables with their addresses."""
        self._webhook = webhook
        routes: dict[str, dict[str, Handler]] = {
            "stripe": {"/v1/webhook_endpoints": self._hooks},
            "github": {
                f"/repos/{REPO}/secret-scanning/alerts": self._nothing,
                f"/repos/{REPO}/dependabot/alerts": self._vulnerabilities,
                f"/repos/{REPO}/actions/workflows/{{workflow}}/runs": self._runs,
                f"/repos/{REPO}/readme": self._readme,
                f"/repos/{REPO}/contents/runbooks": self._folder,
                f"/repos/{REPO}/contents/{{path:.+}}": self._file,
            },
            "registry": {"/v2/shop/api/manifests/production": self._manifest},
            "prometheus": {"/api/v1/query": self._query, "/api/v1/rules": self._rules},
            "status_page": {"/api/v2/status.json": self._status},
        }
        secrets = {"stripe": "STRIPE_READ_KEY", "status_page": None}
        found = {}
        for name, handlers in routes.items():
            secret = secrets.get(name, f"{name.upper()}_TOKEN")
            app = web.Application(middlewares=[_only_with(self._tokens[secret])] if secret else [])
            for path, handler in handlers.items():
                app.router.add_get(path, handler)
            port = await exits.enter_async_context(served(app))
            found[name] = f"http://{HOST}:{port}"
        return found

    async def _hooks(self, _request: web.Request) -> web.Response:
        status = "disabled" if "webhook-registered" in self._faults else "enabled"
        events = ["payment_intent.succeeded", "payment_intent.payment_failed"]
        hook = {"id": "we_1", "url": self._webhook, "status": status, "livemode": True, "enabled_events": events}
        return web.json_response({"object": "list", "data": [hook], "has_more": False})

    async def _nothing(self, _request: web.Request) -> web.Response:
        return web.json_response([])

    async def _vulnerabilities(self, request: web.Request) -> web.Response:
        if request.query.get("severity") != "critical" or "no-critical-vulnerability" not in self._faults:
            return web.json_response([])
        return web.json_response([{"number": 7, "state": "open", "security_advisory": {"severity": "critical"}}])

    async def _runs(self, request: web.Request) -> web.Response:
        workflow, status = request.match_info["workflow"], request.query.get("status")
        if workflow not in ("deploy.yml", "integration.yml"):
            raise web.HTTPNotFound
        failed = workflow == "deploy.yml" and status == "completed" and "pipeline" in self._faults
        minutes = 14 if "build-time" in self._faults else 6
        run = {
            "status": "completed",
            "conclusion": "failure" if failed else "success",
            "run_started_at": "2026-03-02T09:00:00Z",
            "updated_at": f"2026-03-02T09:{minutes:02}:00Z",
        }
        return web.json_response({"total_count": 1, "workflow_runs": [run]})

    async def _readme(self, _request: web.Request) -> web.Response:
        return web.json_response({"type": "file", "path": "README.md", "size": 4800})

    async def _folder(self, _request: web.Request) -> web.Response:
        return web.json_response([{"type": "file", "name": name} for name in ("restore.md", "rollback.md")])

    async def _file(self, request: web.Request) -> web.Response:
        path = request.match_info["path"]
        if path not in _FILES or (path == "docs/troubleshooting.md" and "troubleshooting" in self._faults):
            return web.json_response({"message": "Not Found"}, status=404)
        return web.json_response({"type": "file", "path": path, "size": _FILES[path]})

    async def _manifest(self, _request: web.Request) -> web.Response:
        sizes = [31_000_000, 780_000_000] if "image-size" in self._faults else [31_000_000, 90_000_000]
        return web.json_response({"schemaVersion": 2, "layers": [{"size": size} for size in sizes]})

    async def _status(self, _request: web.Request) -> web.Response:
        indicator = "major" if "status-page" in self._faults else "none"
        return web.json_response({"page": {"id": "shop"}, "status": {"indicator": indicator, "description": ""}})

    async def _rules(self, _request: web.Request) -> web.Response:
        names = ["ErrorRateHigh", "MemoryHigh"] + ([] if "alert-rules" in self._faults else ["BackupOld"])
        group = {"name": "shop", "rules": [{"name": name, "type": "alerting"} for name in names]}
        return web.json_response(text=_compact({"status": "success", "data": {"groups": [group]}}))

    async def _query(self, request: web.Request) -> web.Response:
        """The values of the first metric that the query is about; of one that nobody knows, no series."""
        query = request.query["query"]
        values = next((values for metric, values in self._metrics().items() if metric in query), [])
        result = [{"metric": {"number": str(n)}, "value": [time.time(), str(v)]} for n, v in enumerate(values)]
        return web.json_response({"status": "success", "data": {"resultType": "vector", "result": result}})

    def _metrics(self) -> dict[str, list[float]]:
        def either(fault: str, bad: float, good: float) -> float:
            return bad if fault in self._faults else good

        return {
            "mongodb_indexstats_accesses_ops": [2],
            "mongodb_ss_connections": [0.21],
            "probe_success": [1, 1, either("services-healthy", 0, 1)],
            "container_memory_working_set_bytes": [either("memory", 0.93, 0.61)],
            "container_spec_memory_limit_bytes": [268_435_456],
            "http_request_duration_seconds_bucket": [0.42],
            "http_requests_total": [either("error-rate", 0.04, 0.002)],
            "avg_over_time(up": [99.95],
            "alertmanager_notifications_total": [5],
            "backup_last_success_timestamp_seconds": [either("backup-daily", 3 * DAY, 1800)],
        }


def _only_with(token: str) -> Any:
    @web.middleware
    async def ask(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.headers.get("Authorization") != f"Bearer {token}":
            return web.json_response({"message": "who are you?"}, status=401)
        return await handler(request)

    return ask


def _compact(value: Any) -> str:
    """JSON without spaces, as programs in Go write it."""
    return json.dumps(value, separators=(",", ":"))
