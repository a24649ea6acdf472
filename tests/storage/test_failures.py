"""What databases refuse comes out as one sentence that says what to do, and nothing is half-written."""

from __future__ import annotations

import re
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import text

from storage.database import Database
from storage.errors import StorageError
from tests.storage.samples import NOW, a_row, a_run

SENTENCE = re.compile(r"^[A-Z].*\.$")

AS_NOBODY = """
import os, sys
from datetime import UTC, datetime
from storage.database import Database
from storage.errors import StorageError
if os.getuid() == 0:
    os.setgroups([]); os.setgid(65534); os.setuid(65534)
database = Database(sys.argv[1], busy_seconds=1)
try:
    database.migrate()
    with database.write() as store:
        store.touch("run:1", datetime.now(UTC))
except StorageError as error:
    print(error)
database.close()
"""


@contextmanager
def refused(match: str) -> Iterator[None]:
    with pytest.raises(StorageError, match=match) as caught:
        yield
    assert SENTENCE.match(str(caught.value)), caught.value


@pytest.fixture
def file(sqlite_url: str, connect: Callable[..., Database]) -> Path:
    """A database file with one run, closed."""
    database = connect(sqlite_url)
    database.migrate()
    with database.write() as store:
        store.runs.add(a_run())
    database.close()
    return Path(sqlite_url.removeprefix("sqlite:///"))


@pytest.mark.parametrize(
    "url",
    ["", "nonsense", "sqlite://", "sqlite:///:memory:", "mysql://root@host/x", "postgresql://u:secret@h:port/x"],
)
def test_an_address_of_another_form(url: str, connect: Callable[..., Database]) -> None:
    with pytest.raises(StorageError, match="DATABASE_URL") as caught:
        connect(url)
    assert "secret" not in str(caught.value)


def test_a_folder_that_cannot_be_made(tmp_path: Path, connect: Callable[..., Database]) -> None:
    (tmp_path / "file").write_text("")
    with refused("cannot be made .*name another place"):
        connect(f"sqlite:///{tmp_path / 'file' / 'sub' / 'x.db'}").migrate()


def test_a_folder_in_the_place_of_the_file(tmp_path: Path, connect: Callable[..., Database]) -> None:
    with refused("cannot be opened: check"):
        connect(f"sqlite:///{tmp_path}").migrate()


def test_a_file_that_is_no_database(tmp_path: Path, connect: Callable[..., Database]) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("no database " * 100)
    with refused("is not a database: name another"):
        connect(f"sqlite:///{file}").migrate()
    assert file.read_text().startswith("no database")


def test_a_database_that_another_process_keeps(file: Path, connect: Callable[..., Database]) -> None:
    database = connect(f"sqlite:///{file}", busy_seconds=0.05)
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with refused("is busy.*Nothing was changed.*Try again"), database.write() as store:
            store.touch("run:1", NOW)
        database.migrate()
        other.execute("ROLLBACK")
    with database.write() as store:
        assert store.touch("run:1", NOW) == 1


def test_a_full_disk(file: Path, connect: Callable[..., Database]) -> None:
    database = connect(f"sqlite:///{file}")
    rows = [a_row(f"item-{number}", summary="x" * 500) for number in range(500)]
    with database.write() as store:
        store._session.execute(text("PRAGMA max_page_count = 40"))
    with refused("disk of .* is full: make room"), database.write() as store:
        store.results.add(1, rows)
    with database.write() as store:
        assert store.results.of_run(1) == []
        assert getattr(store.runs.get(1), "done", None) == 0
        store.record("ana", "run", "run:1", {}, NOW)


@pytest.mark.parametrize("fresh", [False, True])
def test_what_this_user_may_not_write(file: Path, fresh: bool) -> None:
    for folder in (file.parent, *list(file.parents)[1:-2]):
        folder.chmod(0o755)
    file.chmod(0o444)
    file.parent.chmod(0o555)
    target = file.with_name("other.db") if fresh else file
    try:
        done = subprocess.run(
            [sys.executable, "-c", AS_NOBODY, f"sqlite:///{target}"], capture_output=True, text=True, check=False
        )
    finally:
        file.parent.chmod(0o755)
    assert (done.returncode, done.stderr) == (0, "")
    assert re.search("cannot be opened: check" if fresh else "read-only for this user|cannot be opened", done.stdout)


@pytest.mark.parametrize(
    ("url", "match"),
    [
        ("postgres://ana:s3cret@127.0.0.1:1/x", "Nothing answers at PostgreSQL at 127.0.0.1"),
        ("postgresql://ana:s3cret@nowhere.invalid/x", "not a known host|cannot be reached"),
        ("postgresql://ana:s3cr@et@127.0.0.1:1/x", "The PostgreSQL server"),
        ("postgresql://ana:s3cret@127.0.0.1:1/x?nonsense=1", "option that PostgreSQL does not know"),
    ],
)
def test_a_postgresql_that_cannot_be_reached(url: str, match: str, connect: Callable[..., Database]) -> None:
    with pytest.raises(StorageError, match=match) as caught:
        connect(url).migrate()
    assert SENTENCE.match(str(caught.value))
    assert not re.search("s3cr|et@", str(caught.value))
    assert caught.value.__cause__ is None


def test_a_wrong_password(postgresql: str, postgresql_url: str, connect: Callable[..., Database]) -> None:
    with psycopg.connect(postgresql, autocommit=True) as connection:
        row = connection.execute("SHOW hba_file").fetchone()
        assert row is not None
        hba = Path(row[0])
        before = hba.read_text()
        hba.write_text("local all stranger scram-sha-256\n" + before)
        connection.execute("DROP ROLE IF EXISTS stranger")
        connection.execute("CREATE ROLE stranger LOGIN PASSWORD 'right'")
        connection.execute("SELECT pg_reload_conf()")
        connection.execute("SELECT count(*) FROM pg_hba_file_rules")
    try:
        with refused("refuses this user or password: correct DATABASE_URL"):
            connect(postgresql_url.replace("postgres:@", "stranger:wrong@")).migrate()
        with refused("no database of that name"):
            connect(re.sub(r"/test_\w+", "/absent", postgresql_url)).migrate()
    finally:
        hba.write_text(before)


def test_a_postgresql_that_another_process_keeps(postgresql_url: str, connect: Callable[..., Database]) -> None:
    keeper, database = connect(postgresql_url), connect(postgresql_url, busy_seconds=0.05)
    keeper.migrate()
    with keeper.write(), refused("is busy.*Nothing was changed"), database.write() as store:
        store.touch("run:1", NOW)
    with database.write() as store:
        assert store.touch("run:1", NOW) == 1


def test_a_connection_that_was_cut_is_made_again(postgresql_url: str, connect: Callable[..., Database]) -> None:
    database = connect(postgresql_url)
    database.migrate()
    cut = text("SELECT pg_terminate_backend(pg_backend_pid())")
    with refused("not confirmed"), database.write() as store:
        store._session.execute(cut)
    with database.write() as store:
        assert store.touch("run:1", NOW) == 1


def test_what_is_too_long_is_refused_whole(postgresql_url: str, connect: Callable[..., Database]) -> None:
    database = connect(postgresql_url)
    database.migrate()
    with refused("could not do that"), database.write() as store:
        store.touch("x" * 100, NOW)
