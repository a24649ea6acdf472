"""A desk over a real SQLite database and a real catalogue file; the clock stands still."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from bot.cards.model import Card
from bot.catalog.current import CurrentCatalog
from bot.commands.dispatch import Desk
from bot.commands.model import Ask, Invocation, Place, Reply
from bot.commands.reports import ReportDesk
from bot.rules.access import Actor
from storage.database import Database
from storage.records import Attestation, Waiver
from tests.unit.samples import ANA, NOW

CATALOG = """\
service: shop
timezone: Europe/Paris
release: r1
environments: {prod: {}, dev: {}}
people: {ana: {name: Ana, local: ana}, ben: {name: Ben, local: ben}, cy: {name: Cy, local: cy}}
roles: {devops: {title: DevOps Lead, members: [ana, cy]}, product: {title: Product Owner, members: [ben]}}
permissions: {waive: [devops]}
checklist:
  - section: Site
    items:
      - {id: up, title: It is up, level: critical, check: {kind: tcp, host: 127.0.0.1, port: 1}}
      - {id: fast, title: It is fast, needs: [up], check: {kind: tcp, host: 127.0.0.1, port: 2}}
      - {id: Up, title: Another, check: {kind: tcp, host: 127.0.0.1, port: 3}}
  - section: Other things
    items:
      - {id: restore, title: Backup restored, attest: {by: [devops], valid_for: 30d, evidence: required}}
      - {id: read, title: Terms were read, attest: {}}
      - {id: tests, title: Tests are green, report: {}}
      - {id: drill, title: Rollback rehearsed, drill: {runbook: rollback, within: 30d, under: 5m, by: [devops]}}
      - {id: late, title: Needs a word, needs: [read], check: {kind: tcp, host: 127.0.0.1, port: 4}}
"""


@dataclass
class World:
    """Everything that a command touches. line: says a command as somebody; now: what the clock shows."""

    file: Path
    database: Database
    catalogs: CurrentCatalog
    now: datetime = NOW
    owner: str | None = None

    @property
    def desk(self) -> Desk:
        return Desk(self.database, self.catalogs, lambda: self.now, self.owner)

    @property
    def reports(self) -> ReportDesk:
        return ReportDesk(self.database, self.catalogs, lambda: self.now)

    async def handle(self, line: str, actor: Actor = ANA, **form: str) -> Reply | Ask:
        return await self.desk.handle(Invocation(actor, Place("console/1", "terminal"), line, form))

    async def reply(self, line: str, actor: Actor = ANA, **form: str) -> Reply:
        answer = await self.handle(line, actor, **form)
        assert isinstance(answer, Reply)
        return answer

    async def done(self, line: str, actor: Actor = ANA, **form: str) -> Card:
        """The card of a command that was done, with exactly one new entry in the ledger."""
        before = self.entries()
        answer = await self.reply(line, actor, **form)
        assert answer.ok, answer.card
        assert self.entries() == before + 1
        assert answer.card is not None
        return answer.card

    async def refused(self, line: str, actor: Actor = ANA, **form: str) -> str:
        """Why a command was refused, with the ledger and the records untouched."""
        before = self.everything()
        answer = await self.reply(line, actor, **form)
        assert not answer.ok
        assert answer.private
        assert self.everything() == before
        assert answer.card is not None
        return answer.card.summary

    async def asked(self, line: str, actor: Actor = ANA, **form: str) -> list[str]:
        """The parameters that are asked for, with the ledger and the records untouched."""
        before = self.everything()
        answer = await self.handle(line, actor, **form)
        assert isinstance(answer, Ask)
        assert self.everything() == before
        return [parameter.name for parameter in answer.missing]

    def entries(self) -> int:
        """How many entries the ledger has; it must be whole."""
        with self.database.read() as store:
            assert store.ledger.verify().problem is None
            return store.ledger.length()

    def last(self) -> tuple[str, str, str, dict[str, Any]]:
        """Actor, verb, subject and data of the ledger's last entry."""
        with self.database.read() as store:
            head = store.head()
        assert head is not None
        return head.actor, head.verb, head.subject, json.loads(head.data)

    def attestation(self, item: str) -> Attestation | None:
        with self.database.read() as store:
            return store.people.attestations("prod").get(item)

    def waiver(self, item: str) -> Waiver | None:
        with self.database.read() as store:
            return store.people.waivers("prod").get(item)

    def everything(self) -> tuple[object, ...]:
        with self.database.read() as store:
            people = store.people
            return (
                store.ledger.length(), store.head(), people.attestations("prod"), people.waivers("prod"),
                people.reports("prod"), store.runs.recent("prod", 100), store.counts(),
            )  # fmt: skip
