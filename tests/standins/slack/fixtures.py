"""What tests of the stand-in begin with: a small workspace without rate limits, and Slack's own client for it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from tests.standins.slack import Settings, SlackStandIn
from tests.standins.slack.shapes import Json

HERE = "C0LAUNCH"


@pytest.fixture
async def slack() -> AsyncIterator[SlackStandIn]:
    async with SlackStandIn(Settings(ack_within=1.0, socket_ping_every=0.05)) as standin:
        standin.add_user("U01", "ana", tz="Europe/Lisbon")
        standin.add_user("U02", "ben")
        standin.add_channel(HERE, "launch")
        standin.rates(None)
        yield standin


@pytest.fixture
async def api(slack: SlackStandIn) -> AsyncIterator[AsyncWebClient]:
    async with aiohttp.ClientSession() as session:
        yield AsyncWebClient(slack.bot_token, base_url=slack.api_url, session=session, timeout=5)


async def refused(call: Any) -> Json:
    """The answer of a call that Slack refuses."""
    with pytest.raises(SlackApiError) as caught:
        await call
    answer = caught.value.response
    return dict(answer.data) | {"status": answer.status_code, "headers": answer.headers}
