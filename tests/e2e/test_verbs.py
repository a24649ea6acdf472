"""The verbs beside the runs: check, doctor, db, help."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing

import pytest

from bot.cli import VERBS
from tests.e2e.catalogues import catalogue, good, item
from tests.e2e.program import Program
from tests.e2e.site import Answer, Site


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_explains_itself(program: Program, verb: str) -> None:
    done = program.run(verb, "--help").calm()
    assert done.code == 0
    assert done.out.startswith(f"Usage: readiness {verb}")
    assert "Options:" in done.out
    assert re.search("For example: |Commands:|--config|--[a-z]+ ", done.out)
    assert not program.file.exists(), "help touches nothing"


def test_the_help_lists_every_verb_and_the_exit_codes(program: Program) -> None:
    done = program.run("--help")
    assert done.code == 0
    for verb, (_, summary) in VERBS.items():
        assert re.search(rf"^  {verb} +{re.escape(summary)}$", done.out, re.MULTILINE)
    assert "Exit codes: 0 GO" in done.out
    assert re.fullmatch(r"readiness \d+\.\d+\.\d+\n", program.run("--version").out)


def test_check_tries_a_kind_without_a_catalogue_or_a_record(program: Program, site: Site) -> None:
    site.answers["/slow"] = lambda _: Answer(503, "later")
    well = program.run("check", "http", f"url={site.url}", "--expect", "status == 200", "--expect", "body == 'fine'")
    assert well.code == 0
    assert re.search(r"http: pass.*200 in", well.out, re.DOTALL)
    ill = program.run("check", "http", f"url={site.url}/slow", "--format", "json", "--retries", "2")
    assert ill.code == 1
    found = ill.json
    assert (found["kind"], found["outcome"], found["attempts"]) == ("http", "fail", 3)
    assert found["facts"]["status"] == 503
    assert "was 503" in found["summary"]
    assert sum(asked.path == "/slow" for asked in site.asked) == 3
    gone = program.run("check", "tcp", "host=127.0.0.1", "port=1", "--format", "json")
    assert (gone.code, gone.json["outcome"]) in ((1, "error"), (1, "fail"))
    assert not program.file.exists()


def test_check_takes_presets_and_lists_what_there_is(program: Program, site: Site) -> None:
    site.answers["/"] = lambda _: Answer(headers=(("Strict-Transport-Security", "max-age=60"),))
    done = program.run("check", "hsts", f"url={site.url}", "--format", "json")
    assert done.code == 1
    assert "max-age" in done.json["summary"] or "strict-transport-security" in done.json["summary"]
    listed = program.run("check")
    assert listed.code == 0
    for name in ("http", "tls", "dns", "tcp", "sql", "env", "command", "prometheus", "hsts", "stripe-webhook"):
        assert re.search(rf"\b{name}\b", listed.out)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["check", "htpp", "url=http://x"], "http"),
        (["check", "http"], "url"),
        (["check", "http", "http://x"], "KEY=VALUE"),
        (["check", "http", "ulr=http://x"], "ulr.*url"),
        (["check", "http", "url=http://x", "--expect", "statsu == 200"], "statsu.*status"),
        (["check", "http", "url=http://x", "--expect", "status =="], "not valid CEL"),
        (["check", "http", "url=http://x", "--timeout", "10"], "10.*duration"),
        (["check", "command", 'argv=["touch", "evil"]'], "catalogue that somebody has reviewed"),
    ],
)
def test_a_check_that_cannot_be_meant_is_2_with_what_to_write(program: Program, words: list[str], says: str) -> None:
    done = program.run(*words).calm()
    assert done.code == 2
    assert re.search(says, done.err), done.err
    assert not (program.folder / "evil").exists()


def test_doctor_says_what_is_there_what_is_missing_and_what_to_do(program: Program) -> None:
    program.write(
        catalogue([good("a", owner="ops"), item("b", report={"max_age": "1h"})], roles={"ops": {"title": "Ops"}})
    )
    done = program.run("doctor").calm()
    assert done.code == 0
    for says in (
        "shop prod: 2 items",
        "READINESS_REPORT_TOKEN",
        "READINESS_LEDGER_KEY",
        "ledger is whole",
        "ana is nobody",
    ):
        assert says in done.out, done.out
    set_up = program.run("doctor", env={"READINESS_REPORT_TOKEN": "t0ken-for-it", "READINESS_LEDGER_KEY": "k3y-for-it"})
    assert "1 items take reports" in set_up.out or "take reports" in set_up.out
    assert "k3y-for-it" not in set_up.out
    assert "t0ken-for-it" not in set_up.out


def test_doctor_names_every_mistake_and_still_looks_at_the_rest(program: Program) -> None:
    program.write("service: shop\nenvironments: {prod: {}}\ncheklist: []\n")
    done = program.run("doctor").calm()
    assert done.code == 2
    assert "readiness.yaml:3: cheklist" in done.out
    assert "ledger is whole" in done.out
    away = program.run("doctor", env={"DATABASE_URL": "postgresql://ana:pass-w0rd@127.0.0.1:1/x"}).calm()
    assert away.code == 3
    assert "Nothing answers at PostgreSQL at 127.0.0.1" in away.out
    assert "pass-w0rd" not in away.out


def test_a_backup_is_whole_and_never_replaces_a_file(program: Program) -> None:
    program.write(catalogue([good("a")]))
    assert program.run("db", "upgrade").out.endswith("is up to date.\n")
    assert program.run("run", "prod").code == 0
    done = program.run("db", "backup", "copies/one.db")
    assert (done.code, done.err) == (0, "")
    with closing(sqlite3.connect(program.folder / "copies" / "one.db")) as copy:
        assert copy.execute("SELECT state FROM run").fetchall() == [("finished",)]
    assert program.run("ledger", "verify", env={"DATABASE_URL": "sqlite:///copies/one.db"}).code == 0
    again = program.run("db", "backup", "copies/one.db").calm()
    assert again.code == 3
    assert "never replaces a file" in again.err
    nothing = program.run("db", "backup", "copies/two.db", env={"DATABASE_URL": "sqlite:///nowhere.db"}).calm()
    assert nothing.code == 3
    assert "no database at nowhere.db" in nothing.err
