"""What the shop keeps on disk: its SQLite database, a backup of it, and the settings that it was deployed with."""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

CUSTOMERS, ORDERS = 50, 1200
UNFINISHED = "20260302_orders_by_customer"

_TABLES = """
    CREATE TABLE orders (id INTEGER PRIMARY KEY, customer INTEGER NOT NULL, cents INTEGER NOT NULL, at TEXT NOT NULL);
    CREATE TABLE backups (id INTEGER PRIMARY KEY, file TEXT NOT NULL, status TEXT NOT NULL, finished_at TEXT);
    CREATE TABLE _prisma_migrations (
        id INTEGER PRIMARY KEY, migration_name TEXT NOT NULL, started_at TEXT NOT NULL, finished_at TEXT,
        rolled_back_at TEXT, logs TEXT
    );
"""


@contextmanager
def _opened(database: Path) -> Iterator[sqlite3.Connection]:
    """One transaction on a connection of its own; sqlite3's own `with` would leave it open."""
    with closing(sqlite3.connect(database, timeout=5)) as connection, connection:
        yield connection


def make_database(folder: Path) -> Path:
    """`shop.db` in `folder`: orders, a backup from half an hour ago, and a last migration that broke off."""
    database = folder / "shop.db"
    now = datetime.now(UTC)
    with _opened(database) as connection:
        connection.executescript(_TABLES)
        rows = ((n % CUSTOMERS, 500 + n * 37 % 9000, _text(now - timedelta(minutes=n))) for n in range(ORDERS))
        connection.executemany("INSERT INTO orders (customer, cents, at) VALUES (?, ?, ?)", rows)
        week_ago = _text(now - timedelta(days=7))
        migrations = [
            ("20260114_orders", week_ago, week_ago, None),
            ("20260209_backups", week_ago, week_ago, None),
            (UNFINISHED, _text(now), None, "the deployment was stopped while the index was being built"),
        ]
        connection.executemany(
            "INSERT INTO _prisma_migrations (migration_name, started_at, finished_at, logs) VALUES (?, ?, ?, ?)",
            migrations,
        )
        connection.execute(
            "INSERT INTO backups (file, status, finished_at) VALUES ('backup.db', 'ok', ?)",
            (_text(now - timedelta(minutes=30)),),
        )
    with closing(sqlite3.connect(database)) as source, closing(sqlite3.connect(folder / "backup.db")) as target:
        source.backup(target)
    return database


def finish_migration(database: Path) -> None:
    """Do what the broken migration was to do, and put on record that it is done: all of it or nothing."""
    with _opened(database) as connection:
        connection.execute("CREATE INDEX orders_by_customer ON orders (customer, at)")
        connection.execute(
            "UPDATE _prisma_migrations SET finished_at = ?, logs = NULL WHERE migration_name = ?",
            (_text(datetime.now(UTC)), UNFINISHED),
        )


def orders_of(database: Path, customer: int) -> list[tuple[int, int]]:
    """(id, cents) of the latest orders of a customer."""
    with _opened(database) as connection:
        found = connection.execute(
            "SELECT id, cents FROM orders WHERE customer = ? ORDER BY at DESC LIMIT 20", (customer,)
        )
        return [(int(number), int(cents)) for number, cents in found]


def make_settings(folder: Path) -> str:
    """`service.env` in `folder`, as a deployment would write it. Gives the secret that webhooks are signed with."""
    signing = secrets.token_urlsafe(36)
    file = folder / "service.env"
    file.touch(0o600)
    file.write_text(
        f"SHOP_ENV=production\nSESSION_SECRET={secrets.token_urlsafe(36)}\nWEBHOOK_SECRET={signing}\n", "utf-8"
    )
    return signing


def _text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S")
