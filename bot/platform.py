"""What a platform must offer. Everything else about Slack, Discord or a terminal stays in its own folder."""

from __future__ import annotations

from typing import Protocol

from bot.cards.model import Card


class TryLater(Exception):
    """It could not be delivered now. after: seconds to wait, when the platform says so.

    paced: nothing failed, it is only not its turn yet.
    """

    def __init__(self, message: str, after: float | None = None, *, paced: bool = False) -> None:
        super().__init__(message)
        self.after, self.paced = after, paced


class Gone(Exception):
    """The message that was to be edited is not there any more: somebody deleted it."""


class Undeliverable(Exception):
    """It can never be delivered there (the channel is gone, the bot is not in it): the text says what to do."""


class Platform(Protocol):
    """name: the key of its posts. pace: seconds between two edits of one message that the platform can bear.

    `post` gives the platform's id of the message. nonce: the same for every try to post the same thing, so that a
    platform that can tell is not made to show it twice. again: an earlier try may have arrived. Both raise TryLater
    or Undeliverable, `edit` also Gone.
    """

    name: str
    pace: float

    async def post(self, channel: str, card: Card, nonce: str, *, again: bool = False) -> str: ...

    async def edit(self, channel: str, message: str, card: Card) -> None: ...
