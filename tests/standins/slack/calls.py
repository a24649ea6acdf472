"""A call of the Web API: its arguments as slack_sdk sends them, its errors, its line in the log, a table of methods."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from aiohttp import web

from tests.standins.slack.shapes import Json, Report

if TYPE_CHECKING:
    from tests.standins.slack.state import State


class ApiError(Exception):
    """An answer with `ok: false`."""

    def __init__(self, error: str, report: Report | None = None, **more: Any) -> None:
        super().__init__(error)
        self.error = error
        self.report = report
        self.more = more

    def answer(self) -> Json:
        """What is wrong with blocks and views stands in `response_metadata.messages` (and `errors` for blocks)."""
        found: Json = {"ok": False, "error": self.error, **self.more}
        if self.report is not None:
            if self.error == "invalid_blocks":
                found["errors"] = self.report.errors
            found["response_metadata"] = {"messages": self.report.messages}
        return found


@dataclass
class Call:
    """A line of the log. at: seconds, the stand-in's clock; status 0: never answered. fault: what went wrong."""

    at: float
    method: str
    args: Json
    status: int = 0
    ok: bool = False
    error: str | None = None
    seconds: float = 0.0
    fault: str | None = None
    taken: bool = False
    retry_after: int | None = None
    answer: Json = field(default_factory=dict)


Handler = Callable[["State", Json], Json]
METHODS: dict[str, tuple[tuple[str, ...], Handler]] = {}


def method(name: str, *scopes: str) -> Callable[[Handler], Handler]:
    """Declares a method of the Web API and the scopes of which it needs one (none: no scope)."""

    def declare(handler: Handler) -> Handler:
        METHODS[name] = (scopes, handler)
        return handler

    return declare


async def arguments(request: web.Request) -> Json:
    """Query, form or JSON: https://docs.slack.dev/apis/web-api#basics. `token` may be among them."""
    args: Json = dict(request.query)
    if request.content_type == "application/json":
        try:
            body = json.loads(await request.text() or "{}")
        except ValueError:
            raise ApiError("invalid_json") from None
        if not isinstance(body, dict):
            raise ApiError("json_not_object")
        return args | body
    if request.content_type in ("application/x-www-form-urlencoded", "multipart/form-data"):
        return args | {name: value for name, value in (await request.post()).items() if isinstance(value, str)}
    if request.can_read_body and await request.read():
        raise ApiError("invalid_post_type")
    return args


def needed(args: Json, *names: str) -> list[str]:
    """Arguments that have to be there, as strings."""
    missing = [name for name in names if not args.get(name)]
    if missing:
        report = Report()
        for name in missing:
            report.say(f"/{name}", f"missing required field: {name}")
        raise ApiError("invalid_arguments", report)
    return [str(args[name]) for name in names]


def flag(args: Json, name: str) -> bool:
    return str(args.get(name, "")).lower() in ("true", "1")


def number(args: Json, name: str, default: int) -> int:
    try:
        return int(args.get(name) or default)
    except ValueError:
        raise ApiError("invalid_arguments") from None


def structure(args: Json, name: str, error: str) -> Any:
    """An argument that is JSON: as it is in a JSON body, or as a string of it."""
    value = args.get(name)
    if not isinstance(value, str):
        return value
    if not value:
        return None
    try:
        return json.loads(value)
    except ValueError:
        raise ApiError(error) from None
