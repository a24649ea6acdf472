"""What a run may measure: which checks wait for which, and which cannot be measured because of what they need."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.catalog.model import Environment, Item, Measured
from bot.rules.states import Evidence, stand
from checks.model import Outcome, Result
from checks.runner import Job, not_measured


@dataclass(frozen=True)
class Plan:
    """jobs: the checks to make. blocked: those not to make, each with the item that it needs and that is not well."""

    jobs: tuple[Job, ...]
    blocked: dict[str, str]


def plan(environment: Environment, wanted: set[str], evidence: Evidence, now: datetime, fresh_for: timedelta) -> Plan:
    """The plan for measuring `wanted`.

    Items known in another way than by a check stand as they are on record; a check behind one of them waits for the
    checks that it needs in turn. What is waived holds, whatever it needs or is measured to be.
    """
    by_id = {item.id: item for item in environment.items}
    measured = {item.id: item for item in environment.items if isinstance(item.way, Measured) and item.id in wanted}
    others = [replace(item, needs=()) for item in environment.items if item.id not in measured]
    holding = {s.item.id for s in stand(others, evidence, now, fresh_for) if s.state.holds}
    waived = {item_id for item_id, waiver in evidence.waivers.items() if now < waiver.until}
    checked, well = measured.keys() - waived, holding | waived
    jobs, blocked = [], dict[str, str]()
    for item in measured.values():
        waits, cause = _waits(item, by_id, checked, well, waived)
        if cause is not None:
            blocked[item.id] = cause
        elif isinstance(item.way, Measured):
            needs = frozenset(key for need in waits for key in keys_of(measured[need]))
            jobs += [Job(key, check, needs) for key, check in zip(keys_of(item), item.way.checks, strict=True)]
    return Plan(*_propagated(jobs, blocked))


def keys_of(item: Item) -> tuple[str, ...]:
    """The keys of an item's checks: its id, or 'id#1', 'id#2' and so on. No id has a '#'."""
    count = len(item.way.checks) if isinstance(item.way, Measured) else 0
    return (item.id,) if count == 1 else tuple(f"{item.id}#{number + 1}" for number in range(count))


def _waits(
    item: Item, by_id: dict[str, Item], measured: set[str], holding: set[str], waived: set[str]
) -> tuple[set[str], str | None]:
    """The checks of this run that `item` waits for, or the item on record that stands in its way."""
    waits, seen, queue = set[str](), set[str](), list(item.needs)
    while queue:
        need = queue.pop()
        if need in measured:
            waits.add(need)
        elif need not in holding:
            return set(), need
        elif need not in seen and need not in waived and need in by_id:
            seen.add(need)
            queue += by_id[need].needs
    return waits, None


def _propagated(jobs: list[Job], blocked: dict[str, str]) -> tuple[tuple[Job, ...], dict[str, str]]:
    """What waits for a blocked check is blocked too."""
    growing = True
    while growing:
        caught = {_item(job.key): need for job in jobs for need in map(_item, sorted(job.needs)) if need in blocked}
        jobs = [job for job in jobs if _item(job.key) not in caught]
        blocked |= caught
        growing = bool(caught)
    return tuple(jobs), blocked


def _item(key: str) -> str:
    return key.partition("#")[0]


class Gathering:
    """Puts the results of an item's checks together: the worst outcome counts, once all are there."""

    def __init__(self, plan: Plan) -> None:
        self._keys: dict[str, list[str]] = {}
        for job in plan.jobs:
            self._keys.setdefault(_item(job.key), []).append(job.key)
        self._found: dict[str, Result] = {}

    def add(self, key: str, result: Result) -> tuple[str, Result] | None:
        """The item and its result when this was the last that it waited for."""
        item = _item(key)
        keys = self._keys[item]
        if len(keys) == 1:
            return item, replace(result, blocked_by=_item(result.blocked_by)) if result.blocked_by else result
        self._found[key] = result
        if any(other not in self._found for other in keys):
            return None
        return item, together([self._found.pop(other) for other in keys])


_WORST_LAST = (Outcome.PASS, Outcome.WARN, Outcome.FAIL, Outcome.ERROR)


def together(results: Sequence[Result]) -> Result:
    """Several results of one item as one: facts by the number of the check, sentences of those that are not well."""
    worst = max((result.outcome for result in results), key=_WORST_LAST.index)
    unwell = [(number, result) for number, result in enumerate(results, 1) if result.outcome is not Outcome.PASS]
    blocked = next((result.blocked_by for result in results if result.blocked_by), None)
    if blocked:
        return not_measured(_item(blocked))
    said = "; ".join(f"check {number} of {len(results)}: {result.summary}" for number, result in unwell)
    facts = {str(number): dict(result.facts) for number, result in enumerate(results, 1)}
    seconds, attempts = max(r.seconds for r in results), max(r.attempts for r in results)
    return Result(worst, said or f"{len(results)} checks, all well", seconds, facts, attempts)
