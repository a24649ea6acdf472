"""What is known about an environment at a moment: cards, tables, JSON and JUnit are all made from this."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from bot.catalog.model import Catalog, Environment
from bot.rules.states import Standing, State
from bot.rules.verdict import Change, Verdict
from storage.records import Result, Run, RunState


@dataclass(frozen=True)
class View:
    """standings: where every item of the environment stands. run: the run that is shown, None for a look without one.

    shown: ids of the items that the outputs list; empty for all. verdict: None while a run is under way and after one
    that was interrupted. notice: something about the catalogue that everybody should know.
    """

    catalog: Catalog
    environment: Environment
    standings: tuple[Standing, ...]
    now: datetime
    verdict: Verdict | None
    results: Mapping[str, Result]
    changes: tuple[Change, ...] = ()
    run: Run | None = None
    shown: frozenset[str] = frozenset()
    notice: str | None = None

    @property
    def live(self) -> bool:
        return self.run is not None and self.run.state in (RunState.QUEUED, RunState.RUNNING)

    @property
    def listed(self) -> tuple[Standing, ...]:
        """The standings that outputs list."""
        if not self.shown:
            return self.standings
        return tuple(standing for standing in self.standings if standing.item.id in self.shown)

    def measured_now(self, item: str) -> bool:
        """Whether the run that is shown has finished with this item; True where there is no run."""
        return item in self.results or item not in self._measuring

    @cached_property
    def _measuring(self) -> frozenset[str]:
        return frozenset(self.run.items if self.run else ())

    def as_json(self) -> dict[str, Any]:
        """The object that `readiness run --format json` prints."""
        run = self.run
        return {
            "environment": self.environment.name,
            "service": self.catalog.service,
            "release": run.release if run else self.catalog.release,
            "run": run.id if run else None,
            "verdict": self.verdict.decision.value if self.verdict else None,
            "score": self.verdict.score if self.verdict else None,
            "started_at": _iso(run.started_at if run else None),
            "finished_at": _iso(run.finished_at if run else None),
            "reasons": [reason.as_json() for reason in self.verdict.reasons] if self.verdict else [],
            "changes": [{"item": c.item, "before": c.before, "after": c.after} for c in self.changes],
            "items": [self._item(standing) for standing in self.listed],
        }

    def _item(self, standing: Standing) -> dict[str, Any]:
        item, result = standing.item, self.results.get(standing.item.id)
        measured = result if result is not None and result.blocked_by is None else None
        known = State(standing.beneath or standing.state)
        outcome = measured.outcome if measured else known.value if known.value in _OUTCOMES else None
        return {
            "id": item.id,
            "title": item.title,
            "section": item.section,
            "level": item.level.value,
            "state": standing.state.value,
            "outcome": outcome,
            "seconds": round(measured.seconds, 4) if measured else None,
            "summary": standing.sentence,
            "facts": measured.facts if measured else {},
            "owner": item.owner,
            "link": standing.link,
            "source": item.source,
        }


_OUTCOMES = ("pass", "warn", "fail", "error")


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
