"""The runner: many checks at once, each within its time, none able to hang or break the others.

It owns concurrency, limits per host, timeouts, retries, timing, the judgement, and turning whatever goes wrong into a
plain sentence. Probes only measure.
"""

from __future__ import annotations

import asyncio
import random
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from time import perf_counter
from typing import Any

from checks.expectations import Expectation, Judgement
from checks.model import Check, Context, Observation, Outcome, Result
from checks.presentation import presentable
from checks.redaction import Redactor
from checks.sentences import explain

OnResult = Callable[[str, Result], None]


@dataclass(frozen=True, slots=True)
class Limits:
    """concurrency: checks under way at once, in all and per_host. Times in seconds; `run` bounds a whole run."""

    concurrency: int = 25
    per_host: int = 10
    timeout: float = 10.0
    run: float = 600.0
    retries: int = 0
    backoff: float = 0.5


@dataclass(frozen=True, slots=True)
class Job:
    """A check to run under a key, after the checks whose keys it needs; it is not measured unless they are well."""

    key: str
    check: Check
    needs: frozenset[str] = frozenset()


@dataclass
class Runner:
    """Runs jobs within the limits. One runner may serve many runs, one after the other or at once."""

    limits: Limits
    context: Context
    redactor: Redactor = field(default_factory=Redactor)
    _contexts: dict[float, Context] = field(default_factory=dict, init=False, repr=False)

    async def run(self, jobs: Iterable[Job], on_result: OnResult) -> None:
        """Run every job and hand each result to `on_result`, once, as soon as it is there.

        A job whose need turned out badly gets a result with `blocked_by` and is not measured. When the time for the
        run is up, what is not finished gets an error that says so. Cancelling stops every probe; what was handed
        over stays handed over. Needs outside `jobs` are the caller's concern and are ignored here.
        """
        schedule = _Schedule(jobs, self.limits, on_result)
        try:
            async with asyncio.timeout(self.limits.run), asyncio.TaskGroup() as group:
                schedule.begin(lambda job: group.create_task(self._one(job, schedule)))
        except TimeoutError:
            schedule.give_up(f"not measured: the {self.limits.run:g} s for the whole run were up")

    async def _one(self, job: Job, schedule: _Schedule) -> None:
        schedule.finished(job, await self.check(job.check))

    async def check(self, check: Check) -> Result:
        """One check with its retries: the last attempt counts. Never raises but for cancellation."""
        retries = self.limits.retries if check.retries is None else check.retries
        attempt = 1
        while True:
            result = await self._attempt(check)
            if attempt > 1:
                result = replace(result, attempts=attempt)
            if result.outcome in (Outcome.PASS, Outcome.WARN) or attempt > retries:
                return result
            # Between half and the whole of the doubled wait, so that retries of many checks do not march in step.
            await asyncio.sleep(self.limits.backoff * 2 ** (attempt - 1) * random.uniform(0.5, 1.0))  # noqa: S311
            attempt += 1

    async def _attempt(self, check: Check) -> Result:
        timeout = self.limits.timeout if check.timeout is None else check.timeout
        whole = timeout * check.kind.rounds(check.params)
        context = self._contexts.get(timeout) or self._contexts.setdefault(
            timeout, replace(self.context, timeout=timeout)
        )
        begun = perf_counter()
        try:
            async with asyncio.timeout(whole):
                observation = await check.kind.probe(check.params, context)
        except TimeoutError:
            return self._error(f"no answer within {whole:g} s", begun)
        except Exception as reason:
            return self._error(explain(reason), begun)
        return self._judged(check, observation, perf_counter() - begun)

    def _error(self, sentence: str, begun: float) -> Result:
        return Result(Outcome.ERROR, self.redactor.text(sentence), perf_counter() - begun, {})

    def _judged(self, check: Check, observation: Observation, seconds: float) -> Result:
        facts, kind = observation.facts, check.kind
        outcome, broken = judge(check.expect, check.warn, facts, kind.hidden, self.redactor.text)
        shown = {name: value for name, value in facts.items() if name not in kind.hidden}
        # Evidence cuts what is long, so the secrets are taken out before.
        summary = "; ".join(broken) if broken else kind.evidence({**facts, **self.redactor.facts(shown)})
        return Result(outcome, self.redactor.text(summary), seconds, presentable(shown, self.redactor))


def judge(
    expect: Iterable[Expectation],
    warn: Iterable[Expectation],
    facts: Mapping[str, Any],
    hidden: frozenset[str],
    redact: Callable[[str], str] = str,
) -> tuple[Outcome, list[str]]:
    """The outcome, and a phrase for each expectation that did not hold. Unclear outweighs broken."""
    worst, phrases = Outcome.PASS, []
    verdicts = [(expectation.judge(facts, hidden, redact), Outcome.FAIL) for expectation in expect]
    if all(judgement is Judgement.HELD for (judgement, _), _ in verdicts):
        verdicts = [(expectation.judge(facts, hidden, redact), Outcome.WARN) for expectation in warn]
    order = (Outcome.PASS, Outcome.WARN, Outcome.FAIL, Outcome.ERROR)
    for (judgement, phrase), if_broken in verdicts:
        if judgement is not Judgement.HELD:
            phrases.append(phrase)
            worst = max(worst, Outcome.ERROR if judgement is Judgement.UNCLEAR else if_broken, key=order.index)
    return worst, phrases


def not_measured(need: str) -> Result:
    """The result of a check whose `need` is not well."""
    sentence = f"not measured: it needs {need}, which is not well"
    return Result(Outcome.ERROR, sentence, 0.0, {}, attempts=0, blocked_by=need)


class _Schedule:
    """What may start now: needs settled, a place free in all and at the host. Hosts take turns."""

    def __init__(self, jobs: Iterable[Job], limits: Limits, on_result: OnResult) -> None:
        self._limits, self._on_result = limits, on_result
        self._open = {job.key: job for job in jobs}
        self._waiting = {job.key: set(job.needs & self._open.keys()) for job in self._open.values()}
        self._dependents: dict[str, list[Job]] = {}
        for job in self._open.values():
            for need in self._waiting[job.key]:
                self._dependents.setdefault(need, []).append(job)
        self._ready: dict[str | None, deque[Job]] = {}
        self._running: dict[str | None, int] = {}
        self._total = 0
        self._start: Callable[[Job], object] = lambda job: None

    def begin(self, start: Callable[[Job], object]) -> None:
        self._start = start
        for key, needs in self._waiting.items():
            if not needs:
                self._make_ready(self._open[key])
        self._fill()

    def finished(self, job: Job, result: Result) -> None:
        self._total -= 1
        self._running[job.check.host] -= 1
        self._settle(job, result)
        self._fill()

    def give_up(self, sentence: str) -> None:
        for job in list(self._open.values()):
            self._deliver(job, Result(Outcome.ERROR, sentence, 0.0, {}, attempts=0))

    def _settle(self, job: Job, result: Result) -> None:
        """Deliver, then free or block what was waiting for this one. A loop: chains may be thousands long."""
        settled = deque([(job, result)])
        while settled:
            job, result = settled.popleft()
            self._deliver(job, result)
            well = result.blocked_by is None and result.outcome in (Outcome.PASS, Outcome.WARN)
            for dependent in self._dependents.pop(job.key, ()):
                if dependent.key not in self._open:
                    continue
                self._waiting[dependent.key].discard(job.key)
                if not well:
                    settled.append((dependent, not_measured(job.key)))
                elif not self._waiting[dependent.key]:
                    self._make_ready(dependent)

    def _deliver(self, job: Job, result: Result) -> None:
        if self._open.pop(job.key, None) is not None:
            self._on_result(job.key, result)

    def _make_ready(self, job: Job) -> None:
        self._ready.setdefault(job.check.host, deque()).append(job)

    def _fill(self) -> None:
        started = True
        while started and self._total < self._limits.concurrency:
            started = False
            for host in list(self._ready):
                if self._total >= self._limits.concurrency:
                    break
                if host is not None and self._running.get(host, 0) >= self._limits.per_host:
                    continue
                queue = self._ready.pop(host)
                job = queue.popleft()
                if queue:
                    self._ready[host] = queue  # to the end of the row: hosts take turns
                self._running[host] = self._running.get(host, 0) + 1
                self._total += 1
                self._start(job)
                started = True
