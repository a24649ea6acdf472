"""What the verbs of the command line share: options, the person at the terminal, an event loop that is fast."""

from __future__ import annotations

import asyncio
import getpass
import logging
import os
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, TypeVar

import click

from bot.rules.access import Actor
from bot.settings import SettingsError, read_settings
from checks.redaction import Redactor
from storage.errors import StorageError

log = logging.getLogger(__name__)
T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., Any])


def config_option(function: F) -> F:
    """--config FILE."""
    return click.option(
        "--config", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
        help="The catalogue; readiness.yaml or READINESS_CONFIG when left out.",
    )(function)  # fmt: skip


def var_option(function: F) -> F:
    """--var name=value, given as pairs."""
    return click.option(
        "--var", "variables", multiple=True, metavar="NAME=VALUE", callback=_pairs,
        help="Another value for a variable of the environment, for this time only.",
    )(function)  # fmt: skip


def _pairs(_context: click.Context, parameter: click.Parameter, values: tuple[str, ...]) -> dict[str, str]:
    found = {}
    for value in values:
        name, equals, text = value.partition("=")
        if not equals or not name:
            raise click.BadParameter(f"{value!r} is not NAME=VALUE", param=parameter)
        found[name] = text
    return found


def local_actor() -> Actor:
    """The person at this terminal, as the operating system knows them."""
    try:
        user = getpass.getuser()
    except (OSError, KeyError):  # a container without a user database
        user = str(os.getuid())
    return Actor("local", user, user)


def run_async(work: Coroutine[Any, Any, T]) -> T:
    """Run to the end on the fast loop, where there is one. Ctrl-C cancels the work and raises KeyboardInterrupt."""
    with asyncio.Runner(loop_factory=_fast_loop) as runner:
        runner.get_loop().set_exception_handler(_unheard)
        return runner.run(work)


def _unheard(_loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Nobody waited for this any more. That the record could not be reached was told to those who still did."""
    reason = context.get("exception")
    if not isinstance(reason, StorageError):
        log.error("Something failed on its own.", exc_info=reason, extra={"key": "loop.failed"} | {
            "said": str(context.get("message", ""))})  # fmt: skip


def _fast_loop() -> asyncio.AbstractEventLoop:
    try:
        import uvloop
    except ImportError:  # not on this system
        return asyncio.new_event_loop()
    return uvloop.new_event_loop()


def hide_secrets(text: str) -> str:
    """A text from the depths (a trace) without the values of variables that are secret by what they are for."""
    try:
        known = read_settings().secrets()
    except SettingsError:
        known = frozenset()
    words = ("TOKEN", "SECRET", "PASSWORD", "KEY", "_URL", "DSN")
    named = {value for name, value in os.environ.items() if any(word in name for word in words) and len(value) > 5}
    return Redactor(known | named).text(text)
