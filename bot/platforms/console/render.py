"""Cards in a terminal: pure, from a card to what rich prints. Text from outside can never move the cursor."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from bot.cards.model import (
    Block,
    Button,
    Buttons,
    Card,
    Code,
    Fields,
    Line,
    Link,
    Listing,
    Mark,
    Moment,
    Note,
    OwnerMention,
    Paragraph,
    Progress,
    Row,
    Strong,
    Tone,
    Word,
)  # fmt: skip

SIGNS = {
    Mark.PASS: ("✓", "green"), Mark.WARN: ("▲", "yellow"), Mark.FAIL: ("✗", "bold red"), Mark.ERROR: ("!", "bold red"),
    Mark.PENDING: ("○", "cyan"), Mark.STALE: ("◌", "cyan"), Mark.BLOCKED: ("⊘", "magenta"),
    Mark.WAIVED: ("~", "yellow"), Mark.RUNNING: ("…", "dim"), Mark.NONE: (" ", ""),
}  # fmt: skip
TONES = {
    Tone.GOOD: "bold white on green", Tone.CONCERN: "bold black on yellow", Tone.BAD: "bold white on red",
    Tone.BUSY: "bold white on blue", Tone.NEUTRAL: "bold reverse",
}  # fmt: skip
# Control characters of either set, and those that turn the direction of text around: they would let a title repaint
# the screen or show its letters in another order than they are.
_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
# Halves of a character that JSON and YAML may hold, and that no stream takes.
LONE = re.compile("[\ud800-\udfff]")

MOST_ROWS = 100  # of a listing; above that, what is well is only counted

Number = Callable[[Button], int | None]
"""The number under which a button can be pressed; None where there is nobody to press it."""


def clean(text: str) -> str:
    """`text` on one line, without anything that a terminal would obey."""
    return LONE.sub("\ufffd", _UNSAFE.sub("", text.replace("\n", " ").replace("\t", " ").replace("\r", " ")))


def render(card: Card, number: Number = lambda _: None, *, detail: bool = True) -> RenderableType:
    """The card as it stands. detail: whether what belongs beside the message is shown, above it."""
    parts: list[RenderableType] = []
    if detail and card.detail:
        parts += [part for block in card.detail for part in _block(block, number)]
        parts.append(Text(""))
    parts.append(Text(f" {clean(card.title)} ", style=TONES[card.tone]))
    parts += [Padding(part, (0, 0, 0, 2)) for block in card.blocks for part in _block(block, number)]
    return Group(*parts)


def _block(block: Block, number: Number) -> Iterator[RenderableType]:
    if isinstance(block, Paragraph):
        yield line_text(block.line)
    elif isinstance(block, Note):
        yield _dim(line_text(block.line))
    elif isinstance(block, Fields):
        yield _fields(block)
    elif isinstance(block, Progress):
        yield _progress(block)
    elif isinstance(block, Listing):
        yield Text(clean(block.title), style="bold")
        yield Padding(_rows(block, number), (0, 0, 0, 2))
    elif isinstance(block, Buttons):
        pressable = [(key, button) for button in block.buttons if (key := number(button)) is not None]
        if pressable:
            yield Text("  ").join(
                Text(f"[{key}] {clean(button.label)}", style="bold cyan") for key, button in pressable
            )


def line_text(line: Line) -> Text:
    """A line with its emphasis."""
    text = Text()
    for word in line:
        text.append_text(_word(word))
    return text


def _word(word: Word) -> Text:
    if isinstance(word, str):
        return Text(clean(word))
    if isinstance(word, Strong):
        return Text(clean(word.text), style="bold")
    if isinstance(word, Code):
        return Text(clean(word.text), style="cyan")
    if isinstance(word, Link):
        return Text(clean(word.url), style="underline")
    if isinstance(word, Moment):
        return Text(clean(word.text))
    if isinstance(word, OwnerMention):
        return Text(clean(word.title), style="bold")
    raise TypeError(f"a line cannot hold {word!r}")


def _dim(text: Text) -> Text:
    text.stylize("dim")
    return text


def _fields(block: Fields) -> Text:
    text = Text()
    for position, (label, value) in enumerate(block.pairs):
        if position:
            text.append("  ·  ", style="dim")
        text.append(f"{clean(label)} ", style="dim")
        text.append_text(line_text(value))
    return text


def _progress(block: Progress) -> RenderableType:
    grid = Table.grid(padding=(0, 1))
    bar = ProgressBar(total=max(block.total, 1), completed=block.done, width=30)
    grid.add_row(bar, Text(f"{block.done} of {block.total}"), Text(clean(block.label), style="dim"))
    return grid


def _rows(block: Listing, number: Number) -> Table:
    grid = Table.grid(padding=(0, 1))
    grid.add_column(width=1)
    grid.add_column(ratio=2, overflow="fold")
    grid.add_column(justify="right", no_wrap=True)
    shown, left = _cut(block.rows)
    detailed = any(row.detail for row in shown)
    if detailed:
        grid.add_column(ratio=3, overflow="fold")
    for row in shown:
        sign, style = SIGNS[row.mark]
        head = line_text(row.head)
        key = number(row.button) if row.button else None
        if row.button and key is not None:
            head.append(f" [{key}] {clean(row.button.label)}", style="cyan")
        cells: list[Text] = [Text(sign, style=style), head, Text(clean(row.aside), style="dim")]
        grid.add_row(*cells, *([line_text(row.detail)] if detailed else []))
    if left:
        grid.add_row(Text(SIGNS[Mark.NONE][0]), Text(f"… and {left} more, all of them well", style="dim"))
    return grid


def _cut(rows: tuple[Row, ...]) -> tuple[tuple[Row, ...], int]:
    """The rows to show, and how many are left out: of a long listing what is well, for nobody reads it."""
    if len(rows) <= MOST_ROWS:
        return rows, 0
    unwell = tuple(row for row in rows if row.mark is not Mark.PASS)
    return unwell, len(rows) - len(unwell)
