"""`readiness db`: the database, by hand. The bot upgrades it by itself at start."""

from __future__ import annotations

from pathlib import Path

import click

from bot.cli import GO
from bot.settings import read_settings
from storage.database import Database


@click.group("db", help="The database: bring it up to date, or copy it while it is in use.")
def COMMAND() -> None:  # noqa: N802 - the name that the entry looks for
    pass


@COMMAND.command("upgrade", help="Make the database, or bring it up to date (every other command does so too).")
def upgrade() -> int:
    database = _database()
    try:
        database.migrate()
        click.echo(f"{database.place} is up to date.")
    finally:
        database.close()
    return GO


@COMMAND.command("backup", help="Copy the database to FILE while it is in use, and check the copy.")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def backup(file: Path) -> int:
    database = _database()
    try:
        database.backup(file)
        click.echo(f"{database.place} is copied to {file}, and the copy is sound.")
    finally:
        database.close()
    return GO


def _database() -> Database:
    settings = read_settings()
    return Database(settings.database_url.get_secret_value(), settings.ledger_key)
