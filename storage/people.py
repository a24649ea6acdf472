"""What people vouched for or excepted, and what other systems reported, by item. Nothing here is ever deleted."""

from __future__ import annotations

from datetime import datetime
from typing import TypeVar

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session
from sqlmodel import col

from storage.detached import first, insert, many
from storage.records import Attestation, Report, Waiver

R = TypeVar("R", Attestation, Waiver, Report)
W = TypeVar("W", Attestation, Waiver)


class People:
    """Attestations, waivers and reports, within one transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, record: R) -> R:
        """Put it on record; returns it with its id. A report whose key is there already is a Conflict at commit."""
        return insert(self._session, record)

    def attestations(self, environment: str) -> dict[str, Attestation]:
        """By item, the latest that was not withdrawn; whether it still holds is the caller's judgement."""
        return self._standing(Attestation, environment)

    def waivers(self, environment: str) -> dict[str, Waiver]:
        """By item, the latest that was not withdrawn; whether it still holds is the caller's judgement."""
        return self._standing(Waiver, environment)

    def reports(self, environment: str) -> dict[str, Report]:
        """By item, the latest."""
        latest = select(func.max(Report.id)).where(col(Report.environment) == environment).group_by(col(Report.item))
        return {report.item: report for report in many(self._session, select(Report).where(col(Report.id).in_(latest)))}

    def report_by_key(self, environment: str, item: str, key: str) -> Report | None:
        """The report delivered under that key, to recognise a delivery that is repeated."""
        found = (col(Report.environment) == environment, col(Report.item) == item, col(Report.key) == key)
        return first(self._session, select(Report).where(*found))

    def withdraw(self, record_type: type[W], environment: str, item: str, person: str, now: datetime) -> list[int]:
        """Withdraw all that stand for the item, in the name of `person`; the ids of those, oldest first."""
        withdrawn = (
            update(record_type)
            .where(
                col(record_type.environment) == environment,
                col(record_type.item) == item,
                col(record_type.withdrawn_at).is_(None),
            )
            .values(withdrawn_at=now, withdrawn_by=person)
            .returning(col(record_type.id))
        )
        ids = self._session.scalars(withdrawn, execution_options={"synchronize_session": False})
        return sorted(number for number in ids if number is not None)

    def _standing(self, record_type: type[W], environment: str) -> dict[str, W]:
        latest = (
            select(func.max(record_type.id))
            .where(col(record_type.environment) == environment, col(record_type.withdrawn_at).is_(None))
            .group_by(col(record_type.item))
        )
        found = many(self._session, select(record_type).where(col(record_type.id).in_(latest)))
        return {record.item: record for record in found}
