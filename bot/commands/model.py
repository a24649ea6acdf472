"""What a command is made of: parameters, the call that a handler gets, the reply that it gives."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from bot.cards.environment import View
from bot.cards.model import Card
from bot.catalog.model import Catalog, Environment
from bot.rules.access import Actor
from storage.records import LedgerEntry
from storage.store import Store


class Kind(StrEnum):
    """What a parameter takes; platforms choose their control by it (a picker, a date, a text area)."""

    ENVIRONMENT = "environment"
    ITEM = "item"
    ITEMS = "items"
    TEXT = "text"
    LONG_TEXT = "long text"
    URL = "url"
    UNTIL = "until"
    DURATION = "duration"
    CHOICE = "choice"
    NUMBER = "number"
    FLAG = "flag"


@dataclass(frozen=True)
class Parameter:
    """positional: given by its place; others as --name value. many: takes all the words that are left."""

    name: str
    kind: Kind
    help: str
    required: bool
    positional: bool = False
    choices: tuple[str, ...] = ()
    default: Any = None

    @property
    def many(self) -> bool:
        return self.kind is Kind.ITEMS


@dataclass(frozen=True)
class Place:
    """Where something was typed: platform and channel ('' where there is none)."""

    platform: str
    channel: str


@dataclass(frozen=True)
class Invocation:
    """A command line with who typed it and where, whatever the platform.

    form: values given beside the line. key: the platform's name of this one event, if it may be delivered again.
    """

    actor: Actor
    place: Place
    line: str
    form: Mapping[str, str] = field(default_factory=dict)
    key: str | None = None


@dataclass(frozen=True)
class Reply:
    """What the one who asked gets: a card, or the subject whose card is posted where they asked.

    private: only the one who asked sees it. ok: whether what was asked was done. failed: it was not, by no fault of
    theirs. view: what the card was made from, for outputs that are no cards. at_fault: the parameter whose value was
    refused.
    """

    card: Card | None = None
    view: View | None = None
    subject: str | None = None
    private: bool = True
    ok: bool = True
    failed: bool = False
    at_fault: str | None = None


@dataclass(frozen=True)
class Ask:
    """Something required is missing: platforms with forms open one, a terminal asks. given: what is known already."""

    command: Command
    given: Mapping[str, str]
    missing: tuple[Parameter, ...]


class Refused(Exception):
    """It is not done, and nothing was changed: the text says why and what to do instead.

    parameter: the one whose value is at fault, so that a form can say so beside its field.
    """

    def __init__(self, message: str, parameter: str | None = None) -> None:
        super().__init__(message)
        self.parameter = parameter


class Incomplete(Exception):
    """The handler finds that it needs a parameter that its signature leaves open."""

    def __init__(self, parameter: str) -> None:
        self.parameter = parameter
        super().__init__(f"--{parameter} is needed")


class Misunderstood(Refused):
    """The line is no command; the text has the nearest one."""


@dataclass(frozen=True)
class Call:
    """What a handler works with: everything of one invocation, inside its transaction.

    owner: the process that is to do what is asked, None when any may. notice: what is wrong with the catalogue on disk.
    """

    store: Store
    catalog: Catalog
    actor: Actor
    person: str
    name: str
    place: Place
    now: datetime
    owner: str | None = None
    notice: str | None = None

    def environment(self, name: str) -> Environment:
        return self.catalog.environments[name]

    def record(self, verb: str, subject: str, data: Mapping[str, Any]) -> LedgerEntry:
        """Put it in the ledger, as this person's deed."""
        whole = {**data, "platform": self.place.platform.partition("/")[0], "name": self.name}
        return self.store.record(self.person, verb, subject, whole, self.now)


Handler = Callable[..., Reply]


@dataclass(frozen=True)
class Command:
    """family and verb are its first words: 'readiness run'. guarded: whether who does it must be looked up first."""

    family: str
    verb: str
    summary: str
    parameters: tuple[Parameter, ...]
    handler: Handler
    example: str = ""
    guarded: bool = False

    @property
    def words(self) -> str:
        return f"{self.family} {self.verb}"

    def usage(self) -> str:
        """'/readiness waive ENV ITEM --reason … --until …'"""
        parts = [f"/{self.words}"]
        for parameter in self.parameters:
            name = parameter.name.upper() + (" …" if parameter.many else "")
            if parameter.positional:
                parts.append(name if parameter.required else f"[{name}]")
            else:
                flag = f"--{parameter.name}" + ("" if parameter.kind is Kind.FLAG else " …")
                parts.append(flag if parameter.required else f"[{flag}]")
        return " ".join(parts)
