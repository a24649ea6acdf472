"""Brings a database to the schema that this program knows; cheap when it is there already."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, text

from storage.engine import Engines
from storage.errors import NewerDatabase
from storage.migrations import HEAD, REVISIONS


def upgrade(engines: Engines) -> None:
    """Migrate to HEAD, in one transaction. Two processes that start at once take turns, and the second finds it done.

    Raises NewerDatabase, and SQLAlchemy's errors.
    """
    with engines.reading.connect() as connection:
        if _is_current(connection, engines.place):
            return
    with engines.writing.begin() as connection:
        if not _is_current(connection, engines.place):
            _migrate(connection)


def _is_current(connection: Connection, place: str) -> bool:
    stored = _revision(connection)
    if stored is not None and stored not in REVISIONS:
        raise NewerDatabase(
            f"{place} was written by a newer version of this program "
            f"(its schema is {stored}, this version knows {HEAD}): "
            "install that version, or put a backup from before in its place."
        )
    return stored == HEAD


def _revision(connection: Connection) -> str | None:
    if connection.dialect.name == "sqlite":
        present = connection.scalar(text("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'"))
    else:
        present = connection.scalar(text("SELECT to_regclass('alembic_version')::text"))
    if not present:
        return None
    revision: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return revision


def _migrate(connection: Connection) -> None:
    # Imported here: it takes a good part of the time that a start takes, and is needed once in the life of a schema.
    from alembic import command
    from alembic.config import Config

    config = Config(attributes={"connection": connection})
    config.set_main_option("path_separator", "os")
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")).replace("%", "%%"))
    command.upgrade(config, HEAD)
