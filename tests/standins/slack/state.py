"""The state behind the stand-in, and the few ways in which it changes; whoever waits is told at each change."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.standins.slack.blocks import check_blocks, check_view, text_length
from tests.standins.slack.calls import ApiError, Call
from tests.standins.slack.faults import Faults
from tests.standins.slack.mentions import mentions_of
from tests.standins.slack.rates import RateLimiter
from tests.standins.slack.settings import Settings
from tests.standins.slack.shapes import Json, Report
from tests.standins.slack.world import BOT, BOT_USER, Channel, Edit, Ephemeral, Group, Home, Message, OpenView, User


@dataclass
class Trigger:
    """A trigger_id: whose, of when, from which view's screen, used or not."""

    user: str
    at: float
    view: str | None
    used: bool = False
    message: tuple[str, str] | None = None


@dataclass
class ResponseUrl:
    """A response_url: whose, where, for which message."""

    user: str
    channel: str
    at: float
    message: Message | None
    uses: int = 0


class State:
    """Everything that the stand-in knows. `violations`: what the bot sent that Slack refuses, one line each."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.ahead = 0.0
        self.rates = RateLimiter(settings.rates, self.now)
        self.faults = Faults()
        self.scopes = list(settings.scopes)
        self.token_state: str | None = None  # or: invalid_auth, token_revoked, account_inactive
        self.app_token_state: str | None = None
        self.users: dict[str, User] = {BOT_USER: User(BOT_USER, "readiness", "Readiness", is_bot=True)}
        self.groups: dict[str, Group] = {}
        self.channels: dict[str, Channel] = {}
        self.ephemerals: dict[str, list[Ephemeral]] = defaultdict(list)
        self.stacks: dict[str, list[OpenView]] = defaultdict(list)
        self.homes: dict[str, Home] = {}
        self.triggers: dict[str, Trigger] = {}
        self.response_urls: dict[str, ResponseUrl] = {}
        self.files: dict[str, Json] = {}
        self.calls: list[Call] = []
        self.violations: list[str] = []
        self.troubles: dict[str, list[str]] = defaultdict(list)
        self.base = ""
        self._waiting: set[asyncio.Future[None]] = set()
        self._last = 0
        self._names = 0

    def now(self) -> float:
        """Seconds since 1970, and what `advance` added."""
        return time.time() + self.ahead

    def changed(self) -> None:
        waiting, self._waiting = self._waiting, set()
        for each in waiting:
            if not each.done():
                each.set_result(None)

    async def change(self) -> None:
        """Waits for the next change."""
        future = asyncio.get_running_loop().create_future()
        self._waiting.add(future)
        try:
            await future
        finally:
            self._waiting.discard(future)

    def ts(self) -> str:
        """Unique and increasing."""
        self._last = max(int(self.now() * 1_000_000), self._last + 1)
        return f"{self._last // 1_000_000}.{self._last % 1_000_000:06d}"

    def name(self, prefix: str) -> str:
        self._names += 1
        return f"{prefix}{self._names:08X}"

    def refuse(self, error: str, report: Report | None = None, **more: Any) -> ApiError:
        """A refusal that shows a mistake of the bot: it is put on record."""
        details = "; ".join(report.errors) if report else ""
        self.violations.append(f"{error}: {details}" if details else error)
        return ApiError(error, report, **more)

    def channel_of(self, ident: str) -> Channel:
        """By id or name; a person's id means the direct messages with them."""
        if ident in self.users and ident != BOT_USER:
            return self.direct(ident)
        for channel in self.channels.values():
            if ident in (channel.id, channel.name, f"#{channel.name}"):
                if (channel.private or channel.im_with) and BOT_USER not in channel.members:
                    break
                return channel
        raise ApiError("channel_not_found")

    def direct(self, user: str) -> Channel:
        found = next((each for each in self.channels.values() if each.im_with == user), None)
        if found is None:
            found = Channel(self.name("D"), "", {user, BOT_USER}, im_with=user)
            self.channels[found.id] = found
        return found

    def find(self, channel: str, ts: str) -> Message | None:
        place = self.channels.get(channel)
        return next((each for each in place.messages if each.ts == ts and not each.deleted), None) if place else None

    def checked(self, blocks: Any, total: bool = True) -> list[Json]:
        """The blocks of a message, as Slack stores them: with a block_id and an action_id everywhere."""
        if blocks is None:
            return []
        if not isinstance(blocks, list) or not all(isinstance(each, dict) for each in blocks):
            raise self.refuse("invalid_blocks_format")
        report = Report("message", self.settings.newer_blocks)
        check_blocks(blocks, "/blocks", report)
        if report.complaints:
            raise self.refuse("invalid_blocks", report)
        length = text_length(blocks) + self.settings.block_cost * len(blocks)
        if total and length > self.settings.total_block_text:
            raise self.refuse("msg_blocks_too_long")
        return self.completed(blocks)

    def checked_view(self, view: Any, surface: str) -> Json:
        report = Report(surface, self.settings.newer_blocks)
        check_view(view, surface, report)
        if any(complaint == "view_too_large" for _, complaint in report.complaints):
            raise self.refuse("view_too_large", report)
        if report.complaints:
            raise self.refuse("invalid_arguments", report)
        taken = [each.view.get("external_id") for stack in self.stacks.values() for each in stack]
        taken += [each.view.get("external_id") for each in self.homes.values()]
        if view.get("external_id") and view["external_id"] in taken:
            raise self.refuse("duplicate_external_id")
        return {**view, "blocks": self.completed(view["blocks"])}

    def completed(self, blocks: list[Json]) -> list[Json]:
        found = []
        for block in blocks:
            whole = {**block, "block_id": block.get("block_id") or secrets.token_urlsafe(4)}
            for name in ("accessory", "element"):
                if isinstance(whole.get(name), dict):
                    whole[name] = self._named(whole[name])
            for name in ("elements", "actions"):
                if isinstance(whole.get(name), list) and whole["type"] in ("actions", "card", "context_actions"):
                    whole[name] = [self._named(each) for each in whole[name]]
            found.append(whole)
        return found

    def _named(self, element: Json) -> Json:
        named = element.get("type") == "image" or element.get("action_id")
        return element if named else {**element, "action_id": secrets.token_urlsafe(4)}

    def post(self, channel: Channel, text: str, blocks: list[Json], **more: Any) -> Message:
        at = self.now()
        counts = self.settings.parse_bare_mentions
        message = Message(
            self.ts(), channel.id, more.pop("user", BOT_USER), text, blocks, at, bot_id=more.pop("bot_id", BOT),
            edits=[Edit(at, text, blocks)], notified=mentions_of(text, blocks, counts), **more,
        )  # fmt: skip
        channel.messages.append(message)
        self.changed()
        return message

    def edit(self, message: Message, text: str, blocks: list[Json]) -> None:
        message.text, message.blocks = text, blocks
        message.edits.append(Edit(self.now(), text, blocks))
        self.changed()

    def whisper(self, user: str, channel: str, text: str, blocks: list[Json], thread: str | None = None) -> Ephemeral:
        at = self.now()
        found = Ephemeral(
            self.ts(), channel, BOT_USER, text, blocks, at, thread_ts=thread, bot_id=BOT, ephemeral_for=user,
            edits=[Edit(at, text, blocks)], notified=mentions_of(text, blocks),
        )  # fmt: skip
        self.ephemerals[user].append(found)
        self.changed()
        return found

    def trigger(self, user: str, view: str | None = None, message: tuple[str, str] | None = None) -> str:
        """A trigger_id: https://docs.slack.dev/interactivity/handling-user-interaction#modal_responses."""
        found = f"{secrets.randbelow(10**12)}.{secrets.randbelow(10**10)}.{secrets.token_hex(16)}"
        self.triggers[found] = Trigger(user, self.now(), view, message=message)
        return found

    def response_url(self, user: str, channel: str, message: Message | None = None) -> str:
        key = secrets.token_urlsafe(18)
        self.response_urls[key] = ResponseUrl(user, channel, self.now(), message)
        return f"{self.base}/response/{key}"

    def new_view(self, user: str, view: Json, below: OpenView | None) -> OpenView:
        ident = self.name("V")
        found = OpenView(ident, user, view, self.hash(), below.root if below else ident, below.id if below else None)
        found.versions.append(view)
        return found

    def hash(self) -> str:
        return f"{self.now():.0f}.{secrets.token_hex(4)}"

    def show_anew(self, opened: OpenView, view: Json) -> None:
        """Another version of a view that is open; what was typed stays where block and action have the same names."""
        kept = {
            (block["block_id"], each.get("action_id"))
            for block in view["blocks"]
            for each in [block.get("element")]
            if each
        }
        opened.typed = {
            block: {action: value for action, value in fields.items() if (block, action) in kept}
            for block, fields in opened.typed.items()
        }
        opened.view, opened.hash, opened.errors = view, self.hash(), {}
        opened.versions.append(view)
        self.changed()

    def open_view(self, ident: str | None, external: str | None = None) -> OpenView | None:
        views = [each for stack in self.stacks.values() for each in stack] + list(self.homes.values())
        for each in views:
            if (ident and each.id == ident) or (external and each.view.get("external_id") == external):
                return each
        return None

    async def wait_for(self, predicate: Callable[[], Any], timeout: float, what: str) -> Any:
        """The first true value of the predicate, looked at again at each change."""
        end = asyncio.get_running_loop().time() + timeout
        while not (found := predicate()):
            left = end - asyncio.get_running_loop().time()
            try:
                await asyncio.wait_for(self.change(), max(left, 0.0))
            except TimeoutError:
                if found := predicate():
                    break
                recent = "\n".join(f"  {each.method} {each.status} {each.error or ''}" for each in self.calls[-15:])
                raise AssertionError(f"{what} did not come within {timeout} s; the last calls:\n{recent}") from None
        return found
