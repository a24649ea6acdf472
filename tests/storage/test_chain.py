"""The ledger in a database: appended to by many at once, tampered with behind its back."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from storage.database import Database
from storage.errors import Conflict
from storage.ledger import COLUMNS, Verification
from storage.records import LedgerEntry
from storage.store import Store
from tests.storage.samples import NOW

APPEND = """
import sys
from datetime import UTC, datetime
from concurrent.futures import ThreadPoolExecutor
from storage.database import Database

database = Database(sys.argv[1], busy_seconds=60)
def append(number):
    with database.write() as store:
        store.touch("run:1", datetime.now(UTC))
        store.record("ana", "run", f"run:{number}", {"number": number}, datetime.now(UTC))
with ThreadPoolExecutor(4) as threads:
    list(threads.map(append, range(40)))
database.close()
"""


def verify(database: Database, expect: str | None = None) -> Verification:
    with database.read() as store:
        return store.ledger.verify(expect)


def append(database: Database, number: int) -> LedgerEntry:
    with database.write() as store:
        return store.record("ana", "run", f"run:{number}", {"number": number, "who": "Ana ☃"}, NOW)


def test_entries_follow_each_other(database: Database) -> None:
    with database.write() as store:
        assert store.head() is None
        first = store.record("ana", "run", "run:1", {"b": 1, "a": "é"}, NOW)
        second = store.record("bo\x00", "go", "launch:1", {}, NOW)
        assert (first.id, second.id, second.prev_hash, second.actor) == (1, 2, first.hash, "bo\ufffd")
    with database.read() as store:
        assert store.head() == second
        assert [json.loads(line)["id"] for line in store.ledger.export()] == [1, 2]
    assert verify(database, first.hash[:8]) == Verification(2, second.hash, 0)


def test_eight_threads_never_fork_the_chain(database: Database) -> None:
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda number: append(database, number), range(80)))
    found = verify(database)
    assert (found.length, found.problem) == (80, None)


def test_two_processes_never_fork_the_chain(database: Database, url: str) -> None:
    command = [sys.executable, "-c", APPEND, url]
    processes = [subprocess.Popen(command, cwd=Path.cwd()) for _ in range(2)]
    assert [process.wait(120) for process in processes] == [0, 0]
    found = verify(database)
    assert (found.length, found.problem) == (80, None)
    with database.read() as store:
        assert store.revision("run:1") == 80


def test_the_database_refuses_a_fork(database: Database) -> None:
    entry = append(database, 1)
    fork = {**entry.model_dump(), "id": 2}

    def insert(store: Store) -> None:
        columns = ", ".join(f":{column}" for column in COLUMNS)
        store._session.execute(text(f"INSERT INTO ledger ({', '.join(COLUMNS)}) VALUES ({columns})"), fork)

    with pytest.raises(Conflict), database.write() as store:
        insert(store)


@pytest.fixture(scope="module")
def tampered(tmp_path_factory: pytest.TempPathFactory) -> Database:
    """A ledger of four entries; every example changes it, and undoes what it did."""
    made = Database(f"sqlite:///{tmp_path_factory.mktemp('ledger') / 'readiness.db'}", b"key")
    made.migrate()
    for number in range(4):
        append(made, number)
    return made


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(row=st.integers(1, 4), column=st.sampled_from(COLUMNS[1:]), data=st.data())
def test_every_byte_changed_on_disk_is_found(tampered: Database, row: int, column: str, data: st.DataObject) -> None:
    def damage(store: Store) -> Verification:
        ask = text(f"SELECT CAST({column} AS BLOB) FROM ledger WHERE id = :row")
        before: bytes = store._session.execute(ask, {"row": row}).scalar_one()
        where = data.draw(st.integers(0, len(before) - 1))
        byte = data.draw(st.integers(0, 255).filter(lambda value: value != before[where]))
        after = before[:where] + bytes([byte]) + before[where + 1 :]
        kind = data.draw(st.sampled_from(["TEXT", "BLOB"]))
        change = text(f"UPDATE ledger SET {column} = CAST(:after AS {kind}) WHERE id = :row")
        store._session.execute(change, {"after": after, "row": row})
        return store.ledger.verify()

    found: list[Verification] = []
    with pytest.raises(Undo), tampered.write() as store:
        undone(found, damage, store)
    assert found[0].problem
    assert found[0].entry in {row, row + 1}


class Undo(Exception):
    """Rolls back what an example did."""


def undone(found: list[Verification], damage: Callable[[Store], Verification], store: Store) -> None:
    found.append(damage(store))
    raise Undo


def test_text_that_became_bytes_is_found(tampered: Database) -> None:
    def damage(store: Store) -> Verification:
        store._session.execute(text("UPDATE ledger SET data = CAST(data AS BLOB) WHERE id = 2"))
        return store.ledger.verify()

    found: list[Verification] = []
    with pytest.raises(Undo), tampered.write() as store:
        undone(found, damage, store)
    assert found[0].entry == 2


def test_a_key_seals_what_comes_after_it(url: str, connect: Callable[..., Database]) -> None:
    with closing(connect(url)) as plain:
        plain.migrate()
        append(plain, 1)
    keyed = connect(url, b"key")
    append(keyed, 2)
    assert (verify(keyed).problem, verify(keyed).keyed) == (None, 1)
    assert verify(connect(url)).entry == 2
