"""The verdict: DESIGN section 5 as a table, the score, the order of the reasons, what changed."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.rules.states import State
from bot.rules.verdict import Change, Decision, GoRequires, changes, judge, score
from tests.unit.samples import TODAY, a_standing

UNWELL = ["fail", "error", "pending", "stale", "blocked"]
GO, CONDITIONS, NO_GO = Decision.GO, Decision.GO_WITH_CONDITIONS, Decision.NO_GO

TABLE: list[tuple[str, str, GoRequires, Decision, str | None]] = [
    *(("critical", state, requires, NO_GO, "blocks") for state in UNWELL for requires in ("critical", "all")),
    *(("important", state, "critical", CONDITIONS, "condition") for state in UNWELL),
    *(("important", state, "all", NO_GO, "blocks") for state in UNWELL),
    *(("minor", state, requires, GO, "note") for state in UNWELL for requires in ("critical", "all")),
    *(
        (level, state, requires, CONDITIONS, "condition")
        for level in ("critical", "important", "minor")
        for state in ("warn", "waived")
        for requires in ("critical", "all")
    ),
    *(
        (level, "pass", requires, GO, None)
        for level in ("critical", "important", "minor")
        for requires in ("critical", "all")
    ),
]


@pytest.mark.parametrize(("level", "state", "requires", "decision", "weight"), TABLE)
def test_one_item_beside_one_that_passes_decides_as_the_design_says(
    level: str, state: str, requires: GoRequires, decision: Decision, weight: str | None
) -> None:
    verdict = judge([a_standing("pass", item_id="well"), a_standing(state, level)], requires, TODAY)
    assert verdict.decision is decision
    assert [(reason.item, reason.weight) for reason in verdict.reasons] == ([("a", weight)] if weight else [])


def test_an_empty_checklist_is_no_go_because_nothing_is_known() -> None:
    verdict = judge([], "critical", TODAY)
    assert (verdict.decision, verdict.score, verdict.reasons) == (NO_GO, 0.0, ())


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        (["critical pass", "important pass", "minor pass"], 10.0),
        (["critical fail", "important pass", "minor pass"], 5.0),
        (["critical warn", "important warn", "minor warn"], 5.0),
        (["critical waived"], 0.0),
        (["critical pass", "important waived", "minor pending"], 5.0),
        (["critical pass", "minor stale"], 7.5),
        (["important pass", "minor blocked"], 6.7),
        (["minor error"], 0.0),
    ],
)
def test_the_score_is_the_weighted_share_that_passes(states: list[str], expected: float) -> None:
    standings = [a_standing(state, level) for level, state in (pair.split() for pair in states)]
    assert score(standings) == expected
    assert judge(standings, "critical", TODAY).score == expected


def test_the_score_is_ten_only_when_every_item_passes() -> None:
    many = [a_standing("pass") for _ in range(1000)]
    assert score(many) == 10.0
    assert score([*many, a_standing("fail", "minor")]) == 9.9
    assert score([*many, a_standing("warn", "minor")]) == 9.9


def test_reasons_come_worst_first_by_weight_then_level_then_state() -> None:
    written = [
        "minor fail", "minor warn", "important waived", "critical waived", "critical pending", "important error",
        "critical warn", "critical blocked", "critical fail", "critical stale", "critical error", "important fail",
        "critical pass",
    ]  # fmt: skip
    standings = [a_standing(state, level, f"i{n}") for n, (level, state) in enumerate(map(str.split, written))]
    verdict = judge(standings, "critical", TODAY)
    assert [f"{reason.weight} {reason.level} {reason.state}" for reason in verdict.reasons] == [
        "blocks critical fail", "blocks critical error", "blocks critical blocked", "blocks critical stale",
        "blocks critical pending", "condition critical waived", "condition critical warn", "condition important fail",
        "condition important error", "condition important waived", "condition minor warn", "note minor fail",
    ]  # fmt: skip


def test_reasons_that_weigh_the_same_keep_the_order_of_the_checklist() -> None:
    verdict = judge([a_standing("fail", item_id=key) for key in "cab"], "critical", TODAY)
    assert [reason.item for reason in verdict.reasons] == ["c", "a", "b"]


@pytest.mark.parametrize(
    ("state", "days", "told"),
    [("fail", -1, True), ("fail", 0, False), ("fail", 1, False), ("waived", -1, True), ("warn", -1, False)],
)
def test_what_is_not_done_after_its_day_is_overdue(state: str, days: int, told: bool) -> None:
    due = TODAY + timedelta(days=days)
    (reason,) = judge([a_standing(state, due=due)], "critical", TODAY).reasons
    assert reason.evidence == f"it is {state}" + (f" (was due {due})" if told else "")


def test_a_reason_goes_to_json_and_back() -> None:
    (reason,) = judge([a_standing("fail")], "critical", TODAY).reasons
    assert type(reason)(**reason.as_json()) == reason


def test_changes_are_what_differs_from_the_run_before() -> None:
    standings = [a_standing("pass", item_id="a"), a_standing("fail", item_id="b"), a_standing("warn", item_id="c")]
    assert changes({"a": "pass", "b": "pass", "gone": "fail"}, standings) == (
        Change("b", "pass", "fail"),
        Change("c", None, "warn"),
    )


def test_a_first_run_has_no_changes() -> None:
    assert changes({}, [a_standing("fail")]) == ()


@pytest.mark.parametrize(("decision", "spoken"), [(GO, "GO"), (CONDITIONS, "GO WITH CONDITIONS"), (NO_GO, "NO-GO")])
def test_a_decision_is_spoken_as_people_say_it(decision: Decision, spoken: str) -> None:
    assert decision.spoken == spoken


def test_every_state_has_its_place_in_the_table() -> None:
    assert {state for _, state, *_ in TABLE} == {state.value for state in State}
