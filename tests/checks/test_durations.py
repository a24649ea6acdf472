"""Durations: what is read, what is refused, and that what is shown says the same."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given, strategies

from checks.durations import LONGEST, format_duration, parse_duration

_UNITS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_PARTS = strategies.lists(
    strategies.tuples(strategies.integers(0, 500), strategies.sampled_from(list(_UNITS))), min_size=1
)


@given(_PARTS)
def test_parts_add_up(parts: list[tuple[int, str]]) -> None:
    seconds = sum(amount * _UNITS[unit] for amount, unit in parts)
    text = "".join(f"{amount}{unit}" for amount, unit in parts)
    if seconds <= LONGEST.total_seconds():
        assert parse_duration(text).total_seconds() == pytest.approx(seconds, abs=1e-5)
    else:
        with pytest.raises(ValueError, match="hundred years"):
            parse_duration(text)


@given(strategies.integers(1, 3_000_000_000))
def test_what_is_shown_can_be_read_and_is_near(seconds: int) -> None:
    shown = parse_duration(format_duration(seconds).replace(" ", "")).total_seconds()
    assert abs(shown - seconds) <= max(1, seconds / 24)


@given(strategies.timedeltas(min_value=timedelta(milliseconds=1), max_value=timedelta(seconds=10)))
def test_short_ones_too(span: timedelta) -> None:
    shown = parse_duration(format_duration(span).replace(" ", ""))
    assert abs(shown - span) <= timedelta(milliseconds=60)


@pytest.mark.parametrize("text", ["", "10", "10 s", "s", "-5m", "1h 30", "1y", "ten", 10, None, "1e3s", "١s x"])
def test_what_is_refused(text: object) -> None:
    with pytest.raises(ValueError, match="is not a duration; write for example"):
        parse_duration(text)


@pytest.mark.parametrize(
    ("span", "text"),
    [(0, "0s"), (45, "45s"), (5400, "1h 30m"), (259200, "3d"), (90061, "1d 1h"), (-60, "-1m"), (1.5, "1.5s")],
)
def test_what_is_shown(span: float, text: str) -> None:
    assert format_duration(span) == text
