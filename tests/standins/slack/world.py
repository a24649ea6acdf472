"""What is in the stand-in: people, groups, channels, messages with their edits, ephemerals, views. Only data."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from tests.standins.slack.mentions import Mentions
from tests.standins.slack.shapes import Json

TEAM = "T0TEAM"
APP = "A0APP"
BOT_USER = "U0BOT"
BOT = "B0BOT"


@dataclass
class User:
    """A person or bot. A single-channel guest is `ultra`, a multi-channel guest `restricted`."""

    id: str
    name: str
    real_name: str = ""
    team: str = TEAM
    is_bot: bool = False
    restricted: bool = False
    ultra: bool = False
    deleted: bool = False
    tz: str = "Europe/Paris"
    tz_offset: int = 3600
    locale: str = "en-GB"

    def shown(self) -> Json:
        """As users.info tells it: https://docs.slack.dev/reference/objects/user-object."""
        real = self.real_name or self.name.title()
        found: Json = {
            "id": self.id, "team_id": self.team, "name": self.name, "deleted": self.deleted, "real_name": real,
            "is_bot": self.is_bot, "is_app_user": False, "updated": 1,
            "profile": {"real_name": real, "display_name": self.name, "email": f"{self.name}@example.com"},
        }  # fmt: skip
        if not self.deleted:
            found |= {
                "tz": self.tz, "tz_label": self.tz, "tz_offset": self.tz_offset, "is_admin": False, "is_owner": False,
                "is_primary_owner": False, "is_restricted": self.restricted or self.ultra,
                "is_ultra_restricted": self.ultra,
            }  # fmt: skip
        if self.team != TEAM:
            found |= {"is_stranger": True}
        return found


@dataclass
class Group:
    id: str
    handle: str
    users: list[str] = field(default_factory=list)
    name: str = ""
    disabled: bool = False


@dataclass
class Edit:
    """One state of a message: what it showed from this moment (seconds, the stand-in's clock) on."""

    at: float
    text: str
    blocks: list[Json]


@dataclass
class Message:
    """One message. edits: every state that it showed, the first included. notified: whom posting it notified."""

    ts: str
    channel: str
    user: str
    text: str
    blocks: list[Json]
    at: float
    thread_ts: str | None = None
    bot_id: str | None = None
    metadata: Json | None = None
    client_msg_id: str | None = None
    attachments: list[Json] = field(default_factory=list)
    edits: list[Edit] = field(default_factory=list)
    deleted: bool = False
    broadcast: bool = False
    notified: Mentions = field(default_factory=Mentions)
    ephemeral_for: str | None = None

    def as_of(self, edit: int) -> Message:
        """A copy that shows one of its earlier states: what somebody still has on their screen."""
        old = self.edits[edit]
        return replace(self, text=old.text, blocks=old.blocks)

    def shown(self, metadata: bool = False) -> Json:
        """As Slack's API and payloads tell it."""
        found: Json = {"type": "message", "ts": self.ts, "user": self.user, "text": self.text, "team": TEAM}
        if self.bot_id:
            found |= {"bot_id": self.bot_id, "app_id": APP}
        if self.blocks:
            found["blocks"] = self.blocks
        if self.thread_ts:
            found["thread_ts"] = self.thread_ts
        if self.attachments:
            found["attachments"] = self.attachments
        if len(self.edits) > 1 and not self.blocks:
            found["edited"] = {"user": self.user, "ts": f"{self.edits[-1].at:.6f}"}
        if self.metadata and metadata:
            found["metadata"] = self.metadata
        return found

    @property
    def words(self) -> str:
        """All that can be read in it, labels of buttons included, the blocks' text in their order."""
        return "\n".join(words_of(self.blocks)) or self.text

    @property
    def labels(self) -> list[str]:
        """What its buttons say, in their order."""
        return labels_of(self.blocks)


class Ephemeral(Message):
    """A message that one person sees."""


@dataclass
class Channel:
    id: str
    name: str
    members: set[str] = field(default_factory=set)
    private: bool = False
    archived: bool = False
    im_with: str | None = None
    messages: list[Message] = field(default_factory=list)

    def shown(self, bot: str) -> Json:
        kind = {"is_im": self.im_with is not None, "is_private": self.private or self.im_with is not None}
        found: Json = {
            "id": self.id, "name": self.name, "is_archived": self.archived, "is_member": bot in self.members,
            "is_channel": not self.private and self.im_with is None, "is_group": self.private, "is_mpim": False,
            "context_team_id": TEAM, "num_members": len(self.members),
        }  # fmt: skip
        return found | kind | ({"user": self.im_with} if self.im_with else {})


@dataclass
class OpenView:
    """A modal on somebody's screen, or their home. typed: what stands in its fields, as `state.values`."""

    id: str
    user: str
    view: Json
    hash: str
    root: str
    previous: str | None = None
    typed: dict[str, dict[str, Json]] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    versions: list[Json] = field(default_factory=list)
    source: tuple[str, str] | None = None

    @property
    def title(self) -> str:
        return str((self.view.get("title") or {}).get("text", ""))

    @property
    def blocks(self) -> list[Json]:
        found: list[Json] = self.view["blocks"]
        return found

    @property
    def words(self) -> str:
        return "\n".join(words_of(self.blocks))

    @property
    def labels(self) -> list[str]:
        return labels_of(self.blocks)

    def shown(self) -> Json:
        """https://docs.slack.dev/reference/interaction-payloads/view-interactions-payload."""
        return {
            "id": self.id, "team_id": TEAM, "app_id": APP, "app_installed_team_id": TEAM, "bot_id": BOT,
            "private_metadata": "", "callback_id": "", "external_id": "", "clear_on_close": False,
            "notify_on_close": False, "close": None, "submit": None, **self.view, "hash": self.hash,
            "root_view_id": self.root, "previous_view_id": self.previous, "state": {"values": self.typed},
        }  # fmt: skip


Home = OpenView


def words_of(value: Any) -> Iterator[str]:
    """Every text in blocks, in reading order."""
    if isinstance(value, list):
        for each in value:
            yield from words_of(each)
    elif isinstance(value, dict):
        for name, inner in value.items():
            if name in ("text", "title", "alt_text", "label", "url") and isinstance(inner, str) and inner:
                if name != "url" or value.get("type") == "link":
                    yield inner
            elif isinstance(inner, (dict, list)):
                yield from words_of(inner)


def interactive(blocks: list[Json]) -> Iterator[tuple[Json, Json]]:
    """Every element that can be used, with the block that it stands in."""
    for block in blocks:
        inside = [block.get("accessory"), block.get("element"), *(block.get("elements") or [])]
        inside += block.get("actions") or []
        for each in inside:
            if isinstance(each, dict) and "action_id" in each:
                yield block, each
        nested = (block.get("child_blocks") or []) + (block["elements"] if block.get("type") == "carousel" else [])
        yield from interactive(nested)


def labels_of(blocks: list[Json]) -> list[str]:
    return [each["text"]["text"] for _, each in interactive(blocks) if each["type"] == "button"]
