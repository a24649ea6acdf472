"""What the platform is measured against: a bare aiohttp handler that verifies Slack's signature; and Slack itself.

`python -m bench.slack_bare SECRET` prints its port and serves on loopback until its standard input closes:
`POST /slack/events` as lean as can be, and every method of the Web API and every response_url with one answer.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import sys
import time

import uvloop
from aiohttp import web

from tests.standins.slack.world import BOT, BOT_USER, TEAM

_STALE = 300  # seconds


class _Bare:
    def __init__(self, secret: str) -> None:
        self._key = secret.encode()
        self._made = 0

    async def events(self, request: web.Request) -> web.Response:
        body = await request.read()
        stamp = request.headers.get("X-Slack-Request-Timestamp", "")
        if not stamp.isdigit() or abs(time.time() - int(stamp)) > _STALE:
            return web.Response(status=401)
        right = "v0=" + hmac.new(self._key, b"v0:%b:%b" % (stamp.encode(), body), hashlib.sha256).hexdigest()
        if not hmac.compare_digest(right, request.headers.get("X-Slack-Signature", "")):
            return web.Response(status=401)
        return web.Response()

    async def slack(self, request: web.Request) -> web.Response:
        await request.read()
        self._made += 1
        return web.json_response(
            {
                "ok": True, "team_id": TEAM, "team": "bench", "user_id": BOT_USER, "user": "readiness", "bot_id": BOT,
                "ts": f"1700000000.{self._made:06d}", "messages": [],
            }
        )  # fmt: skip


async def serve(secret: str) -> None:
    bare, app = _Bare(secret), web.Application()
    app.router.add_post("/slack/events", bare.events)
    app.router.add_route("*", "/api/{method}", bare.slack)
    app.router.add_post("/response/{key}", bare.slack)
    runner = web.AppRunner(app, access_log=None, handle_signals=False)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print(runner.addresses[0][1], flush=True)
    closed = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_reader(sys.stdin.fileno(), closed.set)
    await closed.wait()
    loop.remove_reader(sys.stdin.fileno())
    await runner.cleanup()


if __name__ == "__main__":
    uvloop.run(serve(sys.argv[1]))
