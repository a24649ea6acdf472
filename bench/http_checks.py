"""HTTP checks against curl: the same requests to the same slow server, each over a fresh connection.

Taken in turns, and the medians compared, so that both meet the same machine. `python -m bench.http_checks`.
"""

from __future__ import annotations

import gc
import subprocess
import sys
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from resource import RUSAGE_CHILDREN, RUSAGE_SELF, getrusage
from statistics import median
from time import perf_counter
from typing import Final

import uvloop

from bench.rows import Row
from checks.model import Context, Outcome, Result
from checks.registry import build_check
from checks.runner import Job, Limits, Runner
from checks.transport import Connections

DELAY: Final = 0.05
ROUNDS: Final = 7
AT_ONCE: Final = 100
USUAL: Final = 25


@contextmanager
def slow_server() -> Iterator[int]:
    """The port of a server, in a process of its own, that answers after DELAY seconds."""
    argv = [sys.executable, "-m", "bench.slow_server", str(DELAY)]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        try:
            yield int(server.stdout.readline())
        finally:
            server.stdin.close()


def curl(port: int, count: int) -> tuple[float, float]:
    """Seconds that curl takes: by the clock, of the CPU. `Connection: close` makes every connection a fresh one."""
    argv = ["curl", "--silent", "--fail", "--parallel", "--parallel-immediate", "--parallel-max", str(AT_ONCE)]
    argv += ["--header", "Connection: close", "--output", "/dev/null", f"http://127.0.0.1:{port}/[1-{count}]"]
    before, begun = getrusage(RUSAGE_CHILDREN), perf_counter()
    subprocess.run(argv, check=True, stderr=subprocess.DEVNULL)
    seconds, after = perf_counter() - begun, getrusage(RUSAGE_CHILDREN)
    return seconds, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def ours(port: int, count: int, at_once: int = AT_ONCE) -> tuple[float, float, list[float]]:
    """Seconds that the runner takes: by the clock, of the CPU; and the time that each check reported, in order."""
    jobs = [
        Job(str(number), build_check({"kind": "http", "url": f"http://127.0.0.1:{port}/{number}"}))
        for number in range(count)
    ]
    times: list[float] = []

    def keep(key: str, result: Result) -> None:
        assert result.outcome is Outcome.PASS, f"{key}: {result.summary}"
        seconds = result.facts["seconds"]
        assert isinstance(seconds, float)
        times.append(seconds)

    async def run() -> None:
        connections = Connections()
        limits = Limits(concurrency=at_once, per_host=at_once)
        await Runner(limits, Context(10.0, connections, Path())).run(jobs, keep)
        await connections.aclose()

    gc.collect()
    before, begun = getrusage(RUSAGE_SELF), perf_counter()
    uvloop.run(run())
    seconds, after = perf_counter() - begun, getrusage(RUSAGE_SELF)
    return seconds, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, sorted(times)


def _peak(port: int, count: int) -> int:
    """KiB of Python's memory at the worst moment of a run, its jobs included."""
    gc.collect()
    tracemalloc.start()
    ours(port, count)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak // 1024


def main() -> list[Row]:
    """Measure; about 25 seconds."""
    with slow_server() as port:
        ours(port, AT_ONCE)
        rounds = [(curl(port, 1000), ours(port, 1000)) for _ in range(ROUNDS)]
        wall = median(our[0] for _, our in rounds) / median(their[0] for their, _ in rounds)
        cpu = median(our[1] for _, our in rounds) / median(their[1] for their, _ in rounds)
        one = median(our[0] for _, our in rounds)
        five = median(ours(port, 5000)[0] for _ in range(3))
        usual = ours(port, 1000, USUAL)[2]
        more = (_peak(port, 5000) - _peak(port, 1000)) / 1024
    return [
        Row("1,000 HTTP checks of 50 ms, 100 at once: time, against curl", wall, 1.6),
        Row("  the same: CPU, against curl", cpu, 3.5),
        Row("  the same, ours", one * 1000, None, "ms"),
        Row("5,000 checks take 5 times as long as 1,000", five / one / 5, 1.15),
        Row("  the same: more memory", more, 12.0, "MiB"),
        Row("median of the reported time at 25 at once, against the truth", median(usual) / DELAY, 1.2),
        Row("  the same: 99th percentile", usual[int(len(usual) * 0.99)] / DELAY, 1.4),
    ]


if __name__ == "__main__":
    for row in main():
        print(f"{row.name:70} {row.value:8.2f} {row.unit:4} limit {row.limit}")
