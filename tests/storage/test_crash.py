"""Killed in the middle of writing: what was acknowledged is there, nothing is there by half."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable

import pytest

from storage.database import Database
from storage.store import Store

WRITE = """
import itertools, sys
from datetime import UTC, datetime
from storage.database import Database
from storage.records import Run

database = Database(sys.argv[1])
for number in itertools.count(1):
    now = datetime.now(UTC)
    with database.write() as store:
        run = store.runs.add(Run(environment="prod", person="ana", name="Ana", asked_at=now))
        row = {"outcome": "pass", "summary": "x" * 300, "seconds": 0.1, "at": now}
        store.results.add(run.id, [{"item": f"item-{item}", **row} for item in range(50)])
        store.touch(f"run:{run.id}", now)
        store.record("ana", "run", f"run:{run.id}", {"number": number}, now)
    print(run.id, flush=True)
"""


def check(store: Store, acknowledged: int) -> None:
    found = store.ledger.verify()
    runs = store.runs.recent("prod", 10_000)
    assert found.problem is None
    assert found.length == len(runs) >= acknowledged
    for run in runs:
        assert run.id is not None
        assert run.done == len(store.results.of_run(run.id)) == 50
        assert store.revision(f"run:{run.id}") == 1


@pytest.mark.parametrize("writes", [1, 2, 7])
def test_killed_while_writing(database: Database, url: str, connect: Callable[..., Database], writes: int) -> None:
    process = subprocess.Popen([sys.executable, "-c", WRITE, url], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    acknowledged = [int(process.stdout.readline()) for _ in range(writes)]
    process.send_signal(signal.SIGKILL)
    acknowledged += [int(line) for line in process.stdout if line.endswith("\n")]
    process.stdout.close()
    assert process.wait(30) == -signal.SIGKILL
    survivor = connect(url)
    survivor.migrate()
    # A write waits for what the killed one had begun to be undone.
    with survivor.write() as store:
        check(store, len(acknowledged))
