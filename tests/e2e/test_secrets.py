"""A secret never leaves: whatever goes wrong, no output, no record and no measurement of the program holds it."""

from __future__ import annotations

import base64
import json
import re
import sqlite3
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import quote, quote_plus

import psycopg
import pytest

from tests.e2e.catalogues import catalogue, item, web
from tests.e2e.program import Program
from tests.e2e.site import Answer, Asked, Site

# With characters that URLs, JSON and headers write in other ways.
SECRETS = {
    "URL_SECRET": "ur1/S3cret?+x%y",
    "HEADER_SECRET": 'h3ader"Secret\\z',
    "SQL_SECRET": "sq1:S3cr@t word",
    "BASIC_SECRET": "b4sic-Secret-value",
    "ENV_SECRET": "env-S3cret-to-look-at",
    "READINESS_LEDGER_KEY": "ledger-k3y-of-the-tests",
    "READINESS_REPORT_TOKEN": "rep0rt-token-of-the-tests",
}

TELL = 'echo "$0"; echo "$0" >&2; exit 3'


def forms(secret: str) -> set[str]:
    """The secret as somebody could find it in a text: as it is, quoted, in JSON, encoded."""
    encoded = base64.b64encode(secret.encode()).decode().rstrip("=")
    return {secret, quote(secret, safe=""), quote(secret), quote_plus(secret), json.dumps(secret)[1:-1], encoded}


def leaks(data: str | bytes) -> list[str]:
    """Names of the secrets that are in there."""
    data = data.encode() if isinstance(data, str) else data
    return [name for name, secret in SECRETS.items() if any(form.encode() in data for form in forms(secret))]


def echo(asked: Asked) -> Answer:
    """A server that hands back whatever it was sent, in every place."""
    everything = json.dumps(
        {name: asked.headers.get(name) for name in ("authorization", "x-token")} | {"path": asked.path}
    )
    return Answer(500, everything, (("X-Echo", asked.headers.get("x-token", "none")), ("X-Path", asked.path)))


def away(asked: Asked) -> Answer:
    """A redirect to where nothing listens, with what was sent in the address."""
    return Answer(302, "", (("Location", f"http://127.0.0.1:1{asked.path}&again={quote(asked.headers['x-token'])}"),))


@pytest.fixture
def locked_postgresql(postgresql: str) -> Iterator[str]:
    """The server's address for a user whose password is not the secret; SQL_SECRET is refused."""
    with psycopg.connect(postgresql, autocommit=True) as connection:
        connection.execute("DROP ROLE IF EXISTS locked")
        connection.execute("CREATE ROLE locked LOGIN PASSWORD 'another'")
        (file,) = connection.execute("SHOW hba_file").fetchone() or ("",)
        rules = Path(file)
        before = rules.read_text()
        rules.write_text("local all locked scram-sha-256\n" + before)
        connection.execute("SELECT pg_reload_conf()")
        yield "postgresql://locked:${SQL_QUOTED}@/postgres?" + postgresql.partition("?")[2]
        rules.write_text(before)
        connection.execute("SELECT pg_reload_conf()")


def hostile(site: Site, postgresql: str) -> str:
    header = {"headers": {"X-Token": "${HEADER_SECRET}"}, "expect": ["body == 'never'", "headers['x-echo'] == 'never'"]}
    key = "?key=${URL_SECRET}"
    return catalogue(
        [
            web("echo", f"{site.url}/echo{key}", **header),
            web("away", f"{site.url}/away{key}", **header),
            web("host", "http://${URL_HOST}.invalid/" + key, **header),
            web("userinfo", f"http://bot:${{BASIC_SECRET}}@127.0.0.1:{site.port}/echo", expect=["body == ''"]),
            web("basic", f"{site.url}/echo", basic="bot:${BASIC_SECRET}", expect=["json == null"]),
            web("bearer", f"{site.url}/echo", bearer="${BASIC_SECRET}", expect=["json.authorization == ''"]),
            web("number", f"{site.url}/echo{key}", expect=["body > 3", "json.path < 1"]),
            item("sql", {"kind": "sql", "url": postgresql, "query": "SELECT 1"}),
            item("sql-host", {"kind": "sql", "url": "postgresql://u:${SQL_QUOTED}@127.0.0.1:1/x", "query": "SELECT 1"}),
            item("env", {"kind": "env", "name": "ENV_SECRET", "expect": ["length > 100", "value == 'x'"]}),
            item("env-odd", {"kind": "env", "name": "ENV_SECRET", "expect": ["value > 3"]}),
            item("command", {"kind": "command", "argv": ["sh", "-c", TELL, "${HEADER_SECRET}"]}),
            item("command-missing", {"kind": "command", "argv": ["/no/${HEADER_SECRET}"]}),
            item("tls", {"kind": "tls", "host": "${URL_HOST}.invalid"}),
        ]
    )  # fmt: skip


def test_no_secret_gets_out_whatever_fails(program: Program, site: Site, locked_postgresql: str) -> None:
    site.answers |= {"/echo": echo, "/away": away}
    env = SECRETS | {"SQL_QUOTED": quote(SECRETS["SQL_SECRET"], safe=""), "URL_HOST": "h0st-secret-name"}
    program.write(hostile(site, locked_postgresql))
    outputs = {
        form: program.run("run", "prod", "--format", form, env=env) for form in ("table", "json", "junit", "markdown")
    }
    states = outputs["json"].states
    assert set(states.values()) == {"fail", "error"}, states
    assert len({asked.path for asked in site.asked if "S3cret" in asked.path or "%3F" in asked.path}) >= 1
    assert "refuses" in next(e["summary"] for e in outputs["json"].json["items"] if e["id"] == "sql")
    for name in ("echo", "sql", "command"):
        outputs[f"show {name}"] = program.run("show", "prod", name, env=env)
    for words in (["status", "prod"], ["history", "prod", "echo"], ["ledger", "export"], ["doctor"], ["chat"]):
        outputs[" ".join(words)] = program.run(*words, env=env)
    for name, done in outputs.items():
        assert not leaks(done.out), (name, leaks(done.out), done.out)
        assert not leaks(done.err), (name, leaks(done.err), done.err)
        assert "h0st-secret-name" not in done.out + done.err, name
    for file in program.file.parent.iterdir():
        assert not leaks(file.read_bytes()), (file.name, leaks(file.read_bytes()))


def test_serving_tells_no_secret_either(program: Program, site: Site) -> None:
    site.answers |= {"/echo": echo}
    program.write(
        catalogue([web("echo", f"{site.url}/echo?key=${{URL_SECRET}}", headers={"X-Token": "${HEADER_SECRET}"})])
    )
    assert program.run("run", "prod", env=SECRETS).code == 0
    running = program.begin("serve", env=SECRETS | {"PORT": "0"})
    port = running.err.wait_for(r'"port": (\d+)')[1]
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
        metrics = answer.read()
    program.write('service: shop\nrelese: "${URL_SECRET}"\nenvironments: {"${HEADER_SECRET}": {}}\n')
    running.err.wait_for("catalog.refused")
    running.process.terminate()
    done = running.done()
    assert done.code == 0
    assert re.search(b'readiness_item_state.*item="echo"', metrics)
    assert not leaks(metrics)
    assert not leaks(done.out + done.err), (leaks(done.err), done.err)


def test_trying_one_check_does_not_show_the_secret_that_it_takes(program: Program, site: Site) -> None:
    site.answers |= {"/echo": echo}
    words = ["check", "http", f"url={site.url}/echo", 'headers={"X-Token": "x"}', "bearer=${BASIC_SECRET}"]
    for form in ("table", "json"):
        done = program.run(*words, "--expect", "body == ''", "--format", form, env=SECRETS)
        assert done.code == 1
        assert "•••" in done.out
        assert not leaks(done.out + done.err)
    unset = program.run("check", "http", "url=${NOT_SET_HERE}")
    assert unset.code == 2
    assert "NOT_SET_HERE is not set" in unset.err


def test_credentials_that_a_server_echoes_as_they_were_sent_are_secret_too(program: Program, site: Site) -> None:
    site.answers |= {"/echo": echo}
    program.write(catalogue([web("basic", f"{site.url}/echo", basic="bot:${BASIC_SECRET}", expect=["body == ''"])]))
    done = program.run("run", "prod", "--format", "json", env=SECRETS)
    assert done.states == {"basic": "fail"}
    sent = base64.b64encode(f"bot:{SECRETS['BASIC_SECRET']}".encode()).decode()
    assert sent not in done.out
    assert sent.encode() not in program.file.read_bytes()


def test_half_a_secret_at_the_end_of_a_long_value_is_a_secret_too(program: Program, site: Site) -> None:
    secret, pads = SECRETS["BASIC_SECRET"], range(96, 120, 3)
    items = []
    for pad in pads:
        site.answers[f"/{pad}"] = lambda _, pad=pad: Answer(200, "x" * pad + secret)  # type: ignore[misc]
        query = f"SELECT '{'x' * pad}${{BASIC_SECRET}}'"
        items.append(web(f"web-{pad}", f"{site.url}/{pad}", bearer="${BASIC_SECRET}", expect=["body == ''"]))
        items.append(item(f"sql-{pad}", {"kind": "sql", "url": "sqlite:///some.db", "query": query}))
    with closing(sqlite3.connect(program.folder / "some.db")) as some:
        some.execute("CREATE TABLE t (x)")
    program.write(catalogue(items))
    done = program.run("run", "prod", "--format", "json", env=SECRETS)
    assert set(done.states.values()) == {"fail", "pass"}
    assert secret[:6] not in done.out
