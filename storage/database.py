"""The database as the program sees it: transactions, who is told of changes, migration, backup.

Work is synchronous inside; async callers hand a function to `transact` or `query`, which run it in threads that belong
to this database.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from storage.backup import copy_database
from storage.engine import build_engines
from storage.errors import StorageError
from storage.failures import plainly
from storage.store import Store
from storage.upgrade import upgrade

T = TypeVar("T")
OnChange = Callable[[frozenset[str]], None]

_READERS = 4
_log = logging.getLogger(__name__)


class Database:
    """One database and everything that talks to it. Nothing is opened before it is used.

    url: sqlite:///path, postgresql:// or postgres://. ledger_key: seals ledger entries when given. busy_seconds: how
    long to wait for another process that writes. Every method raises StorageError for what the database cannot do, with
    a sentence for a person.
    """

    def __init__(self, url: str, ledger_key: bytes | None = None, *, busy_seconds: float = 10.0) -> None:
        self._engines = build_engines(url, busy_seconds)
        self._ledger_key = ledger_key
        self._listeners: list[OnChange] = []
        # One writer: writes take turns in the database anyway, and threads that queue there wake each other unfairly.
        self._writer = ThreadPoolExecutor(1, "storage-write")
        self._readers = ThreadPoolExecutor(_READERS, "storage-read")

    @property
    def place(self) -> str:
        """How to call this database in a sentence; holds no secret."""
        return self._engines.place

    def migrate(self) -> None:
        """Make the database, or bring it up to date. Raises NewerDatabase for one that is ahead of this program."""
        file = self._engines.file
        if file is not None:
            try:
                file.parent.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise StorageError(
                    f"The folder {file.parent} for the database cannot be made ({error.strerror}): "
                    "name another place in DATABASE_URL, or make the folder."
                ) from error
        with plainly(self.place):
            upgrade(self._engines)

    def on_change(self, callback: OnChange) -> None:
        """Call `callback` with the subjects touched, after each commit that touched any, in the thread that wrote."""
        self._listeners.append(callback)

    @contextmanager
    def write(self) -> Iterator[Store]:
        """One transaction: commits on a clean exit, rolls back on any exception. Other writers wait meanwhile.

        Errors of the database come out of the `with` statement as StorageError or Conflict; inside it they cannot be
        survived. To find out whether something is there already, look first: nobody else writes in between.
        """
        with plainly(self.place), self._session(self._engines.writing) as session, session.begin():
            # The transaction begins here, not at the first statement: who waits, waits before looking.
            session.connection()
            store = Store(session, self._ledger_key)
            yield store
        if store.touched:
            self._tell(frozenset(store.touched))

    @contextmanager
    def read(self) -> Iterator[Store]:
        """A snapshot: everything read inside is from one moment. Writing is refused."""
        with plainly(self.place), self._session(self._engines.reading) as session:
            yield Store(session, self._ledger_key)

    async def transact(self, work: Callable[[Store], T]) -> T:
        """Run `work` within `write()` in the writing thread. Cancelling the wait does not undo or halve the write."""
        return await self._apart(self._writer, self.write, work)

    async def query(self, work: Callable[[Store], T]) -> T:
        """Run `work` within `read()` in a reading thread. It is to return values, not something that reads later."""
        return await self._apart(self._readers, self.read, work)

    def backup(self, target: Path) -> None:
        """Copy the database to a new file while it is in use, and check the copy. SQLite only."""
        if self._engines.file is None:
            raise StorageError(f"{self.place} is backed up with pg_dump: run pg_dump --format=custom on DATABASE_URL.")
        copy_database(self._engines.file, target)

    def close(self) -> None:
        """Wait for the work under way or accepted, then close every connection; `transact` and `query` then refuse."""
        self._writer.shutdown(wait=True)
        self._readers.shutdown(wait=True)
        self._engines.reading.dispose()

    @staticmethod
    def _session(engine: Engine) -> Session:
        return Session(engine, expire_on_commit=False, autoflush=False)

    @staticmethod
    async def _apart(
        threads: ThreadPoolExecutor,
        scope: Callable[[], AbstractContextManager[Store]],
        work: Callable[[Store], T],
    ) -> T:
        def run() -> T:
            with scope() as store:
                return work(store)

        return await asyncio.shield(asyncio.get_running_loop().run_in_executor(threads, run))

    def _tell(self, subjects: frozenset[str]) -> None:
        for callback in self._listeners:
            try:
                callback(subjects)
            except Exception:
                # It is committed: a listener's fault must not look like a failed write.
                _log.exception("A listener failed after a commit (storage.listener_failed)")
