"""A bot of a few lines on the real slack-bolt, with which the stand-in is tested over HTTP and over Socket Mode."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Literal

from aiohttp import web
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from tests.standins.slack import SlackStandIn
from tests.standins.slack.samples import TYPED, actions, asking, button, modal, options, plain
from tests.standins.slack.shapes import Json

PICK: Json = {"type": "external_select", "action_id": "pick", "min_query_length": 0}


def bolt(slack: SlackStandIn) -> AsyncApp:
    """A small app: a command, a button, a form, a home."""
    client = AsyncWebClient(slack.bot_token, base_url=slack.api_url)
    app = AsyncApp(client=client, signing_secret=slack.signing_secret, process_before_response=True)

    @app.command("/readiness")
    async def readiness(ack: Any, command: Json, client: AsyncWebClient) -> None:
        if command["text"] == "slow":
            await asyncio.sleep(2)
        if command["text"] == "form":
            field = asking(TYPED | {"max_length": 20})
            day = asking({"type": "datepicker", "action_id": "d"}, block_id="day", label=plain("Until"))
            await client.views_open(
                trigger_id=command["trigger_id"], view=modal(field, day, callback_id="waive", notify_on_close=True)
            )
            await ack()
        elif command["text"] == "private":
            await ack("only for you")
        else:
            await ack()
            await client.chat_postMessage(channel=command["channel_id"], text="run", blocks=[actions(button("Re-run"))])

    @app.action("Re-run")
    async def rerun(ack: Any, body: Json, client: AsyncWebClient, respond: Any) -> None:
        await ack()
        if body["user"]["id"] == "U02":
            await respond("you may not", replace_original=False)
            return
        ts = body["message"]["ts"]
        await client.chat_update(channel=body["channel"]["id"], ts=ts, text=f"again by {body['user']['id']}")

    @app.view("waive")
    async def waive(ack: Any, view: Json) -> None:
        reason = view["state"]["values"]["b"]["a"]["value"]
        if reason == "no":
            await ack(response_action="errors", errors={"b": "say more"})
        elif reason == "elsewhere":
            await ack(response_action="errors", errors={"nowhere": "no such field"})
        else:
            await ack()

    @app.event("app_home_opened")
    async def opened(event: Json, client: AsyncWebClient) -> None:
        await client.views_publish(user_id=event["user"], view={"type": "home", "blocks": [actions(PICK)]})

    @app.options("pick")
    async def pick(ack: Any) -> None:
        await ack(options=options(2))

    @app.shortcut("wave")
    @app.view_closed("waive")
    @app.event("app_mention")
    @app.action("pick")
    async def taken(ack: Any) -> None:
        await ack()

    return app


@asynccontextmanager
async def running(slack: SlackStandIn, way: Literal["http", "socket"]) -> AsyncIterator[AsyncSocketModeHandler | None]:
    app = bolt(slack)
    if way == "socket":
        handler = AsyncSocketModeHandler(app, slack.app_token, ping_interval=0.2)
        await handler.connect_async()  # type: ignore[no-untyped-call]
        await slack.connected()
        try:
            yield handler
        finally:
            await handler.close_async()  # type: ignore[no-untyped-call]
        return
    runner = web.AppRunner(app.web_app("/slack/events"), shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    slack.deliver_to(f"http://127.0.0.1:{runner.addresses[0][1]}/slack/events")
    try:
        yield None
    finally:
        await runner.cleanup()
