"""Where an item stands: each way of knowing, fresh, stale or never known; waivers; what blocks what."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from bot.catalog.model import Attested, Drilled, Item, Way
from bot.rules.states import Evidence, Standing, State, stand
from storage.records import Attestation, Report, Result, Waiver
from tests.unit.samples import (
    ATTEST,
    CHECK,
    DAY,
    DRILL,
    FRESH,
    HOUR,
    NOW,
    REPORT,
    WAYS,
    a_report,
    a_result,
    a_waiver,
    an_attestation,
    an_item,
    evidence,
)

MINUTE = timedelta(minutes=1)
INSTANT = timedelta(microseconds=1)
Record = Result | Attestation | Waiver | Report


def standing(item: Item, *records: Record, now: datetime = NOW) -> Standing:
    (found,) = stand([item], evidence(*records), now, FRESH)
    return found


CASES: list[tuple[Way, list[Record], State, str]] = [
    (CHECK, [], State.PENDING, "never measured"),
    (CHECK, [a_result("pass")], State.PASS, "saw pass"),
    (CHECK, [a_result("warn")], State.WARN, "saw warn"),
    (CHECK, [a_result("fail")], State.FAIL, "saw fail"),
    (CHECK, [a_result("error")], State.ERROR, "saw error"),
    (CHECK, [a_result("pass", FRESH)], State.PASS, "saw pass"),
    (CHECK, [a_result("pass", FRESH + INSTANT)], State.STALE, "measured 1h ago: saw pass"),
    (CHECK, [a_result("fail", 2 * DAY)], State.STALE, "measured 2d ago: saw fail"),
    (CHECK, [an_attestation()], State.PENDING, "never measured"),
    (CHECK, [a_report("pass")], State.PENDING, "never measured"),
    (ATTEST, [], State.PENDING, "nobody has vouched for it yet"),
    (ATTEST, [an_attestation()], State.PASS, "Ana vouched for it just now"),
    (ATTEST, [an_attestation(HOUR, note="saw it")], State.PASS, "Ana vouched for it 1h ago: saw it"),
    (ATTEST, [an_attestation(HOUR, INSTANT)], State.PASS, "Ana vouched for it 1h ago"),
    (ATTEST, [an_attestation(HOUR, timedelta(0))], State.STALE,
     "Ana vouched for it 1h ago; that counted until just now"),
    (ATTEST, [an_attestation(31 * DAY, DAY)], State.STALE, "Ana vouched for it 31d ago; that counted until 1d ago"),
    (ATTEST, [a_result("pass")], State.PENDING, "nobody has vouched for it yet"),
    (Attested((), DAY, "required"), [an_attestation()], State.PENDING,
     "Ana vouched for it just now, but without the evidence that is asked for"),
    (Attested((), DAY, "required"), [an_attestation(evidence="https://x")], State.PASS, "Ana vouched for it just now"),
    (REPORT, [], State.PENDING, "no report has come yet"),
    (REPORT, [a_report("pass", summary="212 passed")], State.PASS, "212 passed"),
    (REPORT, [a_report("warn")], State.WARN, "reported warn"),
    (REPORT, [a_report("fail")], State.FAIL, "reported fail"),
    (REPORT, [a_report("error")], State.ERROR, "reported error"),
    (REPORT, [a_report("pass", DAY)], State.PASS, "reported pass"),
    (REPORT, [a_report("pass", DAY + INSTANT)], State.STALE, "last report 1d ago: reported pass"),
    (DRILL, [], State.PENDING, "the runbook rollback has not been rehearsed yet"),
    (DRILL, [an_attestation()], State.PENDING, "the runbook rollback has not been rehearsed yet"),
    (DRILL, [an_attestation(took=300)], State.PASS, "rehearsed just now in 5m, says Ana"),
    (DRILL, [an_attestation(took=301)], State.FAIL, "the rehearsal took 5m 1s, longer than 5m"),
    (DRILL, [an_attestation(30 * DAY, took=60)], State.PASS, "rehearsed 30d ago in 1m, says Ana"),
    (DRILL, [an_attestation(30 * DAY + INSTANT, took=60)], State.STALE, "rehearsed 30d ago in 1m, says Ana"),
    (DRILL, [an_attestation(DAY, timedelta(0), took=60)], State.STALE, "rehearsed 1d ago in 1m, says Ana"),
    (Drilled("rollback", DAY, None, ()), [an_attestation(took=9000)], State.PASS,
     "rehearsed just now in 2h 30m, says Ana"),
]  # fmt: skip


@pytest.mark.parametrize(("way", "records", "state", "sentence"), CASES)
def test_an_item_stands_where_its_latest_record_says_while_that_counts(
    way: Way, records: list[Record], state: State, sentence: str
) -> None:
    found = standing(an_item(way=way), *records)
    assert (found.state, found.sentence) == (state, sentence)


@pytest.mark.parametrize("way", WAYS)
def test_nothing_on_record_is_pending_and_never_good(way: Way) -> None:
    found = standing(an_item(way=way))
    assert found.state is State.PENDING
    assert not found.state.holds
    assert found.known_at is None


def test_only_pass_warn_and_waived_hold() -> None:
    assert {state for state in State if state.holds} == {State.PASS, State.WARN, State.WAIVED}


def test_evidence_and_addresses_are_links() -> None:
    assert standing(an_item(way=ATTEST), an_attestation(evidence="https://x")).link == "https://x"
    assert standing(an_item(way=REPORT), a_report(url="https://ci")).link == "https://ci"
    assert standing(an_item(way=REPORT), a_report(ago=2 * DAY, url="https://ci")).link == "https://ci"


@pytest.mark.parametrize("way", WAYS)
def test_a_waiver_lifts_what_is_not_well_until_it_ends(way: Way) -> None:
    item = an_item(way=way)
    active = standing(item, a_waiver(INSTANT))
    assert (active.state, active.beneath) == (State.WAIVED, State.PENDING)
    assert "waived by Ana for another" in active.sentence
    ended = standing(item, a_waiver(timedelta(0)))
    assert (ended.state, ended.beneath) == (State.PENDING, None)


def test_the_sentence_of_a_waiver_has_its_end_its_reason_and_what_is_beneath() -> None:
    found = standing(an_item(), a_result("fail"), a_waiver(2 * HOUR, reason="the proxy is replaced"))
    assert found.sentence == "waived by Ana for another 2h: the proxy is replaced (saw fail)"
    assert found.beneath is State.FAIL


@pytest.mark.parametrize("outcome", ["pass", "warn"])
def test_a_waiver_of_what_is_well_changes_nothing(outcome: str) -> None:
    found = standing(an_item(), a_result(outcome), a_waiver())
    assert (found.state.value, found.beneath) == (outcome, None)


@pytest.mark.parametrize(
    ("outcome", "state"),
    [("pass", "pass"), ("warn", "pass"), ("fail", "blocked"), ("error", "blocked"), (None, "blocked")],
)
def test_an_item_is_blocked_unless_what_it_needs_holds(outcome: str | None, state: str) -> None:
    items = [an_item("b", needs=["a"]), an_item("a")]
    records = [a_result(outcome)] if outcome else []
    found = stand(items, evidence(a_result("pass", item="b"), *records), NOW, FRESH)
    assert found[0].state.value == state


def test_a_waived_need_blocks_nobody() -> None:
    items = [an_item("b", needs=["a"]), an_item("a")]
    found = stand(items, evidence(a_result("pass", item="b"), a_result("fail"), a_waiver()), NOW, FRESH)
    assert [s.state for s in found] == [State.PASS, State.WAIVED]


def test_a_blocked_item_may_be_waived() -> None:
    items = [an_item("a"), an_item("b", needs=["a"])]
    found = stand(items, evidence(a_waiver(item="b")), NOW, FRESH)
    assert [(s.state, s.beneath) for s in found] == [(State.PENDING, None), (State.WAIVED, State.BLOCKED)]


def test_blocking_runs_down_a_chain_and_each_names_its_own_need() -> None:
    items = [an_item("c", needs=["b"]), an_item("b", needs=["a"]), an_item("a")]
    records = [a_result("fail"), a_result("pass", item="b"), a_result("pass", item="c")]
    found = stand(items, evidence(*records), NOW, FRESH)
    assert [(s.item.id, s.state.value, s.sentence) for s in found] == [
        ("c", "blocked", "it needs b, which is not well"),
        ("b", "blocked", "it needs a, which is not well"),
        ("a", "fail", "saw fail"),
    ]


def test_several_needs_that_are_not_well_are_all_named() -> None:
    items = [an_item("c", needs=["a", "b", "d"]), an_item("a"), an_item("b"), an_item("d")]
    found = stand(items, evidence(a_result("pass", item="d")), NOW, FRESH)
    assert found[0].sentence == "it needs a, b, which are not well"


def test_a_need_that_is_not_there_counts_as_never_known() -> None:
    assert standing(an_item(needs=["gone"]), a_result("pass")).state is State.BLOCKED


def test_a_chain_of_five_thousand_needs_no_stack() -> None:
    count = 5000
    items = [an_item(f"i{n}", needs=[f"i{n + 1}"] if n + 1 < count else []) for n in range(count)]
    found = stand(items, evidence(*(a_result("pass", item=item.id) for item in items)), NOW, FRESH)
    assert {s.state for s in found} == {State.PASS}
    assert [s.item for s in found] == items


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="now needs a time zone"):
        stand([], Evidence(), NOW.replace(tzinfo=None), FRESH)
