"""Small pieces from which the checks of Block Kit objects are put together; complaints are phrased as Slack's.

Slack's form, from answers that people published: `[ERROR] must be less than 3001 characters
[json-pointer:/blocks/0/text/text]` (yonicd/slackreprex#3), `no more than 25 items allowed`
(adobe/spacecat-api-service#176), `invalid additional property: submit_disabled` (nicklambourne/slackblocks#36).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]


@dataclass
class Report:
    """The complaints about one payload, and what has to be unique in it. surface: message, modal or home."""

    surface: str = "message"
    newer: bool = True
    complaints: list[tuple[str, str]] = field(default_factory=list)
    focused: int = 0

    def say(self, pointer: str, complaint: str) -> None:
        self.complaints.append((pointer, complaint))

    @property
    def errors(self) -> list[str]:
        return [f"{complaint} [json-pointer:{pointer}]" for pointer, complaint in self.complaints]

    @property
    def messages(self) -> list[str]:
        return [f"[ERROR] {each}" for each in self.errors]


Check = Callable[[Any, str, Report], None]


def string(most: int | None = None, least: int = 1, pattern: str | None = None) -> Check:
    def check(value: Any, pointer: str, report: Report) -> None:
        if not isinstance(value, str):
            report.say(pointer, "must provide a string")
        elif most is not None and len(value) > most:
            report.say(pointer, f"must be less than {most + 1} characters")
        elif len(value) < least:
            report.say(pointer, f"must be more than {least - 1} characters")
        elif pattern is not None and not re.fullmatch(pattern, value):
            report.say(pointer, f"must match {pattern}")

    return check


def whole(least: int, most: int) -> Check:
    def check(value: Any, pointer: str, report: Report) -> None:
        if not isinstance(value, int) or isinstance(value, bool):
            report.say(pointer, "must provide an integer")
        elif not least <= value <= most:
            report.say(pointer, f"must be between {least} and {most}")

    return check


def boolean(value: Any, pointer: str, report: Report) -> None:
    if not isinstance(value, bool):
        report.say(pointer, "must be a boolean")


def anything(value: Any, pointer: str, report: Report) -> None:
    """Not checked by the stand-in."""


def one_of(*values: str) -> Check:
    def check(value: Any, pointer: str, report: Report) -> None:
        if value not in values:
            report.say(pointer, "must be a valid enum value")

    return check


def address(most: int = 3000) -> Check:
    inner = string(most)

    def check(value: Any, pointer: str, report: Report) -> None:
        inner(value, pointer, report)
        if isinstance(value, str) and not re.match(r"[a-z][a-z0-9+.-]*:\S+$", value, re.IGNORECASE):
            report.say(pointer, "must provide a valid URL")

    return check


def items(each: Check, most: int, least: int = 1) -> Check:
    def check(value: Any, pointer: str, report: Report) -> None:
        if not isinstance(value, list):
            report.say(pointer, "must provide an array")
            return
        if len(value) > most:
            report.say(pointer, f"no more than {most} items allowed")
        if len(value) < least:
            report.say(pointer, f"no less than {least} items allowed")
        for index, item in enumerate(value):
            each(item, f"{pointer}/{index}", report)

    return check


@dataclass(frozen=True)
class Shape:
    """An object: which fields it must and may have. extra: a rule that concerns several of them."""

    must: Mapping[str, Check]
    may: Mapping[str, Check] = field(default_factory=dict)
    extra: Check = anything

    def __call__(self, value: Any, pointer: str, report: Report) -> None:
        if not isinstance(value, dict):
            report.say(pointer, "must provide an object")
            return
        for name in self.must:
            if value.get(name) is None:
                report.say(pointer, f"missing required field: {name}")
        for name, inner in value.items():
            check = self.must.get(name) or self.may.get(name)
            if check is None:
                report.say(pointer, f"invalid additional property: {name}")
            elif inner is not None:
                check(inner, f"{pointer}/{name}", report)
        if isinstance(value, dict):
            self.extra(value, pointer, report)


def kinds(table: Callable[[Report], Mapping[str, Check]]) -> Check:
    """An object that is told by its `type`, one of those in the table."""

    def check(value: Any, pointer: str, report: Report) -> None:
        if not isinstance(value, dict):
            report.say(pointer, "must provide an object")
            return
        kind = value.get("type")
        found = table(report).get(kind) if isinstance(kind, str) else None
        if found is None:
            report.say(f"{pointer}/type", f"unsupported type: {kind}")
        else:
            found(value, pointer, report)

    return check
