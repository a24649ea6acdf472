"""The database's address made into SQLAlchemy engines: one that writes, one that reads, over the same pool.

Writers come one after the other on every database, from their first statement on: SQLite by BEGIN IMMEDIATE, PostgreSQL
by an advisory lock. So a handler may look first and write then, and two writers can neither fork the ledger nor
deadlock.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError

from storage.errors import StorageError
from storage.text import from_json, to_json

_WRITES: Final = "readiness_writes"
_LOCK: Final = 0x52445953  # "RDYS": keeps the lock apart from those of other programs in the same database
_CONNECT_SECONDS: Final = 10
_FORMS: Final = "write sqlite:///path/to/file.db or postgresql://user:password@host/database"


@dataclass(frozen=True)
class Engines:
    """place: how to call the database in sentences. file: the SQLite file, None on PostgreSQL."""

    place: str
    file: Path | None
    writing: Engine
    reading: Engine


def build_engines(url: str, busy_seconds: float) -> Engines:
    """Engines for a DATABASE_URL; nothing is opened yet. busy_seconds: how long to wait for other writers.

    Raises StorageError for an address of another form.
    """
    try:
        parsed = make_url(url.strip())
    except (ArgumentError, ValueError):
        raise StorageError(f"DATABASE_URL is not an address of a database: {_FORMS}.") from None
    if parsed.drivername in {"sqlite", "sqlite+pysqlite"}:
        return _sqlite(parsed, busy_seconds)
    if parsed.drivername in {"postgres", "postgresql", "postgresql+psycopg"}:
        # An unescaped @ in the password makes its rest look like the host, which is then better not shown.
        shown = f"PostgreSQL at {parsed.host}" if parsed.host and url.count("@") == 1 else "The PostgreSQL server"
        return _postgresql(parsed.set(drivername="postgresql+psycopg"), shown, busy_seconds)
    raise StorageError(f"DATABASE_URL names a database that is not supported: {_FORMS}.")


def _sqlite(url: URL, busy_seconds: float) -> Engines:
    if url.database in {None, "", ":memory:"}:
        raise StorageError("DATABASE_URL names no file: write sqlite:///path/to/file.db.")
    # isolation_level None: otherwise Python's driver begins transactions when it sees fit, and never before a read.
    engine = create_engine(
        url,
        connect_args={"isolation_level": None, "timeout": busy_seconds},
        json_serializer=to_json,
        json_deserializer=from_json,
        hide_parameters=True,
    )
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    file = Path(str(url.database))
    return Engines(f"The database {file}", file, engine.execution_options(**{_WRITES: True}), engine)


def _prepare(connection: Any, _record: object) -> None:
    if connection.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
        connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")


def _begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get(_WRITES, False)
    connection.exec_driver_sql(f"PRAGMA query_only = {0 if writes else 1}")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _postgresql(url: URL, place: str, busy_seconds: float) -> Engines:
    engine = create_engine(
        url,
        # Prepared statements outlive a transaction, and so fail behind the poolers that hosts put in front.
        connect_args={"connect_timeout": _CONNECT_SECONDS, "prepare_threshold": None},
        pool_pre_ping=True,
        json_serializer=to_json,
        json_deserializer=from_json,
        hide_parameters=True,
    )
    patience = text("SELECT set_config('lock_timeout', :milliseconds, true)").bindparams(
        milliseconds=f"{round(busy_seconds * 1000)}ms"
    )
    turn = text("SELECT pg_advisory_xact_lock(:lock, hashtext(coalesce(current_schema(), '')))").bindparams(lock=_LOCK)

    def begin(connection: Connection) -> None:
        if connection.get_execution_options().get(_WRITES, False):
            connection.execute(patience)
            connection.execute(turn)

    event.listen(engine, "begin", begin)
    reading = engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    return Engines(place, None, engine.execution_options(**{_WRITES: True}), reading)
