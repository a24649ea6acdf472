"""The words of measuring: kind, check, observation, outcome, result.

A kind only measures; the runner owns time, retries and the judgement (see `runner`).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict

if TYPE_CHECKING:
    from checks.expectations import Expectation
    from checks.transport import Connections

JSON = None | bool | int | float | str | list[Any] | dict[str, Any]


class Outcome(StrEnum):
    """What one measurement came to. `ERROR` means it could not be measured, which is never good."""

    PASS = "pass"
    WARN = "warn"
    FAIL = "fail"
    ERROR = "error"


class CheckError(Exception):
    """Base of everything this package raises on purpose; the text is a sentence for a person."""


class ProbeError(CheckError):
    """It could not be measured: the text says in one plain sentence why."""


class CheckMistake(CheckError):
    """A check is written wrongly. `key` names the parameter at fault ('' for the check itself)."""

    def __init__(self, message: str, key: str = "") -> None:
        super().__init__(message)
        self.key = key


class Params(BaseModel):
    """Base of every kind's parameters: unknown keys are refused, values do not change."""

    model_config = ConfigDict(extra="forbid", frozen=True)


@dataclass(frozen=True, slots=True)
class Observation:
    """What a probe saw: one value for each fact that its kind declares."""

    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Context:
    """What the runner hands to a probe.

    timeout: seconds that each round of the probe may take (the runner enforces the whole).
    connections: shared TLS settings and the HTTP client of this process.
    folder: where relative paths of a check start; the catalogue's folder.
    environ: the process environment as the check may see it.
    nameservers: resolvers to ask instead of the system's ("host" or "host:port").
    """

    timeout: float
    connections: Connections
    folder: Path
    environ: Mapping[str, str] = field(default_factory=dict)
    nameservers: tuple[str, ...] = ()


P = TypeVar("P", bound=Params)


def _no_host(_params: Any) -> str | None:
    return None


def _one_round(_params: Any) -> int:
    return 1


@dataclass(frozen=True)
class Kind(Generic[P]):
    """One way to measure.

    facts: name of each fact -> what it is, with its unit.
    probe: measures; raises ProbeError, OSError or TimeoutError when it cannot.
    evidence: the facts in a few words, for a person ("200 in 0.05 s").
    expect: the expectations that hold when a check states none.
    host: the host that a check loads, for the limit per host; None when it loads none.
    rounds: how many times the timeout applies (a check of 20 samples, one after the other, has 20).
    hidden: facts that may be judged but never shown.
    catalogue_only: may only come from a catalogue file, never from a command line.
    """

    name: str
    summary: str
    params: type[P]
    facts: Mapping[str, str]
    probe: Callable[[P, Context], Awaitable[Observation]]
    evidence: Callable[[Mapping[str, Any]], str]
    expect: tuple[str, ...] = ()
    host: Callable[[P], str | None] = _no_host
    rounds: Callable[[P], int] = _one_round
    hidden: frozenset[str] = frozenset()
    catalogue_only: bool = False


@dataclass(frozen=True)
class Check:
    """A kind with its parameters and expectations, ready to be run. Times in seconds."""

    kind: Kind[Any]
    params: Params
    expect: tuple[Expectation, ...]
    warn: tuple[Expectation, ...] = ()
    timeout: float | None = None
    retries: int | None = None

    @property
    def host(self) -> str | None:
        return self.kind.host(self.params)


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one check: already redacted and cut, fit to show and to store.

    seconds: duration of the last attempt, its waiting for a free place not included.
    blocked_by: key of the check that this one needs and that was not well; then nothing was measured.
    """

    outcome: Outcome
    summary: str
    seconds: float
    facts: Mapping[str, JSON]
    attempts: int = 1
    blocked_by: str | None = None
