"""The catalogue as the program uses it: checked, variables and secrets filled in, frozen.

`written` has the same things as people write them; `loader` makes these from those.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

from checks.model import Check
from checks.runner import Limits


class Level(StrEnum):
    """How much an item matters: it must hold before launch, should, or can follow."""

    CRITICAL = "critical"
    IMPORTANT = "important"
    MINOR = "minor"


@dataclass(frozen=True)
class Measured:
    """Known by checks that the program runs, mostly one. Of several the worst outcome counts."""

    checks: tuple[Check, ...]


@dataclass(frozen=True)
class Attested:
    """Known because a person vouches for it. by: roles that may; empty for anybody."""

    by: tuple[str, ...]
    valid_for: timedelta
    evidence: Literal["required", "optional"]


@dataclass(frozen=True)
class Reported:
    """Known because another system pushes the outcome."""

    max_age: timedelta


@dataclass(frozen=True)
class Drilled:
    """Known because the runbook was rehearsed: lately enough, and fast enough when `under` is set."""

    runbook: str
    within: timedelta
    under: timedelta | None
    by: tuple[str, ...]


Way = Measured | Attested | Reported | Drilled

WAY_NAMES: Mapping[type[Way], str] = {Measured: "check", Attested: "attest", Reported: "report", Drilled: "drill"}


@dataclass(frozen=True)
class Item:
    """One line of the checklist, in one environment. source: the line of the document that it stands for."""

    id: str
    title: str
    section: str
    level: Level
    way: Way
    owner: str | None = None
    due: date | None = None
    needs: tuple[str, ...] = ()
    detail: str = ""
    source: int | None = None


@dataclass(frozen=True)
class Environment:
    name: str
    items: tuple[Item, ...]
    channels: Mapping[str, str] = field(default_factory=dict)

    def item(self, item_id: str) -> Item | None:
        return next((item for item in self.items if item.id == item_id), None)


@dataclass(frozen=True)
class Person:
    """One human being, with the accounts that are theirs."""

    key: str
    name: str
    slack: str | None = None
    discord: str | None = None
    local: str | None = None


@dataclass(frozen=True)
class Role:
    """members: keys of people. slack, discord: ids of users and groups on that platform."""

    key: str
    title: str
    members: frozenset[str] = frozenset()
    slack: frozenset[str] = frozenset()
    discord: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Phase:
    """at: offset from T0. run: which checks it makes."""

    id: str
    at: timedelta
    title: str
    run: Literal["all", "critical", "none"] = "all"
    gate: bool = False
    tasks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Signoff:
    roles: tuple[str, ...]
    opens: str
    valid_for: timedelta


@dataclass(frozen=True)
class Watch:
    """start, until: ids of phases."""

    items: tuple[str, ...]
    every: timedelta
    start: str
    until: str


@dataclass(frozen=True)
class Escalation:
    after: timedelta
    to: tuple[str, ...] = ()
    notify: tuple[str, ...] = ()


@dataclass(frozen=True)
class Alerts:
    open_after: int = 3
    resolve_after: int = 2
    escalate: tuple[Escalation, ...] = ()


@dataclass(frozen=True)
class Contact:
    name: str
    url: str = ""
    note: str = ""


@dataclass(frozen=True)
class Runbooks:
    folder: Path
    rollback: str = "rollback"
    execute: tuple[str, ...] = ()


@dataclass(frozen=True)
class Catalog:
    """Everything that one readiness.yaml says, with what it includes.

    fresh_for: how long a measured result counts without a new one. keep_results: how long results are kept.
    secrets: values that must never be shown. files: what was read, to notice edits.
    """

    path: Path
    service: str
    timezone: ZoneInfo
    release: str | None
    go_requires: Literal["critical", "all"]
    environments: Mapping[str, Environment]
    people: Mapping[str, Person]
    roles: Mapping[str, Role]
    permissions: Mapping[str, tuple[str, ...]]
    phases: tuple[Phase, ...]
    signoff: Signoff | None
    watches: tuple[Watch, ...]
    alerts: Alerts
    notify: Mapping[str, str]
    contacts: tuple[Contact, ...]
    runbooks: Runbooks
    limits: Limits
    fresh_for: timedelta
    keep_results: timedelta
    secrets: frozenset[str] = field(repr=False)
    files: tuple[Path, ...] = ()

    def owner_title(self, owner: str | None) -> str | None:
        """An owner as people call it: the role's title or the person's name."""
        if owner is None:
            return None
        if owner in self.roles:
            return self.roles[owner].title
        return self.people[owner].name if owner in self.people else owner
