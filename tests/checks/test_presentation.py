"""Facts as they are shown: JSON, small, and without half a secret."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, strategies

from checks.presentation import DEEPEST, LONGEST_TEXT, MOST_ENTRIES, presentable
from checks.redaction import Redactor

_LEAVES = (
    strategies.none()
    | strategies.booleans()
    | strategies.integers()
    | strategies.floats()
    | strategies.text(max_size=400)
    | strategies.decimals().filter(lambda number: not number.is_snan())
    | strategies.datetimes()
    | strategies.dates()
)
_VALUES = strategies.recursive(
    _LEAVES,
    lambda inner: strategies.lists(inner, max_size=40) | strategies.dictionaries(strategies.text(), inner, max_size=40),
    max_leaves=60,
)


def _check(value: Any, depth: int) -> None:
    assert depth <= DEEPEST + 1
    if isinstance(value, str):
        assert len(value) <= LONGEST_TEXT
        assert "\x00" not in value
    elif isinstance(value, list):
        assert len(value) <= MOST_ENTRIES + 1
        for inner in value:
            _check(inner, depth + 1)
    elif isinstance(value, dict):
        assert len(value) <= MOST_ENTRIES + 1
        for key, inner in value.items():
            _check(key, depth + 1)
            _check(inner, depth + 1)


@given(strategies.dictionaries(strategies.sampled_from(["a", "b", "c"]), _VALUES))
def test_whatever_was_seen_becomes_small_json(facts: dict[str, Any]) -> None:
    shown = presentable(facts, Redactor())
    assert json.loads(json.dumps(shown, allow_nan=False)) == shown
    for value in shown.values():
        _check(value, 0)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0.12345678, 0.123457),
        (float("nan"), "nan"),
        (float("inf"), "inf"),
        (2**60, str(2**60)),
        (Decimal("1.50"), 1.5),
        (datetime(2026, 1, 2, tzinfo=UTC), "2026-01-02T00:00:00+00:00"),
        (date(2026, 1, 2), "2026-01-02"),
        ("x" * 400, "x" * 299 + "…"),
        (list(range(40)), [*range(30), "and 10 more"]),
        (True, True),
    ],
)
def test_values(value: object, shown: object) -> None:
    assert presentable({"a": value}, Redactor()) == {"a": shown}


@given(strategies.integers(0, 400))
def test_a_secret_at_the_cut_leaves_no_half(position: int) -> None:
    secret = "Tr0ub4dor-and-3-more"
    shown = presentable({"a": "." * position + secret + "." * 50}, Redactor([secret]))["a"]
    assert isinstance(shown, str)
    assert "Tr0" not in shown
