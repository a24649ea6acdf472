"""What Slack's payloads say, and the answers to those that nobody here knows."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.error import BoltUnhandledRequestError
from slack_bolt.response import BoltResponse

log = logging.getLogger(__name__)


def name_of(user: Mapping[str, Any]) -> str:
    return str(user.get("username") or user.get("name") or "")


def team_of(body: Mapping[str, Any]) -> str | None:
    """The workspace of whoever did it: in a shared channel another one than the channel's."""
    user, team = body["user"].get("team_id"), (body.get("team") or {}).get("id")
    return str(user or team) if user or team else None


async def on_error(error: Exception, body: dict[str, Any]) -> BoltResponse:
    """Something that Slack sends and nobody here knows is taken, or it would be sent again and again."""
    if isinstance(error, BoltUnhandledRequestError):
        log.info("Something unknown came from Slack.", extra={"key": "slack.unknown", "type": str(body.get("type"))})
        return BoltResponse(status=200)
    log.error("An event of Slack failed.", exc_info=error, extra={"key": "slack.failed"})
    return BoltResponse(status=500)


def without_trace(record: logging.LogRecord) -> bool:
    """A filter for the SDK's log: that a connection could not be made needs no trace, only its sentence."""
    record.exc_info = record.exc_text = None
    return True


async def on_nothing(ack: AsyncAck) -> None:
    await ack()
