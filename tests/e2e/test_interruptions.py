"""Stopped in the middle, gently or not: what is known is kept, nothing is half-written, and it is said."""

from __future__ import annotations

import re
import signal
from collections.abc import Callable
from datetime import UTC, datetime
from time import monotonic

import pytest

from storage.database import Database
from storage.records import Run
from tests.e2e.catalogues import catalogue, good, web
from tests.e2e.program import Program, Running
from tests.e2e.site import Site
from tests.e2e.terminal import Terminal

FREE = {"PORT": "0"}
QUICK = [f"quick-{number}" for number in range(6)]


@pytest.fixture
def hanging(program: Program, site: Site) -> Program:
    """A catalogue of six items that pass at once and two that never answer."""
    site.hung.add("/never")
    stuck = [web(f"stuck-{number}", f"{site.url}/never", timeout="5m") for number in range(2)]
    program.write(catalogue([*(web(name, site.url) for name in QUICK), *stuck]))
    return program


def known(program: Program, run: int = 1) -> list[str]:
    return sorted(row["item"] for row in program.rows("SELECT item FROM result WHERE run_id = ?", run))


def await_known(program: Program, running: Running | Terminal, run: int = 1) -> None:
    """Wait until the quick results are on disk, while the program is in the middle of its run."""
    end = monotonic() + 45
    while not program.file.exists() or not _done(program, run) >= len(QUICK):
        assert running.process.poll() is None, "it ended by itself"
        assert monotonic() < end, "the results never came"


def _done(program: Program, run: int) -> int:
    if not program.rows("SELECT 1 FROM sqlite_master WHERE name = 'run'"):
        return 0
    return sum(row["done"] for row in program.rows("SELECT done FROM run WHERE id = ?", run))


def whole(program: Program, run: int = 1, why: str = ".*") -> None:
    """The record of an interrupted run holds together."""
    (record,) = program.rows("SELECT * FROM run WHERE id = ?", run)
    assert record["state"] == "interrupted"
    assert record["verdict"] is None
    assert record["finished_at"] is not None
    assert record["claimed_until"] is None
    assert record["done"] == len(QUICK)
    assert known(program, run) == QUICK
    (entry,) = program.rows("SELECT data FROM ledger WHERE verb = 'run.interrupted' AND subject = ?", f"run:{run}")
    assert f'"done":{len(QUICK)}' in entry["data"]
    assert re.search(f'"why":"{why}"', entry["data"])
    behind = (
        "SELECT * FROM post JOIN subject ON subject.key = post.subject WHERE shown < revision OR claimed_by NOT NULL"
    )
    assert program.rows(behind) == []
    assert program.run("ledger", "verify").code == 0
    assert program.rows("PRAGMA integrity_check") == [{"integrity_check": "ok"}]
    assert program.rows("PRAGMA foreign_key_check") == []


def queue(program: Program) -> int:
    """Ask for a run as a platform would, for whoever serves."""
    database = Database(program.env["DATABASE_URL"])
    database.migrate()
    try:
        with database.write() as store:
            items = [*QUICK, "stuck-0", "stuck-1"]
            run = store.runs.add(
                Run(environment="prod", person="ana", name="Ana", items=items, asked_at=datetime.now(UTC))
            )
            store.touch(f"run:{run.id}", datetime.now(UTC))
            return run.id or 0
    finally:
        database.close()


@pytest.mark.parametrize("form", ["table", "json"])
def test_ctrl_c_keeps_what_is_known_and_says_so(hanging: Program, form: str) -> None:
    running = hanging.begin("run", "prod", "--format", form)
    await_known(hanging, running)
    running.send(signal.SIGINT)
    done = running.done(5).calm()
    assert done.code == 130
    assert "Interrupted. What was measured is kept; there is no verdict." in done.err
    if form == "json":
        assert done.json["verdict"] is None
        assert [name for name, state in done.states.items() if state == "pass"] == QUICK
        assert done.states["stuck-0"] == "pending"
    else:
        assert "interrupted after 6 of 8 checks" in done.out
    whole(hanging, why="it was stopped")
    assert hanging.run("status", "prod", "--format", "json").states["quick-0"] == "pass"


def test_ctrl_c_on_a_terminal_leaves_it_as_it_was(hanging: Program, terminal: Callable[..., Terminal]) -> None:
    screen = terminal("run", "prod")
    await_known(hanging, screen)
    screen.sees("6 of 8")
    screen.type("\x03")
    assert screen.done(5) == 130
    assert "Interrupted. What was measured is kept" in screen.screen.rest()
    assert screen.raw.count("\x1b[?25l") == screen.raw.count("\x1b[?25h"), "the cursor is shown again"
    whole(hanging)


@pytest.mark.parametrize("next_words", [("status", "prod"), ("history", "prod"), ("run", "prod", "quick-0")])
def test_killed_in_the_middle_of_a_run(hanging: Program, next_words: tuple[str, ...]) -> None:
    running = hanging.begin("run", "prod")
    await_known(hanging, running)
    running.send(signal.SIGKILL)
    assert running.done().code == -signal.SIGKILL
    assert hanging.rows("SELECT state FROM run") == [{"state": "running"}]
    assert hanging.run(*next_words).calm().code in (0, 1)
    whole(hanging, why="its process ended")
    assert "interrupted" in hanging.run("history", "prod").out


def test_killed_while_serving_and_started_again(hanging: Program, site: Site) -> None:
    run = queue(hanging)
    running = hanging.begin("serve", env=FREE)
    await_known(hanging, running, run)
    running.send(signal.SIGKILL)
    running.done()
    again = hanging.begin("serve", env=FREE)
    again.err.wait_for("run.interrupted")
    again.send(signal.SIGTERM)
    assert again.done(5).calm().code == 0
    whole(hanging, run, why="its process ended")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_told_to_stop_while_serving(hanging: Program, number: signal.Signals) -> None:
    runs = [queue(hanging), queue(hanging)]
    running = hanging.begin("serve", env=FREE)
    for run in runs:
        await_known(hanging, running, run)
    running.send(number)
    begun = monotonic()
    done = running.done(5).calm()
    assert monotonic() - begun < 5
    assert done.code == 0
    for run in runs:
        whole(hanging, run, why="it was stopped")
    assert '"key": "serve.stopped"' in done.err


def test_told_to_stop_before_it_has_begun_what_waits(program: Program) -> None:
    program.write(catalogue([good(name) for name in (*QUICK, "stuck-0", "stuck-1")]))
    runs = [queue(program) for _ in range(20)]
    running = program.begin("serve", env=FREE)
    running.err.wait_for("serve.ready")
    running.send(signal.SIGTERM)
    assert running.done(5).calm().code == 0
    states = {row["id"]: row["state"] for row in program.rows("SELECT id, state FROM run")}
    assert set(states) == set(runs)
    assert set(states.values()) <= {"queued", "finished", "interrupted"}, "nothing is left as if it were running"


def test_ctrl_c_at_a_question_leaves(program: Program, terminal: Callable[..., Terminal]) -> None:
    allowed = {"people": {"ana": {"local": "ana"}}, "roles": {"ops": {"members": ["ana"]}}}
    program.write(catalogue([good("a")], permissions={"waive": ["ops"]}, **allowed))
    screen = terminal("waive", "prod", "a", "--until", "2d")
    screen.sees("reason .*: ")
    screen.type("\x03")
    assert screen.done(5) == 130
    assert program.rows("SELECT * FROM waiver") == []


def test_ctrl_c_leaves_a_chat_that_waits_for_its_pipe(program: Program) -> None:
    program.write(catalogue([good("a")]))
    running = program.begin("chat", stdin=True)
    running.say("/readiness help\n")
    running.out.wait_for("Commands")
    running.send(signal.SIGINT)
    assert running.process.wait(5) == 130
