"""`readiness ledger`: prove the record, or take it along."""

from __future__ import annotations

import click

from bot.cli import GO, NO_GO
from bot.settings import read_settings
from storage.database import Database


@click.group(
    "ledger", help="The record of what was decided: only ever added to, every entry sealed with the one before."
)
def COMMAND() -> None:  # noqa: N802 - the name that the entry looks for
    pass


@COMMAND.command("verify", help="Find any edit, insertion, deletion or cut tail.")
@click.option(
    "--expect", metavar="HASH", help="A head that was seen before (its first 8 characters or more): finds a cut tail."
)
def verify(expect: str | None) -> int:
    database = _database()
    try:
        with database.read() as store:
            found = store.ledger.verify(expect)
    except ValueError as wrong:
        raise click.UsageError(str(wrong)) from None
    finally:
        database.close()
    if found.problem:
        click.echo(f"The ledger was tampered with, or is damaged: {found.problem}", err=True)
        return NO_GO
    if not found.length:
        click.echo("The ledger is empty; nothing was decided yet.")
    else:
        click.echo(f"The ledger is whole: {found.length} entries, head {found.head}")
    return GO


@COMMAND.command("export", help="Print every entry as a line of JSON.")
def export() -> int:
    database = _database()
    try:
        with database.read() as store:
            for line in store.ledger.export():
                click.echo(line)
    finally:
        database.close()
    return GO


def _database() -> Database:
    settings = read_settings()
    database = Database(settings.database_url.get_secret_value(), settings.ledger_key)
    database.migrate()
    return database
