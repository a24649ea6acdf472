"""Reading the records into a View: what is known of an environment, by itself or as one run saw it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from bot.cards.environment import View
from bot.catalog.model import Catalog, Environment
from bot.rules.states import Evidence, Standing, State, stand
from bot.rules.verdict import Change, Decision, Reason, Verdict, judge
from storage.records import Result, Run, RunState
from storage.store import Store


def gather(store: Store, environment: Environment, measured: Collection[str] = ()) -> Evidence:
    """The latest of everything on record about the items of an environment, without the results of `measured`."""
    ids = [item.id for item in environment.items if item.id not in measured]
    people = store.people
    return Evidence(
        results=store.results.latest(environment.name, ids),
        attestations=people.attestations(environment.name),
        waivers=people.waivers(environment.name),
        reports=people.reports(environment.name),
    )


def look(store: Store, catalog: Catalog, environment: Environment, now: datetime, notice: str | None = None) -> View:
    """Where everything stands now, without measuring anything."""
    evidence = gather(store, environment)
    standings = stand(environment.items, evidence, now, catalog.fresh_for)
    verdict = judge(standings, catalog.go_requires, now.astimezone(catalog.timezone).date())
    return View(catalog, environment, standings, now, verdict, evidence.results, notice=notice)


class RunViews:
    """Views of runs. What a live run has found is kept, so that showing a thousand items again costs little.

    Runs of which nothing more will come are forgotten.
    """

    def __init__(self) -> None:
        self._found: dict[int, dict[str, Result]] = {}

    def view(self, store: Store, catalog: Catalog, run: Run, now: datetime, notice: str | None = None) -> View:
        """One run as it stands or stood: a finished run keeps the verdict that it gave, whatever has come since."""
        environment = catalog.environments.get(run.environment) or Environment(run.environment, ())
        own = self._results(store, run)
        # Of an interrupted run, what it did not come to is shown as it was known before.
        measured = () if run.state == RunState.INTERRUPTED else frozenset(run.items)
        evidence = gather(store, environment, measured)
        results = {**evidence.results, **{item: result for item, result in own.items() if not result.blocked_by}}
        return _view(catalog, environment, run, replace(evidence, results=results), own, now, notice)

    def _results(self, store: Store, run: Run) -> dict[str, Result]:
        known = self._found.get(run.id or 0, {})
        newest = max((result.id or 0 for result in known.values()), default=0)
        known = known | {result.item: result for result in store.results.of_run(run.id or 0, after=newest)}
        if run.state in (RunState.QUEUED, RunState.RUNNING):
            self._found[run.id or 0] = known
        else:
            self._found.pop(run.id or 0, None)
        return known


def _view(
    catalog: Catalog, environment: Environment, run: Run, evidence: Evidence, own: Mapping[str, Result],
    now: datetime, notice: str | None,
) -> View:  # fmt: skip
    at = run.finished_at or now
    standings = stand(environment.items, evidence, at, catalog.fresh_for)
    verdict = None
    if run.state == RunState.FINISHED:
        standings = tuple(_as_it_was(standing, run.states) for standing in standings)
        verdict = Verdict(
            Decision(run.verdict or Decision.NO_GO), run.score or 0.0, tuple(Reason(**reason) for reason in run.reasons)
        )
    changes = tuple(Change(**change) for change in run.changes)
    return View(catalog, environment, standings, at, verdict, own, changes, run, frozenset(run.shown), notice=notice)


def _as_it_was(standing: Standing, states: dict[str, Any]) -> Standing:
    was = states.get(standing.item.id)
    if was is None or was == standing.state:
        return standing
    return replace(standing, state=State(was), sentence=f"was {was} then; now: {standing.sentence}")
