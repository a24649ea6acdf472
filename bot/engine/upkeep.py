"""Small things that are looked at now and then: the catalogue's files, results that nobody needs any more."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

from bot.catalog.current import CurrentCatalog
from storage.database import Database
from storage.store import Store

_HOUSEKEEPING = timedelta(hours=1)
_DELIVERED_AGAIN = timedelta(days=1)  # no platform delivers an event again after that; Slack gives up within the hour


class CatalogWatch:
    """Notices edits of the catalogue. on_news is called when it was read again, or was found to be wrong."""

    def __init__(self, catalogs: CurrentCatalog, on_news: Callable[[], None] | None = None) -> None:
        self._catalogs, self._on_news = catalogs, on_news

    async def look(self) -> float | None:
        # Off the loop: a thousand items take a tenth of a second to read.
        if await asyncio.to_thread(self._catalogs.look) and self._on_news:
            self._on_news()
        return None


class Housekeeping:
    """Forgets measured results that are older than the catalogue keeps them; what people decided stays for ever."""

    def __init__(self, database: Database, catalogs: CurrentCatalog, clock: Callable[[], datetime]) -> None:
        self._database, self._catalogs, self._clock = database, catalogs, clock
        self._next: datetime | None = None

    async def look(self) -> float | None:
        now = self._clock()
        if self._next is not None and now < self._next:
            return None
        before = now - self._catalogs.catalog.keep_results

        def work(store: Store) -> int:
            store.forget_handled(now - _DELIVERED_AGAIN)
            return store.results.forget(before)

        forgotten = await self._database.transact(work)
        # A full batch means that there may be more: go on soon, but let others write in between.
        self._next = now if forgotten else now + _HOUSEKEEPING
        return 1.0 if forgotten else None
