"""How the rehearsal is told: what is printed, in which colours, and how long a reader gets for a line."""

from __future__ import annotations

import asyncio

from rich.console import Console, RenderableType
from rich.text import Text

from bot.cards.environment import View
from bot.cards.model import Card
from bot.cards.run import environment_card
from bot.platforms.console.oneshot import show
from bot.platforms.console.render import clean, render

_LINE, _ACT = 0.7, 1.2  # seconds


class Script:
    """Prints the rehearsal. slow: pauses, so that somebody can follow."""

    def __init__(self, console: Console, *, slow: bool) -> None:
        self.console, self._slow = console, slow

    def print(self, what: RenderableType) -> None:
        """Print at once, to whoever reads: a pipe would keep it back."""
        show(self.console, what)
        self.console.file.flush()

    def command(self, line: str, why: str) -> None:
        """Something to type, never broken into several lines: it is there to be copied."""
        self.console.print(Text.assemble("  ", (line, "cyan")), soft_wrap=True)
        self.print(Text(f"      {why}", style="dim"))

    @property
    def live(self) -> bool:
        """Whether somebody watches, so that things may move."""
        return self.console.is_terminal

    async def act(self, title: str, command: str | None) -> None:
        """A new part of the story, and what one would type for it."""
        text = Text.assemble(("\n── ", "dim"), (title, "bold"))
        if command:
            text.append("  $ ", style="dim").append(command, style="cyan")
        self.print(text)
        await self._pause(_ACT)

    async def deed(self, item: str, does: str) -> None:
        """Something is being repaired: the item that it mends, and what is really done."""
        self.print(Text.assemble("  repairing ", (f"{item:12}", "bold"), clean(does)))
        await self._pause(_LINE)

    async def typed(self, who: str, line: str, prompt: str = "/readiness ") -> None:
        """What somebody types."""
        self.print(Text.assemble(f"  {who:7}", (f"{prompt}{line}", "cyan")))
        await self._pause(_LINE)

    async def answered(self, card: Card) -> None:
        """What the program answers, in a sentence."""
        self.line(card.summary)
        await self._pause(_LINE)

    def line(self, text: str) -> None:
        self.print(Text.assemble("  ", ("→ ", "dim"), clean(text)))

    async def run(self, view: View) -> None:
        """A finished run, whole."""
        self.print(render(environment_card(view)))
        await self._pause(2 * _ACT)

    async def _pause(self, seconds: float) -> None:
        if self._slow:
            await asyncio.sleep(seconds)
