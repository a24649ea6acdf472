"""The ledger's arithmetic: what was done to a chain is found, whatever it was."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.ledger import COLUMNS, GENESIS, Line, export, follow, seal, verify, written
from storage.records import NaiveTime
from storage.text import canonical
from tests.storage.samples import NOW, at

KEY = b"a key of the team"
KEYS = st.sampled_from([None, KEY])
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
DATA = st.dictionaries(TEXTS, st.one_of(st.none(), st.booleans(), st.integers(), TEXTS), max_size=2)
ACTS = st.lists(st.tuples(TEXTS, TEXTS, TEXTS, DATA), min_size=2, max_size=5)


def chain(acts: Sequence[tuple[str, str, str, dict[str, object]]], key: bytes | None) -> list[Line]:
    lines: list[Line] = []
    for number, (actor, verb, subject, data) in enumerate(acts):
        head = lines[-1] if lines else None
        lines.append(follow(head, at(number), actor, verb, subject, canonical(data), key))
    return lines


def plain(length: int, key: bytes | None = None) -> list[Line]:
    return chain([("ana", "run", f"run:{number}", {}) for number in range(length)], key)


@given(ACTS, KEYS)
def test_an_untouched_chain_is_whole(acts: list[tuple[str, str, str, dict[str, object]]], key: bytes | None) -> None:
    lines = chain(acts, key)
    found = verify(lines, key)
    assert (found.length, found.head, found.problem) == (len(lines), lines[-1].hash, None)
    assert found.keyed == (len(lines) if key else 0)
    assert [line.id for line in lines] == list(range(1, len(lines) + 1))
    for line in lines:
        assert verify(lines, key, expect=line.hash[:8]).problem is None


@given(ACTS, KEYS, st.data())
def test_every_changed_byte_is_found(
    acts: list[tuple[str, str, str, dict[str, object]]], key: bytes | None, data: st.DataObject
) -> None:
    lines = chain(acts, key)
    row = data.draw(st.integers(0, len(lines) - 1))
    column = data.draw(st.sampled_from(COLUMNS))
    before = str(getattr(lines[row], column)).encode()
    where = data.draw(st.integers(0, max(len(before) - 1, 0)))
    byte = data.draw(st.integers(0, 255).filter(lambda value: before[where : where + 1] != bytes([value])))
    after = (before[:where] + bytes([byte]) + before[where + 1 :]).decode("utf-8", "surrogateescape")
    changed: Any = int(after) if column == "id" and after.isdecimal() and after.isascii() else after
    if changed == getattr(lines[row], column):
        return  # a leading zero of a number is no change
    lines[row] = lines[row]._replace(**{column: changed})
    found = verify(lines, key)
    assert found.problem
    assert found.entry in {row + 1, row + 2}


@given(st.integers(2, 6), KEYS, st.data())
def test_deleting_swapping_and_renumbering_are_found(length: int, key: bytes | None, data: st.DataObject) -> None:
    lines = plain(length, key)
    one = data.draw(st.integers(0, length - 2))
    other = data.draw(st.integers(one + 1, length - 1))
    without = lines[:one] + lines[one + 1 :]
    swapped = [*lines]
    swapped[one], swapped[other] = lines[other], lines[one]
    for broken in (without, swapped):
        renumbered = [line._replace(id=number) for number, line in enumerate(broken, 1)]
        resealed = [line._replace(hash=seal(line, key)) for line in renumbered]
        assert verify(broken, key).problem
        assert verify(renumbered, key).problem
        assert verify(resealed, key).problem


@given(st.integers(1, 5), st.data())
def test_an_inserted_entry_is_found(length: int, data: st.DataObject) -> None:
    lines = plain(length)
    place = data.draw(st.integers(0, length - 1))
    forged = follow(lines[place - 1] if place else None, NOW, "mallory", "go", "launch:1", "{}", None)
    moved = [line._replace(id=line.id + 1) for line in lines[place:]]
    assert verify([*lines[:place], forged, *lines[place:]], None).problem
    assert verify([*lines[:place], forged, *moved], None).problem
    assert verify([*lines[:place], forged, *(line._replace(hash=seal(line, None)) for line in moved)], None).problem


@given(st.integers(2, 6), st.data())
def test_a_cut_tail_is_found_by_a_hash_seen_before(length: int, data: st.DataObject) -> None:
    lines = plain(length)
    kept = data.draw(st.integers(0, length - 1))
    assert verify(lines[:kept], None).problem is None
    found = verify(lines[:kept], None, expect=lines[-1].hash[: data.draw(st.integers(8, 64))])
    assert found.length == kept
    assert found.problem is not None
    assert "cut off" in found.problem


def test_a_chain_rewritten_without_the_key_is_found() -> None:
    keyed = plain(3, KEY)
    assert verify([*keyed, follow(keyed[-1], at(9), "mallory", "go", "launch:1", "{}", None)], KEY).entry == 4
    rewritten = plain(3)
    assert verify(rewritten, KEY).keyed == 0
    assert verify(rewritten, KEY, expect=keyed[-1].hash).problem
    assert verify(keyed, b"another key").entry == 1


def test_entries_from_before_the_key_may_be_plain() -> None:
    lines = plain(2)
    for number in range(2):
        lines.append(follow(lines[-1], at(9 + number), "ana", "run", "run:9", "{}", KEY))
    assert (verify(lines, KEY).problem, verify(lines, KEY).keyed) == (None, 2)
    problem = verify(lines, None).problem
    assert problem is not None
    assert "READINESS_LEDGER_KEY" in problem


@pytest.mark.parametrize("expect", ["", "abc", "1234567", "not a hash", "0" * 65])
def test_what_is_no_hash_is_not_expected(expect: str) -> None:
    with pytest.raises(ValueError, match="hex digits"):
        verify([], None, expect)


def test_an_empty_ledger() -> None:
    assert (verify([], None).length, verify([], None).head, verify([], None).problem) == (0, None, None)
    assert verify([], None, "12345678").problem


def test_anybody_can_do_the_sum() -> None:
    line = follow(None, NOW, "ana", "go", "launch:1", canonical({"b": "é", "a": 1}), None)
    assert (line.id, line.at, line.data, line.prev_hash) == (
        1,
        "2026-03-29T12:00:00.000000Z",
        '{"a":1,"b":"é"}',
        GENESIS,
    )
    data = r'"{\"a\":1,\"b\":\"é\"}"'
    message = f'[1,"2026-03-29T12:00:00.000000Z","ana","go","launch:1",{data},"{GENESIS}"]'
    assert line.hash == hashlib.sha256(message.encode()).hexdigest()
    assert json.loads(next(export([line]))) == line._asdict()


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(NaiveTime):
        written(datetime(2026, 1, 1))  # noqa: DTZ001


def test_canonical_json_refuses_what_json_cannot_hold() -> None:
    assert canonical({"x": float("inf"), "s": "\ud800\x00"}) == '{"s":"\ufffd\ufffd","x":"inf"}'
    with pytest.raises(TypeError):
        canonical({"x": object()})
