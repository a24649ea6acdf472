"""A platform that is a list of texts on a wall: real enough to be published on, and it fails as told."""

from __future__ import annotations

from collections.abc import Callable

from bot.cards.model import Card


class Wall:
    """A platform that keeps what it shows, and fails as told. `troubles` are raised one after the other."""

    def __init__(self, name: str = "wall", pace: float = 0.0) -> None:
        self.name, self.pace = name, pace
        self.messages: dict[str, str] = {}
        self.nonces: list[str] = []
        self.edits: list[str] = []
        self.troubles: list[Exception] = []
        self.before: Callable[[], None] = lambda: None

    async def post(self, channel: str, card: Card, nonce: str, *, again: bool = False) -> str:
        self._fail()
        # As a platform that can tell: the same nonce is the same message.
        self.nonces.append(nonce)
        self.messages[nonce] = card.summary
        return nonce

    async def edit(self, channel: str, message: str, card: Card) -> None:
        self._fail()
        self.edits.append(card.summary)
        self.messages[message] = card.summary

    def _fail(self) -> None:
        self.before()
        if self.troubles:
            raise self.troubles.pop(0)
