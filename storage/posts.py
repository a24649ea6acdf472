"""Posts: which message shows which revision of which subject, and who is bringing it up to date."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.orm import Session
from sqlmodel import col

from storage.detached import changed, first, insert, many
from storage.records import Post, Subject


class Posts:
    """The posts, within one transaction. An `owner` is the name of whoever sends; one at a time holds a post."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, subject: str, platform: str, channel: str) -> Post:
        """A post of the subject in that place: the one that is there, or a new one that shows nothing yet.

        A subject that was never touched has nothing to show: that is a Conflict.
        """
        place = (col(Post.subject) == subject, col(Post.platform) == platform, col(Post.channel) == channel)
        present = first(self._session, select(Post).where(*place))
        return present or insert(self._session, Post(subject=subject, platform=platform, channel=channel))

    def of_subject(self, subject: str) -> list[Post]:
        """Every post of the subject, oldest first."""
        return many(self._session, select(Post).where(col(Post.subject) == subject).order_by(col(Post.id)))

    def behind(self, platforms: Iterable[str], now: datetime) -> list[tuple[Post, int]]:
        """Posts on these platforms that are due and show less than their subject's revision; each with that one."""
        found = (
            select(Post, col(Subject.revision))
            .join(Subject, col(Subject.key) == col(Post.subject))
            .where(
                col(Post.platform).in_(list(platforms)),
                col(Post.given_up).is_(None),
                or_(col(Post.next_at).is_(None), col(Post.next_at) <= now),
                col(Post.shown) < col(Subject.revision),
            )
            .order_by(col(Post.id))
        )
        pairs = [(post, revision) for post, revision in self._session.execute(found)]
        self._session.expunge_all()
        return pairs

    def count_behind(self) -> int:
        """How many posts, not given up, show less than their subject's revision."""
        found = (
            select(func.count())
            .select_from(Post)
            .join(Subject, col(Subject.key) == col(Post.subject))
            .where(col(Post.given_up).is_(None), col(Post.shown) < col(Subject.revision))
        )
        return self._session.scalar(found) or 0

    def claim(self, post_id: int, owner: str, now: datetime, until: datetime, dead: str | None = None) -> bool:
        """Hold the post until `until`, to send or edit its message. False when somebody holds it, or it is given up.

        dead: an owner that is known to be no more; its claim does not count.
        """
        free = or_(col(Post.claimed_until).is_(None), col(Post.claimed_until) <= now, col(Post.claimed_by) == dead)
        claimed = update(Post).where(col(Post.id) == post_id, col(Post.given_up).is_(None), free)
        return changed(self._session, claimed.values(claimed_by=owner, claimed_until=until)) == 1

    def shown(self, post_id: int, revision: int, message: str | None) -> None:
        """The message (its id on the platform) shows that revision. Lets go of the post.

        It may be an older one than on record: a slow edit that arrived last is what people see, and is put right.
        """
        self._release(post_id, shown=revision, message=message, failures=0, next_at=None)

    def put_off(self, post_id: int, next_at: datetime, *, failed: bool = True) -> None:
        """Sending failed, or it is not its turn: try again, not before `next_at`. Lets go of the post."""
        self._release(post_id, failures=Post.failures + int(failed), next_at=next_at)

    def lost(self, post_id: int) -> None:
        """The message is not there any more: the next try posts it anew. Lets go of the post."""
        self._release(post_id, message=None, shown=0, failures=0)

    def give_up(self, post_id: int, why: str) -> None:
        """Never try this post again; `why` is a sentence. Lets go of the post."""
        self._release(post_id, given_up=why)

    def forget_platform(self, platform: str) -> int:
        """Remove every post of a platform that is gone; how many there were."""
        return changed(self._session, delete(Post).where(col(Post.platform) == platform))

    def _release(self, post_id: int, **columns: object) -> None:
        released = update(Post).where(col(Post.id) == post_id)
        changed(self._session, released.values(**columns, claimed_by=None, claimed_until=None))
