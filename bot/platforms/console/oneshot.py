"""One command from the shell: do it, show its card live, print it in the form that was asked for, give an exit code."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import threading
import uuid

from rich.console import Console, RenderableType
from rich.live import Live

from bot.cards.model import Card, Listing
from bot.platforms.console.render import render


def console_for(stream: object = None) -> Console:
    """A console that writes plain text where nobody watches, at a width that does not depend on a terminal then."""
    out = stream or sys.stdout
    watched = getattr(out, "isatty", lambda: False)()
    return Console(file=out, highlight=False, emoji=False, soft_wrap=False, width=None if watched else 160)  # type: ignore[arg-type]


def show(console: Console, what: RenderableType) -> None:
    """Print to whoever reads: into a pipe without control codes and without the blanks that fill a line."""
    if console.is_terminal:
        console.print(what)
        return
    with console.capture() as captured:
        console.print(what)
    lines = (line.rstrip() for line in captured.get().splitlines())
    console.file.write("\n".join(lines) + "\n")


_AROUND = 6  # lines of a live card besides its listings


async def read_line() -> str | None:
    """The next line of standard input, stripped; None at its end.

    Read in a thread that nobody waits for, past Python's buffer: Ctrl-C must be able to leave while nothing is typed.
    """
    loop = asyncio.get_running_loop()
    line: asyncio.Future[str | None] = loop.create_future()

    def deliver(text: str | None) -> None:
        if not line.done():
            line.set_result(text)

    def read() -> None:
        text = bytearray()
        while (byte := os.read(0, 1)) not in (b"", b"\n"):
            text += byte
        over = not byte and not text
        with contextlib.suppress(RuntimeError):  # the loop has ended meanwhile
            loop.call_soon_threadsafe(deliver, None if over else text.decode(errors="replace").strip())

    threading.Thread(target=read, name="stdin", daemon=True).start()
    return await line


class Board:
    """The terminal of a one-shot command, as a platform: one message, shown live where somebody watches.

    Only what fits the screen is shown while it moves; the whole is printed at the end by who asked for it.
    """

    pace = 0.1

    def __init__(self, console: Console, *, live: bool) -> None:
        self.name = f"console/{uuid.uuid4().hex[:12]}"
        self.settled = asyncio.Event()
        self._console = console
        self._live = Live(console=console, auto_refresh=False, transient=True) if live else None

    def __enter__(self) -> Board:
        if self._live:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._live:
            self._live.stop()

    async def post(self, channel: str, card: Card, nonce: str, *, again: bool = False) -> str:
        await self.edit(channel, nonce, card)
        return nonce

    async def edit(self, channel: str, message: str, card: Card) -> None:
        if self._live and not card.settled:
            self._live.update(render(card, detail=self._fits(card)), refresh=True)
        if card.settled:
            self.settled.set()

    def _fits(self, card: Card) -> bool:
        """Whether the table of items can be shown while it fills in, with everything below it."""
        rows = [len(block.rows) + 1 for block in (*card.detail, *card.blocks) if isinstance(block, Listing)]
        return sum(rows) + _AROUND <= self._console.height
