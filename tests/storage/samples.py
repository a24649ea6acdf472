"""Moments, runs and results for the storage tests."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from storage.records import Run

NOW = datetime(2026, 3, 29, 12, 0, tzinfo=UTC)


def at(seconds: float) -> datetime:
    """A moment that many seconds after the tests' noon."""
    return NOW + timedelta(seconds=seconds)


def a_run(environment: str = "prod") -> Run:
    return Run(environment=environment, person="ana", name="Ana", items=["a", "b"], shown=["a"], asked_at=NOW)


def a_row(item: str, seconds: float = 0, **columns: object) -> dict[str, object]:
    return {"item": item, "outcome": "pass", "summary": "fine", "seconds": 0.5, "at": at(seconds), **columns}
