"""Cards as Block Kit: pure, from a card to the message that shows it and to those that go into its thread.

A message never breaks a limit. What does not fit is cut and said so; it is one click away (the listing's `more`) or
goes on in the thread, so that every command of a card can be reached.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from types import MappingProxyType
from typing import Any

from bot.cards.model import (
    Block,
    Button,
    Buttons,
    Card,
    Fields,
    Listing,
    Note,
    Paragraph,
    Progress,
    Row,
    Tone,
    plain,
)  # fmt: skip
from bot.platforms.slack import limits
from bot.platforms.slack.text import (
    Json,
    button_element,
    clean,
    cost,
    cut,
    escape,
    fit,
    markup,
    mrkdwn,
    plain_text,
    row_text,
    size,
    spoken,
)

TONES = {Tone.GOOD: "🟢", Tone.CONCERN: "🟡", Tone.BAD: "🔴", Tone.BUSY: "🔵", Tone.NEUTRAL: ""}
NOBODY: Mapping[str, str] = MappingProxyType({})
Shown = tuple[list[Json], Block | None]  # and what is left of it
Page = tuple[list[Json], tuple[Block, ...]]  # and what is left for the next
_BAR = 20  # characters of a progress bar
_NARROW = 40  # characters of a row that may stand in one of two columns
_CONTINUED = " (continued)"


@dataclass(frozen=True, slots=True)
class Message:
    """text: for screen readers and notifications. blocks: what is shown."""

    text: str
    blocks: list[Json]


def render(card: Card, mentions: Mapping[str, str] = NOBODY) -> Message:
    """The card's message. mentions: the keys of owners who can be called, with the mrkdwn that does it."""
    return Message(spoken(card.summary or card.title), next(_pages(card, mentions)))


def thread(card: Card, mentions: Mapping[str, str] = NOBODY) -> list[Message]:
    """What belongs beside the message: what had no room in it and no command of its own, then the card's detail."""
    parts = list(_pages(card, mentions))[1:]
    told = [f"{card.title or 'Readiness'}: details, part {n} of {len(parts)}" for n in range(1, len(parts) + 1)]
    return [Message(spoken(said), blocks) for said, blocks in zip(told, parts, strict=True)]


def command_of(action: Mapping[str, Any]) -> str | None:
    """The command of what was clicked, from an entry of a payload's `actions`: a button, or a choice in a menu."""
    found = action.get("value") or (action.get("selected_option") or {}).get("value")
    return found if isinstance(found, str) else None


def _pages(card: Card, mentions: Mapping[str, str]) -> Iterator[list[Json]]:
    title = plain_text(f"{TONES[card.tone]} {clean(card.title).strip() or 'Readiness'}".strip(), limits.HEADER)
    header: list[Json] = [{"type": "header", "text": title}]
    blocks, left = _main(card.blocks, limits.BUDGET - cost(header), limits.BLOCKS - 1, mentions)
    yield header + blocks
    left = (*left, *card.detail)
    for number in range(1, limits.PARTS + 1):
        blocks, left = _part(left, mentions)
        if left and number == limits.PARTS:
            blocks[-1:] = _section("_… and more than a thread should hold: ask for one item at a time._")
        if blocks:
            yield blocks
        if not left:
            return


def _main(blocks: Sequence[Block], room: int, places: int, mentions: Mapping[str, str]) -> Page:
    """What the message itself shows, and what is left: buttons come first, and the first listings get most room."""
    ready = [_least(block, mentions, main=True) for block in blocks]
    needs = [(cost(found), len(found)) for found, _ in ready]
    room, places = room - 100, places - 1  # for saying that it goes on
    kept, full = set[int](), False
    for n in sorted(range(len(blocks)), key=lambda n: not isinstance(blocks[n], Buttons)):
        if needs[n][0] > room or needs[n][1] > places or (full and not isinstance(blocks[n], Buttons)):
            full = True
            continue
        room, places = room - needs[n][0], places - needs[n][1]
        kept.add(n)
    shown, left = list[Json](), list[Block]()
    for n, block in enumerate(blocks):
        found, rest = ready[n] if n in kept else ([], block)
        if isinstance(block, Listing) and n in kept:
            found, rest = _listing(block, room + needs[n][0], places + needs[n][1], mentions, main=True)
            room, places = room + needs[n][0] - cost(found), places + needs[n][1] - len(found)
        shown += found
        left += [rest] if rest else []
    if left:
        shown.append({"type": "context", "elements": [mrkdwn("_It goes on below._")]})
    return shown, tuple(left)


def _part(blocks: Sequence[Block], mentions: Mapping[str, str]) -> Page:
    """One message of the thread, filled in order, and what is left."""
    room, places = limits.BUDGET, limits.BLOCKS
    queue, shown = deque(blocks), list[Json]()
    while queue:
        block = queue.popleft()
        if isinstance(block, Listing):
            found, rest = _listing(block, room, places, mentions, main=False)
        else:
            found, rest = _least(block, mentions, main=False)
        room, places = room - cost(found), places - len(found)
        if shown and (room < 0 or places < 0):
            return shown, (block, *queue)
        shown += found
        if rest:
            queue.appendleft(rest)
        if rest and isinstance(rest, Listing):
            break
    return shown, tuple(queue)


def _least(block: Block, mentions: Mapping[str, str], *, main: bool) -> Shown:
    """A block as small as it can be, and what is left of it: a listing's first row, a text, ten fields."""
    if isinstance(block, Listing):
        return _listing(block, 0, 0, mentions, main=main)
    if isinstance(block, Paragraph):
        text, rest = fit(block.line, mentions, limits.SECTION)
        return _section(text), Paragraph(rest) if rest else None
    if isinstance(block, Note):
        text, rest = fit(block.line, mentions, limits.CONTEXT)
        shown: list[Json] = [{"type": "context", "elements": [mrkdwn(text)]}] if text.strip() else []
        return shown, Note(rest) if rest else None
    if isinstance(block, Fields):
        return _fields(block, mentions)
    if isinstance(block, Progress):
        return _progress(block), None
    return _buttons(block) if isinstance(block, Buttons) else ([], None)


def _section(text: str, **more: Any) -> list[Json]:
    return [{"type": "section", "text": mrkdwn(text), "expand": True, **more}] if text.strip() else []


def _fields(block: Fields, mentions: Mapping[str, str]) -> Shown:
    """Two columns; only the first ten, the others are left."""
    shown = []
    for label, line in block.pairs[: limits.FIELDS]:
        narrow = len(label) + len(plain(line)) <= _NARROW
        value = markup(line, mentions, limits.ROW).strip() or "–"
        name = escape(cut(clean(label), limits.OPTION).strip() or "–")
        shown.append(mrkdwn(f"*{name}:*  {value}" if narrow else f"*{name}*\n{value}"))
    rest = Fields(block.pairs[limits.FIELDS :]) if len(block.pairs) > limits.FIELDS else None
    return ([{"type": "section", "fields": shown}] if shown else []), rest


def _progress(block: Progress) -> list[Json]:
    total = max(block.total, block.done, 1)
    full = max(0, min(_BAR, block.done * _BAR // total))
    label = f"  {escape(cut(clean(block.label), limits.ROW))}" if block.label.strip() else ""
    return _section(f"{'▰' * full}{'▱' * (_BAR - full)}  *{block.done} of {block.total}*{label}")


def _actions(elements: list[Json]) -> list[Json]:
    """Any number of buttons and menus, each with an id of its own within its block."""
    groups = [elements[n : n + limits.ACTIONS] for n in range(0, len(elements), limits.ACTIONS)]
    return [
        {"type": "actions", "elements": [{**element, "action_id": f"do-{n}"} for n, element in enumerate(group)]}
        for group in groups
    ]


def _buttons(block: Buttons) -> Shown:
    """One row of buttons, and those that are too many for it."""
    usable = tuple(button for button in block.buttons if len(button.command) <= limits.VALUE)
    elements = [button_element(button) for button in usable[: limits.ACTIONS]]
    while len(elements) > 1 and cost(elements) > limits.BUDGET // 2:
        elements.pop()
    rest = usable[len(elements) :]
    return _actions(elements), Buttons(rest) if rest else None


def _listing(listing: Listing, room: int, places: int, mentions: Mapping[str, str], *, main: bool) -> Shown:
    """As many rows as there is room for, and the listing of the others where no command shows them."""
    most = limits.ROW if len(listing.rows) <= limits.MANY_ROWS else limits.SHORT_ROW
    accessories = 0 < _buttons_in(listing) <= limits.ACCESSORIES
    texts, taken = list[str](), 0
    for row in listing.rows:  # no more than there can be room for
        texts.append(row_text(row, mentions, most, two_lines=accessories))
        taken += size(texts[-1])
        if taken > room:
            break
    draw = partial(_drawn, listing, texts, main=main)

    def too_big(rows: int) -> bool:
        blocks = draw(rows)
        return cost(blocks) > room or len(blocks) > places

    shown = max(1, bisect_right(range(1, len(texts) + 1), False, key=too_big)) if texts else 0
    if not listing.rows[shown:] or (main and listing.more):
        return draw(shown), None
    title = listing.title.removesuffix(_CONTINUED) + _CONTINUED
    return draw(shown), replace(listing, title=title, rows=listing.rows[shown:])


def _drawn(listing: Listing, texts: Sequence[str], shown: int, *, main: bool) -> list[Json]:
    """The first rows of a listing: in two columns, each with its button, or with one menu for all."""
    rows, lines = listing.rows[:shown], list(texts[:shown])
    title = f"*{escape(cut(clean(listing.title), limits.OPTION)).strip() or '–'}*"
    left = len(listing.rows) - shown
    menus = [] if _buttons_in(listing) <= limits.ACCESSORIES else _menus(rows)
    if len(rows) > 3 and all(map(_is_narrow, listing.rows)):
        half = (len(lines) + 1) // 2
        columns = [mrkdwn("\n".join(side)) for side in (lines[:half], lines[half:])]
        if all(size(column["text"]) <= limits.FIELD for column in columns):
            return _section(title, fields=columns) + _remainder(listing, left, main=main)
    blocks: list[Json] = []
    if len(menus) == 1:
        blocks = _section(title, accessory={**menus[0], "action_id": "do-0"})
    elif rows and rows[0].button is None:
        lines[0] = f"{title}\n{lines[0]}"
    else:
        blocks = _section(title)
    blocks += _sections(lines, [row.button if not menus else None for row in rows])
    blocks += _actions(menus) if len(menus) > 1 else []
    return blocks + _remainder(listing, left, main=main)


def _buttons_in(listing: Listing) -> int:
    return sum(row.button is not None for row in listing.rows)


def _is_narrow(row: Row) -> bool:
    return not row.detail and row.button is None and len(plain(row.head)) + len(row.aside) <= _NARROW


def _sections(lines: Sequence[str], buttons: Sequence[Button | None]) -> list[Json]:
    """Lines under one another in as few sections as they fit; one that has a button gets a section of its own."""
    blocks, pending = list[Json](), ""
    for line, button in zip(lines, buttons, strict=True):
        if button is None and size(pending) + size(line) < limits.SECTION:
            pending = f"{pending}\n{line}" if pending else line
            continue
        blocks, pending = blocks + _section(pending), line
        if button is not None:
            blocks, pending = blocks + _section(line, accessory=button_element(button)), ""
    return blocks + _section(pending)


def _menus(rows: Sequence[Row]) -> list[Json]:
    """The buttons of many rows: a menu for each label; one that asks first stays a button."""
    alone = [button_element(row.button, plain(row.head)) for row in rows if row.button and not _in_menu(row.button)]
    options: dict[str, dict[str, Json]] = {}
    for row in rows:
        if row.button and _in_menu(row.button):
            text = plain_text(clean(plain(row.head)).strip() or row.button.label or row.button.command, limits.OPTION)
            options.setdefault(row.button.label, {})[row.button.command] = {"text": text, "value": row.button.command}
    menus: list[Json] = []
    for label, found in options.items():
        asked, every = plain_text(f"{clean(label).strip() or 'Do it'} …", limits.PLACEHOLDER), list(found.values())
        menus += [
            {"type": "static_select", "placeholder": asked, "options": every[n : n + limits.OPTIONS]}
            for n in range(0, len(every), limits.OPTIONS)
        ]
    return menus + alone


def _in_menu(button: Button) -> bool:
    return button.confirm is None and button.style != "danger" and len(button.command) <= limits.OPTION_VALUE


def _remainder(listing: Listing, left: int, *, main: bool) -> list[Json]:
    if main and left and listing.more and len(listing.more) <= limits.VALUE:
        return _section(f"_… and {left} more_", accessory=button_element(Button("Show all", listing.more)))
    return _section(f"_… and {left} more, below_") if left else []
