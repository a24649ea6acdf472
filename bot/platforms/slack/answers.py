"""What goes back to the one who asked: privately, to the channel, as a form, or on their home."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from uuid import uuid4

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

from bot.cards.answers import refusal_card
from bot.cards.model import Card
from bot.commands.model import Ask, Reply
from bot.platform import Gone, TryLater, Undeliverable
from bot.platforms.slack import forms
from bot.platforms.slack.delivery import ADVICE, SILENCE, Courier, error_of
from bot.platforms.slack.render import render

log = logging.getLogger(__name__)
_LONGEST_WAIT = 60.0  # seconds between two tries of an answer
_TRIES = 20  # about a quarter of an hour; what it says is on record anyway


@dataclass(frozen=True)
class Asker:
    """Who wants an answer, and where: response_url answers even where the bot is not a member, for 30 minutes.

    at_home: they clicked on their App Home, where nothing can be said; it goes to their direct messages.
    """

    user: str
    name: str
    channel: str
    response_url: str | None
    at_home: bool = False

    def metadata(self, line: str) -> str:
        """What a form has to remember of them, and of the line that it completes."""
        return json.dumps({"line": line, "channel": self.channel, "url": self.response_url, "home": self.at_home})


class Answers:
    """Every way to say something. mentions: the catalogue's owners who can be called, as they are now."""

    def __init__(self, client: AsyncWebClient, courier: Courier, mentions: Callable[[], Mapping[str, str]]) -> None:
        self._client, self._courier, self._mentions = client, courier, mentions
        self._directs: dict[str, str] = {}

    async def direct(self, user: str) -> str:
        """The channel of the direct messages with somebody; messages there can only be edited under its own id."""
        if user not in self._directs:
            try:
                answer = await self._client.conversations_open(users=user)
            except (SlackApiError, *SILENCE) as reason:
                log.warning(
                    "A direct channel cannot be had.", extra={"key": "slack.direct", "reason": str(reason)[:200]}
                )
                return user
            self._directs[user] = str((answer.get("channel") or {}).get("id") or user)
        return self._directs[user]

    async def deliver(self, asker: Asker, reply: Reply) -> None:
        """A private card to the one who asked; a public one to the channel. A subject's card is the publisher's."""
        if reply.card is None:
            return
        if reply.private and not asker.at_home:
            await self.whisper(asker, reply.card)
        else:
            await self._say(asker, reply.card)

    async def _say(self, asker: Asker, card: Card) -> None:
        """Post it once, however often that has to be tried."""
        nonce, wait = f"answer-{uuid4().hex}", 1.0
        for tried in range(_TRIES):
            try:
                await self._courier.post(asker.channel, card, nonce, dict(self._mentions()), again=tried > 0)
            except TryLater as reason:
                await asyncio.sleep(reason.after or wait)
                wait = min(wait * 2, _LONGEST_WAIT)
            except Gone:
                continue
            except Undeliverable:
                await self.whisper(asker, card, everybody=True)
                return
            else:
                return
        log.error("An answer did not arrive.", extra={"key": "slack.unanswered", "channel": asker.channel})

    async def whisper(self, asker: Asker, card: Card, *, everybody: bool = False) -> None:
        """Tell only them; everybody: the channel, where only the response_url reaches it."""
        message = render(card, self._mentions())
        if asker.response_url:
            try:
                answer = await AsyncWebhookClient(asker.response_url, timeout=10, retry_handlers=[]).send(
                    text=message.text, blocks=message.blocks, replace_original=False,
                    response_type="in_channel" if everybody else "ephemeral",
                )  # fmt: skip
                if answer.status_code == 200:
                    return
            except SILENCE:
                log.info("A response_url does not answer.", extra={"key": "slack.response_url"})
        try:
            await self._client.chat_postEphemeral(
                channel=asker.channel, user=asker.user, text=message.text, blocks=message.blocks
            )
        except (SlackApiError, *SILENCE) as reason:
            log.warning("An answer did not arrive.", extra={"key": "slack.unanswered", "reason": str(reason)[:200]})

    async def open_form(self, asker: Asker, ask: Ask, choices: forms.Choices, trigger: str) -> None:
        """Ask for what is missing. A trigger is good for one form and for three seconds."""
        metadata = asker.metadata(forms.command_line(ask, choices))
        try:
            await self._client.views_open(trigger_id=trigger, view=forms.form(ask, choices, metadata))
        except (SlackApiError, ValueError, *SILENCE) as reason:
            log.warning("A form could not be opened.", extra={"key": "slack.form", "reason": str(reason)[:200]})
            error = error_of(reason) if isinstance(reason, SlackApiError) else ""
            why = f"The form cannot be opened: {ADVICE[error]}" if error in ADVICE else "Slack did not open the form"
            said = f"{why}. Type it in one line instead: {ask.command.usage()}"
            await self.whisper(asker, refusal_card(said))

    async def show_home(self, user: str, card: Card) -> None:
        view = {"type": "home", "blocks": render(card, self._mentions()).blocks}
        try:
            await self._client.views_publish(user_id=user, view=view)
        except (SlackApiError, *SILENCE) as reason:
            log.warning("A home could not be shown.", extra={"key": "slack.home", "reason": str(reason)[:200]})
