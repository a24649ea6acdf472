"""What was measured. There may be millions: batches go in at once, and the latest are found straight by index."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any, Final

from sqlalchemy import Select, and_, bindparam, cast, delete, exists, func, insert, or_, select, update
from sqlalchemy.orm import Session, aliased
from sqlalchemy.types import JSON, String
from sqlmodel import col

from storage.detached import changed, many
from storage.errors import Conflict
from storage.records import Result, Run

_OPTIONAL: Final[Mapping[str, Any]] = {"attempts": 1, "blocked_by": None}
FORGET_AT_ONCE: Final = 5000


class Results:
    """The results of runs, within one transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, run_id: int, rows: Sequence[Mapping[str, Any]]) -> None:
        """Put a batch of a run's results on record, and count them in Run.done.

        rows: item, outcome, summary, seconds and at; facts, attempts and blocked_by when there are any. The environment
        is the run's. Raises Conflict when the run is not on record; an item that the run has already is one at commit.
        """
        if not rows:
            return
        counted = (
            update(Run).where(col(Run.id) == run_id).values(done=Run.done + len(rows)).returning(col(Run.environment))
        )
        environment = self._session.scalar(counted, execution_options={"synchronize_session": False})
        if environment is None:
            raise Conflict(f"Run {run_id} is not on record. Nothing was changed.")
        common = {**_OPTIONAL, "facts": {}}
        whose = {"run_id": run_id, "environment": environment}
        self._session.execute(insert(Result), [{**common, **row, **whose} for row in rows])

    def of_run(self, run_id: int, after: int = 0) -> list[Result]:
        """The run's results whose id is above `after`, in the order in which they came."""
        found = select(Result).where(col(Result.run_id) == run_id, col(Result.id) > after)
        return many(self._session, found.order_by(col(Result.id)))

    def latest(self, environment: str, items: Iterable[str]) -> dict[str, Result]:
        """What is known of each of these items: its latest result that was measured, by item.

        One index look-up for each item, however many results there are.
        """
        statement = _latest(self._session.get_bind().dialect.name)
        listed = json.dumps(list(dict.fromkeys(items)))
        found = many(self._session, statement, {"environment": environment, "items": listed})
        return {result.item: result for result in found}

    def history(self, environment: str, item: str, limit: int) -> list[Result]:
        """The item's results, blocked ones as well, newest first."""
        found = select(Result).where(col(Result.environment) == environment, col(Result.item) == item)
        return many(self._session, found.order_by(col(Result.id).desc()).limit(limit))

    def forget(self, before: datetime, limit: int = FORGET_AT_ONCE) -> int:
        """Delete results from before that time, at most `limit`; how many. Call again, in a new transaction, until 0.

        The latest of each item stays, and so does the latest that was measured.
        """
        later = aliased(Result)
        newer = and_(
            col(later.environment) == col(Result.environment),
            col(later.item) == col(Result.item),
            col(later.id) > col(Result.id),
        )
        superseded = exists().where(newer)
        unknown_or_known_better = or_(
            col(Result.blocked_by).is_not(None), exists().where(newer, col(later.blocked_by).is_(None))
        )
        old = select(col(Result.id)).where(col(Result.at) < before, superseded, unknown_or_known_better).limit(limit)
        return changed(self._session, delete(Result).where(col(Result.id).in_(old.correlate(None))))


@cache
def _latest(dialect: str) -> Select[Result]:
    """The statement behind `Results.latest`, built once: building it costs as much as running it.

    items is one parameter, a JSON list, so that any number of them is the same statement.
    """
    listed = bindparam("items", type_=String)
    if dialect == "sqlite":
        wanted = func.json_each(listed).table_valued("value", name="wanted")
    else:
        wanted = func.json_array_elements_text(cast(listed, JSON)).table_valued("value", name="wanted").render_derived()
    newest = (
        select(col(Result.id))
        .where(
            col(Result.environment) == bindparam("environment"),
            col(Result.item) == wanted.c.value,
            col(Result.blocked_by).is_(None),
        )
        .order_by(col(Result.id).desc())
        .limit(1)
        .correlate(wanted)
        .scalar_subquery()
    )
    return select(Result).where(col(Result.id).in_(select(newest).select_from(wanted)))
