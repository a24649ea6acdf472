"""The tables: data without behaviour, one type per concept.

Times are aware and stored in UTC; a naive one is refused. A person is kept twice: `person` is the key that rights and
double roles are judged by, `name` is what was shown when it happened. A subject ("run:42") is a thing that has a card;
its revision goes up with every change that its card shows.
"""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, ClassVar

from sqlalchemy import JSON, Column, DateTime, Dialect, Index, Text, TypeDecorator, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from storage.text import clean


class NaiveTime(ValueError):
    """A time without a zone: nobody can say when that was."""


class UtcDateTime(TypeDecorator[datetime]):
    """Aware in, UTC on disk, aware out, on every database."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise NaiveTime(f"{value} has no time zone")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class CleanText(TypeDecorator[str]):
    """Text of any length from outside, without the characters that databases refuse."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else clean(value)


def _time(**options: Any) -> Any:
    return Field(sa_type=UtcDateTime, **options)


def _json(default: Any) -> Any:
    return Field(default_factory=default, sa_column=Column(JSON, nullable=False))


class RunState(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    FINISHED = "finished"
    INTERRUPTED = "interrupted"


class Subject(SQLModel, table=True):
    """key: 'run:42'. revision: how often what its card shows has changed."""

    key: str = Field(primary_key=True, max_length=80)
    revision: int = 1
    changed_at: datetime = _time()


class Run(SQLModel, table=True):
    """One pass over the checks of an environment.

    items: ids of what it measures. shown: ids that its outputs list (its selection). reasons, changes: as the verdict
    gave them. claimed_by/claimed_until: the process that works on it; past that time it is taken to be dead.
    """

    __table_args__: ClassVar[Any] = (Index("ix_run_environment", "environment", "id"), Index("ix_run_state", "state"))

    id: int | None = Field(default=None, primary_key=True)
    environment: str = Field(max_length=80)
    state: str = Field(default=RunState.QUEUED, max_length=20)
    person: str
    name: str = Field(sa_type=CleanText)
    items: list[str] = _json(list)
    shown: list[str] = _json(list)
    asked_at: datetime = _time()
    started_at: datetime | None = _time(default=None)
    finished_at: datetime | None = _time(default=None)
    done: int = 0
    release: str | None = None
    verdict: str | None = Field(default=None, max_length=20)
    score: float | None = None
    reasons: list[dict[str, Any]] = _json(list)
    changes: list[dict[str, Any]] = _json(list)
    states: dict[str, str] = _json(dict)
    claimed_by: str | None = None
    claimed_until: datetime | None = _time(default=None)


class Result(SQLModel, table=True):
    """What one run measured of one item. blocked_by: the item that was not well, when nothing was measured.

    ix_result_latest leads straight to what is known of an item, however often it was blocked since.
    """

    __table_args__: ClassVar[Any] = (
        Index(
            "ix_result_latest",
            "environment",
            "item",
            "id",
            sqlite_where=text("blocked_by IS NULL"),
            postgresql_where=text("blocked_by IS NULL"),
        ),
        Index("ix_result_history", "environment", "item", "id"),
        Index("ix_result_at", "at"),
        UniqueConstraint("run_id", "item", name="uq_result_run_item"),
    )

    id: int | None = Field(default=None, primary_key=True)
    run_id: int = Field(foreign_key="run.id")
    environment: str = Field(max_length=80)
    item: str = Field(max_length=80)
    outcome: str = Field(max_length=10)
    summary: str = Field(sa_type=CleanText)
    seconds: float
    facts: dict[str, Any] = _json(dict)
    attempts: int = 1
    blocked_by: str | None = None
    at: datetime = _time()


class Attestation(SQLModel, table=True):
    """A person vouches for an item until a time. took: seconds a rehearsal lasted, for items known by a drill."""

    __table_args__: ClassVar[Any] = (Index("ix_attestation_latest", "environment", "item", "id"),)

    id: int | None = Field(default=None, primary_key=True)
    environment: str = Field(max_length=80)
    item: str = Field(max_length=80)
    person: str
    name: str = Field(sa_type=CleanText)
    role: str | None = None
    evidence: str | None = Field(default=None, sa_type=CleanText)
    note: str | None = Field(default=None, sa_type=CleanText)
    took: float | None = None
    at: datetime = _time()
    until: datetime = _time()
    withdrawn_at: datetime | None = _time(default=None)
    withdrawn_by: str | None = None


class Waiver(SQLModel, table=True):
    """An item is excepted, by a named person, with a reason, until a time."""

    __table_args__: ClassVar[Any] = (Index("ix_waiver_latest", "environment", "item", "id"),)

    id: int | None = Field(default=None, primary_key=True)
    environment: str = Field(max_length=80)
    item: str = Field(max_length=80)
    person: str
    name: str = Field(sa_type=CleanText)
    reason: str = Field(sa_type=CleanText)
    at: datetime = _time()
    until: datetime = _time()
    withdrawn_at: datetime | None = _time(default=None)
    withdrawn_by: str | None = None


class Report(SQLModel, table=True):
    """Another system pushed the outcome of an item. key: what makes a repeated delivery recognisable."""

    __table_args__: ClassVar[Any] = (
        Index("ix_report_latest", "environment", "item", "id"),
        UniqueConstraint("environment", "item", "key", name="uq_report_key"),
    )

    id: int | None = Field(default=None, primary_key=True)
    environment: str = Field(max_length=80)
    item: str = Field(max_length=80)
    outcome: str = Field(max_length=10)
    summary: str = Field(default="", sa_type=CleanText)
    url: str | None = Field(default=None, sa_type=CleanText)
    key: str = Field(max_length=200)
    at: datetime = _time()


class Post(SQLModel, table=True):
    """A card's message on one platform. message: the platform's id of it, None until it is there.

    shown: the revision that the message shows. failures: tries in a row that failed; next_at: not before then.
    given_up: why it will never be shown (told to somebody), None while there is hope.
    """

    __table_args__: ClassVar[Any] = (
        UniqueConstraint("subject", "platform", "channel", name="uq_post_place"),
        Index("ix_post_platform", "platform"),
    )

    id: int | None = Field(default=None, primary_key=True)
    subject: str = Field(foreign_key="subject.key", max_length=80)
    platform: str = Field(max_length=80)
    channel: str = Field(max_length=80)
    message: str | None = None
    shown: int = 0
    failures: int = 0
    next_at: datetime | None = _time(default=None)
    claimed_by: str | None = None
    claimed_until: datetime | None = _time(default=None)
    given_up: str | None = Field(default=None, sa_type=CleanText)


class Handled(SQLModel, table=True):
    """A click or command that was done: `key` is the platform's name of that one event, so that it is done once."""

    __table_args__: ClassVar[Any] = (Index("ix_handled_at", "at"),)

    key: str = Field(primary_key=True, max_length=200)
    at: datetime = _time()


class LedgerEntry(SQLModel, table=True):
    """One line of the record that is only ever added to. `at` and `data` are text, because their bytes are hashed."""

    __tablename__: ClassVar[Any] = "ledger"
    __table_args__: ClassVar[Any] = (UniqueConstraint("prev_hash", name="uq_ledger_prev_hash"),)

    id: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    at: str = Field(max_length=40)
    actor: str
    verb: str = Field(max_length=80)
    subject: str = Field(max_length=200)
    data: str = Field(sa_type=Text)
    prev_hash: str = Field(max_length=64)
    hash: str = Field(max_length=64)
