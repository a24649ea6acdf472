"""Records in and out of a session. What comes out no longer belongs to it.

So a record can be used after the transaction, and changing one never changes the database behind the reader's back.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from sqlalchemy import CursorResult, Executable, Select
from sqlalchemy.orm import Session
from sqlalchemy.sql.dml import ReturningUpdate
from sqlmodel import SQLModel

R = TypeVar("R", bound=SQLModel)
Rows = Select[R] | ReturningUpdate[R]

# The session holds no records that an UPDATE would have to be told of.
_APART = {"synchronize_session": False}


def many(session: Session, statement: Rows[R], parameters: Mapping[str, Any] | None = None) -> list[R]:
    """Every record that the statement returns."""
    records = list(session.scalars(statement, parameters, execution_options=_APART))
    session.expunge_all()
    return records


def first(session: Session, statement: Rows[R]) -> R | None:
    """The first record that the statement returns, None when there is none."""
    record = session.scalars(statement, execution_options=_APART).first()
    session.expunge_all()
    return record


def insert(session: Session, record: R) -> R:
    """The record as it is now stored, with its id."""
    session.add(record)
    session.flush()
    session.expunge(record)
    return record


def changed(session: Session, statement: Executable) -> int:
    """Run an UPDATE or DELETE; how many rows it met."""
    result = session.execute(statement, execution_options=_APART)
    return cast("CursorResult[Any]", result).rowcount
