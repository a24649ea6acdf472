"""Messages are the shadow of the records: every post that shows an older revision is brought up to date.

Coalesced: a post is edited at most once a `pace` of its platform, with whatever is true then. What fails is tried
again, later and later, until it converges; what can never be delivered is given up, and said in the log.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from time import monotonic

from bot.cards.model import Card
from bot.engine.owner import is_dead
from bot.platform import Gone, Platform, TryLater, Undeliverable
from storage.database import Database
from storage.records import Post
from storage.store import Store

log = logging.getLogger(__name__)
CLAIM = timedelta(seconds=30)
FIRST_WAIT = 1.0  # seconds after a first failure; doubled with each further one
LONGEST_WAIT = 300.0
_CHEAP = 0.05  # seconds
_PATIENCE = 0.2  # seconds that a look waits for deliveries; those that take longer go on by themselves
SHARE = 10  # a message is made anew at most every so many times as long as making it takes

Builder = Callable[[Store, str, datetime], Card | None]
"""(store, subject, now) -> the card that the subject has now; None when there is no such subject."""


def passing(platform: str) -> bool:
    """Whether a platform lives and dies with one process ('console/4f2a'): nobody can ever edit its messages later."""
    return "/" in platform


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
        self._under_way: dict[int, asyncio.Task[float | None]] = {}

    async def look(self) -> float | None:
        """Bring up to date what may be. Gives the seconds until a post that had to wait may be edited, if any."""
        now = self._clock()
        behind = await self._database.query(lambda store: store.posts.behind(self._platforms, now))
        for post, _ in behind:
            if (post.id or 0) not in self._under_way:
                self._under_way[post.id or 0] = asyncio.create_task(self._one(post), name=f"post {post.id}")
        # Not all of them are waited for: one slow delivery must not hold up the others.
        done, _ = await asyncio.wait(self._under_way.values(), timeout=_PATIENCE) if self._under_way else (set(), None)
        self._under_way = {key: task for key, task in self._under_way.items() if task not in done}
        later = [wait for task in done if (wait := task.result()) is not None]
        if self._under_way:
            later.append(_PATIENCE)
        return min(later) if later else None

    async def finish(self, within: float) -> None:
        """Bring what will still be there up to date for the last time, for at most so many seconds.

        Raises StorageError.
        """
        self._platforms = {name: platform for name, platform in self._platforms.items() if not passing(name)}
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within):
                wait: float | None = 0.0
                while wait is not None:
                    await asyncio.sleep(wait)
                    wait = await self.look()
        for task in self._under_way.values():
            task.cancel()
        await asyncio.gather(*self._under_way.values(), return_exceptions=True)

    async def _one(self, post: Post) -> float | None:
        platform, post_id = self._platforms[post.platform], post.id or 0
        # A card that takes long to make (a thousand items) is made less often: measuring comes first.
        pace = max(platform.pace, SHARE * self._effort.get(post_id, 0.0))
        rest = self._edited.get(post_id, -pace) + pace - monotonic()
        if post.message is not None and rest > 0 and not await self._over(post):
            return rest
        now, dead = self._clock(), post.claimed_by if post.claimed_by and is_dead(post.claimed_by) else None
        claimed = await self._database.transact(
            lambda store: store.posts.claim(post_id, self._owner, now, now + CLAIM, dead)
        )
        if not claimed:
            return platform.pace
        begun = monotonic()
        # In one snapshot, or the card may be newer than the revision that it is said to show, and be shown twice.
        card, revision = await self._database.query(
            lambda store: (self._builder(store, post.subject, self._clock()), store.revision(post.subject))
        )
        self._effort[post_id] = monotonic() - begun
        try:
            message = await self._delivered(platform, post, card)
        except TryLater as reason:
            return await self._put_off(post, reason)
        except Gone:
            # Somebody deleted it: what it said is still true, so it is said anew.
            await self._database.transact(lambda store: store.posts.lost(post_id))
            return 0.0
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

    async def _over(self, post: Post) -> bool:
        """Whether the card has settled: the last word does not wait its turn. Not asked where the card is dear."""
        if self._effort.get(post.id or 0, 0.0) > _CHEAP:
            return False
        card = await self._database.query(lambda store: self._builder(store, post.subject, self._clock()))
        return card is not None and card.settled

    async def _put_off(self, post: Post, reason: TryLater) -> float:
        post_id = post.id or 0
        wait = reason.after or min(FIRST_WAIT * 2**post.failures, LONGEST_WAIT)
        later = self._clock() + timedelta(seconds=wait)
        if not reason.paced:
            said = {"key": "post.later", "post": post_id, "reason": str(reason), "seconds": wait}
            log.warning("A message could not be delivered and is tried again.", extra=said)
        await self._database.transact(lambda store: store.posts.put_off(post_id, later, failed=not reason.paced))
        return wait

    async def _delivered(self, platform: Platform, post: Post, card: Card | None) -> str | None:
        try:
            return await self._deliver(platform, post, card)
        except (TryLater, Undeliverable, Gone):
            raise
        except Exception as fault:
            # A fault of one platform must not hold up the posts of the others, nor be tried again at once for ever.
            log.exception("A platform failed.", extra={"key": "post.failed", "post": post.id})
            raise TryLater(f"the platform failed ({type(fault).__name__})") from fault

    async def _deliver(self, platform: Platform, post: Post, card: Card | None) -> str | None:
        if card is None:
            raise Undeliverable(f"{post.subject} is no longer on record")
        if post.message is None:
            again = post.failures > 0 or post.claimed_by is not None
            return await platform.post(post.channel, card, nonce=f"readiness-{post.id}", again=again)
        await platform.edit(post.channel, post.message, card)
        return post.message
