"""Messages are the shadow of the records: every post that shows an older revision is brought up to date.

Coalesced: a post is edited at most once a `pace` of its platform, with whatever is true then. What fails is tried
again, later and later, until it converges; what can never be delivered is given up, and said in the log.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from time import monotonic

from bot.cards.model import Card
from bot.platform import Platform, TryLater, Undeliverable
from storage.database import Database
from storage.records import Post
from storage.store import Store

log = logging.getLogger(__name__)
CLAIM = timedelta(seconds=30)
FIRST_WAIT = 1.0  # seconds after a first failure; doubled with each further one
LONGEST_WAIT = 300.0
SHARE = 10  # a message is made anew at most every so many times as long as making it takes

Builder = Callable[[Store, str, datetime], Card | None]
"""(store, subject, now) -> the card that the subject has now; None when there is no such subject."""


class Publisher:
    """Serves the posts of the platforms that this process holds."""

    def __init__(
        self, database: Database, platforms: Mapping[str, Platform], builder: Builder,
        clock: Callable[[], datetime], owner: str,
    ) -> None:  # fmt: skip
        self._database, self._platforms, self._builder = database, dict(platforms), builder
        self._clock, self._owner = clock, owner
        self._edited: dict[int, float] = {}
        self._effort: dict[int, float] = {}

    async def look(self) -> float | None:
        """Bring up to date what may be. Gives the seconds until a post that had to wait may be edited, if any."""
        now = self._clock()
        behind = await self._database.query(lambda store: store.posts.behind(self._platforms, now))
        waits = await asyncio.gather(*(self._one(post) for post, _ in behind))
        later = [wait for wait in waits if wait is not None]
        return min(later) if later else None

    async def _one(self, post: Post) -> float | None:
        platform, post_id = self._platforms[post.platform], post.id or 0
        # A card that takes long to make (a thousand items) is made less often: measuring comes first.
        pace = max(platform.pace, SHARE * self._effort.get(post_id, 0.0))
        rest = self._edited.get(post_id, -pace) + pace - monotonic()
        if post.message is not None and rest > 0:
            return rest
        now = self._clock()
        claimed = await self._database.transact(lambda store: store.posts.claim(post_id, self._owner, now, now + CLAIM))
        if not claimed:
            return platform.pace
        begun = monotonic()
        # In one snapshot, or the card may be newer than the revision that it is said to show, and be shown twice.
        card, revision = await self._database.query(
            lambda store: (self._builder(store, post.subject, self._clock()), store.revision(post.subject))
        )
        self._effort[post_id] = monotonic() - begun
        try:
            message = await self._deliver(platform, post, card)
        except TryLater as reason:
            wait = reason.after or min(FIRST_WAIT * 2**post.failures, LONGEST_WAIT)
            said = {"key": "post.later", "post": post_id, "reason": str(reason), "seconds": wait}
            log.warning("A message could not be delivered and is tried again.", extra=said)
            later = self._clock() + timedelta(seconds=wait)
            await self._database.transact(lambda store: store.posts.put_off(post_id, later))
            return wait
        except Undeliverable as reason:
            why = str(reason)
            log.error(
                "A message can never be delivered.", extra={"key": "post.given_up", "post": post_id, "reason": why}
            )
            await self._database.transact(lambda store: store.posts.give_up(post_id, why))
            return None
        self._edited[post_id] = monotonic()
        await self._database.transact(lambda store: store.posts.shown(post_id, revision, message))
        if card is not None and card.settled:
            self._edited.pop(post_id, None)
            self._effort.pop(post_id, None)
        return None

    async def _deliver(self, platform: Platform, post: Post, card: Card | None) -> str | None:
        if card is None:
            raise Undeliverable(f"{post.subject} is no longer on record")
        if post.message is None:
            return await platform.post(post.channel, card, nonce=f"readiness-{post.id}")
        await platform.edit(post.channel, post.message, card)
        return post.message
