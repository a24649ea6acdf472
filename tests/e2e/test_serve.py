"""`readiness serve` as a host runs it: health, metrics, reports, an edited catalogue, a database that goes away."""

from __future__ import annotations

import json
import re
import signal
import socket
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Any

import httpx
import psycopg
import pytest
from prometheus_client.parser import text_string_to_metric_families

from storage.database import Database
from storage.records import Run, RunState
from tests.e2e.catalogues import bad, catalogue, good, item, web
from tests.e2e.program import Program, Running
from tests.e2e.site import Site

TOKEN = "a-token-for-reports"
ITEMS = [
    good("fine"),
    bad("broken"),
    item("tests", report={"max_age": "1h"}),
    item("word", attest={"evidence": "optional"}),
]
GREEN = {"outcome": "pass", "summary": "412 tests green", "url": "https://ci.example/1"}


class Server:
    """A `readiness serve` that is up, and a client for it."""

    def __init__(self, running: Running) -> None:
        self.running = running
        port = running.err.wait_for(r'"key": "serve.ready".*?"port": (\d+)')[1]
        self.client = httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=30)

    def report(self, where: str, body: Any = GREEN, *, token: str | None = TOKEN, **headers: str) -> httpx.Response:
        authorization = {"Authorization": f"Bearer {token}"} if token else {}
        content = body if isinstance(body, (str, bytes)) else json.dumps(body)
        return self.client.post(f"/reports/{where}", content=content, headers=authorization | headers)

    def metrics(self) -> dict[tuple[str, ...], float]:
        """Value by name and label values."""
        families = text_string_to_metric_families(self.client.get("/metrics").text)
        return {(s.name, *s.labels.values()): s.value for family in families for s in family.samples}

    def until(self, holds: Callable[[], bool], timeout: float = 30) -> None:
        """Ask again and again until it holds."""
        end = monotonic() + timeout
        while not holds():
            assert monotonic() < end, "it never came to hold"
            assert self.running.process.poll() is None, self.running.err.text


@pytest.fixture
def serve(program: Program) -> Any:
    """Starts `serve` on a free port."""
    clients = []

    def start(**env: str) -> Server:
        server = Server(program.begin("serve", env={"PORT": "0", **env}))
        clients.append(server.client)
        return server

    yield start
    for client in clients:
        client.close()


@pytest.fixture
def server(program: Program, serve: Callable[..., Server]) -> Server:
    program.write(catalogue(ITEMS))
    return serve(READINESS_REPORT_TOKEN=TOKEN)


def test_it_is_alive_ready_and_leaves_cleanly(server: Server) -> None:
    assert server.client.get("/healthz").json() == {"alive": True}
    ready = server.client.get("/readyz")
    assert (ready.status_code, ready.json()) == (200, {"ready": True, "reasons": []})
    assert server.client.get("/nowhere").status_code == 404
    assert server.client.delete("/healthz").status_code == 405
    server.running.send(signal.SIGTERM)
    done = server.running.done(5).calm()
    assert (done.code, done.out) == (0, "")
    lines = [json.loads(line) for line in done.err.splitlines()]
    assert [line["key"] for line in lines] == ["serve.ready", "serve.stopping", "serve.stopped"]
    assert all(line.keys() >= {"at", "level", "key", "message"} for line in lines)


def test_metrics_tell_where_every_item_stands(program: Program, server: Server) -> None:
    assert program.run("run", "prod").code == 0
    found = server.metrics()
    for name, state in {"fine": "pass", "broken": "fail", "tests": "pending", "word": "pending"}.items():
        states = {key[-1]: value for key, value in found.items() if key[:3] == ("readiness_item_state", "prod", name)}
        assert states.pop(state) == 1
        assert len(states) == 7
        assert set(states.values()) == {0}
    assert found["readiness_verdict", "prod", "GO_WITH_CONDITIONS"] == 1
    assert 0 < found["readiness_score", "prod"] < 10
    assert found["readiness_runs", "finished"] == 1
    assert found["readiness_ledger_entries",] == 2
    assert found["readiness_posts_behind",] == 0
    assert found["readiness_catalog_in_force",] == 1


@pytest.mark.parametrize(
    ("where", "body", "token", "status", "says"),
    [
        ("prod/tests", GREEN, None, 401, "READINESS_REPORT_TOKEN"),
        ("prod/tests", GREEN, "wrong", 401, "missing or wrong"),
        ("prod/test", GREEN, TOKEN, 404, "did you mean 'tests'"),
        ("prd/tests", GREEN, TOKEN, 404, "did you mean 'prod'"),
        ("prod/fine", GREEN, TOKEN, 409, "known by check"),
        ("prod/word", GREEN, TOKEN, 409, "known by attest"),
        ("prod/tests", "{not json", TOKEN, 422, "outcome"),
        ("prod/tests", "", TOKEN, 422, "outcome"),
        ("prod/tests", b"\xff\xfe\x00", TOKEN, 422, "outcome"),
        ("prod/tests", {**GREEN, "sumary": "x"}, TOKEN, 422, "sumary"),
        ("prod/tests", {"outcome": "green"}, TOKEN, 422, "outcome: .*pass"),
        ("prod/tests", {**GREEN, "url": "javascript:alert(1)"}, TOKEN, 422, "url"),
        ("prod/tests", {**GREEN, "summary": "x" * 3000}, TOKEN, 422, "summary"),
        ("prod/tests", b"x" * 10_000_000, TOKEN, 413, "64 KiB"),
    ],
)  # fmt: skip
def test_a_report_that_is_refused_says_why_and_leaves_nothing(
    program: Program, server: Server, where: str, body: Any, token: str | None, status: int, says: str
) -> None:
    answer = server.report(where, body, token=token)
    assert answer.status_code == status
    assert re.search(says, answer.json()["error"]), answer.text
    assert program.rows("SELECT * FROM report") == []
    assert server.client.get("/healthz").status_code == 200


def test_without_a_token_reports_are_switched_off(program: Program, serve: Callable[..., Server]) -> None:
    program.write(catalogue(ITEMS))
    answer = serve().report("prod/tests")
    assert answer.status_code == 403
    assert "READINESS_REPORT_TOKEN" in answer.json()["error"]


def test_a_report_counts_once_however_often_it_is_delivered(program: Program, server: Server) -> None:
    first = server.report("prod/tests")
    again = server.report("prod/tests")
    assert (first.status_code, again.status_code) == (201, 200)
    assert (first.json()["repeated"], again.json()["repeated"]) == (False, True)
    assert first.json()["id"] == again.json()["id"]
    key = {"Idempotency-Key": "build-7"}
    keyed = [server.report("prod/tests", {"outcome": "fail", "summary": "1 red"}, **key).status_code for _ in range(2)]
    assert keyed == [201, 200]
    assert server.report("prod/tests", GREEN, **key).status_code == 409, "another report under the same key"
    assert server.report("prod/tests", GREEN, **{"Idempotency-Key": "x" * 300}).status_code == 400
    assert program.run("status", "prod", "--format", "json").states["tests"] == "fail"
    assert server.report("prod/tests", GREEN, **{"Idempotency-Key": "build-8"}).status_code == 201
    assert program.run("status", "prod", "--format", "json").states["tests"] == "pass"
    verbs = [row["verb"] for row in program.rows("SELECT verb FROM ledger")]
    assert verbs == ["reported"] * 3
    assert program.run("ledger", "verify").code == 0


def test_an_edited_catalogue_is_taken_and_a_wrong_one_is_not(program: Program, server: Server) -> None:
    new = item("new", report={"max_age": "1h"})
    assert server.report("prod/new").status_code == 404
    program.write(catalogue([*ITEMS, new]))
    server.until(lambda: server.report("prod/new").status_code in (200, 201))
    assert server.metrics()["readiness_catalog_in_force",] == 1

    program.write(catalogue([*ITEMS, new, new]))
    server.until(lambda: server.metrics()["readiness_catalog_in_force",] == 0)
    assert server.report("prod/new", {**GREEN, "summary": "again"}).status_code == 201, "the last good one is in force"
    refused = json.loads(server.running.err.wait_for(r'\{[^\n]*"catalog.refused"[^\n]*')[0])
    assert refused["level"] == "error"
    assert "'new' is used twice" in refused["problems"][0]

    (program.folder / "readiness.yaml").unlink()
    assert server.client.get("/readyz").status_code == 200
    program.write(catalogue(ITEMS))
    server.until(lambda: server.metrics()["readiness_catalog_in_force",] == 1)
    assert server.report("prod/new").status_code == 404


def test_a_port_that_is_taken_is_3_and_said(program: Program) -> None:
    program.write(catalogue(ITEMS))
    with socket.create_server(("127.0.0.1", 0)) as other:
        done = program.run("serve", env={"PORT": str(other.getsockname()[1])}).calm()
    assert done.code == 3
    (line,) = [json.loads(line) for line in done.err.splitlines()]
    assert line["key"] == "http.unavailable"
    assert "set HOST and PORT" in line["message"]


def test_it_is_not_ready_while_the_database_is_away(
    program: Program, serve: Callable[..., Server], postgresql_url: str, postgresql: str
) -> None:
    program.write(catalogue(ITEMS))
    server = serve(DATABASE_URL=postgresql_url, READINESS_REPORT_TOKEN=TOKEN)
    name = postgresql_url.rpartition("/")[0] and re.search(r"/(test_\w+)\?", postgresql_url)
    assert name
    with psycopg.connect(postgresql, autocommit=True) as admin:
        admin.execute(f"ALTER DATABASE {name[1]} ALLOW_CONNECTIONS false")
        admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name[1]])
        server.until(lambda: server.client.get("/readyz").status_code == 503)
        (reason,) = server.client.get("/readyz").json()["reasons"]
        assert re.fullmatch(r"[A-Z].*\.", reason), reason
        assert server.client.get("/healthz").status_code == 200
        assert server.client.get("/metrics").status_code == 503
        refused = server.report("prod/tests")
        assert refused.status_code == 503
        assert "nothing was recorded" in refused.json()["error"]
        admin.execute(f"ALTER DATABASE {name[1]} ALLOW_CONNECTIONS true")
    server.until(lambda: server.client.get("/readyz").status_code == 200)
    assert server.report("prod/tests").status_code == 201


def test_two_of_them_on_one_postgresql_do_every_run_once(
    program: Program, serve: Callable[..., Server], site: Site, postgresql_url: str
) -> None:
    program.write(catalogue([web("a", f"{site.url}/a", expect=["status > 0"])]))
    database = Database(postgresql_url)
    database.migrate()
    one, two = serve(DATABASE_URL=postgresql_url), serve(DATABASE_URL=postgresql_url)
    now = datetime.now(UTC)
    with database.write() as store:
        runs = [
            store.runs.add(Run(environment="prod", person="a", name="A", items=["a"], asked_at=now)) for _ in range(12)
        ]
        dead = store.runs.add(
            Run(
                environment="prod", person="a", name="A", items=["a"], asked_at=now, state=RunState.RUNNING,
                claimed_by="another-machine/1/2/3", claimed_until=now - timedelta(seconds=1),
            )
        )  # fmt: skip
        for run in (*runs, dead):
            store.touch(f"run:{run.id}", now)

    def state(run: Run) -> str:
        with database.read() as store:
            found = store.runs.get(run.id or 0)
        return found.state if found else ""

    one.until(lambda: all(state(run) == "finished" for run in runs) and state(dead) == "interrupted")
    assert sum(asked.path == "/a" for asked in site.asked) == len(runs)
    with database.read() as store:
        assert all(len(store.results.of_run(run.id or 0)) == 1 for run in runs)
        entries = [json.loads(line) for line in store.ledger.export()]
        assert store.ledger.verify().problem is None
    database.close()
    assert sorted(entry["subject"] for entry in entries if entry["verb"] == "run.finished") == sorted(
        f"run:{run.id}" for run in runs
    )
    assert [entry["subject"] for entry in entries if entry["verb"] == "run.interrupted"] == [f"run:{dead.id}"]
    for each in (one, two):
        each.running.send(signal.SIGTERM)
        assert each.running.done(5).calm().code == 0


def test_a_slow_client_does_not_hold_up_the_end(server: Server) -> None:
    port = server.client.base_url.port or 0
    with socket.create_connection(("127.0.0.1", port)) as slow:
        slow.sendall(b"POST /reports/prod/tests HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n")
        slow.sendall(f"Authorization: Bearer {TOKEN}\r\n\r\n{{".encode())
        assert server.client.get("/healthz").status_code == 200
        server.running.send(signal.SIGTERM)
        assert server.running.done(5).calm().code == 0
