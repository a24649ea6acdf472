"""The unit of work: everything that can be asked of the record, or added to it, within one transaction.

A Store comes from `Database.write()` or `Database.read()` and dies with that block; the records it returns live on.
Times are aware, and `now` is an argument everywhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session
from sqlmodel import col

from storage.chain import Chain
from storage.detached import insert
from storage.people import People
from storage.posts import Posts
from storage.records import Handled, LedgerEntry, Run, Subject
from storage.results import Results
from storage.runs import Runs


@dataclass(frozen=True, slots=True)
class Counts:
    """runs: number by state. posts_behind: posts with hope that do not show the latest. ledger: entries."""

    runs: dict[str, int]
    posts_behind: int
    ledger: int


class Store:
    """One transaction's queries: by concept in `runs`, `results`, `people`, `posts` and `ledger`, and what spans them.

    touched: keys of the subjects whose revision went up in this transaction.
    """

    def __init__(self, session: Session, ledger_key: bytes | None) -> None:
        self._session = session
        self._ledger_key = ledger_key
        self.touched: set[str] = set()

    @cached_property
    def runs(self) -> Runs:
        return Runs(self._session)

    @cached_property
    def results(self) -> Results:
        return Results(self._session)

    @cached_property
    def people(self) -> People:
        return People(self._session)

    @cached_property
    def posts(self) -> Posts:
        return Posts(self._session)

    @cached_property
    def ledger(self) -> Chain:
        return Chain(self._session, self._ledger_key)

    def touch(self, subject: str, now: datetime) -> int:
        """What the subject's card shows has changed: its next revision, 1 for a new subject."""
        self.touched.add(subject)
        raised = (
            update(Subject)
            .where(col(Subject.key) == subject)
            .values(revision=Subject.revision + 1, changed_at=now)
            .returning(col(Subject.revision))
        )
        revision = self._session.scalar(raised, execution_options={"synchronize_session": False})
        if revision is None:
            return insert(self._session, Subject(key=subject, revision=1, changed_at=now)).revision
        return revision

    def revision(self, subject: str) -> int:
        """The subject's revision, 0 when it has never been touched."""
        return self._session.scalar(select(col(Subject.revision)).where(col(Subject.key) == subject)) or 0

    def first_time(self, key: str, now: datetime) -> bool:
        """Whether this event has not been done before; from now on it has."""
        key = key[:200]
        if self._session.get(Handled, key) is not None:
            return False
        insert(self._session, Handled(key=key, at=now))
        return True

    def forget_handled(self, before: datetime) -> None:
        """Forget events that can no longer be delivered again."""
        self._session.execute(delete(Handled).where(col(Handled.at) < before))

    def record(self, actor: str, verb: str, subject: str, data: Mapping[str, Any], now: datetime) -> LedgerEntry:
        """Add to the ledger: `actor` did `verb` to `subject`. `data` is what JSON can hold, without secrets."""
        return self.ledger.append(actor, verb, subject, data, now)

    def head(self) -> LedgerEntry | None:
        """The ledger's last entry."""
        return self.ledger.head()

    def counts(self) -> Counts:
        """Numbers for the metrics."""
        by_state = self._session.execute(select(col(Run.state), func.count()).group_by(col(Run.state)))
        runs = {state: number for state, number in by_state}  # noqa: C416  (a Row is no pair to the type checker)
        return Counts(runs, self.posts.count_behind(), self.ledger.length())
