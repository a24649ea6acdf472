"""The rehearsal: a run that says NO-GO, repairs, people who vouch, and a run that says GO.

It does nothing of its own: what people type goes to the desk as it would from any platform, what the CI says comes in
over HTTP, and the runs are those of the program.
"""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import aiohttp
from pydantic import SecretStr

from bot.app import App
from bot.commands.model import Invocation, Place
from bot.commands.reports import ReportDesk
from bot.demo.script import Script
from bot.demo.service import Service
from bot.engine.metrics import Metrics
from bot.platforms.console.oneshot import Board
from bot.platforms.http import HttpServer
from bot.rules.access import Actor
from bot.rules.verdict import Decision
from bot.settings import Settings

CATALOG = Path(__file__).with_name("readiness.yaml")
ENVIRONMENT = "demo"
_LOCAL = "127.0.0.1"


class Derailed(Exception):
    """The rehearsal cannot go on; the text says where it stopped."""


@dataclass(frozen=True)
class Outcome:
    """first, second: what the runs said. head: hash of the ledger's last entry. whole: whether the ledger verified."""

    first: Decision
    second: Decision
    entries: int
    head: str
    whole: bool

    @property
    def as_told(self) -> bool:
        """Whether it went as the demo promises."""
        return self.first is Decision.NO_GO and self.second is Decision.GO and self.whole


@dataclass(frozen=True)
class Said:
    """What one of the demo's people types."""

    who: str
    line: str


PEOPLE = (
    Said("cleo", "attest demo privacy --evidence https://wiki.shop.test/privacy --note 'signed off by our lawyer'"),
    Said("ana", "attest demo on-call --note 'Ben until Wednesday, then I am'"),
    Said("ana", "attest demo rollback-rehearsed --took 3m20s --note 'from the new release to the old one and back'"),
)
REPORT = {"outcome": "pass", "summary": "412 tests passed", "url": "https://ci.shop.test/runs/1871"}


class Rehearsal:
    """One walk through it, told to `script`. variables: where the service really is."""

    def __init__(self, script: Script, service: Service, python: str) -> None:
        self._script, self._service = script, service
        self._token = secrets.token_urlsafe(24)
        self.database_url = f"sqlite:///{service.folder / 'readiness.db'}"
        self.variables = {**service.variables(), "python": python}

    async def play(self) -> Outcome:
        """From beginning to end. Raises Derailed, and CatalogError or StorageError for what the program says."""
        # Not read from the environment: a rehearsal touches nobody's database, whatever is set here.
        settings = Settings.model_construct(
            database_url=SecretStr(self.database_url), readiness_report_token=SecretStr(self._token)
        )
        app = App(settings, CATALOG, overrides=self.variables)
        try:
            return await self._acts(app)
        finally:
            app.close()

    async def _acts(self, app: App) -> Outcome:
        script = self._script
        await script.act("The first run", f"readiness run {ENVIRONMENT}")
        first = await self._run(app)
        await script.act("Repairing what was found", None)
        for repair in self._service.repairs():
            await script.deed(repair.item, repair.does)
            await repair.do()
        await script.act("People vouch, the CI reports", None)
        for said in PEOPLE:
            await self._say(app, said)
        await self._report(app)
        await script.act("The second run", f"readiness run {ENVIRONMENT}")
        second = await self._run(app)
        await script.act("The record of it", "readiness ledger verify")
        found = await app.database.query(lambda store: store.ledger.verify())
        script.line(
            found.problem
            or f"The ledger is whole: {found.length} entries, each sealed with the one before it, "
            f"head {(found.head or '')[:16]}…"
        )
        return Outcome(first, second, found.length, found.head or "", found.problem is None)

    async def _run(self, app: App) -> Decision:
        """One run, live where somebody watches, then the whole of it. As `readiness run` does it."""
        with Board(self._script.console, live=self._script.live) as board:
            async with app.alive({board.name: board}):
                place, line = Place(board.name, "terminal"), f"readiness run {ENVIRONMENT}"
                reply = await app.desk.handle(Invocation(Actor("local", "ana", "ana"), place, line))
                subject = getattr(reply, "subject", None)
                if subject is None:
                    raise Derailed("The run was refused.")
                await app.runs.ended(int(subject.partition(":")[2]))
        view = await app.database.query(lambda store: app.view(store, subject, app.clock()))
        if view is None or view.verdict is None:
            raise Derailed("The run was not finished.")
        await self._script.run(view)
        return view.verdict.decision

    async def _say(self, app: App, said: Said) -> None:
        await self._script.typed(said.who, said.line)
        line = f"/readiness {said.line}"
        actor = Actor("local", said.who, said.who)
        reply = await app.desk.handle(Invocation(actor, Place("console/demo", "terminal"), line))
        card = getattr(reply, "card", None)
        if card is None or not getattr(reply, "ok", False):
            raise Derailed(f"“{said.line}” was refused: {card.summary if card else 'something is missing in it'}")
        await self._script.answered(card)

    async def _report(self, app: App) -> None:
        address = f"/reports/{ENVIRONMENT}/tests"
        await self._script.typed("the CI", f"POST {address}  {REPORT['summary']}", prompt="")
        async with _listening(app, self._token) as port:
            await _post(f"http://{_LOCAL}:{port}{address}", self._token, REPORT)
        self._script.line("Taken over HTTP, with the token of the CI.")


@contextlib.asynccontextmanager
async def _listening(app: App, token: str) -> AsyncIterator[int]:
    """The program's own HTTP, as `readiness serve` has it; gives the port."""
    desk = ReportDesk(app.database, app.catalogs, app.clock)
    server = HttpServer(desk, Metrics(app.database, app.catalogs, app.clock), _nothing_missing, token)
    try:
        yield await server.start(_LOCAL, 0)
    finally:
        await server.stop()


async def _nothing_missing() -> list[str]:
    return []


async def _post(url: str, token: str, body: Mapping[str, str]) -> None:
    headers = {"Authorization": f"Bearer {token}"}
    timeout = aiohttp.ClientTimeout(total=10)
    async with (
        aiohttp.ClientSession(timeout=timeout, trust_env=False) as session,
        session.post(url, json=body, headers=headers) as answer,
    ):
        if answer.status != 201:
            raise Derailed(f"The report was refused: {await answer.text()}")
