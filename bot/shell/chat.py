"""`readiness chat`: the bot in this terminal."""

from __future__ import annotations

from pathlib import Path

import click

from bot.app import App
from bot.cli import GO
from bot.logs import set_up_logging
from bot.platforms.console.chat import Chat
from bot.settings import read_settings
from bot.shell.session import config_option, local_actor, run_async, var_option


@click.command("chat", help="The bot in this terminal: slash commands, and buttons that are pressed by their number.")
@config_option
@var_option
def COMMAND(config: Path | None, variables: dict[str, str]) -> int:  # noqa: N802 - the name that the entry looks for
    app = App(read_settings(), config, overrides=variables)
    set_up_logging(app.redact, "text", level=40)
    try:
        return run_async(_chat(app))
    finally:
        app.close()


async def _chat(app: App) -> int:
    chat = Chat(app.desk, lambda: app.catalogs.catalog, local_actor(), app.redact)
    app.on_catalog_news = lambda: chat.tell(app.catalogs.notice or "The catalogue was read again and is in force.")
    async with app.alive({chat.name: chat}):
        await chat.converse()
    await app.leave(chat.name)
    return GO
