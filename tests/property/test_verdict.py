"""What must hold of every verdict, over random checklists with random histories."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from bot.catalog.model import Attested, Drilled, Item, Level, Measured, Reported
from bot.rules.states import Evidence, Standing, State, stand
from bot.rules.verdict import Decision, GoRequires, Verdict, judge, score
from storage.records import Attestation, Report, Result, Waiver
from tests.unit.samples import (
    DAY,
    FRESH,
    NOW,
    TODAY,
    WAYS,
    a_report,
    a_result,
    a_standing,
    a_waiver,
    an_attestation,
    an_item,
    evidence,
)

ORDER = (Decision.NO_GO, Decision.GO_WITH_CONDITIONS, Decision.GO)
LEVELS = [level.value for level in Level]
OUTCOMES = ["pass", "warn", "fail", "error"]
UNWELL = ["fail", "error", "pending", "stale", "blocked"]
GO_REQUIRES: st.SearchStrategy[GoRequires] = st.sampled_from(["critical", "all"])
AGES = st.sampled_from([timedelta(0), FRESH, FRESH + timedelta(seconds=1), DAY, 40 * DAY])
ENDS = st.sampled_from([-DAY, timedelta(0), timedelta(seconds=1), DAY])

Records = list[Result | Attestation | Waiver | Report]


@st.composite
def checklists(draw: st.DrawFn, least: int = 0) -> tuple[Item, ...]:
    """Items that need only ones before them, so that there are no circles."""
    count = draw(st.integers(least, 8))
    return tuple(
        an_item(
            f"i{n}",
            draw(st.sampled_from(WAYS)),
            draw(st.sampled_from(LEVELS)),
            draw(st.lists(st.sampled_from([f"i{k}" for k in range(n)]), max_size=2, unique=True)) if n else (),
        )
        for n in range(count)
    )


@st.composite
def histories(draw: st.DrawFn, items: tuple[Item, ...]) -> Evidence:
    found: Records = []
    for item in items:
        if draw(st.booleans()):
            found.append(a_result(draw(st.sampled_from(OUTCOMES)), draw(AGES), item.id))
        if draw(st.booleans()):
            took = draw(st.sampled_from([None, 10.0, 3000.0]))
            found.append(an_attestation(draw(AGES), draw(ENDS), item.id, took=took))
        if draw(st.booleans()):
            found.append(a_report(draw(st.sampled_from(OUTCOMES)), draw(AGES), item.id))
        if draw(st.integers(0, 3)) == 0:
            found.append(a_waiver(draw(ENDS), item.id))
    return evidence(*found)


@st.composite
def worlds(draw: st.DrawFn, least: int = 0) -> tuple[tuple[Item, ...], Evidence]:
    items = draw(checklists(least))
    return items, draw(histories(items))


standings = st.lists(
    st.builds(a_standing, st.sampled_from([state.value for state in State]), st.sampled_from(LEVELS)), min_size=1
)


def judged(items: tuple[Item, ...], found: Evidence, requires: GoRequires) -> tuple[tuple[Standing, ...], Verdict]:
    stood = stand(items, found, NOW, FRESH)
    return stood, judge(stood, requires, TODAY)


@given(worlds(), GO_REQUIRES)
def test_there_is_never_a_go_with_a_critical_item_that_does_not_hold(
    world: tuple[tuple[Item, ...], Evidence], requires: GoRequires
) -> None:
    stood, verdict = judged(*world, requires)
    needed = {Level.CRITICAL, Level.IMPORTANT} if requires == "all" else {Level.CRITICAL}
    unwell = [s for s in stood if s.item.level in needed and s.state.value not in ("pass", "warn", "waived")]
    assert (verdict.decision is Decision.NO_GO) == (bool(unwell) or not stood)


@given(worlds(1), GO_REQUIRES)
def test_go_is_said_exactly_when_no_reason_weighs_more_than_a_note(
    world: tuple[tuple[Item, ...], Evidence], requires: GoRequires
) -> None:
    _, verdict = judged(*world, requires)
    assert (verdict.decision is Decision.GO) == all(reason.weight == "note" for reason in verdict.reasons)


@given(worlds(1), GO_REQUIRES)
def test_every_item_that_does_not_pass_is_a_reason_and_no_other(
    world: tuple[tuple[Item, ...], Evidence], requires: GoRequires
) -> None:
    stood, verdict = judged(*world, requires)
    assert {r.item for r in verdict.reasons} == {s.item.id for s in stood if s.state is not State.PASS}


@given(
    standings, st.sampled_from(LEVELS), st.sampled_from(["fail", "error", "pending", "stale", "blocked"]), GO_REQUIRES
)
def test_one_more_failure_never_improves_verdict_or_score(
    before: list[Standing], level: str, state: str, requires: GoRequires
) -> None:
    then, now = judge(before, requires, TODAY), judge([*before, a_standing(state, level)], requires, TODAY)
    assert ORDER.index(now.decision) <= ORDER.index(then.decision)
    assert now.score <= then.score


@given(worlds(1), st.data(), GO_REQUIRES)
def test_a_check_that_fails_instead_of_passing_never_improves_anything(
    world: tuple[tuple[Item, ...], Evidence], data: st.DataObject, requires: GoRequires
) -> None:
    items, found = world
    passing = [item.id for item in items if (r := found.results.get(item.id)) is not None and r.outcome == "pass"]
    if not passing:
        return
    item_id = data.draw(st.sampled_from(passing))
    failed = replace(found, results={**found.results, item_id: a_result("fail", item=item_id)})
    passed = replace(found, results={**found.results, item_id: a_result("pass", item=item_id)})
    (_, worse), (_, better) = judged(items, failed, requires), judged(items, passed, requires)
    assert worse.score <= better.score
    assert not (worse.decision is not Decision.NO_GO and better.decision is Decision.NO_GO)


@given(worlds(1), st.data(), GO_REQUIRES)
def test_a_waiver_never_makes_a_plain_go(
    world: tuple[tuple[Item, ...], Evidence], data: st.DataObject, requires: GoRequires
) -> None:
    items, found = world
    item = data.draw(st.sampled_from(items))
    before, _ = judged(items, replace(found, waivers={}), requires)
    waived = replace(found, waivers={item.id: a_waiver(item=item.id)})
    after, verdict = judged(items, waived, requires)
    was_well = next(s for s in before if s.item is item).state in (State.PASS, State.WARN)
    if was_well:
        assert after == before
    else:
        assert verdict.decision is not Decision.GO


@given(worlds(1), st.randoms(use_true_random=False), GO_REQUIRES)
def test_the_order_of_the_items_does_not_matter_for_decision_and_score(
    world: tuple[tuple[Item, ...], Evidence], random: object, requires: GoRequires
) -> None:
    items, found = world
    shuffled = list(items)
    shuffle: Callable[[list[Item]], None] = random.shuffle  # type: ignore[attr-defined]
    shuffle(shuffled)
    stood, verdict = judged(items, found, requires)
    other_stood, other = judged(tuple(shuffled), found, requires)
    assert (verdict.decision, verdict.score) == (other.decision, other.score)
    assert {s.item.id: s.state for s in stood} == {s.item.id: s.state for s in other_stood}
    assert {r.item for r in verdict.reasons} == {r.item for r in other.reasons}


@given(standings)
def test_the_score_is_ten_exactly_when_all_pass(stood: list[Standing]) -> None:
    found = score(stood)
    assert 0.0 <= found <= 10.0
    assert found == round(found, 1)
    assert (found == 10.0) == all(s.state is State.PASS for s in stood)


@given(worlds(1))
def test_nobody_knows_nothing_of_what_is_not_on_record(world: tuple[tuple[Item, ...], Evidence]) -> None:
    items, _ = world
    for standing in stand(items, Evidence(), NOW, FRESH):
        assert standing.state in (State.PENDING, State.BLOCKED)
        assert isinstance(standing.item.way, Measured | Attested | Reported | Drilled)
