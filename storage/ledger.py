"""The ledger's arithmetic, pure: how an entry is hashed, how the next one follows, how a chain is verified.

An entry's hash is the hex SHA-256 of the UTF-8 text of the JSON array [id, at, actor, verb, subject, data, prev_hash]
(no spaces, characters as they are), or HMAC-SHA256 of it under a key. `data` is itself a text in there: its bytes
count. Anybody can do the sum again with a few lines in any language.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, NamedTuple, Protocol

from storage.records import NaiveTime

GENESIS: Final = "0" * 64
SHORTEST_EXPECT: Final = 8
COLUMNS: Final = ("id", "at", "actor", "verb", "subject", "data", "prev_hash", "hash")


class Entry(Protocol):
    """What a ledger entry has, whether record or row."""

    @property
    def id(self) -> int: ...
    @property
    def at(self) -> str: ...
    @property
    def actor(self) -> str: ...
    @property
    def verb(self) -> str: ...
    @property
    def subject(self) -> str: ...
    @property
    def data(self) -> str: ...
    @property
    def prev_hash(self) -> str: ...
    @property
    def hash(self) -> str: ...


class Line(NamedTuple):
    """An entry as it is read in bulk. The fields are in the order of COLUMNS."""

    id: int
    at: str
    actor: str
    verb: str
    subject: str
    data: str
    prev_hash: str
    hash: str


@dataclass(frozen=True, slots=True)
class Verification:
    """length: entries read, up to and with the one at fault. head: hash of the last, None when there is none.

    keyed: how many are sealed with the key. problem: a sentence, None when the chain is whole. entry: id of the entry
    at fault, None when none is or when it is one that is missing.
    """

    length: int
    head: str | None
    keyed: int
    problem: str | None = None
    entry: int | None = None


def written(at: datetime) -> str:
    """`at` in UTC as YYYY-MM-DDTHH:MM:SS.ffffffZ. Raises NaiveTime."""
    if at.tzinfo is None:
        raise NaiveTime(f"{at} has no time zone")
    return at.astimezone(UTC).isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"


def seal(entry: Entry, key: bytes | None) -> str:
    """The hash that belongs to the entry's other columns; 64 hex digits."""
    columns = [entry.id, entry.at, entry.actor, entry.verb, entry.subject, entry.data, entry.prev_hash]
    message = _ENCODE(columns).encode("utf-8", "surrogateescape")
    if key is None:
        return hashlib.sha256(message).hexdigest()
    return hmac.digest(key, message, "sha256").hex()


def follow(head: Entry | None, at: datetime, actor: str, verb: str, subject: str, data: str, key: bytes | None) -> Line:
    """The entry that comes after `head` (None: the first). `data` is canonical JSON."""
    number, before = (1, GENESIS) if head is None else (head.id + 1, head.hash)
    line = Line(number, written(at), actor, verb, subject, data, before, "")
    return line._replace(hash=seal(line, key))


def verify(entries: Iterable[Entry], key: bytes | None, expect: str | None = None) -> Verification:
    """Read the whole chain, in order of id, in flat memory, and say the first thing that is wrong with it.

    expect: a hash seen earlier (its first 8 or more digits); it must be that of some entry, otherwise the tail was cut.
    Entries from before there was a key are plain; a plain one after a keyed one was forged. Raises ValueError for an
    `expect` that is not part of a hash.
    """
    wanted = None if expect is None else _expectation(expect)
    length = keyed = 0
    head: str | None = None
    for entry in entries:
        length += 1
        problem, sealed = _fault(entry, length, head or GENESIS, key, keyed > 0)
        if problem:
            return Verification(length, head, keyed, problem, length)
        keyed += sealed
        head = entry.hash
        if wanted and head.startswith(wanted):
            wanted = None
    if wanted:
        return Verification(length, head, keyed, f"No entry has the hash {wanted}: the end of the ledger was cut off.")
    return Verification(length, head, keyed)


def export(entries: Iterable[Entry]) -> Iterator[str]:
    """One line of JSON for each entry, without its line break. `data` stays the text that was hashed."""
    for entry in entries:
        yield _ENCODE({column: getattr(entry, column) for column in COLUMNS})


_ENCODE: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def _expectation(expect: str) -> str:
    wanted = expect.strip().lower()
    if not SHORTEST_EXPECT <= len(wanted) <= len(GENESIS) or set(wanted) - set("0123456789abcdef"):
        raise ValueError(f"A hash to expect is {SHORTEST_EXPECT} to {len(GENESIS)} hex digits, not {expect!r}.")
    return wanted


def _fault(entry: Entry, number: int, before: str, key: bytes | None, after_keyed: bool) -> tuple[str | None, bool]:
    """What is wrong with the entry that should be the `number`th, and whether it is sealed with the key."""
    if entry.id != number:
        return f"Entry {number} is missing: entry {entry.id} stands in its place.", False
    if not all(isinstance(getattr(entry, column), str) for column in COLUMNS[1:]):
        return f"Entry {number} was changed: a column is not text.", False
    if entry.prev_hash != before:
        return f"Entry {number} does not follow the one before it: one of the two was changed.", False
    if key is not None and entry.hash == seal(entry, key):
        return None, True
    if entry.hash == seal(entry, None):
        problem = f"Entry {number} was forged: it is not sealed with the key, and one before it is."
        return (problem if after_keyed else None), False
    hint = "" if key else ", or sealed with READINESS_LEDGER_KEY, which is not set"
    return f"Entry {number} was changed: its hash is not that of its columns{hint}.", False
