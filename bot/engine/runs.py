"""Doing the runs: claim what is due, measure, record in batches as results come, judge, put it in the ledger."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from bot.catalog.current import CurrentCatalog
from bot.catalog.model import Catalog
from bot.engine.owner import is_dead
from bot.engine.plan import Gathering, Plan, plan
from bot.engine.publisher import passing
from bot.engine.views import gather, look
from bot.rules.verdict import changes, judge
from checks.model import Context
from checks.model import Result as Measurement
from checks.redaction import Redactor
from checks.runner import Runner, not_measured
from checks.transport import Connections
from storage.database import Database
from storage.errors import StorageError
from storage.records import Run
from storage.store import Store

log = logging.getLogger(__name__)
CLAIM = timedelta(seconds=30)
RENEW = 10.0  # seconds; three tries before another process takes this one for dead
BATCH = 0.25  # seconds between two writes of results: an eye sees no difference, a disk does
AFTER_FAILURE = 2.0  # seconds until results that could not be written are tried again


class RunEngine:
    """Works on the runs that this process has claimed. One instance a process."""

    def __init__(
        self, database: Database, catalogs: CurrentCatalog, clock: Callable[[], datetime], owner: str, *,
        serves: bool, environ: Mapping[str, str] | None = None,
    ) -> None:  # fmt: skip
        """serves: whether it also claims what others asked for; otherwise only what is already its own."""
        self._database, self._catalogs, self._clock, self._owner = database, catalogs, clock, owner
        self._serves, self._environ = serves, os.environ if environ is None else environ
        self._connections = Connections()
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._open: dict[int, _Open] = {}

    async def look(self) -> float | None:
        """See what is due and begin it: called when records changed, and now and then."""
        for run_id in self._open.keys() - self._tasks.keys():
            await self._close(self._open[run_id])
        for run in await self._database.transact(self._take):
            run_id = run.id or 0
            if run_id not in self._open:
                self._open[run_id] = _Open(run, _Writer(self._database, run, self._clock))
                self._tasks[run_id] = asyncio.create_task(self._work(self._open[run_id]), name=f"run {run_id}")
                self._tasks[run_id].add_done_callback(partial(self._done, run_id))
        return None

    def _done(self, run_id: int, _task: asyncio.Task[None]) -> None:
        self._tasks.pop(run_id, None)

    def _take(self, store: Store) -> list[Run]:
        now = self._clock()
        running = store.runs.running()
        for run in running:
            if run.claimed_by != self._owner and _abandoned(run, now):
                self._interrupt(store, run, now, "its process ended")
        mine = [run for run in running if run.claimed_by == self._owner]
        while self._serves and (claimed := store.runs.claim(self._owner, now, now + CLAIM)) is not None:
            store.touch(f"run:{claimed.id}", now)
            mine.append(claimed)
        return mine

    def _interrupt(self, store: Store, run: Run, now: datetime, why: str) -> None:
        latest = store.runs.get(run.id or 0)
        if latest is not None and store.runs.interrupt(run.id or 0, now):
            data = {"environment": run.environment, "done": latest.done, "of": len(run.items), "why": why}
            store.record("readiness", "run.interrupted", f"run:{run.id}", data, now)
            store.touch(f"run:{run.id}", now)
            for post in store.posts.of_subject(f"run:{run.id}"):
                if run.claimed_by != self._owner and passing(post.platform):
                    store.posts.forget_platform(post.platform)  # it went with the process that had it
            log.warning("A run was interrupted.", extra={"key": "run.interrupted", "run": run.id, "why": why})

    async def ended(self, run_id: int) -> str | None:
        """Wait until this process has done with a run that is its own; why it could not be finished, if so."""
        await self.look()
        task, opened = self._tasks.get(run_id), self._open.get(run_id)
        if task is not None:
            await asyncio.wait([task])
        return opened.trouble if opened else None

    async def stop(self) -> None:
        """Stop every run at once; what they know is kept, and they are marked interrupted."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for opened in [opened for opened in self._open.values() if not opened.trouble]:
            await self._close(opened)  # one that was cancelled before its first step
        await self._connections.aclose()

    async def _work(self, opened: _Open) -> None:
        catalog, run, writer = self._catalogs.catalog, opened.run, opened.writer
        try:
            planned = await self._database.query(lambda store: self._plan(store, catalog, run))
            for item, need in planned.blocked.items():
                writer.take(item, not_measured(need))
            if any(job.check.host for job in planned.jobs):
                await asyncio.to_thread(self._connections.warm)
            renewing = asyncio.create_task(self._renew(run, asyncio.current_task()))
            try:
                await writer.measured(self._runner(catalog), planned)
            finally:
                renewing.cancel()
            await self._database.transact(lambda store: self._finish(store, catalog, run))
            self._open.pop(run.id or 0, None)
            return
        except asyncio.CancelledError:
            await self._close(opened)
            raise
        except StorageError as reason:
            # To mark it now would only wait for the same once more: the next look does, or the next process.
            log.error("A run could not be recorded.", extra={"key": "run.unrecorded", "reason": str(reason)})
            opened.trouble = f"it could not be recorded: {reason}"
            return
        except Exception:
            log.exception("A run failed.", extra={"key": "run.failed", "run": run.id})
            opened.trouble = "the program failed; its log has the reason."
        await self._close(opened)

    async def _close(self, opened: _Open) -> None:
        """Keep what is known and mark the run as interrupted. What cannot be recorded now is tried at the next look."""
        run, why = opened.run, opened.trouble or "it was stopped"
        try:
            await opened.writer.flush()
            await self._database.transact(lambda store: self._interrupt(store, run, self._clock(), why))
        except StorageError as reason:
            log.error("An interrupted run could not be marked.", extra={"key": "run.unmarked", "reason": str(reason)})
        else:
            self._open.pop(run.id or 0, None)

    def _runner(self, catalog: Catalog) -> Runner:
        context = Context(
            timeout=catalog.limits.timeout, connections=self._connections, folder=catalog.path.resolve().parent,
            environ=self._environ,
        )  # fmt: skip
        return Runner(catalog.limits, context, Redactor(catalog.secrets))

    def _plan(self, store: Store, catalog: Catalog, run: Run) -> Plan:
        environment = catalog.environments.get(run.environment)
        if environment is None:
            return Plan((), {})
        return plan(environment, set(run.items), gather(store, environment), self._clock(), catalog.fresh_for)

    def _finish(self, store: Store, catalog: Catalog, run: Run) -> None:
        """The verdict, the record of it and the ledger's entry, all or nothing."""
        now, name = self._clock(), run.environment
        environment = catalog.environments.get(name)
        if environment is None:
            self._interrupt(store, run, now, "the environment is no longer in the catalogue")
            return
        view = look(store, catalog, environment, now)
        before = store.runs.latest(name)
        verdict = judge(view.standings, catalog.go_requires, now.astimezone(catalog.timezone).date())
        differs = changes(before.states if before else {}, view.standings)
        states = {standing.item.id: standing.state.value for standing in view.standings}
        finished = store.runs.finish(
            run.id or 0, self._owner, finished_at=now, verdict=verdict.decision.value, score=verdict.score,
            reasons=[reason.as_json() for reason in verdict.reasons],
            changes=[{"item": c.item, "before": c.before, "after": c.after} for c in differs],
            states=states,
        )  # fmt: skip
        if not finished:
            log.warning("A run was taken over before it was finished.", extra={"key": "run.lost", "run": run.id})
            return
        data = {
            "environment": name, "verdict": verdict.decision.value, "score": verdict.score, "release": run.release,
            "blockers": [reason.item for reason in verdict.reasons if reason.weight == "blocks"],
        }  # fmt: skip
        store.record("readiness", "run.finished", f"run:{run.id}", data, now)
        store.touch(f"run:{run.id}", now)

    async def _renew(self, run: Run, work: asyncio.Task[None] | None) -> None:
        ours = True
        while ours:
            await asyncio.sleep(RENEW)
            try:
                until = self._clock() + CLAIM
                ours = await self._database.transact(lambda store: store.runs.renew(run.id or 0, self._owner, until))  # noqa: B023
            except StorageError as reason:
                log.warning("A claim could not be renewed.", extra={"key": "run.unrenewed", "reason": str(reason)})
        log.warning("A run was taken over, so it ends here.", extra={"key": "run.lost", "run": run.id})
        if work is not None:
            work.cancel()


@dataclass
class _Open:
    """A run that this process has not closed yet. trouble: why it cannot be finished; None while all is well."""

    run: Run
    writer: _Writer
    trouble: str | None = None


class _Writer:
    """Collects results as they come and writes them in batches, so that recording never slows measuring."""

    def __init__(self, database: Database, run: Run, clock: Callable[[], datetime]) -> None:
        self._database, self._run, self._clock = database, run, clock
        self._waiting: list[dict[str, object]] = []
        self._news = asyncio.Event()
        self._over = asyncio.Event()

    async def measured(self, runner: Runner, planned: Plan) -> None:
        """Run what is planned; when this returns, every result is on disk."""
        gathering = Gathering(planned)

        def keep(key: str, result: Measurement) -> None:
            if (whole := gathering.add(key, result)) is not None:
                self.take(*whole)

        writing = asyncio.create_task(self._write())
        try:
            await runner.run(planned.jobs, keep)
        finally:
            # Not cancelled: a batch that is being written must not be in doubt.
            self._over.set()
            self._news.set()
            await writing
        await self.flush()

    def take(self, item: str, result: Measurement) -> None:
        """Keep a result for the next batch."""
        self._waiting.append(
            {
                "environment": self._run.environment, "item": item, "outcome": result.outcome.value,
                "summary": result.summary, "seconds": result.seconds, "facts": dict(result.facts),
                "attempts": result.attempts, "blocked_by": result.blocked_by, "at": self._clock(),
            }
        )  # fmt: skip
        self._news.set()

    async def _write(self) -> None:
        pause = BATCH
        while not self._over.is_set():
            await self._news.wait()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._over.wait()
            try:
                await self.flush()
                pause = BATCH
            except StorageError as reason:
                log.warning("Results wait to be recorded.", extra={"key": "run.waiting", "reason": str(reason)})
                self._news.set()
                pause = AFTER_FAILURE

    async def flush(self) -> None:
        """Write what has come. On failure it is kept for the next try."""
        rows, self._waiting = self._waiting, []
        self._news.clear()
        if not rows:
            return

        def work(store: Store) -> None:
            store.results.add(self._run.id or 0, rows)
            store.touch(f"run:{self._run.id}", self._clock())

        try:
            await self._database.transact(work)
        except StorageError:
            self._waiting = rows + self._waiting
            raise


def _abandoned(run: Run, now: datetime) -> bool:
    if run.claimed_by is None or run.claimed_until is None:
        return True
    dead = is_dead(run.claimed_by)
    return run.claimed_until < now if dead is None else dead or run.claimed_until < now
