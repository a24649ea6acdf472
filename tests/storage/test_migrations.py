"""The schema: made by migration, equal to the models, agreed on by processes that start at once."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text
from sqlmodel import SQLModel

import storage.migrations
from storage.database import Database
from storage.errors import NewerDatabase
from storage.migrations import HEAD, REVISIONS
from storage.store import Store

MIGRATE = """
import sys
from storage.database import Database
print("ready", flush=True)
sys.stdin.readline()
database = Database(sys.argv[1])
database.migrate()
assert ("alembic" in sys.modules) == (sys.argv[2] == "new") or sys.argv[2] == "any"
database.close()
"""


def start(url: str, how: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", MIGRATE, url, how]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def let_go(processes: list[subprocess.Popen[str]]) -> list[int]:
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    codes = [process.wait(60) for process in processes]
    for process in processes:
        process.communicate()
    return codes


def test_the_known_revisions_are_those_of_alembic() -> None:
    scripts = ScriptDirectory(str(Path(storage.migrations.__file__).parent))
    assert [script.revision for script in scripts.walk_revisions()][::-1] == list(REVISIONS)
    assert scripts.get_heads() == [HEAD]


def test_the_migrated_schema_is_that_of_the_models(database: Database) -> None:
    with database.write() as store:
        context = MigrationContext.configure(store._session.connection(), opts={"compare_type": True})
        assert compare_metadata(context, SQLModel.metadata) == []


def test_three_processes_that_start_at_once_all_find_it_done(url: str) -> None:
    assert let_go([start(url, "any") for _ in range(3)]) == [0, 0, 0]


def test_alembic_is_imported_only_when_there_is_something_to_do(sqlite_url: str) -> None:
    assert let_go([start(sqlite_url, "new")]) == [0]
    assert let_go([start(sqlite_url, "done")]) == [0]


def test_migrating_again_changes_nothing(database: Database) -> None:
    database.migrate()
    with database.read() as store:
        assert store._session.scalar(text("SELECT version_num FROM alembic_version")) == HEAD


def test_a_database_from_a_newer_version_is_refused(
    database: Database, url: str, connect: Callable[..., Database]
) -> None:
    def advance(store: Store) -> None:
        store._session.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    with database.write() as store:
        advance(store)
    with pytest.raises(NewerDatabase, match=r"newer version .*9999.* install that version"):
        connect(url).migrate()


def test_the_schema_can_be_taken_down(database: Database) -> None:
    from alembic import command
    from alembic.config import Config

    with database.write() as store:
        connection = store._session.connection()
        config = Config(attributes={"connection": connection})
        config.set_main_option("script_location", str(Path(storage.migrations.__file__).parent))
        config.set_main_option("path_separator", "os")
        command.downgrade(config, "base")
    database.migrate()
    with database.read() as store:
        assert store.head() is None
