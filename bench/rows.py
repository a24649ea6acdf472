"""What a benchmark reports."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """One measured number. limit: what it may be at most, None when it only informs. unit: "x" is a ratio."""

    name: str
    value: float
    limit: float | None
    unit: str = "x"
