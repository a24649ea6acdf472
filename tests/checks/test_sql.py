"""The sql kind against a real PostgreSQL, real SQLite files, and servers that only pretend to be MySQL."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import struct
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest

from checks.model import Context, Outcome
from checks.registry import build_check
from checks.runner import Limits, Runner
from tests.checks.conftest import Measure, Observe
from tests.standins.greeter import greeter


@pytest.fixture
def sqlite_file(tmp_path: Path) -> Path:
    with closing(sqlite3.connect(tmp_path / "shop.db")) as connection:
        connection.execute("CREATE TABLE users (id INTEGER, name TEXT)")
        connection.executemany("INSERT INTO users VALUES (?, ?)", [(n, f"user {n}") for n in range(250)])
        connection.commit()
    return tmp_path / "shop.db"


async def test_sqlite_relative_and_absolute(observe: Observe, sqlite_file: Path) -> None:
    for url in ("sqlite:///shop.db", f"sqlite:///{sqlite_file}", f"sqlite+aiosqlite:///{sqlite_file}"):
        facts = (await observe(kind="sql", url=url, query="SELECT id, name FROM users ORDER BY id")).facts
        assert (facts["count"], facts["scalar"], len(facts["rows"])) == (250, 0, 100)
        assert facts["rows"][1] == {"id": 1, "name": "user 1"}


async def test_a_scalar_is_the_evidence(measure: Measure, sqlite_file: Path) -> None:
    query = {"sqlite": "SELECT count(*) FROM users", "postgresql": "no"}
    result = await measure(kind="sql", url="sqlite:///shop.db", query=query, expect="scalar >= 250")
    assert result.outcome is Outcome.PASS
    assert result.summary.startswith("250 in ")
    result = await measure(kind="sql", url="sqlite:///shop.db", query="SELECT 1 WHERE 0")
    assert (result.outcome, result.summary) == (Outcome.FAIL, "count > 0, was 0")


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("SELECT * FROM absent", "the database refuses the query: no such table: absent"),
        ("DELETE FROM users", "the query would change data, and a check only reads"),
        ("CREATE TABLE more (x)", "the query would change data, and a check only reads"),
        ("SELECT 1; SELECT 2", "the query is one statement, not several"),
        ("SELEC", 'the database refuses the query: near "SELEC": syntax error'),
    ],
)
async def test_sqlite_refuses(measure: Measure, sqlite_file: Path, query: str, sentence: str) -> None:
    result = await measure(kind="sql", url="sqlite:///shop.db", query=query)
    assert (result.outcome, result.summary) == (Outcome.ERROR, sentence)
    with closing(sqlite3.connect(sqlite_file)) as connection:
        assert connection.execute("SELECT count(*) FROM users").fetchone() == (250,)


async def test_sqlite_locked(measure: Measure, sqlite_file: Path) -> None:
    with closing(sqlite3.connect(sqlite_file, isolation_level=None)) as writer:
        writer.execute("BEGIN EXCLUSIVE")
        result = await measure(kind="sql", url="sqlite:///shop.db", query="SELECT 1 FROM users", timeout="200ms")
    assert (result.outcome, result.summary) == (Outcome.ERROR, "the database is locked by another program")


@pytest.fixture
def read_only_file(sqlite_file: Path) -> Path:
    sqlite_file.chmod(0o444)
    return sqlite_file


async def test_sqlite_read_only_file(measure: Measure, read_only_file: Path) -> None:
    assert (await measure(kind="sql", url="sqlite:///shop.db", query="SELECT 1")).outcome is Outcome.PASS


async def test_sqlite_files_that_are_none(measure: Measure, tmp_path: Path) -> None:
    (tmp_path / "text.db").write_text("I am no database, whatever my name says. " * 20)
    result = await measure(kind="sql", url="sqlite:///text.db", query="SELECT * FROM users")
    assert (result.outcome, result.summary) == (Outcome.ERROR, "that file is not an SQLite database")
    result = await measure(kind="sql", url="sqlite:///absent.db", query="SELECT 1")
    assert result.summary == f"there is no database file {tmp_path / 'absent.db'}"
    assert not (tmp_path / "absent.db").exists()
    assert "in memory" in (await measure(kind="sql", url="sqlite://", query="SELECT 1")).summary


async def test_sqlite_that_never_ends_is_interrupted(measure: Measure, sqlite_file: Path) -> None:
    endless = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x FROM n) SELECT count(*) FROM n"
    result = await measure(kind="sql", url="sqlite:///shop.db", query=endless, timeout="200ms")
    assert (result.outcome, result.summary) == (Outcome.ERROR, "no answer within 0.2 s")
    assert result.seconds < 2


async def test_postgresql(observe: Observe, postgres: str) -> None:
    for scheme in ("postgresql://", "postgres://", "postgresql+psycopg://"):
        url = postgres.replace("postgresql://", scheme) + "&schema=public&pgbouncer=true"
        query = "SELECT id, name, paid, since FROM users ORDER BY id"
        facts = (await observe(kind="sql", url=url, query=query)).facts
        assert (facts["count"], facts["scalar"], len(facts["rows"])) == (250, 1, 100)
        assert (facts["rows"][0]["name"], facts["rows"][0]["paid"], facts["rows"][1]["paid"]) == ("user 1", 1.5, 3)
        assert facts["rows"][0]["since"] < datetime.now(UTC)
    facts = (await observe(kind="sql", url=postgres, query="SHOW server_version")).facts
    assert facts["scalar"][0].isdigit()
    facts = (await observe(kind="sql", url=postgres, query="SELECT generate_series(1, 1000000)")).facts
    assert facts["count"] == 10_000


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("SELECT * FROM absent", 'the database refuses the query: relation "absent" does not exist'),
        ("DELETE FROM users", "the query would change data, and a check only reads"),
        ("SELECT 1; SELECT 2", "the database refuses the query: cannot insert multiple commands into a prepared"),
        ("SELECT 1 / 0", "the database refuses the query: division by zero"),
    ],
)
async def test_postgresql_refuses(measure: Measure, postgres: str, query: str, sentence: str) -> None:
    result = await measure(kind="sql", url=postgres, query=query)
    assert result.outcome is Outcome.ERROR
    assert result.summary.startswith(sentence)


async def test_postgresql_slow_and_locked(measure: Measure, postgres: str) -> None:
    result = await measure(kind="sql", url=postgres, query="SELECT pg_sleep(60)", timeout="1s")
    assert (result.outcome, result.summary) == (Outcome.ERROR, "the query took too long and was stopped")
    async with await psycopg.AsyncConnection.connect(postgres) as holder:
        await holder.execute("LOCK TABLE users IN ACCESS EXCLUSIVE MODE")
        result = await measure(kind="sql", url=postgres, query="SELECT * FROM users", timeout="1s")
        assert (result.outcome, result.summary) == (Outcome.ERROR, "the query took too long and was stopped")


async def test_postgresql_that_cannot_be_reached(measure: Measure, postgres: str, free_port: int) -> None:
    result = await measure(kind="sql", url=f"postgresql://u:s3cret@127.0.0.1:{free_port}/db", query="SELECT 1")
    assert (result.outcome, result.summary) == (Outcome.ERROR, "connection refused: no database listens there")
    result = await measure(kind="sql", url=postgres.replace("/postgres?", "/absent?"), query="SELECT 1")
    assert result.outcome is Outcome.ERROR
    assert result.summary == 'there is no such database or user: database "absent" does not exist'
    result = await measure(kind="sql", url="postgresql://u:s3cret@no-host.invalid/db", query="SELECT 1")
    assert result.summary == "the host name of the database does not resolve"


@pytest.mark.parametrize("scheme", ["postgresql", "mysql"])
async def test_a_database_that_is_silent_or_something_else(measure: Measure, scheme: str) -> None:
    async with greeter(b"") as port:
        url = f"{scheme}://u:s3cret@127.0.0.1:{port}/db"
        result = await measure(kind="sql", url=url, query="SELECT 1", timeout="200ms")
        assert (result.outcome, result.summary) == (Outcome.ERROR, "no answer within 0.2 s")
    async with greeter(b"HTTP/1.1 400 Bad Request\r\n\r\n", hang_up=True) as port:
        url = f"{scheme}://u:s3cret@127.0.0.1:{port}/db"
        result = await measure(kind="sql", url=url, query="SELECT 1", timeout="3s")
        assert result.outcome is Outcome.ERROR
        assert not {"s3cret", "Error", "psycopg", "pymysql"} & set(result.summary.replace(":", " ").split())


@pytest.mark.parametrize(
    ("code", "message", "sentence"),
    [
        (1045, "Access denied for user 'u'", "the database refuses the user or the password"),
        (1129, "Host is blocked", "the database has blocked this host"),
        (1040, "Too many connections", "the database has no connection free"),
    ],
)
async def test_mysql_refuses(measure: Measure, code: int, message: str, sentence: str) -> None:
    packet = b"\xff" + struct.pack("<H", code) + b"#28000" + message.encode()
    async with greeter(struct.pack("<I", len(packet)) + packet) as port:
        result = await measure(kind="sql", url=f"mysql://u:s3cret@127.0.0.1:{port}/db", query="SELECT 1")
    assert (result.outcome, result.summary) == (Outcome.ERROR, sentence)


async def test_mysql_that_cannot_be_reached(measure: Measure, free_port: int) -> None:
    result = await measure(kind="sql", url=f"mysql://u:p@127.0.0.1:{free_port}/db", query="SELECT 1")
    assert (result.outcome, result.summary) == (Outcome.ERROR, "no database can be reached there")


async def test_cancelling_a_query_ends_it_at_once(context: Context, postgres: str) -> None:
    check = build_check({"kind": "sql", "url": postgres, "query": f"SELECT pg_sleep(60), {os.getpid()}"})
    task = asyncio.create_task(Runner(Limits(timeout=60), context).check(check))
    async with await psycopg.AsyncConnection.connect(postgres, autocommit=True) as observer:
        running = "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE 'SELECT pg_sleep(60), %'"

        async def count() -> int:
            row = await (await observer.execute(running)).fetchone()
            assert row is not None
            return int(row[0])

        async with asyncio.timeout(10):
            while not await count():  # noqa: ASYNC110 - the server tells nobody when a query begins
                await asyncio.sleep(0.01)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            while await count():  # noqa: ASYNC110
                await asyncio.sleep(0.01)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"url": "oracle://x/y", "query": "q"}, "begins with postgresql://, mysql:// or sqlite:///"),
        ({"url": "nonsense", "query": "q"}, "begins with postgresql://, mysql:// or sqlite:///"),
        ({"url": "mysql://h:x/y", "query": "q"}, "its port is not a number"),
        ({"url": "mysql://h/y", "query": {"sqlite": "q"}}, "there is no query for mysql, which the url is for"),
        ({"url": "mysql://h/y", "query": {"oracle": "q"}}, "'oracle' is not a dialect"),
        ({"url": "mysql://h/y", "query": "  "}, "the query is empty"),
    ],
)
def test_mistakes(given: dict[str, object], sentence: str) -> None:
    with pytest.raises(ExceptionGroup) as caught:
        build_check({"kind": "sql"} | given)
    assert sentence in str(caught.value.exceptions[0])


def test_hosts() -> None:
    hosts = {
        "mysql://u@h/d": "h:3306",
        "postgres://h:6/d": "h:6",
        "sqlite:///x": None,
        "postgresql:///d?host=/tmp": None,
    }
    for url, host in hosts.items():
        assert build_check({"kind": "sql", "url": url, "query": "q"}).host == host
