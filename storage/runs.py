"""Runs on record, and who works on them: each change of state is a compare-and-set."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import and_, or_, select, update
from sqlalchemy.orm import Session
from sqlmodel import col

from storage.detached import changed, first, insert, many
from storage.records import Run, RunState


class Runs:
    """The runs, within one transaction. An `owner` is the name of a process; it works on a run until its claim ends."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, run: Run) -> Run:
        """Put a run on record; returns it with its id."""
        return insert(self._session, run)

    def get(self, run_id: int) -> Run | None:
        """The run of that id."""
        return first(self._session, select(Run).where(col(Run.id) == run_id))

    def claim(self, owner: str, now: datetime, until: datetime) -> Run | None:
        """Take the oldest queued run: it is running from `now`, and claimed until `until`. None when nothing waits."""
        oldest = (
            select(col(Run.id))
            .where(col(Run.state) == RunState.QUEUED)
            .order_by(col(Run.id))
            .limit(1)
            .scalar_subquery()
        )
        taken = (
            update(Run)
            .where(col(Run.id) == oldest, col(Run.state) == RunState.QUEUED)
            .values(state=RunState.RUNNING, claimed_by=owner, claimed_until=until, started_at=now)
            .returning(Run)
        )
        return first(self._session, taken)

    def renew(self, run_id: int, owner: str, until: datetime) -> bool:
        """Move the end of the owner's claim. False when the run is no longer theirs: stop working on it."""
        return self._if_owned(run_id, owner, claimed_until=until)

    def finish(self, run_id: int, owner: str, **columns: Any) -> bool:
        """Close the owner's run with what it came to (columns of Run). False when it is no longer theirs."""
        return self._if_owned(run_id, owner, **columns, state=RunState.FINISHED, claimed_until=None)

    def interrupt(self, run_id: int, now: datetime) -> bool:
        """Close a run that will not be finished. False when it is closed already."""
        interrupted = (
            update(Run)
            .where(col(Run.id) == run_id, col(Run.state).in_((RunState.QUEUED, RunState.RUNNING)))
            .values(state=RunState.INTERRUPTED, finished_at=now, claimed_until=None)
        )
        return changed(self._session, interrupted) == 1

    def running(self) -> list[Run]:
        """Every run under way, oldest first, also those whose claim has ended."""
        return many(self._session, select(Run).where(col(Run.state) == RunState.RUNNING).order_by(col(Run.id)))

    def under_way(self, environment: str, now: datetime) -> list[Run]:
        """The environment's runs that are queued, or running under a claim that has not ended, oldest first."""
        alive = or_(
            col(Run.state) == RunState.QUEUED, and_(col(Run.state) == RunState.RUNNING, col(Run.claimed_until) > now)
        )
        found = select(Run).where(col(Run.environment) == environment, alive)
        return many(self._session, found.order_by(col(Run.id)))

    def latest(self, environment: str, states: Sequence[str] = (RunState.FINISHED,)) -> Run | None:
        """The environment's newest run in one of `states`."""
        found = select(Run).where(col(Run.environment) == environment, col(Run.state).in_(states))
        return first(self._session, found.order_by(col(Run.id).desc()).limit(1))

    def recent(self, environment: str, limit: int) -> list[Run]:
        """The environment's runs in any state, newest first."""
        found = select(Run).where(col(Run.environment) == environment).order_by(col(Run.id).desc()).limit(limit)
        return many(self._session, found)

    def _if_owned(self, run_id: int, owner: str, **columns: Any) -> bool:
        owned = (col(Run.id) == run_id, col(Run.state) == RunState.RUNNING, col(Run.claimed_by) == owner)
        return changed(self._session, update(Run).where(*owned).values(**columns)) == 1
