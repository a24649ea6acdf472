"""Durations as people write them: 500ms, 10s, 5m, 24h, 30d, 2w, 1h30m."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Any

from pydantic import BeforeValidator

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0}
_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d|w)")
_WHOLE = re.compile(rf"(?:{_PART.pattern})+")

# A century: more is a slip of the finger, and it keeps every sum of dates inside datetime's range.
LONGEST = timedelta(days=36525)


def parse_duration(text: object) -> timedelta:
    """'1h30m' -> timedelta. A bare number is refused: nobody can see whether it means seconds or minutes.

    Raises ValueError with a sentence that says what to write.
    """
    if isinstance(text, timedelta):
        return text
    written = str(text).strip().lower()
    if not isinstance(text, str) or not _WHOLE.fullmatch(written):
        raise ValueError(f"{str(text)!r} is not a duration; write for example 10s, 5m, 24h or 30d")
    seconds = sum(float(amount) * _UNITS[unit] for amount, unit in _PART.findall(written))
    if seconds > LONGEST.total_seconds():
        raise ValueError(f"{written!r} is longer than a hundred years")
    return timedelta(seconds=seconds)


def format_duration(span: timedelta | float) -> str:
    """The two largest units that are not nought: '1h 30m', '45s', '250ms', '3d'."""
    seconds = span.total_seconds() if isinstance(span, timedelta) else span
    sign, seconds = ("-", -seconds) if seconds < 0 else ("", seconds)
    if seconds < 1:
        thousandths = seconds * 1000
        return f"{sign}{thousandths:.{0 if thousandths >= 10 else 1}f}ms" if seconds else "0s"
    if seconds < 10 and seconds != int(seconds):
        return f"{sign}{seconds:.1f}s"
    whole, parts = round(seconds), []
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60), ("s", 1)):
        amount, whole = divmod(whole, size)
        if amount:
            parts.append(f"{amount}{unit}")
    return sign + " ".join(parts[:2])


def _seconds(value: Any) -> Any:
    return parse_duration(value).total_seconds()


def _positive_seconds(value: Any) -> Any:
    seconds = parse_duration(value).total_seconds()
    if seconds <= 0:
        raise ValueError("must be longer than nothing")
    return seconds


Seconds = Annotated[float, BeforeValidator(_seconds)]
"""A pydantic field written as a duration and read as seconds."""

PositiveSeconds = Annotated[float, BeforeValidator(_positive_seconds)]

Duration = Annotated[timedelta, BeforeValidator(parse_duration)]
"""A pydantic field written as a duration and read as a timedelta."""
