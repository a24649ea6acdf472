"""The shapes of readiness.yaml as people write it, one flat shape a part; each part is read on its own by `parts`."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from checks.durations import Duration, PositiveSeconds, parse_duration

NAME = r"[A-Za-z0-9][A-Za-z0-9_.+-]*"
# Buttons carry ids in at most 100 characters, with an environment and a verb beside them.
LONGEST_ID = 40
LONGEST_NAME = 24

Id = Annotated[str, StringConstraints(pattern=rf"^{NAME}$", max_length=LONGEST_ID)]
Name = Annotated[str, StringConstraints(pattern=rf"^{NAME}$", max_length=LONGEST_NAME)]
Line = Annotated[str, StringConstraints(min_length=1, max_length=300, strip_whitespace=True)]


def _one_or_more(value: Any) -> Any:
    return [value] if isinstance(value, (str, int)) and not isinstance(value, bool) else value


def _text(value: Any) -> Any:
    return str(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else value


def _offset(value: Any) -> timedelta:
    """'-1h', '0h', '+24h' -> timedelta from T0."""
    written = str(value).strip()
    match = re.fullmatch(r"([+-]?)(.+)", written)
    if not match or (not match[1] and not re.fullmatch(r"0+[a-z]*", written)):
        raise ValueError(f"{written!r} is not an offset from the launch; write for example -1h, 0h or +24h")
    span = parse_duration(match[2] if match[2].strip("0") else "0s")
    return -span if match[1] == "-" else span


Texts = Annotated[list[Annotated[str, BeforeValidator(_text)]], BeforeValidator(_one_or_more)]
Text = Annotated[str, BeforeValidator(_text)]
Offset = Annotated[timedelta, BeforeValidator(_offset)]


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class WrittenEnvironment(Part):
    vars: dict[str, str | int | float | bool | list[Any]] = {}
    channels: dict[Literal["slack", "discord"], Text] = {}


class WrittenPerson(Part):
    name: Line | None = None
    slack: Text | None = None
    discord: Text | None = None
    local: Text | None = None


class WrittenRole(Part):
    title: Line | None = None
    members: Texts = []
    slack: Texts = []
    discord: Texts = []


class WrittenPermissions(Part):
    launch: Texts = []
    rollback: Texts = []
    waive: Texts = []


class WrittenSection(Part):
    section: Line
    items: list[Any]


class WrittenItem(Part):
    id: Id
    title: Line | None = None
    level: Literal["critical", "important", "minor"] = "important"
    owner: Text | None = None
    due: date | None = None
    needs: Texts = []
    detail: str = ""
    source: int | None = Field(default=None, ge=1)
    environments: Texts | None = None
    check: Any = None
    attest: dict[str, Any] | None = None
    report: dict[str, Any] | None = None
    drill: dict[str, Any] | None = None


class WrittenAttest(Part):
    by: Texts = []
    valid_for: Duration = timedelta(days=30)
    evidence: Literal["required", "optional"] = "optional"


class WrittenReport(Part):
    max_age: Duration = timedelta(days=1)


class WrittenDrill(Part):
    runbook: Text
    within: Duration = timedelta(days=30)
    under: Duration | None = None
    by: Texts = []


class WrittenPhase(Part):
    id: Id
    at: Offset
    title: Line
    run: Literal["all", "critical", "none"] = "all"
    gate: bool = False
    tasks: list[Line] = []


class WrittenSignoff(Part):
    roles: Annotated[Texts, Field(min_length=1)]
    opens: Text
    valid_for: Duration = timedelta(hours=24)


class WrittenWatch(Part):
    items: Texts
    every: Duration
    start: Text = Field(alias="from")
    until: Text


class WrittenAlerts(Part):
    open_after: int = Field(default=3, ge=1, le=1000)
    resolve_after: int = Field(default=2, ge=1, le=1000)
    escalate: list[Any] = []


class WrittenEscalation(Part):
    after: Duration
    to: Texts = []
    notify: Texts = []


class WrittenContact(Part):
    name: Line
    url: str = ""
    note: str = ""


class WrittenLimits(Part):
    concurrency: int = Field(default=25, ge=1, le=1000)
    per_host: int = Field(default=10, ge=1, le=1000)
    timeout: PositiveSeconds = 10.0
    run: PositiveSeconds = 600.0
    retries: int = Field(default=0, ge=0, le=10)
    backoff: PositiveSeconds = 0.5


class WrittenKeep(Part):
    fresh_for: Duration = timedelta(hours=1)
    results: Duration = timedelta(days=90)


class WrittenRunbooks(Part):
    folder: str = "runbooks"
    rollback: Text = "rollback"
    execute: Texts = []


def is_name(text: str) -> bool:
    """Whether `text` may name an environment."""
    return len(text) <= LONGEST_NAME and re.fullmatch(NAME, text) is not None
