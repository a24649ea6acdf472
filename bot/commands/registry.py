"""A command is declared once, as a typed function; its grammar on every platform derives from the signature.

    @command("readiness", "waive", "Except an item for a while", example="readiness waive prod hsts --reason …")
    def waive(call: Call, env: Env, item: Item, *, reason: Reason, until: Until) -> Reply: ...

Parameters before the `*` are given by place, those after it by name. One without a default is required.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Mapping
from functools import cache
from typing import Annotated, Any, get_args, get_origin, get_type_hints

import bot.commands
from bot.commands.model import Call, Command, Handler, Kind, Parameter, Reply


class Takes:
    """What an annotated parameter takes: its kind, its help, its choices."""

    def __init__(self, kind: Kind, help: str, choices: tuple[str, ...] = ()) -> None:  # noqa: A002 - click's word too
        self.kind, self.help, self.choices = kind, help, choices


Env = Annotated[str, Takes(Kind.ENVIRONMENT, "environment, for example prod")]
Item = Annotated[str, Takes(Kind.ITEM, "id of an item")]
OptionalItem = Annotated[str | None, Takes(Kind.ITEM, "id of an item; all when left out")]
Items = Annotated[tuple[str, ...], Takes(Kind.ITEMS, "ids of items, or names of sections; all when left out")]
Reason = Annotated[str, Takes(Kind.LONG_TEXT, "why; it is kept on record")]
OptionalReason = Annotated[str | None, Takes(Kind.LONG_TEXT, "why; it is kept on record")]
Until = Annotated[Any, Takes(Kind.UNTIL, "when it ends: 2d, 8h, 2026-12-31 or '2026-12-31 18:00'")]
OptionalUntil = Annotated[Any, Takes(Kind.UNTIL, "when it ends, when sooner than the catalogue says")]
Evidence = Annotated[str | None, Takes(Kind.URL, "where the evidence is: an address, or a few words")]
NoteText = Annotated[str | None, Takes(Kind.LONG_TEXT, "a note that is kept with it")]
Took = Annotated[Any, Takes(Kind.DURATION, "how long the rehearsal took, for example 4m10s")]
Only = Annotated[str | None, Takes(Kind.CHOICE, "only what was not well the last time", ("failing",))]
Words = Annotated[tuple[str, ...], Takes(Kind.ITEMS, "a command to explain")]

_declared: dict[tuple[str, str], Command] = {}


def command(
    family: str, verb: str, summary: str, example: str = "", *, guarded: bool = False
) -> Callable[[Handler], Handler]:
    """Declare a handler as the command `family verb`. guarded: it asks for roles."""

    def declare(handler: Handler) -> Handler:
        if (family, verb) in _declared:
            raise ValueError(f"the command {family} {verb} is declared twice")
        parameters = tuple(_parameters(handler))
        _declared[family, verb] = Command(family, verb, summary, parameters, handler, example, guarded)
        return handler

    return declare


@cache
def commands() -> Mapping[tuple[str, str], Command]:
    """Every command by (family, verb): all that the modules of this package declare."""
    for module in pkgutil.iter_modules(bot.commands.__path__):
        importlib.import_module(f"{bot.commands.__name__}.{module.name}")
    return dict(_declared)


def families() -> tuple[str, ...]:
    return tuple(dict.fromkeys(family for family, _ in commands()))


def _parameters(handler: Handler) -> list[Parameter]:
    hints = get_type_hints(handler, include_extras=True)
    if hints.get("return") is not Reply:
        raise TypeError(f"{handler.__name__} must be annotated to give a Reply")
    found = []
    first, *rest = inspect.signature(handler).parameters.values()
    if hints.get(first.name) is not Call:
        raise TypeError(f"{handler.__name__} must take a Call first")
    for parameter in rest:
        hint = hints[parameter.name]
        takes = next((extra for extra in get_args(hint)[1:] if isinstance(extra, Takes)), None)
        if get_origin(hint) is not Annotated or takes is None:
            raise TypeError(f"{handler.__name__}: {parameter.name} must be annotated with what it takes")
        required = parameter.default is inspect.Parameter.empty
        positional = parameter.kind is not inspect.Parameter.KEYWORD_ONLY
        default = None if required else parameter.default
        found.append(Parameter(parameter.name, takes.kind, takes.help, required, positional, takes.choices, default))
    return found
