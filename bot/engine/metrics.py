"""Numbers for Prometheus: where every item stands, the verdicts, and the program's own health."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric

from bot.catalog.current import CurrentCatalog
from bot.engine.views import look
from bot.rules.states import State
from bot.rules.verdict import Decision
from storage.database import Database
from storage.store import Store


class Metrics:
    """What `/metrics` says, read from the records at the moment that it is asked."""

    def __init__(self, database: Database, catalogs: CurrentCatalog, clock: Callable[[], datetime]) -> None:
        self._database, self._catalogs, self._clock = database, catalogs, clock

    async def text(self) -> bytes:
        """The exposition, in Prometheus' text format. Raises StorageError."""
        return await self._database.query(self._text)

    def _text(self, store: Store) -> bytes:
        families = list(self._families(store))

        class Found:
            def collect(self) -> Iterator[Metric]:
                return iter(families)

        registry = CollectorRegistry(auto_describe=False)
        registry.register(Found())
        return generate_latest(registry)

    def _families(self, store: Store) -> Iterator[Metric]:
        catalog, now = self._catalogs.catalog, self._clock()
        items = GaugeMetricFamily("readiness_item_state", "1 for the state that an item is in",
                                  labels=["environment", "item", "level", "state"])  # fmt: skip
        verdicts = GaugeMetricFamily(
            "readiness_verdict", "1 for the verdict that holds now", labels=["environment", "verdict"]
        )
        scores = GaugeMetricFamily("readiness_score", "Score out of 10", labels=["environment"])
        for name, environment in catalog.environments.items():
            view = look(store, catalog, environment, now)
            for standing in view.standings:
                for state in State:
                    labels = [name, standing.item.id, standing.item.level.value, state.value]
                    items.add_metric(labels, float(standing.state is state))
            if view.verdict:
                scores.add_metric([name], view.verdict.score)
                for decision in Decision:
                    verdicts.add_metric([name, decision.value], float(view.verdict.decision is decision))
        yield from (items, verdicts, scores)
        counts = store.counts()
        runs = GaugeMetricFamily("readiness_runs", "Runs on record", labels=["state"])
        for run_state, count in counts.runs.items():
            runs.add_metric([run_state], count)
        yield runs
        yield GaugeMetricFamily(
            "readiness_posts_behind", "Messages that do not show the latest", value=counts.posts_behind
        )
        yield GaugeMetricFamily("readiness_ledger_entries", "Entries in the ledger", value=counts.ledger)
        good = float(not self._catalogs.problems)
        yield GaugeMetricFamily(
            "readiness_catalog_in_force", "1 when the catalogue on disk is the one in force", value=good
        )
