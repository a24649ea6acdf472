"""The front desk: whatever was typed or clicked, on whatever platform, becomes one command in one transaction."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import datetime

from bot.cards.answers import failure_card, refusal_card
from bot.cards.model import Button
from bot.catalog.current import CurrentCatalog
from bot.catalog.model import Catalog
from bot.commands.grammar import Parsed, parse, values
from bot.commands.model import Ask, Call, Incomplete, Invocation, Misunderstood, Parameter, Refused, Reply
from bot.rules.access import name_of, person_of
from storage.database import Database
from storage.errors import StorageError
from storage.store import Store

log = logging.getLogger(__name__)


class Desk:
    """Answers every invocation. owner: the process that must do the runs asked for here; None for any that serves."""

    def __init__(
        self, database: Database, catalogs: CurrentCatalog, clock: Callable[[], datetime], owner: str | None = None
    ) -> None:
        self._database, self._catalogs, self._clock, self._owner = database, catalogs, clock, owner

    async def handle(self, invocation: Invocation) -> Reply | Ask:
        """Do what was asked, or say why not. Never raises: nobody's click is ever left without an answer."""
        catalog = self._catalogs.catalog
        try:
            parsed = parse(invocation.line)
            given = {**parsed.given, **{name: text for name, text in invocation.form.items() if text}}
            parsed = Parsed(parsed.command, given)
            if parsed.missing:
                return _ask(parsed, parsed.missing)
            return await self._do(invocation, parsed, catalog)
        except Refused as refused:
            return Reply(refusal_card(str(refused), _suggestions(refused)), ok=False, at_fault=refused.parameter)
        except StorageError as reason:
            log.error("The record could not be written.", extra={"key": "storage.failed", "reason": str(reason)})
            return Reply(refusal_card(str(reason)), ok=False, failed=True)
        except Exception:
            log.exception("A command failed.", extra={"key": "command.failed", "line": invocation.line[:200]})
            return Reply(failure_card(), ok=False, failed=True)

    async def _do(self, invocation: Invocation, parsed: Parsed, catalog: Catalog) -> Reply | Ask:
        now = self._clock()
        understood = values(parsed, catalog, now)

        def work(store: Store) -> Reply:
            if invocation.key and not store.first_time(invocation.key, now):
                raise Refused("That was done already, the first time that it was sent.")
            call = Call(
                store, catalog, invocation.actor, person_of(catalog, invocation.actor),
                name_of(catalog, invocation.actor), invocation.place, now, self._owner, self._catalogs.notice,
            )  # fmt: skip
            return parsed.command.handler(call, **understood)

        try:
            return await self._database.transact(work)
        except Incomplete as incomplete:
            wanted = tuple(p for p in parsed.command.parameters if p.name == incomplete.parameter)
            return _ask(parsed, wanted)


def _ask(parsed: Parsed, missing: tuple[Parameter, ...]) -> Ask:
    given: Mapping[str, str] = {
        name: text if isinstance(text, str) else " ".join(text) for name, text in parsed.given.items()
    }
    return Ask(parsed.command, given, missing)


def _suggestions(refused: Refused) -> list[Button]:
    return [Button("Help", "readiness help")] if isinstance(refused, Misunderstood) else []
