"""GO, GO_WITH_CONDITIONS or NO_GO: the judgement over where every item stands."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from enum import StrEnum
from typing import Any, Literal

from bot.catalog.model import Level
from bot.rules.states import Standing, State

_WEIGHTS = {Level.CRITICAL: 3, Level.IMPORTANT: 2, Level.MINOR: 1}
_SHARE = {State.PASS: 1.0, State.WARN: 0.5}
_BADNESS = (
    State.FAIL, State.ERROR, State.BLOCKED, State.STALE, State.PENDING, State.WAIVED, State.WARN, State.PASS,
)  # fmt: skip
GoRequires = Literal["critical", "all"]


class Decision(StrEnum):
    GO = "GO"
    GO_WITH_CONDITIONS = "GO_WITH_CONDITIONS"
    NO_GO = "NO_GO"

    @property
    def spoken(self) -> str:
        return self.value.replace("NO_GO", "NO-GO").replace("_", " ")


@dataclass(frozen=True)
class Reason:
    """Why the verdict is not a plain GO, one item each. weight: it blocks, is a condition, or is only noted."""

    item: str
    title: str
    level: str
    state: str
    weight: Literal["blocks", "condition", "note"]
    owner: str | None
    evidence: str
    link: str | None = None

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class Verdict:
    """score: of 10, one decimal. reasons: worst first."""

    decision: Decision
    score: float
    reasons: tuple[Reason, ...]


@dataclass(frozen=True)
class Change:
    """What became of an item since the run before; `before` is None for one that is new."""

    item: str
    before: str | None
    after: str


def judge(standings: Iterable[Standing], go_requires: GoRequires, today: date) -> Verdict:
    """The verdict. `today`, in the team's zone, tells what is overdue. Nothing to judge is NO_GO: nothing is known."""
    standings = tuple(standings)
    found = [(_weight(standing, go_requires), standing) for standing in standings]
    reasons = sorted(
        ((weight, standing) for weight, standing in found if weight is not None), key=lambda pair: _worst_first(*pair)
    )
    weights = {weight for weight, _ in reasons}
    if "blocks" in weights or not standings:
        decision = Decision.NO_GO
    elif "condition" in weights:
        decision = Decision.GO_WITH_CONDITIONS
    else:
        decision = Decision.GO
    return Verdict(decision, score(standings), tuple(_reason(standing, weight, today) for weight, standing in reasons))


def score(standings: Iterable[Standing]) -> float:
    """10 times the weighted share of items that pass; a warning counts half, a waiver nothing.

    Rounded to one decimal, but never up to 10.0: that is for a checklist where every item passes.
    """
    standings = tuple(standings)
    whole = sum(_WEIGHTS[standing.item.level] for standing in standings)
    if not whole:
        return 0.0
    reached = sum(_WEIGHTS[standing.item.level] * _SHARE.get(standing.state, 0.0) for standing in standings)
    exact = 10 * reached / whole
    return round(exact, 1) if exact >= 10 else min(round(exact, 1), 9.9)


def changes(before: Mapping[str, str], standings: Iterable[Standing]) -> tuple[Change, ...]:
    """What differs from the states of an earlier run. Nothing when there was none."""
    if not before:
        return ()
    return tuple(
        Change(standing.item.id, before.get(standing.item.id), standing.state.value)
        for standing in standings
        if before.get(standing.item.id) != standing.state.value
    )


def _critical(standing: Standing, go_requires: GoRequires) -> bool:
    level = standing.item.level
    return level is Level.CRITICAL or (go_requires == "all" and level is Level.IMPORTANT)


def _weight(standing: Standing, go_requires: GoRequires) -> Literal["blocks", "condition", "note"] | None:
    if standing.state is State.PASS:
        return None
    if standing.state.holds:
        return "condition"
    if _critical(standing, go_requires):
        return "blocks"
    return "note" if standing.item.level is Level.MINOR else "condition"


def _worst_first(weight: str | None, standing: Standing) -> tuple[int, int, int]:
    levels = tuple(Level)
    return (
        ("blocks", "condition", "note").index(weight or "note"),
        levels.index(standing.item.level),
        _BADNESS.index(standing.state),
    )


def _reason(standing: Standing, weight: Any, today: date) -> Reason:
    item = standing.item
    overdue = item.due is not None and item.due < today and standing.state not in (State.PASS, State.WARN)
    evidence = f"{standing.sentence} (was due {item.due})" if overdue else standing.sentence
    return Reason(item.id, item.title, item.level, standing.state, weight, item.owner, evidence, standing.link)
