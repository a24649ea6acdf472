"""`readiness serve`: the bot as a service, until it is told to stop."""

from __future__ import annotations

import asyncio
import logging
import signal
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.app import App
from bot.cli import FAILED, GO
from bot.commands.reports import ReportDesk
from bot.engine.metrics import Metrics
from bot.logs import set_up_logging
from bot.platforms.http import HttpServer
from bot.settings import Settings, SettingsError, read_settings
from bot.shell.session import config_option, run_async
from storage.errors import StorageError

if TYPE_CHECKING:
    from bot.platforms.slack.platform import Slack, Tokens

log = logging.getLogger(__name__)


@click.command("serve", help="The bot as a service: it does the runs, takes reports, and tells how it is over HTTP.")
@config_option
def COMMAND(config: Path | None) -> int:  # noqa: N802 - the name that the entry looks for
    settings = read_settings()
    app = App(settings, config, serves=True)
    set_up_logging(app.redact, settings.readiness_log)
    try:
        return run_async(serve(app, settings))
    finally:
        app.close()


async def serve(app: App, settings: Settings) -> int:
    """Serve until SIGTERM or SIGINT. Runs under way are then marked interrupted, with all that they know."""
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    token, slack = settings.readiness_report_token, slack_of(app, settings)
    server = HttpServer(
        ReportDesk(app.database, app.catalogs, app.clock), Metrics(app.database, app.catalogs, app.clock),
        lambda: _not_ready(app, slack), token.get_secret_value() if token else None,
        {"/slack/events": slack.http} if slack else None,
    )  # fmt: skip
    try:
        port = await server.start(settings.host, settings.port)
    except OSError as reason:
        address = {"host": settings.host, "port": settings.port, "reason": reason.strerror}
        log.error(
            "The address cannot be had; set HOST and PORT to another.", extra={"key": "http.unavailable", **address}
        )
        return FAILED
    async with app.alive({slack.name: slack} if slack else {}):
        if slack:
            await slack.start()
        log.info("Readiness serves.", extra={
            "key": "serve.ready", "host": settings.host, "port": port, "service": app.catalogs.catalog.service,
            "environments": list(app.catalogs.catalog.environments), "reports": token is not None,
        })  # fmt: skip
        await stopping.wait()
        log.info("Readiness stops.", extra={"key": "serve.stopping"})
        await server.stop()
        if slack:
            await slack.stop()
    log.info("Readiness has stopped.", extra={"key": "serve.stopped"})
    return GO


def slack_tokens(settings: Settings) -> Tokens | None:
    """What Slack needs, None without a bot token. Raises SettingsError when only half of it is set."""
    bot, socket, secret = settings.slack_bot_token, settings.slack_app_token, settings.slack_signing_secret
    if bot is None:
        return None
    if socket is None and secret is None:
        raise SettingsError("SLACK_BOT_TOKEN: set SLACK_APP_TOKEN (Socket Mode) or SLACK_SIGNING_SECRET (HTTP) as well")
    from bot.platforms.slack.platform import Tokens

    return Tokens(
        bot.get_secret_value(),
        socket.get_secret_value() if socket else None,
        secret.get_secret_value() if secret else None,
        settings.slack_api_url,
    )


def slack_of(app: App, settings: Settings) -> Slack | None:
    """The Slack platform, where there is a token for it. Its SDK is imported only then."""
    tokens = slack_tokens(settings)
    if tokens is None:
        return None
    from bot.platforms.slack.platform import Slack

    return Slack(app.desk, app.catalogs, tokens)


async def _not_ready(app: App, slack: Slack | None) -> list[str]:
    trouble = await slack.trouble() if slack else None
    return ([trouble] if trouble else []) + await _database_trouble(app)


async def _database_trouble(app: App) -> list[str]:
    try:
        await asyncio.wait_for(app.database.query(lambda store: store.head()), timeout=2.0)
    except StorageError as reason:
        return [str(reason)]
    except TimeoutError:
        return ["The database does not answer."]
    return []
