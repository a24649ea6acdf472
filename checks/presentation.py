"""Facts cut to a size that can be shown and stored: no value is longer than somebody would read."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from itertools import islice
from typing import Any

from checks.model import JSON
from checks.redaction import Redactor

LONGEST_TEXT = 300
MOST_ENTRIES = 30
DEEPEST = 4


def presentable(facts: Mapping[str, Any], redactor: Redactor) -> dict[str, JSON]:
    """JSON of the facts, without secrets, cut. Redacted before it is cut, so that no half of a secret survives."""
    return {name: _fit(value, redactor, 0) for name, value in facts.items()}


def _fit(value: Any, redactor: Redactor, depth: int) -> JSON:
    # Exact types first: thousands of results pass through here, and asking for a Mapping is slow.
    kind = type(value)
    if kind is str:
        return _text(value, redactor)
    if value is None or kind is bool:
        fitted: JSON = value
    elif isinstance(value, int):
        fitted = int(value) if abs(value) < 2**53 else str(value)
    elif isinstance(value, (float, Decimal)):
        # A Decimal by its text: a signalling NaN refuses to become a float.
        number = float(str(value).replace("sNaN", "nan")) if isinstance(value, Decimal) else value
        fitted = round(number, 6) if math.isfinite(number) else str(number)
    elif isinstance(value, (dict, list, tuple, Mapping)):
        fitted = _several(value, redactor, depth)
    elif isinstance(value, (datetime, date)):
        fitted = value.isoformat()
    else:
        fitted = _text(str(value), redactor)
    return fitted


def _several(value: Any, redactor: Redactor, depth: int) -> JSON:
    if depth >= DEEPEST:
        return f"… {len(value)} entries"
    left = len(value) - MOST_ENTRIES
    if isinstance(value, (list, tuple)):
        entries = [_fit(inner, redactor, depth + 1) for inner in value[:MOST_ENTRIES]]
        return [*entries, f"and {left} more"] if left > 0 else entries
    shown = islice(value.items(), MOST_ENTRIES)
    fitted = {_text(str(key), redactor): _fit(inner, redactor, depth + 1) for key, inner in shown}
    return {**fitted, "…": f"and {left} more"} if left > 0 else fitted


def _text(text: str, redactor: Redactor) -> str:
    text = redactor.text(text)
    if "\x00" in text:
        text = text.replace("\x00", "�")
    return text if len(text) <= LONGEST_TEXT else text[: LONGEST_TEXT - 1] + "…"
