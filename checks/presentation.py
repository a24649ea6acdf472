"""Facts cut to a size that can be shown and stored: no value is longer than somebody would read."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
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
    if value is None or isinstance(value, (bool, int)):
        return value if value is None or abs(value) < 2**53 else str(value)
    if isinstance(value, (float, Decimal)):
        number = float(value)
        return round(number, 6) if math.isfinite(number) else str(number)
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    if isinstance(value, Mapping):
        if depth >= DEEPEST:
            return f"… {len(value)} entries"
        shown = list(value.items())[:MOST_ENTRIES]
        fitted = {_text(str(key), redactor): _fit(inner, redactor, depth + 1) for key, inner in shown}
        return fitted | ({"…": f"and {len(value) - len(shown)} more"} if len(value) > len(shown) else {})
    if isinstance(value, (list, tuple)):
        if depth >= DEEPEST:
            return f"… {len(value)} entries"
        entries = [_fit(inner, redactor, depth + 1) for inner in value[:MOST_ENTRIES]]
        return entries + ([f"and {len(value) - len(entries)} more"] if len(value) > len(entries) else [])
    return _text(value if isinstance(value, str) else str(value), redactor)


def _text(text: str, redactor: Redactor) -> str:
    text = redactor.text(text[: 40 * LONGEST_TEXT]).replace("\x00", "�")
    return text if len(text) <= LONGEST_TEXT else text[: LONGEST_TEXT - 1] + "…"
