"""The heart: everything that looks at the database is made to look when records change, and now and then besides."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from storage.database import Database
from storage.errors import StorageError

log = logging.getLogger(__name__)
SLOW_POLL = 2.0  # seconds; other processes on the same database are noticed within this time

Look = Callable[[], Awaitable[float | None]]
"""Something that looks at the records and acts. Gives the seconds after which it wants to look again, if any."""


class Heart:
    """Runs each look in a task of its own: a slow one does not hold up the others."""

    def __init__(self, database: Database, looks: dict[str, Look]) -> None:
        self._looks = looks
        self._wake = {name: asyncio.Event() for name in looks}
        self._loop = asyncio.get_running_loop()
        self._resting = False
        database.on_change(self._changed)

    def _changed(self, _subjects: frozenset[str]) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self.beat)

    def beat(self) -> None:
        """Have everything look now."""
        for event in self._wake.values():
            event.set()

    def rest(self) -> None:
        """Begin no further look; `run` ends when those under way have."""
        self._resting = True
        self.beat()

    async def run(self) -> None:
        """Look until told to rest, or cancelled."""
        async with asyncio.TaskGroup() as group:
            for name, look in self._looks.items():
                group.create_task(self._keep_looking(name, look), name=name)

    async def _keep_looking(self, name: str, look: Look) -> None:
        event = self._wake[name]
        while not self._resting:
            event.clear()
            wait = SLOW_POLL
            try:
                wait = min(await look() or SLOW_POLL, SLOW_POLL)
            except StorageError as reason:
                log.error("The record cannot be reached.", extra={"key": f"{name}.storage", "reason": str(reason)})
            except Exception:
                log.exception("A look at the record failed.", extra={"key": f"{name}.failed"})
            try:
                async with asyncio.timeout(wait):
                    await event.wait()
            except TimeoutError:
                continue
