"""The runner with probes of the test's own: limits, order, retries, times, cancellation."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import pytest

from checks.expectations import compile_expectation
from checks.model import Check, Context, Kind, Observation, Outcome, Params, ProbeError, Result
from checks.runner import Job, Limits, Runner

Body = Callable[["Given", "World"], Awaitable[object]]


class Given(Params):
    """name: of the probe. host: that it loads."""

    name: str
    host: str | None = None


@dataclass
class World:
    """What probes do and did."""

    body: Body
    running: Counter[str | None] = field(default_factory=Counter)
    most: Counter[str | None] = field(default_factory=Counter)
    most_in_all: int = 0
    begun: list[str] = field(default_factory=list)
    ended: list[str] = field(default_factory=list)

    def check(self, name: str, host: str | None = None, **more: object) -> Check:
        async def probe(params: Given, context: Context) -> Observation:
            self.begun.append(params.name)
            self.running[params.host] += 1
            self.most[params.host] = max(self.most[params.host], self.running[params.host])
            self.most_in_all = max(self.most_in_all, self.running.total())
            try:
                return Observation({"value": await self.body(params, self)})
            finally:
                self.running[params.host] -= 1
                self.ended.append(params.name)

        kind = Kind(
            name="fake",
            summary="",
            params=Given,
            facts={"value": ""},
            probe=probe,
            evidence=lambda facts: f"saw {facts['value']}",
            host=lambda params: params.host,
            rounds=lambda params: 2 if params.name == "two rounds" else 1,
        )
        expect = (compile_expectation("value", kind.facts),)
        return Check(kind, Given(name=name, host=host), expect, **more)  # type: ignore[arg-type]


async def _true(params: Given, world: World) -> object:
    for _ in range(3):
        await asyncio.sleep(0)
    return True


async def _by_name(params: Given, world: World) -> object:
    await asyncio.sleep(0)
    if params.name.startswith("raise"):
        raise ZeroDivisionError("deep inside")
    if params.name.startswith("hang"):
        await asyncio.Event().wait()
    return not params.name.startswith("bad")


async def _run(context: Context, jobs: list[Job], **limits: object) -> dict[str, Result]:
    results: dict[str, Result] = {}

    def keep(key: str, result: Result) -> None:
        assert key not in results
        results[key] = result

    await Runner(Limits(**limits), context).run(jobs, keep)  # type: ignore[arg-type]
    return results


async def test_concurrency_in_all_and_per_host(context: Context) -> None:
    world = World(_true)
    jobs = [Job(str(n), world.check(str(n), f"host-{n % 5}")) for n in range(100)]
    results = await _run(context, jobs, concurrency=8, per_host=2)
    assert len(results) == 100
    assert world.most_in_all == 8
    assert max(world.most.values()) == 2


async def test_hosts_take_turns(context: Context) -> None:
    world = World(_true)
    jobs = [Job(f"big-{n}", world.check(f"big-{n}", "big")) for n in range(50)]
    jobs += [Job(f"small-{n}", world.check(f"small-{n}", "small")) for n in range(3)]
    await _run(context, jobs, concurrency=2, per_host=2)
    assert {"small-0", "small-1", "small-2"} <= set(world.begun[:8])


async def test_checks_without_a_host_share_the_limit_in_all_only(context: Context) -> None:
    world = World(_true)
    await _run(context, [Job(str(n), world.check(str(n))) for n in range(20)], concurrency=7, per_host=1)
    assert world.most_in_all == 7


async def test_a_slow_host_holds_up_nobody_else(context: Context) -> None:
    world = World(_by_name)
    jobs = [Job(f"hang-{n}", world.check(f"hang-{n}", "slow")) for n in range(10)]
    jobs += [Job(f"ok-{n}", world.check(f"ok-{n}", "fast")) for n in range(10)]
    await _run(context, jobs, concurrency=4, per_host=2, timeout=0.1)
    assert set(world.ended[:10]) == {f"ok-{n}" for n in range(10)}


@pytest.mark.parametrize(("first", "well"), [("ok", True), ("bad", False), ("raise", False)])
async def test_a_chain_of_five_thousand(context: Context, first: str, well: bool) -> None:
    world = World(_by_name)
    names = [first] + [f"ok-{n}" for n in range(4999)]
    jobs = [
        Job(name, world.check(name), frozenset({names[number - 1]} if number else ()))
        for number, name in enumerate(names)
    ]
    results = await _run(context, list(reversed(jobs)))
    assert len(results) == 5000
    assert world.begun == (names if well else [first])
    last = results["ok-4998"]
    assert (last.outcome, last.blocked_by) == ((Outcome.PASS, None) if well else (Outcome.ERROR, "ok-4997"))


async def test_blocked_says_by_what(context: Context) -> None:
    world = World(_by_name)
    jobs = [
        Job("a", world.check("ok"), frozenset({"bad", "ok2"})),
        Job("bad", world.check("bad")),
        Job("ok2", world.check("ok2")),
        Job("free", world.check("ok3"), frozenset({"not among the jobs"})),
    ]
    results = await _run(context, jobs)
    assert (results["a"].summary, results["a"].attempts) == ("not measured: it needs bad, which is not well", 0)
    assert results["bad"].outcome is Outcome.FAIL
    assert results["free"].outcome is Outcome.PASS
    assert "ok" not in world.begun


async def test_retries_with_back_off(context: Context) -> None:
    tries = iter([False, ProbeError("no"), True, False])

    async def body(params: Given, world: World) -> object:
        value = next(tries)
        if isinstance(value, Exception):
            raise value
        return value

    results = await _run(context, [Job("a", World(body).check("a"))], retries=3, backoff=0.02)
    assert (results["a"].outcome, results["a"].attempts) == (Outcome.PASS, 3)
    begun = asyncio.get_running_loop().time()
    results = await _run(context, [Job("b", World(_by_name).check("bad", retries=2))], retries=9, backoff=0.05)
    waited = asyncio.get_running_loop().time() - begun
    assert (results["b"].outcome, results["b"].attempts) == (Outcome.FAIL, 3)
    assert waited >= 0.05 / 2 + 0.1 / 2


async def test_a_probe_that_hangs_or_raises(context: Context) -> None:
    world = World(_by_name)
    jobs = [
        Job("hang", world.check("hang")),
        Job("own", world.check("hang too", timeout=0.02)),
        Job("raise", world.check("raise")),
        Job("ok", world.check("ok")),
    ]
    results = await _run(context, jobs, timeout=0.05)
    assert {key: result.outcome for key, result in results.items()} == {
        "hang": Outcome.ERROR,
        "own": Outcome.ERROR,
        "raise": Outcome.ERROR,
        "ok": Outcome.PASS,
    }
    assert results["hang"].summary == "no answer within 0.05 s"
    assert results["own"].summary == "no answer within 0.02 s"
    assert results["raise"].summary.startswith("the check itself failed")
    assert results["ok"].summary == "saw True"
    assert world.running.total() == 0


async def test_a_probe_of_several_rounds_has_the_time_of_all(context: Context) -> None:
    world = World(_by_name)

    async def hang(params: Given, world: World) -> object:
        return await asyncio.Event().wait()

    world.body = hang
    results = await _run(context, [Job("a", world.check("two rounds"))], timeout=0.03)
    assert results["a"].summary == "no answer within 0.06 s"


async def test_the_run_ends_in_time(context: Context) -> None:
    world = World(_by_name)
    jobs = [Job("ok", world.check("ok")), Job("hang", world.check("hang"))]
    jobs += [Job("after", world.check("ok after"), frozenset({"hang"}))]
    results = await _run(context, jobs, run=0.05)
    assert results["ok"].outcome is Outcome.PASS
    for key in ("hang", "after"):
        assert (results[key].outcome, results[key].attempts) == (Outcome.ERROR, 0)
        assert results[key].summary == "not measured: the 0.05 s for the whole run were up"
    assert world.running.total() == 0


async def test_cancelling_stops_every_probe_and_keeps_what_was_handed_over(context: Context) -> None:
    world, results = World(_by_name), dict[str, Result]()
    arrived = asyncio.Event()

    def keep(key: str, result: Result) -> None:
        results[key] = result
        arrived.set()

    jobs = [Job("ok", world.check("ok"))] + [Job(f"hang-{n}", world.check(f"hang-{n}")) for n in range(5)]
    task = asyncio.create_task(Runner(Limits(), context).run(jobs, keep))
    await arrived.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert list(results) == ["ok"]
    assert world.running.total() == 0


async def test_nothing_to_do(context: Context) -> None:
    assert await _run(context, []) == {}


async def test_one_runner_serves_several_runs_at_once(context: Context) -> None:
    world, runner = World(_true), Runner(Limits(), context)
    seen: Counter[str] = Counter()
    jobs = [Job(str(n), world.check(str(n))) for n in range(10)]
    await asyncio.gather(*(runner.run(jobs, lambda key, result: seen.update([key])) for _ in range(3)))
    assert set(seen.values()) == {3}
