"""Slack, from outside: how soon a command is acknowledged, how soon a click shows, and what memory it takes."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from statistics import median
from time import perf_counter, sleep, time
from typing import Any, Final

import uvloop

from bench.http_checks import AT_ONCE, slow_server
from bench.rows import Row
from bench.slack_commands import Line, at_once, line, request
from tests.e2e.program import Program, Running
from tests.standins.slack import Message, Settings, SlackStandIn

SECRET: Final = SlackStandIn.signing_secret
ANA: Final = "U0ANA"
REQUESTS: Final = 300
PAUSE: Final = 0.01  # seconds between two of them: what an answer leads to afterwards is not counted as the next's
LINES: Final = 50
BURSTS: Final = 15
REST: Final = 0.4  # seconds after a burst, for what its commands lead to
CHECKS: Final = 1000
RUNS: Final = 5
LIVE: Final = 20
ROUNDS: Final = 5
IDLE: Final = 5.0  # seconds until memory is looked at
READY: Final = r'"key": "serve.ready".*?"port": (\d+)'


@contextmanager
def bare() -> Iterator[int]:
    """The port of a bare handler, and of a Slack that agrees to everything, in a process of their own."""
    argv = [sys.executable, "-m", "bench.slack_bare", SECRET]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        try:
            yield int(server.stdout.readline())
        finally:
            server.stdin.close()


@asynccontextmanager
async def serving(catalogue: str, env: dict[str, str]) -> AsyncIterator[tuple[Program, Running, int]]:
    """`readiness serve`, connected to Slack, and the port that it listens on."""
    with tempfile.TemporaryDirectory() as folder:
        program = Program(Path(folder))
        program.write(catalogue)
        running = program.begin("serve", env={"PORT": "0", **env})
        try:
            found = await asyncio.to_thread(running.err.wait_for, READY)
            await asyncio.to_thread(running.err.wait_for, '"key": "slack.connected"')
            yield program, running, int(found[1])
        finally:
            running.end()


def _env(sink: int) -> dict[str, str]:
    return {
        "SLACK_API_URL": f"http://127.0.0.1:{sink}/api/", "SLACK_BOT_TOKEN": SlackStandIn.bot_token,
        "SLACK_SIGNING_SECRET": SECRET,
    }  # fmt: skip


def _percentile(found: Sequence[float], part: float) -> float:
    return sorted(found)[min(len(found) - 1, int(len(found) * part))]


# Acknowledging --------------------------------------------------------------------------------------------------------


async def one_by_one(line: Line, sink: int, count: int, pause: float) -> list[float]:
    """Seconds that each acknowledgement takes."""
    taken = []
    for written in [request(SECRET, "help", sink=sink) for _ in range(count)]:
        taken.append(await line.ask(written))
        await asyncio.sleep(pause)
    return taken


async def _acknowledging(sink: int, theirs: int) -> list[Row]:
    async with serving(_checks(0), _env(sink)) as (_, _, port):
        lines = {which: [await line(which) for _ in range(LINES)] for which in (port, theirs)}
        for which in (port, theirs):
            await one_by_one(lines[which][0], sink, 50, 0.0)
        slow: dict[int, list[float]] = {port: [], theirs: []}
        for _ in range(3):
            for which in (port, theirs):
                slow[which] += await one_by_one(lines[which][0], sink, REQUESTS // 3, PAUSE)
        seconds: dict[int, list[float]] = {port: [], theirs: []}
        lasting: dict[int, list[float]] = {port: [], theirs: []}
        for count, kept, times in ((1, seconds, BURSTS), (10, lasting, 3)):
            for _ in range(times):
                for which in (port, theirs):
                    written = [request(SECRET, "help", sink=sink) for _ in range(LINES * count)]
                    kept[which].append(await at_once(lines[which], written) / len(written))
                    await asyncio.sleep(REST * count)
        for each in (*lines[port], *lines[theirs]):
            each.close()
    one, other = median(slow[port]), median(slow[theirs])
    burst, bare_burst = median(seconds[port]), median(seconds[theirs])
    return [
        Row("acknowledging a signed command, one after the other, against bare aiohttp", one / other, 2.0),
        Row("  the same, ours", one * 1000, None, "ms"),
        Row("  the same, bare", other * 1000, None, "ms"),
        Row(f"bare aiohttp's rate against ours, {LINES} commands at once", burst / bare_burst, 1 / 0.45),
        Row("  the same, ours", 1 / burst, None, "/s"),
        Row("  the same, on and on, with what they lead to", median(lasting[port]) / median(lasting[theirs]), None),
    ]


# During a run ---------------------------------------------------------------------------------------------------------


def _checks(count: int, web: int = 9) -> str:
    items = [
        {"id": f"c{n}", "title": f"Check {n}", "check": {"kind": "http", "url": f"http://127.0.0.1:{web}/{n}"}}
        for n in range(count or 1)
    ]
    return json.dumps(
        {
            "service": "bench", "environments": {"prod": {}}, "limits": {"concurrency": AT_ONCE, "per_host": AT_ONCE},
            "checklist": [{"section": "All", "items": items}],
        }
    )  # fmt: skip


async def _during_runs(sink: int, web: int) -> list[Row]:
    taken: list[float] = []
    async with serving(_checks(CHECKS, web), _env(sink)) as (program, _, port):
        starter, prober = await line(port), await line(port)
        await one_by_one(prober, sink, 50, PAUSE)
        for number in range(1, RUNS + 1):
            done = asyncio.create_task(asyncio.to_thread(_finished, program, number))
            await starter.ask(request(SECRET, "run prod", sink=sink))
            while not done.done():
                taken += await one_by_one(prober, sink, 1, PAUSE)
            await done
            await asyncio.sleep(1.5)
        starter.close()
        prober.close()
    return [
        Row(f"the same during a run of {CHECKS} checks: 99th percentile", _percentile(taken, 0.99) * 1000, 100, "ms"),
        Row("  the same, median", median(taken) * 1000, None, "ms"),
        Row("  the same, worst", max(taken) * 1000, None, "ms"),
        Row("  the same, how many were sent", len(taken), None, ""),
    ]


def _finished(program: Program, count: int) -> None:
    """Wait until so many runs have ended."""
    end = perf_counter() + 60
    while program.rows("SELECT count(*) AS n FROM run WHERE finished_at IS NOT NULL")[0]["n"] < count:
        assert perf_counter() < end, "the run does not end"
        sleep(0.05)


# Clicks ---------------------------------------------------------------------------------------------------------------


def _environments(web: int) -> str:
    """Each with three checks that hold and one that does not, a channel each."""
    fine: list[dict[str, Any]] = [
        {"id": f"c{n}", "title": f"Check {n}", "check": {"kind": "http", "url": f"http://127.0.0.1:{web}/{n}"}}
        for n in range(3)
    ]
    bad = {"kind": "http", "url": f"http://127.0.0.1:{web}/bad", "expect": ["status == 500"]}
    return json.dumps(
        {
            "service": "bench", "limits": {"concurrency": AT_ONCE, "per_host": AT_ONCE},
            "environments": {f"e{n}": {"channels": {"slack": f"C0E{n:02}"}} for n in range(LIVE)},
            "checklist": [{"section": "All", "items": [*fine, {"id": "bad", "title": "Bad", "check": bad}]}],
        }
    )  # fmt: skip


def _judged(slack: SlackStandIn, channel: str, count: int) -> Message | None:
    found = slack.messages(channel)
    return found[count - 1] if len(found) >= count and "Next:" in found[count - 1].words else None


async def _round(web: int) -> tuple[list[float], list[float], int]:
    """Seconds from 20 clicks at once to 20 messages, to their verdicts; how many calls Slack refused as too many."""
    async with SlackStandIn(Settings()) as slack:
        slack.add_user(ANA, "ana")
        channels = [slack.add_channel(f"C0E{n:02}").id for n in range(LIVE)]

        async def verdicts(count: int) -> list[Message]:
            await slack.wait_for(lambda: all(_judged(slack, each, count) for each in channels), 90, "20 verdicts")
            return [slack.messages(each)[count - 1] for each in channels]

        async with serving(_environments(web), slack.env("http")) as (_, _, port):
            slack.deliver_to(f"http://127.0.0.1:{port}/slack/events")
            for n, channel in enumerate(channels):
                await slack.command(ANA, channel, "/readiness", f"run e{n}")
            cards = await verdicts(1)
            await slack.wait_for(lambda: all(slack.replies(card) for card in cards), 30, "their details")
            await asyncio.sleep(1.5)
            begun = time()
            answers = await asyncio.gather(*(slack.click(ANA, card, "Re-run failed") for card in cards))
            assert all(answer and answer.ok for answer in answers), answers
            edits = [card.edits for card in await verdicts(2)]
        slack.assert_clean()
        refused = sum(call.retry_after is not None for call in slack.calls())
        return [each[0].at - begun for each in edits], [each[-1].at - begun for each in edits], refused


async def _clicks(web: int) -> list[Row]:
    """Everybody clicks Re-run failed at once, on the cards of 20 environments: 20 live runs at once.

    Each measures one item, of 50 ms, and posts its own message, which is then edited to the verdict. Slack's limits as
    the stand-in models them; a fresh process and workspace each time, for 20 runs take 40 of the 50 edits of a minute.
    """
    rounds = [await _round(web) for _ in range(ROUNDS)]
    posted = [seconds for found, _, _ in rounds for seconds in found]
    edited = [seconds for _, found, _ in rounds for seconds in found]
    return [
        Row(f"a click to its verdict, {LIVE} live runs: 99th percentile", _percentile(edited, 0.99) * 1000, 1200, "ms"),
        Row("  the same, median", median(edited) * 1000, None, "ms"),
        Row("  to the message that is then edited, 99th percentile", _percentile(posted, 0.99) * 1000, None, "ms"),
        Row("  calls that Slack refused as too many", sum(refused for _, _, refused in rounds), None, ""),
    ]


# Memory ---------------------------------------------------------------------------------------------------------------


async def _memory() -> list[Row]:
    async with SlackStandIn(Settings()) as slack, serving(_checks(20), slack.env("socket")) as (program, running, _):
        await slack.connected()
        await asyncio.sleep(IDLE)
        first = await asyncio.to_thread(_resident, running)
        await asyncio.to_thread(running.end)
        again = program.begin("serve", env={"PORT": "0", **slack.env("socket")})
        try:
            await asyncio.to_thread(again.err.wait_for, '"key": "slack.connected"')
            await asyncio.sleep(IDLE)
            second = await asyncio.to_thread(_resident, again)
        finally:
            again.end()
    return [
        Row("resident memory with Slack connected over Socket Mode, idle", first, 85, "MiB"),
        Row("  the same, with a database that was there before", second, None, "MiB"),
    ]


def _resident(running: Running) -> float:
    """MiB."""
    status = Path(f"/proc/{running.process.pid}/status").read_text()
    return int(next(row for row in status.splitlines() if row.startswith("VmRSS:")).split()[1]) / 1024


async def _all() -> list[Row]:
    with bare() as sink, bare() as theirs, slow_server() as web:
        rows = await _acknowledging(sink, theirs)
        rows += await _during_runs(sink, web)
        rows += await _clicks(web)
    return rows + await _memory()


def main() -> list[Row]:
    """Measure; about 100 seconds."""
    return uvloop.run(_all())
