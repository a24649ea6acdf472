"""The stand-in itself: `async with SlackStandIn() as slack`. It runs in the test's event loop, the bot anywhere."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Any, Literal, Self

import aiohttp
from aiohttp import web

from tests.standins.slack.calls import Call
from tests.standins.slack.faults import Fault, Kind
from tests.standins.slack.people import People
from tests.standins.slack.sending import Sender
from tests.standins.slack.server import Server
from tests.standins.slack.settings import Settings
from tests.standins.slack.socketing import SocketSide
from tests.standins.slack.state import State
from tests.standins.slack.world import BOT_USER, TEAM, Channel, Ephemeral, Group, Home, Message, OpenView, User


class SlackStandIn(People):
    """A workspace with one app, the bot's. Socket Mode until `deliver_to` says where the bot takes HTTP requests."""

    bot_token = "xoxb-0-0-standin"
    app_token = "xapp-1-A0APP-0-standin"
    signing_secret = "8f742231b10e8888abcd99yyyzzz85a5"

    def __init__(self, settings: Settings | None = None) -> None:
        self.settings = settings or Settings()
        state = State(self.settings)
        self.sockets = SocketSide(state)
        super().__init__(state, Sender(state, self.sockets, self.signing_secret))
        self.server = Server(state, self.sockets, self.bot_token, self.app_token)
        self._runner = web.AppRunner(self.server.app, shutdown_timeout=0.1, access_log=None)

    async def __aenter__(self) -> Self:
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        self.state.base = f"http://{host}:{port}"
        self.sender.session = aiohttp.ClientSession(trust_env=False)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.server.closing.set()
        for each in list(self.sender.retrying):
            each.cancel()
        await self.sockets.close()
        await self._runner.cleanup()
        assert self.sender.session is not None
        await self.sender.session.close()

    # For the bot

    @property
    def api_url(self) -> str:
        return f"{self.state.base}/api/"

    def env(self, way: Literal["socket", "http"] = "socket") -> dict[str, str]:
        """The environment of a bot that is to come in this way."""
        found = {"SLACK_API_URL": self.api_url, "SLACK_BOT_TOKEN": self.bot_token}
        if way == "socket":
            return found | {"SLACK_APP_TOKEN": self.app_token}
        return found | {"SLACK_SIGNING_SECRET": self.signing_secret}

    def deliver_to(self, url: str | None) -> None:
        """From now on over HTTP to this address; None: over Socket Mode."""
        self.sender.url = url

    # The workspace

    def add_user(self, ident: str, name: str = "", **more: Any) -> User:
        user = User(ident, name or ident.lower(), **more)
        self.state.users[ident] = user
        return user

    def add_channel(
        self, ident: str, name: str = "", members: tuple[str, ...] = (), bot: bool = True, **more: Any
    ) -> Channel:
        people = set(members) or {
            each.id for each in self.state.users.values() if not each.is_bot and each.team == TEAM
        }
        channel = Channel(ident, name or ident.lower(), people | ({BOT_USER} if bot else set()), **more)
        self.state.channels[ident] = channel
        return channel

    def add_group(self, ident: str, handle: str, *users: str) -> Group:
        self.state.groups[ident] = Group(ident, handle, list(users))
        return self.state.groups[ident]

    # What is there to see

    def messages(self, channel: str, threads: bool = False) -> list[Message]:
        """Messages that stand in a channel, oldest first; replies in threads only when asked for."""
        found = [each for each in self.state.channels[channel].messages if not each.deleted]
        return found if threads else [each for each in found if each.thread_ts is None or each.broadcast]

    def replies(self, message: Message) -> list[Message]:
        return [each for each in self.messages(message.channel, threads=True) if each.thread_ts == message.ts]

    def directs(self, user: str) -> list[Message]:
        return self.messages(self.state.direct(user).id)

    def ephemerals(self, user: str) -> list[Ephemeral]:
        return [each for each in self.state.ephemerals[user] if not each.deleted]

    def view(self, user: str) -> OpenView | None:
        """The form on top of somebody's screen."""
        stack = self.state.stacks[user]
        return stack[-1] if stack else None

    def stack(self, user: str) -> list[OpenView]:
        return list(self.state.stacks[user])

    def home(self, user: str) -> Home | None:
        return self.state.homes.get(user)

    def calls(self, method: str | None = None) -> list[Call]:
        return [each for each in self.state.calls if method in (None, each.method)]

    @property
    def violations(self) -> list[str]:
        """What the bot sent that Slack refuses: limits of blocks, views, triggers, response_urls."""
        return self.state.violations

    @property
    def troubles(self) -> dict[str, list[str]]:
        """By person: what Slack had to tell them because the bot did not answer properly."""
        return self.state.troubles

    def assert_clean(self) -> None:
        """Nothing that was sent broke a rule, and nobody was left with Slack's own error."""
        assert not self.violations, self.violations
        assert not any(self.troubles.values()), dict(self.troubles)

    async def wait_for(
        self, predicate: Callable[[], Any], timeout: float = 5.0, what: str = "what was waited for"
    ) -> Any:
        """The first true value, looked at at each change of the state, not on a clock."""
        return await self.state.wait_for(predicate, timeout, what)

    async def connected(self, timeout: float = 10.0) -> None:
        """Waits for a Socket Mode connection."""
        await self.wait_for(lambda: self.sockets.live, timeout, "a Socket Mode connection")

    def advance(self, seconds: float) -> None:
        """The stand-in's clock jumps ahead: trigger ids and response_urls age, rate limits recover."""
        self.state.ahead += seconds
        self.state.changed()

    # What goes wrong

    def fault(self, method: str, kind: Kind, times: int = 1, **more: Any) -> Fault:
        """See Fault: its fields are the arguments."""
        found = Fault(method, kind, times, **more)
        self.state.faults.planned.append(found)
        return found

    def fail(self, method: str, times: int = 1, status: int = 503, taken: bool = False) -> Fault:
        return self.fault(method, "status", times, status=status, taken=taken)

    def ratelimit(self, method: str, after: float = 1.0, times: int = 1) -> Fault:
        return self.fault(method, "ratelimited", times, seconds=after)

    def hang(self, method: str, times: int = 1, taken: bool = True) -> Fault:
        """Never answered, after (or before) it was done."""
        return self.fault(method, "hang", times, taken=taken)

    def cut(self, method: str, times: int = 1, taken: bool = False) -> Fault:
        """The connection is reset, before (or after) it was done."""
        return self.fault(method, "drop", times, taken=taken)

    def delay(self, method: str, seconds: float, times: int = 1) -> Fault:
        return self.fault(method, "delay", times, seconds=seconds)

    async def down(self, how: Literal["503", "cut"] = "503") -> None:
        """Slack is down: no call works, no connection stays, none can be made. `up` ends it."""
        self.state.faults.down = how
        self.sockets.accepting = False
        await self.sockets.drop()

    def up(self) -> None:
        self.state.faults.down = "no"
        self.sockets.accepting = True

    def revoke(self, error: str = "token_revoked", app_token: bool = False) -> None:
        """The bot's (or app's) token is answered with this from now on; account_inactive, invalid_auth are others."""
        if app_token:
            self.state.app_token_state = error
        else:
            self.state.token_state = error

    def without_scope(self, *scopes: str) -> None:
        self.state.scopes = [each for each in self.state.scopes if each not in scopes]

    def remove(self, message: Message) -> None:
        """Somebody deletes a message."""
        message.deleted = True
        self.state.changed()

    def archive(self, channel: str, archived: bool = True) -> None:
        self.state.channels[channel].archived = archived

    def kick(self, channel: str) -> None:
        """The bot is thrown out of a channel."""
        self.state.channels[channel].members.discard(BOT_USER)

    def rates(self, scale: float | None) -> None:
        """Rate limits: None switches them off, otherwise times this."""
        self.settings.rates.enabled = scale is not None
        self.settings.rates.scale = scale or 1.0
