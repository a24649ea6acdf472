"""The real `readiness serve` beside a stand-in Slack: a shop's catalogue, a loopback site, and the ways in."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any, Literal

import pytest

from tests.e2e.program import Program, Running
from tests.e2e.site import Answer, Asked, Site
from tests.standins.slack import Settings, SlackStandIn
from tests.standins.slack.world import Ephemeral, Message, OpenView

HERE = "C0LAUNCH"
ANA, BEN, EVA, GUEST, BOT, FOREIGN = "U0ANA", "U0BEN", "U0EVA", "U0GUEST", "U0OTHERBOT", "U0FOREIGN"
READY = r'"key": "serve.ready".*?"port": (\d+)'
Way = Literal["http", "socket"]
Item = dict[str, Any]


class Gate:
    """A path of the site that answers when the test says so."""

    def __init__(self) -> None:
        self._open = threading.Event()

    def __call__(self, _asked: Asked) -> Answer:
        self._open.wait(30)
        return Answer()

    def open(self) -> None:
        self._open.set()

    def close(self) -> None:
        self._open.clear()


def shop(site: Site, extra: list[Item] | None = None, **more: Any) -> str:
    """ana is the lead, ben of the group of operators, eva nobody in particular."""
    web = {"kind": "http", "url": f"{site.url}/web", "expect": ["status == 200"]}
    api = {"kind": "http", "url": f"{site.url}/api", "expect": ["status == 200"]}
    slow = {"kind": "http", "url": f"{site.url}/slow", "timeout": "30s"}
    checks: list[Item] = [
        {"id": "web", "title": "The shop answers", "level": "critical", "owner": "ops", "check": web},
        {"id": "api", "title": "The API is fast", "level": "critical", "owner": "lead", "check": api},
        {"id": "slow", "title": "The export works", "check": slow},
    ]
    words: list[Item] = [
        {"id": "restore", "title": "Backup restored", "level": "critical", "owner": "ops",
         "attest": {"by": ["ops"], "valid_for": "30d", "evidence": "required"}},
        {"id": "nod", "title": "The texts were read", "attest": {"by": ["lead"], "evidence": "optional"}},
    ]  # fmt: skip
    whole: dict[str, Any] = {
        "service": "shop",
        "environments": {"prod": {"channels": {"slack": HERE}}},
        "people": {"ana": {"name": "Ana", "slack": ANA}, "ben": {"name": "Ben", "slack": BEN}},
        "roles": {
            "lead": {"title": "Lead", "members": ["ana"]},
            "ops": {"title": "Operators", "slack": ["S0OPS"]},
        },
        "permissions": {"waive": ["ops", "lead"]},
        "checklist": [{"section": "Front", "items": checks}, {"section": "Words", "items": words}],
    }
    if extra:
        whole["checklist"].append({"section": "More", "items": extra})
    return json.dumps({**whole, **more}, ensure_ascii=False)


class Bot:
    """The process, and what the tests ask of it and of Slack."""

    def __init__(self, slack: SlackStandIn, program: Program, site: Site, way: Way) -> None:
        self.slack, self.program, self.site, self.way = slack, program, site, way
        self.running: Running | None = None
        self.port = 0

    async def start(self, *, connected: bool = True) -> None:
        env = {"PORT": str(self.port), **self.slack.env(self.way)}
        self.running = self.program.begin("serve", env=env)
        found = await asyncio.to_thread(self.running.err.wait_for, READY)
        self.port = int(found[1])
        if self.way == "http":
            self.slack.deliver_to(f"http://127.0.0.1:{self.port}/slack/events")
        if connected:
            await asyncio.to_thread(self.running.err.wait_for, '"key": "slack.connected"')
            if self.way == "socket":
                await self.slack.connected()

    async def kill(self) -> None:
        assert self.running is not None
        self.running.process.kill()
        await asyncio.to_thread(self.running.process.wait)

    @property
    def log(self) -> str:
        return self.running.err.text if self.running else ""

    async def said(self, pattern: str) -> None:
        """Waits for words in its log."""
        assert self.running is not None
        await asyncio.to_thread(self.running.err.wait_for, pattern)

    async def type(self, user: str, text: str, channel: str = HERE) -> None:
        answer = await self.slack.command(user, channel, "/readiness", text)
        assert answer.ok, (answer, self.log[-3000:])

    async def click(self, user: str, where: Message | OpenView, what: str, nth: int = 0) -> None:
        answer = await self.slack.click(user, where, what, nth)
        assert answer is not None
        assert answer.ok, (answer, self.log[-3000:])

    async def until(self, holds: Callable[[], Any], what: str = "what was waited for", timeout: float = 20) -> Any:
        try:
            return await self.slack.wait_for(holds, timeout, what)
        except AssertionError as wrong:
            seen = [message.words for message in self.slack.messages(HERE, threads=True)]
            raise AssertionError(f"{wrong}\nin the channel: {seen}\nits log: {self.log[-4000:]}") from None

    async def message(self, *words: str, count: int = 1, channel: str = HERE, timeout: float = 20) -> Message:
        """The last of `count` messages in the channel, once it has all these words."""

        def found() -> Message | None:
            there = self.slack.messages(channel)
            fits = len(there) >= count and all(word in there[count - 1].words for word in words)
            return there[count - 1] if fits else None

        message: Message = await self.until(found, f"message {count} with {words}", timeout)
        return message

    async def private(self, user: str, *words: str) -> Ephemeral:
        """What only this person was told, the newest that has all these words."""

        def found() -> Ephemeral | None:
            fits = [each for each in self.slack.ephemerals(user) if all(word in each.words for word in words)]
            return fits[-1] if fits else None

        whisper: Ephemeral = await self.until(found, f"words for {user} with {words}")
        return whisper

    async def form(self, user: str) -> OpenView:
        view: OpenView = await self.until(lambda: self.slack.view(user), f"a form for {user}")
        return view

    async def judged(self, count: int = 1) -> Message:
        """The last of `count` messages, once it has its verdict."""
        return await self.message("Next:", count=count)

    def runs(self) -> int:
        found: int = self.program.rows("SELECT count(*) AS n FROM run")[0]["n"]
        return found

    def clean(self) -> None:
        """Nothing that Slack refuses was sent, and nothing was thrown inside the bot."""
        self.slack.assert_clean()
        assert "Traceback" not in self.log, self.log
        assert "exception" not in self.log.lower(), self.log


@pytest.fixture
async def slack() -> AsyncIterator[SlackStandIn]:
    async with SlackStandIn(Settings()) as standin:
        for ident, name in ((ANA, "ana"), (BEN, "ben"), (EVA, "eva")):
            standin.add_user(ident, name)
        standin.add_user(GUEST, "guest", restricted=True)
        standin.add_user(BOT, "robot", is_bot=True)
        standin.add_user(FOREIGN, "foreign", team="T0OTHER")
        standin.add_channel(HERE, "launch")
        standin.add_group("S0OPS", "ops", BEN, GUEST, BOT, FOREIGN)
        standin.rates(None)
        yield standin


@pytest.fixture
def site() -> Iterator[Site]:
    made = Site()
    made.answers["/web"] = made.answers["/slow"] = lambda _: Answer()
    made.answers["/api"] = lambda _: Answer(500)
    yield made
    made.close()


@pytest.fixture
def program(tmp_path: Path) -> Iterator[Program]:
    made = Program(tmp_path / "place")
    yield made
    for running in made.started:
        running.end()


@pytest.fixture
def gate(site: Site) -> Iterator[Gate]:
    """Holds up the item `slow`."""
    made = Gate()
    site.answers["/slow"] = made
    yield made
    made.open()


@pytest.fixture(params=["http", "socket"])
def way(request: pytest.FixtureRequest) -> Way:
    found: Way = request.param
    return found


@pytest.fixture
async def idle(slack: SlackStandIn, site: Site, program: Program, way: Way) -> Bot:
    """Not started yet."""
    program.write(shop(site))
    return Bot(slack, program, site, way)


@pytest.fixture
async def bot(idle: Bot) -> Bot:
    await idle.start()
    return idle


FIXTURES = ["bot", "gate", "idle", "program", "site", "slack", "way"]
