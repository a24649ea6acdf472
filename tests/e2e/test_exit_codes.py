"""What a pipeline relies on: the exit code says what it came to, and the reason is a sentence."""

from __future__ import annotations

import os
import re
import sqlite3
from contextlib import closing

import pytest

from tests.e2e.catalogues import bad, catalogue, good, web
from tests.e2e.program import Done, Program, largest_file, ordinary
from tests.e2e.site import Site

SENTENCE = re.compile(r"[A-Z].*[.]$", re.MULTILINE)


def failed(done: Done, says: str) -> None:
    """It ended with 3 and a sentence that says why."""
    assert done.code == 3, (done.code, done.out, done.err)
    assert SENTENCE.search(done.err), done.err
    assert re.search(says, done.err), done.err
    assert "GO" not in done.out
    done.calm()


def wrong(done: Done, says: str) -> None:
    """It ended with 2 and a sentence that says what to write instead."""
    assert done.code == 2, (done.code, done.out, done.err)
    assert re.search(says, done.err), done.err
    assert done.out == ""
    done.calm()


def test_go_is_0(program: Program) -> None:
    program.write(catalogue([good("a", level="critical"), good("b")]))
    done = program.run("run", "prod")
    assert done.code == 0
    assert "shop prod: GO\n" in done.out


def test_go_with_conditions_is_0(program: Program) -> None:
    program.write(catalogue([good("a", level="critical"), bad("b", level="important")]))
    done = program.run("run", "prod")
    assert done.code == 0
    assert "GO WITH CONDITIONS" in done.out


def test_no_go_is_1_for_the_run_and_for_the_status_after_it(program: Program) -> None:
    program.write(catalogue([good("a"), bad("b", level="critical")]))
    done = program.run("run", "prod")
    assert done.code == 1
    assert "NO-GO" in done.out
    assert program.run("status", "prod").code == 1


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["run", "prd"], "no environment 'prd'.*prod"),
        (["rnu", "prod"], "no command 'rnu'.*run"),
        (["run", "prod", "--fromat", "json"], "--fromat.*--format"),
        (["run", "prod", "--format", "yaml"], "yaml.*json"),
        (["run", "prod", "aa"], "no item or section 'aa'.*'a'"),
        (["run", "prod", "--only", "broken"], "broken.*failing"),
        (["run"], "env is missing|ENV is missing"),
        (["show", "prod"], "ITEM is missing.*readiness show"),
        (["waive", "prod", "a", "--reason", "x"], "--until is missing"),
        (["waive", "prod", "a", "--reason", "x", "--until", "yesterday"], "yesterday.*2d"),
        (["attest", "prod", "a"], "not a matter of somebody's word"),
        (["run", "prod", "--config", "elsewhere.yaml"], "elsewhere.yaml"),
        (["run", "prod", "--var", "nonsense"], "NAME=VALUE"),
        (["ledger", "verify", "--expect", "xyz"], "hex digits"),
    ],
)
def test_a_command_line_that_cannot_be_meant_is_2(program: Program, words: list[str], says: str) -> None:
    program.write(catalogue([good("a")]))
    wrong(program.run(*words), says)


def test_nothing_at_all_shows_the_help_and_is_2(program: Program) -> None:
    done = program.run()
    assert done.code == 2
    assert "Usage: readiness COMMAND" in done.out


def test_a_wrong_catalogue_is_2_with_every_mistake_and_its_line(program: Program) -> None:
    program.write(
        "service: shop\n"
        "environments: {prod: {}}\n"
        "timezon: UTC\n"
        "checklist:\n"
        "  - section: S\n"
        "    items:\n"
        "      - {id: a, title: A, level: kritical, check: {kind: env, name: PATH}}\n"
        "      - {id: b, title: B, check: {kind: htpp, url: x}}\n"
    )
    done = program.run("run", "prod")
    wrong(done, r"readiness.yaml:3: timezon: .*timezone")
    assert re.search(r"readiness.yaml:7: .*critical", done.err)
    assert re.search(r"readiness.yaml:8: .*http", done.err)
    assert "nothing was run" in done.err


def test_no_catalogue_is_2_and_leaves_no_database_behind(program: Program) -> None:
    wrong(program.run("run", "prod"), "readiness.yaml.*(no such file|cannot be read|does not exist|There is no)")
    assert not program.file.exists()


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("PORT", "eighty", "PORT"),
        ("PORT", "70000", "PORT"),
        ("DATABASE_URL", "oracle://x", "DATABASE_URL.*sqlite:///"),
        ("READINESS_LOG", "loud", "READINESS_LOG"),
    ],
)
def test_a_wrong_variable_of_the_environment_is_2_and_named(program: Program, name: str, value: str, says: str) -> None:
    program.write(catalogue([good("a")]))
    wrong(program.run("run", "prod", env={name: value}), f"The environment is wrong. {says}")


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("sqlite:////proc/nowhere/readiness.db", "The folder .* cannot be made"),
        ("sqlite:///.", "cannot be opened"),
        ("sqlite:///readiness.yaml", "is not a database"),
        ("sqlite://", "names no file"),
        ("postgresql://ana:hunter2hunter2@127.0.0.1:1/x", "Nothing answers at PostgreSQL at 127.0.0.1"),
    ],
)
@pytest.mark.parametrize(
    "verb", [("run", "prod"), ("ledger", "verify"), ("serve",), ("chat",)], ids=lambda verb: verb[0]
)
def test_a_database_that_cannot_be_opened_is_3(program: Program, verb: tuple[str, ...], url: str, says: str) -> None:
    program.write(catalogue([good("a")]))
    done = program.run(*verb, env={"DATABASE_URL": url})
    failed(done, says)
    assert "hunter2" not in done.err


def test_a_database_from_a_newer_version_is_3(program: Program) -> None:
    program.write(catalogue([good("a")]))
    assert program.run("run", "prod").code == 0
    with program.tampering() as other:
        other.execute("UPDATE alembic_version SET version_num = '9999_later'")
    failed(program.run("run", "prod"), "newer version")


def test_a_read_only_database_is_3(program: Program) -> None:
    program.write(catalogue([good("a")]))
    assert program.run("run", "prod").code == 0
    program.file.chmod(0o444)
    program.file.parent.chmod(0o555)
    try:
        failed(program.run("run", "prod", limits=ordinary), "read-only|cannot be opened")
    finally:
        program.file.parent.chmod(0o755)


def test_a_full_disk_at_the_start_of_a_run_is_3(program: Program) -> None:
    program.write(catalogue([good("a")]))
    assert program.run("db", "upgrade").code == 0
    failed(program.run("run", "prod", limits=largest_file(8192)), "check the disk|is full")
    assert program.run("run", "prod").code == 0, "and goes on when there is room again"


def test_a_disk_that_fills_up_in_the_middle_of_a_run_is_3_and_never_a_verdict(program: Program, site: Site) -> None:
    program.write(catalogue([web(f"a{number:03}", f"{site.url}/?{number}") for number in range(300)]))
    assert program.run("db", "upgrade").code == 0
    size = program.file.stat().st_size
    done = program.run("run", "prod", limits=largest_file(size + 65536))
    failed(done, "check the disk|is full")
    (run,) = program.rows("SELECT state, verdict FROM run")
    assert run["verdict"] is None
    assert program.run("ledger", "verify").code == 0
    assert program.run("run", "prod").code == 0, "and goes on when there is room again"


def test_a_database_that_another_process_keeps_is_3(program: Program) -> None:
    program.write(catalogue([good("a")]))
    assert program.run("db", "upgrade").code == 0
    with closing(sqlite3.connect(program.file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        failed(program.run("run", "prod"), "busy.*Try again")
        other.execute("ROLLBACK")


def test_a_database_that_another_process_takes_in_the_middle_of_a_run_is_3(program: Program, site: Site) -> None:
    site.hung.add("/slow")
    program.write(catalogue([good("a"), web("slow", f"{site.url}/slow", timeout="2s")]))
    running = program.begin("run", "prod", "--format", "json")
    site.wait_for("/slow")
    with closing(sqlite3.connect(program.file, isolation_level=None, timeout=30)) as other:
        other.execute("BEGIN IMMEDIATE")
        done = running.done(90)
        other.execute("ROLLBACK")
    failed(done, "busy")
    assert done.out == ""
    assert program.run("history", "prod").calm().code == 0
    (run,) = program.rows("SELECT state, verdict FROM run")
    assert run == {"state": "interrupted", "verdict": None}


def test_a_reader_who_leaves_early_is_no_fault_of_the_program(program: Program) -> None:
    program.write(catalogue([good(f"a{number}") for number in range(400)]))
    assert program.run("run", "prod").code == 0
    running = program.begin("status", "prod")
    assert running.process.stdout is not None
    os.close(os.dup(running.process.stdout.fileno()))
    running.process.stdout.close()
    done = running.done()
    assert "Traceback" not in done.err
    assert "Exception ignored" not in done.err
