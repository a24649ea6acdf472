"""The chat's commands as commands of the shell: made from the one registry, as the local person."""

from __future__ import annotations

import asyncio
import shlex
import sys
from pathlib import Path
from typing import Any

import click

from bot.app import App
from bot.cards.environment import View
from bot.cli import FAILED, GO, INTERRUPTED, NO_GO, WRONG
from bot.commands.model import Ask, Command, Invocation, Kind, Parameter, Place, Reply
from bot.commands.registry import commands
from bot.logs import set_up_logging
from bot.platforms.console.formats import as_json, as_junit, as_markdown
from bot.platforms.console.oneshot import Board, console_for, read_line, show
from bot.platforms.console.render import render
from bot.rules.verdict import Decision
from bot.settings import read_settings
from bot.shell.session import config_option, local_actor, run_async, var_option
from storage.records import RunState

_FORMATS = {"json": as_json, "junit": as_junit, "markdown": as_markdown}
_SHOWS_ENVIRONMENT = ("run", "status")


def command_for(verb: str) -> click.Command:
    """The click command for /readiness `verb`."""
    command = commands()["readiness", verb]
    takes_format = verb in _SHOWS_ENVIRONMENT

    @config_option
    @var_option
    def callback(config: Path | None, variables: dict[str, str], **given: Any) -> int:
        form = given.pop("format", "table")
        return run_async(_once(_line(command, given), config, variables, form))

    parameters = [_parameter(parameter) for parameter in command.parameters]
    if takes_format:
        formats = click.Choice(["table", *_FORMATS])
        parameters.append(click.Option(["--format"], type=formats, default="table", show_default=True))
    return click.command(verb, help=f"{command.summary}.\n\nFor example: {command.example}", params=parameters)(
        callback
    )


def _parameter(parameter: Parameter) -> click.Parameter:
    """Nothing is required here: what is missing is asked for, where somebody can answer."""
    if parameter.positional:
        name = parameter.name.upper()
        return click.Argument(
            [parameter.name],
            nargs=-1 if parameter.many else 1,
            required=False,
            metavar=f"[{name}]…" if parameter.many else name,
        )
    if parameter.kind is Kind.FLAG:
        return click.Option([f"--{parameter.name}"], is_flag=True, help=parameter.help)
    return click.Option(
        [f"--{parameter.name}"], metavar=parameter.kind.value.upper().replace(" ", "_"), help=parameter.help
    )


def _line(command: Command, given: dict[str, Any]) -> str:
    words = [command.family, command.verb]
    for parameter in command.parameters:
        value = given.get(parameter.name)
        if not value:
            continue
        if parameter.positional:
            words += list(value) if parameter.many else [value]
        else:
            words.append(f"--{parameter.name}" if value is True else f"--{parameter.name}={value}")
    return shlex.join(words)


async def _once(line: str, config: Path | None, variables: dict[str, str], form: str) -> int:
    settings = read_settings()
    app = App(settings, config, overrides=variables)
    set_up_logging(app.redact, settings.readiness_log or "text", faults_only=not settings.readiness_log)
    console = console_for()
    live = form == "table" and console.is_terminal
    try:
        with Board(console, live=live) as board:
            async with app.alive({board.name: board} if live else {}):
                reply = await _answered(app, line, board)
                if reply is None:
                    return WRONG
                if reply.subject is None:
                    return _print_card(app, reply, form)
                code = await _followed(app, board, reply.subject, form)
            if code != FAILED:
                await app.leave(board.name)
            return code
    finally:
        app.close()


async def _answered(app: App, line: str, board: Board) -> Reply | None:
    """The reply, after asking for what is missing; None when it cannot be asked for."""
    form: dict[str, str] = {}
    while True:
        invocation = Invocation(local_actor(), Place(board.name, "terminal"), line, form)
        reply = await app.desk.handle(invocation)
        if isinstance(reply, Reply):
            return reply
        if not sys.stdin.isatty():
            _say_missing(reply)
            return None
        for parameter in reply.missing:
            answer = None
            while not answer:
                click.echo(f"{parameter.name} ({parameter.help}): ", nl=False)
                answer = await read_line()
                if answer is None:
                    raise click.Abort
            form[parameter.name] = answer


def _say_missing(ask: Ask) -> None:
    names = ", ".join(p.name.upper() if p.positional else f"--{p.name}" for p in ask.missing)
    usage = ask.command.usage().removeprefix("/")
    click.echo(f"{names} {'is' if len(ask.missing) == 1 else 'are'} missing. Usage: {usage}", err=True)


def _print_card(app: App, reply: Reply, form: str) -> int:
    if reply.card is None:
        return FAILED
    if not reply.ok:
        click.echo(app.redact(reply.card.summary), err=True)
        return FAILED if reply.failed else WRONG
    if form != "table" and reply.view is not None:
        click.echo(_FORMATS[form](reply.view))
    else:
        show(console_for(), render(reply.card))
    return _code(reply.view) if reply.view is not None else GO


async def _followed(app: App, board: Board, subject: str, form: str) -> int:
    """Wait for the run, then print the whole of it."""
    run_id = int(subject.partition(":")[2])
    try:
        trouble = await app.runs.ended(run_id)
    except asyncio.CancelledError:
        # Ctrl-C: keep what is known and say so. The cancellation has done its work once the run is marked.
        await app.runs.stop()
        view = await app.database.query(lambda store: app.view(store, subject, app.clock()))
        if view is not None:
            board.__exit__()
            _print_view(view, form)
        click.echo("Interrupted. What was measured is kept; there is no verdict.", err=True)
        return INTERRUPTED
    view = await app.database.query(lambda store: app.view(store, subject, app.clock()))
    board.__exit__()
    if view is None or view.run is None or view.run.state != RunState.FINISHED:
        why = trouble or "another process took it for dead and marked it as interrupted."
        click.echo(app.redact(f"The run could not be finished, so there is no verdict: {why}"), err=True)
        return FAILED
    _print_view(view, form)
    return _code(view)


def _print_view(view: View, form: str) -> None:
    from bot.cards.run import environment_card

    if form == "table":
        show(console_for(), render(environment_card(view)))
    else:
        click.echo(_FORMATS[form](view))


def _code(view: View) -> int:
    if view.verdict is None:
        return FAILED
    return NO_GO if view.verdict.decision is Decision.NO_GO else GO
