"""Reports from other systems (CI, cron, backups): one outcome for one item, however often it is delivered."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from bot.catalog.current import CurrentCatalog
from bot.catalog.model import WAY_NAMES, Reported
from bot.catalog.problems import nearest
from storage.database import Database
from storage.records import Report
from storage.store import Store
from storage.text import clean

# Without a key of its own, the same report within this time is the same delivery, tried again by a careful client.
SAME_DELIVERY = timedelta(minutes=1)


class ReportBody(BaseModel):
    """What is posted. Unknown keys are refused, so that a misspelt one is not lost in silence."""

    model_config = ConfigDict(extra="forbid")

    outcome: Literal["pass", "warn", "fail", "error"]
    summary: str = Field(default="", max_length=2000)
    url: str | None = Field(default=None, max_length=2000, pattern=r"^https?://")


class NoSuchItem(Exception):
    """There is nothing by that name; the text has the nearest right word."""


class NotReported(Exception):
    """The item is known in another way, or the key was used for something else; the text says so."""


@dataclass(frozen=True)
class Receipt:
    """id: of the report on record. repeated: whether it had been delivered before."""

    id: int
    environment: str
    item: str
    outcome: str
    repeated: bool


class ReportDesk:
    """Takes reports, from whoever has the token."""

    def __init__(self, database: Database, catalogs: CurrentCatalog, clock: Callable[[], datetime]) -> None:
        self._database, self._catalogs, self._clock = database, catalogs, clock

    async def receive(self, environment: str, item: str, body: ReportBody, key: str | None) -> Receipt:
        """Put a report on record. Raises NoSuchItem or NotReported; StorageError when nothing was recorded."""
        self._check(environment, item)
        body = body.model_copy(update={"summary": clean(body.summary), "url": body.url and clean(body.url)})
        now = self._clock()
        return await self._database.transact(lambda store: _receive(store, environment, item, body, key or None, now))

    def _check(self, environment: str, item: str) -> None:
        environments = self._catalogs.catalog.environments
        if environment not in environments:
            raise NoSuchItem(f"There is no environment {environment!r}; {nearest(environment, environments)}")
        known = environments[environment].item(item)
        if known is None:
            ids = [entry.id for entry in environments[environment].items]
            raise NoSuchItem(f"{environment} has no item {item!r}; {nearest(item, ids)}")
        if not isinstance(known.way, Reported):
            raise NotReported(f"{item!r} is known by {WAY_NAMES[type(known.way)]}, so it takes no reports.")


def _receive(store: Store, environment: str, item: str, body: ReportBody, key: str | None, now: datetime) -> Receipt:
    latest = store.people.reports(environment).get(item)
    earlier = store.people.report_by_key(environment, item, key) if key else None
    if earlier is not None and _differs(earlier, body):
        raise NotReported(f"The key {key!r} was used before for another report of {item!r}; give each its own.")
    if earlier is None and key is None and latest and not _differs(latest, body) and now - latest.at < SAME_DELIVERY:
        earlier = latest
    if earlier is not None:
        return Receipt(earlier.id or 0, environment, item, earlier.outcome, repeated=True)
    record = store.people.add(
        Report(
            environment=environment, item=item, outcome=body.outcome, summary=body.summary, url=body.url,
            key=key or _own_key(body, now), at=now,
        )
    )  # fmt: skip
    data = {"environment": environment, "item": item, "outcome": body.outcome, "summary": body.summary, "url": body.url}
    store.record("report", "reported", f"item:{environment}/{item}", data, now)
    return Receipt(record.id or 0, environment, item, body.outcome, repeated=False)


def _differs(record: Report, body: ReportBody) -> bool:
    return (record.outcome, record.summary, record.url) != (body.outcome, body.summary, body.url)


def _own_key(body: ReportBody, now: datetime) -> str:
    return hashlib.sha256(f"{now.isoformat()} {body.model_dump_json()}".encode()).hexdigest()
