"""One read-only query at PostgreSQL, MySQL or SQLite, with failures put into words.

The drivers' own texts are not passed on where they could carry the address, the user or the password.
"""

from __future__ import annotations

import asyncio
import math
import sqlite3
from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from contextlib import aclosing, closing
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from itertools import islice
from pathlib import Path
from time import perf_counter
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from checks.model import ProbeError
from checks.threads import in_thread

MOST_ROWS = 100
MOST_COUNTED = 10_000  # rows; what comes after is not fetched
_LONGEST_TEXT = 64 * 1024
_DIALECTS = {"postgres": "postgresql", "postgresql": "postgresql", "mysql": "mysql", "mariadb": "mysql"}


@dataclass
class Table:
    """What a query gave: names of the columns, the first rows, and how many there are (MOST_COUNTED at most)."""

    columns: Sequence[str]
    rows: list[Sequence[Any]] = field(default_factory=list)
    count: int = 0

    def take(self, rows: Iterable[Sequence[Any]]) -> Table:
        for row in islice(rows, MOST_COUNTED):
            self.add(row)
        return self

    def add(self, row: Sequence[Any]) -> None:
        self.count += 1
        if len(self.rows) < MOST_ROWS:
            self.rows.append([_plain(value) for value in row])


def dialect_of(url: str) -> str:
    """'postgresql', 'mysql' or 'sqlite'. Raises ValueError with a sentence."""
    scheme = url.partition(":")[0].partition("+")[0].lower()
    if scheme == "sqlite":
        return scheme
    if scheme not in _DIALECTS or "://" not in url:
        raise ValueError("the address of a database begins with postgresql://, mysql:// or sqlite:///")
    return _DIALECTS[scheme]


async def fetch(url: str, query: str, timeout: float, folder: Path) -> Table:
    """Run `query` in a transaction that cannot write. `timeout` in seconds bounds each step. Raises ProbeError."""
    ask = {"postgresql": _postgresql, "mysql": _mysql, "sqlite": _sqlite}[dialect_of(url)]
    return await ask(url, query, timeout, folder)


def _plain(value: Any) -> Any:
    """A value that CEL can compare and JSON can hold."""
    if value is None or isinstance(value, (bool, int, float, datetime, timedelta)):
        return value.replace(tzinfo=UTC) if isinstance(value, datetime) and value.tzinfo is None else value
    if isinstance(value, Decimal):
        return int(value) if value.is_finite() and value == value.to_integral_value() else float(value)
    if isinstance(value, (bytes, bytearray, memoryview)):
        return bytes(value)[:_LONGEST_TEXT].decode("utf-8", errors="replace")
    if isinstance(value, (list, tuple)):
        return [_plain(inner) for inner in value]
    if isinstance(value, dict):
        return {str(key): _plain(inner) for key, inner in value.items()}
    return (value.isoformat() if isinstance(value, (date, time)) else str(value))[:_LONGEST_TEXT]


_PG_STATES = {
    "57014": "the query took too long and was stopped",
    "25006": "the query would change data, and a check only reads",
    "42501": "the user may not read that",
    "55P03": "what it reads is locked",
    "53300": "the database has no connection free",
}


async def _postgresql(url: str, query: str, timeout: float, folder: Path) -> Table:
    task = asyncio.create_task(_pg_table(url, query, timeout))
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        # Cancelled once, psycopg asks the server to stop and waits for it, up to 10 s; cancelled twice, it hangs up.
        for _ in range(2):
            task.cancel()
            await asyncio.wait({task}, timeout=0.5)
        raise


async def _pg_table(url: str, query: str, timeout: float) -> Table:
    import psycopg

    begun = perf_counter()
    try:
        connection = await psycopg.AsyncConnection.connect(
            _libpq(url), prepare_threshold=None, connect_timeout=_whole(timeout)
        )
    except psycopg.Error as reason:
        raise ProbeError(_pg_refused(str(reason))) from None
    try:
        await connection.set_read_only(True)
        # A little less than is left, so that the server's own sentence comes before ours.
        left = 0.9 * (timeout - (perf_counter() - begun))
        await connection.execute(f"SET LOCAL statement_timeout = {max(1, int(left * 1000))}")
        cursor, table = connection.cursor(), Table([])
        # One row at a time, so that a big table does not land in memory.
        rows: AsyncGenerator[Any] = cursor.stream(query)  # type: ignore[assignment]
        async with aclosing(rows):
            async for row in rows:
                table.add(row)
                if table.count >= MOST_COUNTED:
                    break
        table.columns = [column.name for column in cursor.description or ()]
        return table
    except psycopg.Error as reason:
        raise ProbeError(_pg_failed(reason)) from None
    finally:
        connection.pgconn.finish()  # at once: a polite farewell could wait for a network that is gone


def _libpq(url: str) -> str:
    """The address for libpq: SQLAlchemy's driver and parameters that are meant for others (Prisma's) left out."""
    import psycopg

    parts = urlsplit(url)
    known = {option.keyword.decode() for option in psycopg.pq.Conninfo.get_defaults()}
    kept = urlencode([(name, value) for name, value in parse_qsl(parts.query) if name in known], quote_via=quote)
    return f"postgresql://{parts.netloc}{parts.path}?{kept}"


def _whole(timeout: float) -> int:
    return max(2, math.ceil(timeout))  # libpq takes anything below 2 for 2


def _pg_refused(text: str) -> str:
    found = {
        "password authentication failed": "the database refuses the user or the password",
        "no password supplied": "the database wants a password, and there is none",
        "no pg_hba.conf entry": "the database does not let this host or user in",
        "Connection refused": "connection refused: no database listens there",
        "could not translate host name": "the host name of the database does not resolve",
        "resolve host": "the host name of the database does not resolve",
        "timeout": "the database did not answer in time",
        "too many": "the database has no connection free",
        "starting up": "the database is still starting",
        "SSL": "the database and this check do not agree on TLS",
        "No such file": "no database listens at that socket",
        "closed the connection": "the other side closed the connection in the middle",
        "invalid": "the address of the database cannot be read",
    }
    if "does not exist" in text and "FATAL" in text:
        return "there is no such database or user: " + text.split("FATAL:")[-1].strip().splitlines()[0]
    return next((sentence for sign, sentence in found.items() if sign in text), "the database cannot be reached")


def _pg_failed(reason: Any) -> str:
    if reason.sqlstate in _PG_STATES:
        return _PG_STATES[reason.sqlstate]
    said = reason.diag.message_primary
    if said:
        return f"the database refuses the query: {said}"
    return "the database closed the connection in the middle"


_MY_CODES = {
    1040: "the database has no connection free",
    1044: "the database refuses the user or the password",
    1045: "the database refuses the user or the password",
    1049: "there is no such database",
    1129: "the database has blocked this host",
    1130: "the database does not let this host in",
    1205: "what it reads is locked",
    1290: "the query would change data, and a check only reads",
    1698: "the database refuses the user or the password",
    1792: "the query would change data, and a check only reads",
    2003: "no database can be reached there",
    2006: "the other side closed the connection in the middle",
    2013: "the database did not answer in time, or closed the connection in the middle",
    3024: "the query took too long and was stopped",
}


async def _mysql(url: str, query: str, timeout: float, folder: Path) -> Table:
    return await in_thread(lambda: _mysql_blocking(url, query, timeout))


def _mysql_blocking(url: str, query: str, timeout: float) -> Table:
    import pymysql

    parts, seconds = urlsplit(url), max(1, math.ceil(timeout))
    options = dict(parse_qsl(parts.query))
    wanted = (options.get("ssl-mode") or options.get("ssl_mode") or options.get("sslmode") or "").lower()
    try:
        connection = pymysql.connect(
            host=parts.hostname or "localhost",
            port=parts.port or 3306,
            user=unquote(parts.username or ""),
            password=unquote(parts.password or ""),
            database=unquote(parts.path.lstrip("/")) or None,
            charset="utf8mb4",
            connect_timeout=seconds,
            read_timeout=seconds,
            write_timeout=seconds,
            ssl={} if wanted in ("require", "required", "verify_ca", "verify_identity") else None,
        )
    except (pymysql.Error, RuntimeError) as reason:
        raise ProbeError(_my_sentence(reason)) from None
    try:
        with closing(connection), connection.cursor() as cursor:
            cursor.execute(f"SET SESSION sql_select_limit = {MOST_COUNTED}")
            cursor.execute("START TRANSACTION READ ONLY")
            cursor.execute(query)
            return Table([column[0] for column in cursor.description or ()]).take(cursor)
    except pymysql.Error as reason:
        raise ProbeError(_my_sentence(reason)) from None


def _my_sentence(reason: Exception) -> str:
    code = reason.args[0] if reason.args else 0
    if code in _MY_CODES:
        return _MY_CODES[code]
    if isinstance(code, int) and 1000 <= code < 2000 and len(reason.args) > 1:
        return f"the database refuses the query: {reason.args[1]}"
    return "what answers there is not MySQL, or closed the connection in the middle"


async def _sqlite(url: str, query: str, timeout: float, folder: Path) -> Table:
    opened: list[sqlite3.Connection] = []

    def work() -> Table:
        with closing(_open_sqlite(url, timeout, folder)) as connection:
            opened.append(connection)
            return _sqlite_rows(connection, query)

    def stop() -> None:
        for connection in opened:
            _quietly(connection.interrupt)

    return await in_thread(work, stop)


def _open_sqlite(url: str, timeout: float, folder: Path) -> sqlite3.Connection:
    written = unquote(url.partition("://")[2].partition("?")[0]).removeprefix("/")
    path = folder / written
    if not written or written == ":memory:":
        raise ProbeError("a database in memory holds nothing to check; name a file: sqlite:///file.db")
    if not path.is_file():
        raise ProbeError(f"there is no database file {path}")
    uri = f"file:{quote(str(path.absolute()))}?mode=ro"
    return sqlite3.connect(uri, uri=True, timeout=timeout * 0.8, check_same_thread=False, isolation_level=None)


def _sqlite_rows(connection: sqlite3.Connection, query: str) -> Table:
    try:
        connection.execute("PRAGMA query_only = ON")
        cursor = connection.execute(query)
        return Table([column[0] for column in cursor.description or ()]).take(cursor)
    except (sqlite3.Error, sqlite3.Warning) as reason:
        raise ProbeError(_sqlite_sentence(str(reason))) from None


def _sqlite_sentence(text: str) -> str:
    found = {
        "locked": "the database is locked by another program",
        "readonly": "the query would change data, and a check only reads",
        "not a database": "that file is not an SQLite database",
        "malformed": "the database file is damaged",
        "unable to open": "the database file cannot be opened",
        "interrupted": "the query took too long and was stopped",
        "one statement": "the query is one statement, not several",
    }
    return next(
        (sentence for sign, sentence in found.items() if sign in text), f"the database refuses the query: {text}"
    )


def _quietly(call: Callable[[], object]) -> None:
    try:
        call()
    except sqlite3.Error:  # it was closed in the meantime
        return
