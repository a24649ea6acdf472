"""The ledger in the database: appending, and reading it as a stream. The arithmetic is in `ledger`.

Writers take turns from the first statement of their transaction on (see `engine`), so the head that is read is the head
that is followed; UNIQUE(prev_hash) is the last line should anything else ever write.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import datetime
from typing import Any, Final

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session
from sqlmodel import col

from storage import ledger
from storage.detached import first
from storage.records import LedgerEntry
from storage.text import canonical, clean

_BATCH: Final = 1000


class Chain:
    """The ledger, within one transaction. key: seals new entries and is needed to verify sealed ones."""

    def __init__(self, session: Session, key: bytes | None) -> None:
        self._session = session
        self._key = key

    def append(self, actor: str, verb: str, subject: str, data: Mapping[str, Any], now: datetime) -> LedgerEntry:
        """Add an entry. Raises NaiveTime, and TypeError for data that JSON cannot hold."""
        line = ledger.follow(self.head(), now, clean(actor), clean(verb), clean(subject), canonical(data), self._key)
        self._session.execute(insert(LedgerEntry), line._asdict())
        return LedgerEntry(**line._asdict())

    def head(self) -> LedgerEntry | None:
        """The last entry."""
        return first(self._session, select(LedgerEntry).order_by(col(LedgerEntry.id).desc()).limit(1))

    def length(self) -> int:
        """How many entries there are; they are numbered from 1 without a gap."""
        return self._session.scalar(select(func.max(LedgerEntry.id))) or 0

    def lines(self) -> Generator[ledger.Line, None, None]:
        """Every entry in order of id, read as it is consumed, in flat memory."""
        columns = [col(getattr(LedgerEntry, name)) for name in ledger.COLUMNS]
        statement = select(*columns).order_by(col(LedgerEntry.id))
        with (
            self._damaged_text_readable(),
            self._session.execute(statement, execution_options={"yield_per": _BATCH}) as rows,
        ):
            yield from map(ledger.Line._make, rows)

    def verify(self, expect: str | None = None) -> ledger.Verification:
        """Verify the whole chain; see `ledger.verify`."""
        with closing(self.lines()) as lines:
            return ledger.verify(lines, self._key, expect)

    def export(self) -> Iterator[str]:
        """The chain as JSON Lines; see `ledger.export`."""
        return ledger.export(self.lines())

    @contextmanager
    def _damaged_text_readable(self) -> Iterator[None]:
        """Let SQLite hand out text that is not UTF-8, so that verifying names the entry instead of failing on it."""
        connection: Any = self._session.connection().connection.driver_connection
        if self._session.get_bind().dialect.name != "sqlite":
            yield
            return
        connection.text_factory = lambda raw: raw.decode("utf-8", "surrogateescape")
        try:
            yield
        finally:
            connection.text_factory = str
