"""Transactions, listeners, threads and backup."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import text

from storage.database import Database
from storage.errors import StorageError
from storage.store import Store
from tests.storage.samples import NOW


def test_sqlite_is_durable(sqlite_url: str, connect: Callable[..., Database]) -> None:
    database = connect(sqlite_url)
    database.migrate()
    with database.write() as store:
        settings = {
            name: store._session.scalar(text(f"PRAGMA {name}"))
            for name in ("journal_mode", "synchronous", "foreign_keys")
        }
    assert settings == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}


def test_a_read_sees_one_moment(database: Database) -> None:
    with database.read() as reader:
        assert reader.revision("run:1") == 0
        with database.write() as writer:
            writer.touch("run:1", NOW)
        assert reader.revision("run:1") == 0
    with database.read() as reader:
        assert reader.revision("run:1") == 1


def test_a_read_cannot_write(database: Database) -> None:
    with pytest.raises(StorageError), database.read() as store:
        store.touch("run:1", NOW)
    with database.write() as store:
        assert store.touch("run:1", NOW) == 1


def test_writers_take_turns_from_the_start(database: Database) -> None:
    inside = threading.Event()
    order: list[str] = []

    def second() -> None:
        inside.wait()
        with database.write() as store:
            order.append(f"second sees {store.revision('run:1')}")

    thread = threading.Thread(target=second)
    thread.start()
    with database.write() as store:
        inside.set()
        store.touch("run:1", NOW)
        order.append("first")
    thread.join()
    assert order == ["first", "second sees 1"]


def test_listeners_hear_of_what_was_committed(database: Database, caplog: pytest.LogCaptureFixture) -> None:
    heard: list[frozenset[str]] = []

    def broken(_subjects: frozenset[str]) -> None:
        raise ZeroDivisionError

    database.on_change(broken)
    database.on_change(heard.append)

    def fail(store: Store) -> None:
        store.touch("run:3", NOW)
        raise ZeroDivisionError

    with caplog.at_level(logging.ERROR), database.write() as store:
        store.touch("run:1", NOW)
        store.touch("run:2", NOW)
        assert heard == []
    with pytest.raises(ZeroDivisionError), database.write() as store:
        fail(store)
    with database.write() as store:
        store.record("ana", "run", "run:1", {}, NOW)
    assert heard == [frozenset({"run:1", "run:2"})]
    assert "storage.listener_failed" in caplog.text


async def test_work_is_done_in_threads(database: Database) -> None:
    here = threading.get_ident()
    assert await database.transact(lambda store: store.touch("run:1", NOW)) == 1
    assert await database.query(lambda store: store.revision("run:1")) == 1
    assert await database.query(lambda store: threading.get_ident()) != here
    with pytest.raises(ZeroDivisionError):
        await database.transact(lambda store: 1 // 0)


async def test_a_write_outlives_the_task_that_waits_for_it(database: Database) -> None:
    started, go_on = threading.Event(), threading.Event()

    def slow(store: Store) -> None:
        store.touch("run:1", NOW)
        started.set()
        go_on.wait()
        store.record("ana", "run", "run:1", {}, NOW)

    waiting = asyncio.create_task(database.transact(slow))
    queued = asyncio.create_task(database.transact(lambda store: store.touch("run:2", NOW)))
    await asyncio.to_thread(started.wait)
    for task in (waiting, queued):
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    go_on.set()
    await asyncio.to_thread(database.close)
    with database.read() as store:
        assert (store.revision("run:1"), store.revision("run:2"), store.counts().ledger) == (1, 1, 1)


def test_a_backup_is_whole_and_taken_in_use(sqlite_url: str, connect: Callable[..., Database], tmp_path: Path) -> None:
    database = connect(sqlite_url)
    database.migrate()
    with database.write() as store:
        store.record("ana", "run", "run:1", {}, NOW)
    target = tmp_path / "new folder" / "backup.db"
    with database.write() as store:
        store.record("ana", "run", "run:2", {}, NOW)
        database.backup(target)
    assert [file.name for file in target.parent.iterdir()] == ["backup.db"]
    restored = connect(f"sqlite:///{target}")
    restored.migrate()
    with restored.read() as store:
        assert (store.ledger.verify().length, store.ledger.verify().problem) == (1, None)


def test_a_backup_replaces_nothing(sqlite_url: str, connect: Callable[..., Database], tmp_path: Path) -> None:
    database = connect(sqlite_url)
    target = tmp_path / "precious.txt"
    target.write_text("precious")
    with pytest.raises(StorageError, match="no database"):
        database.backup(tmp_path / "backup.db")
    database.migrate()
    with pytest.raises(StorageError, match="exists already"):
        database.backup(target)
    with pytest.raises(StorageError, match="cannot be made"):
        database.backup(target / "backup.db")
    assert target.read_text() == "precious"


def test_a_backup_of_a_damaged_database_is_removed(
    sqlite_url: str, connect: Callable[..., Database], tmp_path: Path
) -> None:
    database = connect(sqlite_url)
    database.migrate()
    database.close()
    file = Path(sqlite_url.removeprefix("sqlite:///"))
    with closing(sqlite3.connect(file)) as raw, raw:
        root = raw.execute("SELECT rootpage FROM sqlite_master WHERE name = 'ix_result_at'").fetchone()[0]
        size = raw.execute("PRAGMA page_size").fetchone()[0]
    content = bytearray(file.read_bytes())
    content[(root - 1) * size : root * size] = b"\xff" * size
    file.write_bytes(content)
    with pytest.raises(StorageError, match=r"not whole|failed"):
        database.backup(tmp_path / "backup.db")
    assert not (tmp_path / "backup.db").exists()


def test_postgresql_is_backed_up_with_its_own_tool(postgresql_url: str, connect: Callable[..., Database]) -> None:
    with pytest.raises(StorageError, match="pg_dump"):
        connect(postgresql_url).backup(Path("backup.dump"))
