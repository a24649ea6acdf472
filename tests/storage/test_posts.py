"""Posts: behind, claimed, shown, put off, given up."""

from __future__ import annotations

import pytest

from storage.database import Database
from storage.errors import Conflict
from tests.storage.samples import NOW, at


def post(database: Database, subject: str = "run:1", platform: str = "slack", channel: str = "C1") -> int:
    with database.write() as store:
        if not store.revision(subject):
            store.touch(subject, NOW)
        made = store.posts.add(subject, platform, channel)
    assert made.id is not None
    return made.id


def behind(database: Database, seconds: float = 0) -> list[tuple[int | None, int]]:
    with database.read() as store:
        return [(found.id, revision) for found, revision in store.posts.behind(["slack", "console"], at(seconds))]


def test_a_place_has_one_post(database: Database) -> None:
    one = post(database)
    assert post(database) == one
    other = post(database, channel="C2")
    with database.read() as store:
        assert [found.id for found in store.posts.of_subject("run:1")] == [one, other]


def test_a_subject_that_was_never_touched_has_nothing_to_show(database: Database) -> None:
    with pytest.raises(Conflict), database.write() as store:
        store.posts.add("run:9", "slack", "C1")


def test_a_post_is_behind_until_it_shows_the_revision(database: Database) -> None:
    one = post(database)
    post(database, platform="discord")
    assert behind(database) == [(one, 1)]
    with database.write() as store:
        store.posts.shown(one, 1, "123.45")
    assert behind(database) == []
    with database.write() as store:
        store.touch("run:1", NOW)
    assert behind(database) == [(one, 2)]


def test_one_sender_at_a_time(database: Database) -> None:
    one = post(database)
    with database.write() as store:
        assert store.posts.claim(one, "p1", NOW, at(30))
        assert not store.posts.claim(one, "p2", at(29), at(59))
        assert store.posts.claim(one, "p2", at(30), at(60))
        store.posts.shown(one, 1, "m")
        assert store.posts.claim(one, "p1", at(31), at(60))


def test_what_failed_is_tried_again_later_and_in_the_end_never(database: Database) -> None:
    one = post(database)
    with database.write() as store:
        store.posts.put_off(one, at(10))
        store.posts.put_off(one, at(20))
    assert behind(database, 19) == []
    assert behind(database, 20) == [(one, 1)]
    with database.write() as store:
        assert [found.failures for found in store.posts.of_subject("run:1")] == [2]
        store.posts.shown(one, 0, None)
        assert [(found.failures, found.next_at) for found in store.posts.of_subject("run:1")] == [(0, None)]
        store.posts.give_up(one, "The channel was deleted.")
        assert not store.posts.claim(one, "p1", at(99), at(100))
        assert store.counts().posts_behind == 0
    assert behind(database, 99) == []


def test_a_platform_is_forgotten(database: Database) -> None:
    post(database)
    kept = post(database, platform="console")
    with database.write() as store:
        assert store.posts.forget_platform("slack") == 1
        assert [found.id for found in store.posts.of_subject("run:1")] == [kept]
