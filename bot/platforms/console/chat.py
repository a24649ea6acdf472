"""The chat in a terminal: a prompt for slash commands, cards above it, buttons by number."""

from __future__ import annotations

import asyncio
import io
import sys
import uuid
from collections.abc import Callable, Iterable
from pathlib import Path

from prompt_toolkit import PromptSession, print_formatted_text
from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document
from prompt_toolkit.formatted_text import ANSI
from prompt_toolkit.history import FileHistory, History, InMemoryHistory
from prompt_toolkit.patch_stdout import patch_stdout
from rich.console import Console, RenderableType
from rich.text import Text

from bot.cards.model import Button, Card
from bot.catalog.model import Catalog
from bot.commands.dispatch import Desk
from bot.commands.model import Ask, Invocation, Kind, Place, Reply
from bot.commands.registry import commands
from bot.platforms.console.oneshot import console_for, read_line, show
from bot.platforms.console.render import clean, render
from bot.rules.access import Actor

_LEAVE = ("/quit", "/exit", "quit", "exit")


class Chat:
    """The terminal as a platform, and the conversation in it.

    A message that scrolled away cannot be edited: while something moves, its summary stands below the prompt, and the
    card is printed when it has settled.
    """

    pace = 0.2

    def __init__(self, desk: Desk, catalog: Callable[[], Catalog], actor: Actor, redact: Callable[[str], str]) -> None:
        self.name = f"console/{uuid.uuid4().hex[:12]}"
        self._desk, self._catalog, self._actor, self._redact = desk, catalog, actor, redact
        self._watched = sys.stdin.isatty() and sys.stdout.isatty()
        self._moving: dict[str, str] = {}
        self._buttons: list[Button] = []
        self._settled: set[str] = set()
        self._news = asyncio.Event()
        self._session: PromptSession[str] | None = None

    async def converse(self) -> None:
        """Until the person leaves. What is typed into a pipe is answered line by line, each before the next."""
        if not self._watched:
            await self._read_pipe()
            return
        self._session = PromptSession(
            history=_history(), completer=_Words(self._catalog),
            bottom_toolbar=self._toolbar, refresh_interval=0.5,
        )  # fmt: skip
        service = clean(self._catalog().service)
        self.tell(f"Readiness for {service}. /readiness help explains; a number presses a button; Ctrl-D leaves.")
        with patch_stdout(raw=True):
            while (line := await self._next_line()) is not None:
                if line in _LEAVE:
                    return
                if line:
                    await self._answer(line)

    async def _next_line(self) -> str | None:
        session = self._session
        if session is None:
            return None
        while True:
            try:
                return (await session.prompt_async("› ")).strip()
            except KeyboardInterrupt:
                continue
            except EOFError:
                return None

    async def _read_pipe(self) -> None:
        while (text := await read_line()) is not None:
            if text in _LEAVE:
                return
            if text:
                reply = await self._answer(text)
                while reply and reply.subject and reply.subject not in self._settled:
                    self._news.clear()
                    await self._news.wait()

    async def _answer(self, text: str) -> Reply | None:
        line = self._pressed(text)
        if line is None:
            return None
        form: dict[str, str] = {}
        while True:
            reply = await self._desk.handle(Invocation(self._actor, Place(self.name, "terminal"), line, form))
            if isinstance(reply, Reply):
                if reply.card is not None:
                    self._print(reply.card)
                return reply
            if not await self._fill(reply, form):
                return None

    def _pressed(self, text: str) -> str | None:
        """The line that was typed, or that the button of that number types."""
        if not text.isdecimal():
            return text
        number = int(text)
        if not 1 <= number <= len(self._buttons):
            self.tell(f"There is no button {number} above.")
            return None
        button = self._buttons[number - 1]
        self.tell(f"› /{button.command}")
        return button.command

    async def _fill(self, ask: Ask, form: dict[str, str]) -> bool:
        """Ask for what is missing. False when the person would rather not."""
        if self._session is None:
            names = ", ".join(p.name for p in ask.missing)
            self.tell(f"{names} missing. Usage: {ask.command.usage()}")
            return False
        self.tell(f"{ask.command.summary}. An empty answer leaves it.")
        for parameter in ask.missing:
            question: PromptSession[str] = PromptSession()
            try:
                answer = (await question.prompt_async(f"  {parameter.name} ({parameter.help}): ")).strip()
            except (KeyboardInterrupt, EOFError):
                answer = ""
            if not answer:
                self.tell("Left; nothing was changed.")
                return False
            form[parameter.name] = answer
        return True

    async def post(self, channel: str, card: Card, nonce: str, *, again: bool = False) -> str:
        await self.edit(channel, nonce, card)
        return nonce

    async def edit(self, channel: str, message: str, card: Card) -> None:
        if card.settled:
            self._moving.pop(message, None)
            self._print(card)
            self._settled.add(card.subject or "")
            self._news.set()
        else:
            self._moving[message] = card.summary

    def tell(self, text: str) -> None:
        """A line of the program's own."""
        self._write(Text(clean(self._redact(text))))

    def _print(self, card: Card) -> None:
        first = len(self._buttons) + 1
        numbers = {id(button): first + position for position, button in enumerate(card.buttons())}
        self._buttons += card.buttons()
        self._write(render(card, lambda button: numbers.get(id(button)), detail=False))

    def _write(self, what: RenderableType) -> None:
        if not self._watched:
            show(console_for(), what)
            sys.stdout.flush()
            return
        buffer = io.StringIO()
        Console(file=buffer, force_terminal=True, highlight=False, emoji=False).print(what)
        print_formatted_text(ANSI(buffer.getvalue().rstrip("\n")))

    def _toolbar(self) -> str:
        return "   ".join(clean(text) for text in self._moving.values())


def _history() -> History:
    """What was typed before, where that can be kept."""
    file = Path("var", "chat_history")
    try:
        file.parent.mkdir(exist_ok=True)
        file.open("ab").close()
    except OSError:
        return InMemoryHistory()
    return FileHistory(str(file))


class _Words(Completer):
    """Completes commands, environments, items and options from what the registry and the catalogue have."""

    def __init__(self, catalog: Callable[[], Catalog]) -> None:
        self._catalog = catalog

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterable[Completion]:
        before = document.text_before_cursor
        words = before.split()
        current = "" if before.endswith(" ") or not words else words.pop()
        for option in self._options(words):
            if option.lower().startswith(current.lower()):
                yield Completion(option, start_position=-len(current))

    def _options(self, words: list[str]) -> list[str]:
        known = commands()
        if not words:
            return sorted({f"/{family}" for family, _ in known})
        family = words[0].removeprefix("/")
        if len(words) == 1:
            return [verb for of, verb in known if of == family]
        command = known.get((family, words[1]))
        if command is None:
            return []
        catalog = self._catalog()
        options = [f"--{p.name}" for p in command.parameters if not p.positional]
        if len(words) == 2:
            return (
                list(catalog.environments) if any(p.kind is Kind.ENVIRONMENT for p in command.parameters) else options
            )
        environment = catalog.environments.get(words[2])
        items = [item.id for item in environment.items] if environment else []
        return items + options
