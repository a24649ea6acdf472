"""Text and JSON that every database takes, whatever the outside world sent.

PostgreSQL refuses NUL in text, UTF-8 refuses lone surrogates, JSON has no infinity: one such character in what a
service answered must not cost the whole batch of results.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from typing import Any

from pydantic_core import from_json as from_json  # reads stored JSON three times as fast as the standard library

_REFUSED = re.compile("[\x00\ud800-\udfff]")
_COMPACT = json.JSONEncoder(separators=(",", ":"), allow_nan=False)


def clean(text: str) -> str:
    """`text` with U+FFFD in place of what databases refuse."""
    if text.isascii() and "\x00" not in text:
        return text
    return _REFUSED.sub("\ufffd", text)


def to_json(value: Any) -> str:
    """`value` as compact ASCII JSON, its texts clean; numbers that JSON lacks (NaN, infinities) as text."""
    try:
        encoded = _COMPACT.encode(value)
    except ValueError:
        return _COMPACT.encode(_storable(value))
    # Most values need no second look: \ud begins what may be a lone surrogate.
    return _COMPACT.encode(_storable(value)) if "\\ud" in encoded or "\\u0000" in encoded else encoded


def canonical(data: Mapping[str, Any]) -> str:
    """`data` as the JSON text that the ledger hashes: sorted keys, no spaces, characters as they are, but clean.

    Raises TypeError for what JSON cannot hold.
    """
    return json.dumps(_storable(data), sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def _storable(value: Any) -> Any:
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, Mapping):
        return {_storable(key): _storable(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_storable(inner) for inner in value]
    return value
