"""Reading the records into a View: what is known of an environment, by itself or as one run saw it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from bot.cards.environment import View
from bot.catalog.model import Catalog, Environment
from bot.rules.states import Evidence, Standing, State, stand
from bot.rules.verdict import Change, Decision, Reason, Verdict, judge
from storage.records import Run, RunState
from storage.store import Store


def gather(store: Store, environment: Environment) -> Evidence:
    """The latest of everything on record about the items of an environment."""
    ids = [item.id for item in environment.items]
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


def run_view(store: Store, catalog: Catalog, run: Run, now: datetime, notice: str | None = None) -> View:
    """One run as it stands or stood: a finished run keeps the verdict that it gave, whatever has come since."""
    environment = catalog.environments.get(run.environment) or Environment(run.environment, ())
    evidence = gather(store, environment)
    own = {result.item: result for result in store.results.of_run(run.id or 0)}
    evidence = replace(
        evidence, results={**evidence.results, **{i: result for i, result in own.items() if not result.blocked_by}}
    )
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
