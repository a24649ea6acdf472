"""The composition root: the only place that builds the parts and wires them together."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

from bot.cards.environment import View
from bot.cards.model import Card
from bot.cards.run import environment_card
from bot.catalog.current import CurrentCatalog
from bot.commands.dispatch import Desk
from bot.engine.heart import Heart, Look
from bot.engine.owner import this_process
from bot.engine.publisher import Publisher
from bot.engine.runs import RunEngine
from bot.engine.upkeep import CatalogWatch, Housekeeping
from bot.engine.views import RunViews
from bot.platform import Platform
from bot.settings import Settings
from checks.redaction import Redactor
from storage.database import Database
from storage.errors import StorageError
from storage.store import Store

Clock = Callable[[], datetime]
_REST = 1.0  # seconds for each step of stopping: all of them together must stay well within five


def wall_clock() -> datetime:
    return datetime.now(UTC)


@lru_cache(maxsize=2)
def _redactor(secrets: frozenset[str]) -> Redactor:
    return Redactor(secrets)


class App:
    """One process of the program: its catalogue, its database, its desk.

    serves: whether it takes on what others asked for, and watches over the whole; otherwise it only does what is asked
    of it here.
    """

    def __init__(
        self, settings: Settings, config: Path | None = None, *, serves: bool = False,
        overrides: Mapping[str, str] | None = None, clock: Clock = wall_clock,
    ) -> None:  # fmt: skip
        """Raises CatalogError or StorageError, with sentences for the person who started it."""
        self.settings, self.clock, self.serves = settings, clock, serves
        self.catalogs = CurrentCatalog(config or settings.readiness_config, os.environ, overrides)
        self.database = Database(settings.database_url.get_secret_value(), settings.ledger_key)
        self.database.migrate()
        self.owner = this_process()
        self.on_catalog_news: Callable[[], None] = lambda: None
        self._views = RunViews()
        self.desk = Desk(self.database, self.catalogs, clock, None if serves else self.owner)
        self.runs = RunEngine(self.database, self.catalogs, clock, self.owner, serves=serves)

    def redact(self, text: str) -> str:
        """`text` without any secret of the settings or of the catalogue in force."""
        return _redactor(self.settings.secrets() | self.catalogs.catalog.secrets).text(text)

    def card(self, store: Store, subject: str, now: datetime) -> Card | None:
        """The card of a subject, as it is now."""
        view = self.view(store, subject, now)
        return environment_card(view) if view else None

    def view(self, store: Store, subject: str, now: datetime) -> View | None:
        """What a run's card and its other outputs are made from."""
        kind, _, number = subject.partition(":")
        run = store.runs.get(int(number)) if kind == "run" and number.isdecimal() else None
        return self._views.view(store, self.catalogs.catalog, run, now, self.catalogs.notice) if run else None

    @contextlib.asynccontextmanager
    async def alive(self, platforms: Mapping[str, Platform]) -> AsyncIterator[Heart]:
        """While inside, runs are done, messages kept true, the catalogue watched; afterwards all is stopped."""
        publisher = Publisher(self.database, platforms, self.card, self.clock, self.owner)
        looks: dict[str, Look] = {"runs": self.runs.look, "publisher": publisher.look}
        looks["catalog"] = CatalogWatch(self.catalogs, lambda: self.on_catalog_news()).look
        looks["housekeeping"] = Housekeeping(self.database, self.catalogs, self.clock).look
        heart = Heart(self.database, looks)
        beating = asyncio.create_task(heart.run())
        try:
            yield heart
        finally:
            # First nothing new is begun, or a run could be claimed that nobody does any more.
            heart.rest()
            await asyncio.wait([beating], timeout=_REST)
            await self.runs.stop()
            with contextlib.suppress(StorageError):
                await publisher.finish(_REST)
            beating.cancel()
            await asyncio.wait([beating])

    async def leave(self, platform: str) -> None:
        """A platform that lived in this process only has ended: nobody can edit its messages any more."""
        with contextlib.suppress(StorageError):  # whoever marks this process as dead does it then
            await self.database.transact(lambda store: store.posts.forget_platform(platform))

    def close(self) -> None:
        self.database.close()
