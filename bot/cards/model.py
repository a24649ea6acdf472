"""The card: what a message means, without any platform's markup. Renderers decide how it looks.

Plain strings in a card are text to be shown as it is, whatever they contain; each platform escapes them its way.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

LONGEST_COMMAND = 100  # Discord's custom_id: https://docs.discord.com/developers/components/reference


class Tone(StrEnum):
    """What a glance should tell."""

    GOOD = "good"
    CONCERN = "concern"
    BAD = "bad"
    BUSY = "busy"
    NEUTRAL = "neutral"


class Mark(StrEnum):
    """The sign in front of a line: an item's state, or how far it is."""

    PASS = "pass"
    WARN = "warn"
    FAIL = "fail"
    ERROR = "error"
    PENDING = "pending"
    STALE = "stale"
    BLOCKED = "blocked"
    WAIVED = "waived"
    RUNNING = "running"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Strong:
    text: str


@dataclass(frozen=True, slots=True)
class Code:
    """Something to type, or a value as a machine says it."""

    text: str


@dataclass(frozen=True, slots=True)
class Link:
    text: str
    url: str


@dataclass(frozen=True, slots=True)
class Moment:
    """A time, in seconds since 1970 UTC: platforms show it in the reader's zone, `text` where they cannot."""

    at: float
    text: str


@dataclass(frozen=True, slots=True)
class OwnerMention:
    """A role or person that should look here; `title` where they cannot be mentioned."""

    key: str
    title: str


Word = str | Strong | Code | Link | Moment | OwnerMention
Line = tuple[Word, ...]


@dataclass(frozen=True, slots=True)
class Button:
    """command: the command line that clicking it types. confirm: a question to answer first."""

    label: str
    command: str
    style: Literal["plain", "primary", "danger"] = "plain"
    confirm: str | None = None


@dataclass(frozen=True, slots=True)
class Paragraph:
    line: Line


@dataclass(frozen=True, slots=True)
class Note:
    """Small print."""

    line: Line


@dataclass(frozen=True, slots=True)
class Fields:
    """Short labelled values that may stand side by side."""

    pairs: tuple[tuple[str, Line], ...]


@dataclass(frozen=True, slots=True)
class Progress:
    done: int
    total: int
    label: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a listing. aside: short, to the right where there is room (a duration, an owner)."""

    mark: Mark
    head: Line
    detail: Line = ()
    aside: str = ""
    button: Button | None = None


@dataclass(frozen=True, slots=True)
class Listing:
    """Rows under a heading. more: the command that shows them all, where a platform has to cut."""

    title: str
    rows: tuple[Row, ...]
    more: str | None = None


@dataclass(frozen=True, slots=True)
class Buttons:
    buttons: tuple[Button, ...]


Block = Paragraph | Note | Fields | Progress | Listing | Buttons


@dataclass(frozen=True, slots=True)
class Card:
    """One message. summary: the whole in one plain sentence, for screen readers, notifications and narrow places.

    detail: more of the same that belongs beside the message (a thread; below it in a terminal). settled: whether it is
    expected to change by itself.
    """

    title: str
    tone: Tone
    summary: str
    blocks: tuple[Block, ...] = ()
    detail: tuple[Block, ...] = ()
    settled: bool = True
    subject: str | None = None

    def buttons(self) -> tuple[Button, ...]:
        """Every button, in the order that a reader meets them."""
        found: list[Button] = []
        for block in (*self.blocks, *self.detail):
            if isinstance(block, Buttons):
                found += block.buttons
            elif isinstance(block, Listing):
                found += [row.button for row in block.rows if row.button]
        return tuple(found)


def plain(line: Line) -> str:
    """A line as bare text."""
    return "".join(_bare(word) for word in line)


def _bare(word: Word) -> str:
    if isinstance(word, str):
        return word
    if isinstance(word, Link):
        return f"{word.text} ({word.url})" if word.url and word.url not in word.text else word.text
    if isinstance(word, OwnerMention):
        return word.title
    return word.text
