"""What is known of each item at a moment: its state, and the sentence that says why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from bot.catalog.model import Attested, Drilled, Item, Measured, Reported
from checks.durations import format_duration
from storage.records import Attestation, Report, Result, Waiver


class State(StrEnum):
    """Outcome of an item, or why there is none that counts. Unknown is never good."""

    PASS = "pass"
    WARN = "warn"
    FAIL = "fail"
    ERROR = "error"
    PENDING = "pending"
    STALE = "stale"
    BLOCKED = "blocked"
    WAIVED = "waived"

    @property
    def holds(self) -> bool:
        """Whether an item in this state stands in nobody's way."""
        return self in _HOLDING


_HOLDING = frozenset({State.PASS, State.WARN, State.WAIVED})


@dataclass(frozen=True)
class Evidence:
    """All that is on record about the items of one environment: the latest of each, by item."""

    results: Mapping[str, Result] = field(default_factory=dict)
    attestations: Mapping[str, Attestation] = field(default_factory=dict)
    waivers: Mapping[str, Waiver] = field(default_factory=dict)
    reports: Mapping[str, Report] = field(default_factory=dict)


@dataclass(frozen=True)
class Standing:
    """Where one item stands. known_at: when what it rests on was learnt. beneath: its state if nobody had waived it."""

    item: Item
    state: State
    sentence: str
    known_at: datetime | None = None
    beneath: State | None = None
    link: str | None = None


def stand(items: Iterable[Item], evidence: Evidence, now: datetime, fresh_for: timedelta) -> tuple[Standing, ...]:
    """The standing of every item, in the order given.

    An item is blocked when something it needs does not hold, whatever it was measured to be; a waiver lifts whatever
    is not well to `waived` until it ends. Needs that are not among `items` count as never known.
    """
    if now.tzinfo is None:
        raise ValueError("now needs a time zone")
    items = tuple(items)
    rehearsals = _rehearsals(items, evidence)
    own = {item.id: _own(item, evidence, rehearsals, now, fresh_for) for item in items}
    settled: dict[str, Standing] = {}
    for item in _needs_first(items):
        settled[item.id] = _waived(_blocked(own[item.id], settled), evidence.waivers.get(item.id), now)
    return tuple(settled[item.id] for item in items)


def _needs_first(items: tuple[Item, ...]) -> list[Item]:
    """Items so that each comes after what it needs (the catalogue has no circles)."""
    by_id = {item.id: item for item in items}
    ordered: dict[str, Item] = {}
    for start in items:
        stack = [start]
        while stack:
            item = stack[-1]
            waiting = [by_id[need] for need in item.needs if need in by_id and need not in ordered]
            if waiting and item.id not in ordered:
                stack.append(waiting[0])
            else:
                ordered.setdefault(item.id, item)
                stack.pop()
    return list(ordered.values())


def _rehearsals(items: Iterable[Item], evidence: Evidence) -> dict[str, Attestation]:
    """The latest rehearsal of each runbook: it counts for every item that asks for that runbook."""
    found: dict[str, Attestation] = {}
    for item in items:
        record = evidence.attestations.get(item.id) if isinstance(item.way, Drilled) else None
        if record is not None and isinstance(item.way, Drilled):
            earlier = found.get(item.way.runbook)
            found[item.way.runbook] = record if earlier is None or record.at >= earlier.at else earlier
    return found


def _own(
    item: Item, evidence: Evidence, rehearsals: Mapping[str, Attestation], now: datetime, fresh_for: timedelta
) -> Standing:
    way = item.way
    if isinstance(way, Measured):
        return _measured(item, evidence.results.get(item.id), now, fresh_for)
    if isinstance(way, Attested):
        return _attested(item, way, evidence.attestations.get(item.id), now)
    if isinstance(way, Reported):
        return _reported(item, way, evidence.reports.get(item.id), now)
    return _drilled(item, way, rehearsals.get(way.runbook), now)


def _measured(item: Item, result: Result | None, now: datetime, fresh_for: timedelta) -> Standing:
    if result is None:
        return Standing(item, State.PENDING, "never measured")
    if now - result.at > fresh_for:
        return Standing(item, State.STALE, f"measured {_ago(now, result.at)}: {result.summary}", result.at)
    return Standing(item, State(result.outcome), result.summary, result.at)


def _attested(item: Item, way: Attested, record: Attestation | None, now: datetime) -> Standing:
    if record is None:
        return Standing(item, State.PENDING, "nobody has vouched for it yet")
    said = f"{record.name} vouched for it {_ago(now, record.at)}"
    if way.evidence == "required" and not record.evidence:
        return Standing(item, State.PENDING, f"{said}, but without the evidence that is asked for", record.at)
    until = min(record.until, record.at + way.valid_for)
    if now >= until:
        return Standing(item, State.STALE, f"{said}; that counted until {_ago(now, until)}", record.at)
    said = f"{said}: {record.note}" if record.note else said
    return Standing(item, State.PASS, said, record.at, link=record.evidence)


def _reported(item: Item, way: Reported, record: Report | None, now: datetime) -> Standing:
    if record is None:
        return Standing(item, State.PENDING, "no report has come yet")
    said = record.summary or f"reported {record.outcome}"
    if now - record.at > way.max_age:
        return Standing(item, State.STALE, f"last report {_ago(now, record.at)}: {said}", record.at, link=record.url)
    return Standing(item, State(record.outcome), said, record.at, link=record.url)


def _drilled(item: Item, way: Drilled, record: Attestation | None, now: datetime) -> Standing:
    if record is None or record.took is None:
        return Standing(item, State.PENDING, f"the runbook {way.runbook} has not been rehearsed yet")
    took = format_duration(record.took)
    said = f"rehearsed {_ago(now, record.at)} in {took}, says {record.name}"
    ended = record.item == item.id and now >= record.until  # an earlier end was given for that item alone
    if now - record.at > way.within or ended:
        return Standing(item, State.STALE, said, record.at, link=record.evidence)
    if way.under is not None and record.took > way.under.total_seconds():
        text = f"the rehearsal took {took}, longer than {format_duration(way.under)}"
        return Standing(item, State.FAIL, text, record.at, link=record.evidence)
    return Standing(item, State.PASS, said, record.at, link=record.evidence)


def _blocked(standing: Standing, settled: Mapping[str, Standing]) -> Standing:
    unwell = [need for need in standing.item.needs if need not in settled or not settled[need].state.holds]
    if not unwell:
        return standing
    causes = ", ".join(unwell)
    verb = "is" if len(unwell) == 1 else "are"
    return replace(standing, state=State.BLOCKED, sentence=f"it needs {causes}, which {verb} not well")


def _waived(standing: Standing, waiver: Waiver | None, now: datetime) -> Standing:
    if waiver is None or now >= waiver.until or standing.state in (State.PASS, State.WARN):
        return standing
    left = format_duration(waiver.until - now)
    said = f"waived by {waiver.name} for another {left}: {waiver.reason} ({standing.sentence})"
    return replace(standing, state=State.WAIVED, sentence=said, beneath=standing.state)


def _ago(now: datetime, then: datetime) -> str:
    passed = now - then
    return "just now" if passed < timedelta(minutes=1) else f"{format_duration(passed)} ago"
