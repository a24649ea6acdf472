"""Expectations: refused when they are written wrongly, clear when they do not hold."""

from __future__ import annotations

from typing import Any

import pytest

from checks.expectations import Judgement, compile_expectation
from checks.model import CheckMistake
from checks.runner import judge

FACTS = ("status", "headers", "body", "json", "p95", "statuses", "seconds", "value", "open")


@pytest.mark.parametrize(
    ("text", "seen", "judgement", "phrase"),
    [
        ("p95 < 2.0", {"p95": 3.4149}, Judgement.BROKEN, "p95 < 2.0, was 3.41"),
        ("p95 < 2", {"p95": 1.5}, Judgement.HELD, "p95 < 2"),
        ("status == 200", {"status": 200}, Judgement.HELD, "status == 200"),
        ("open", {"open": False}, Judgement.BROKEN, "open, was false"),
        ("status in [200, 204]", {"status": 500}, Judgement.BROKEN, "status in [200, 204], was 500"),
        (
            "status == 200 && seconds < 1.0",
            {"status": 500, "seconds": 0.1},
            Judgement.BROKEN,
            "status == 200 && seconds < 1.0, was status = 500, seconds = 0.1",
        ),
        ("headers['x'] == 'y'", {"headers": {}}, Judgement.BROKEN, "headers['x'] == 'y': there is no 'x'"),
        ("body.contains('ok')", {"body": ""}, Judgement.BROKEN, "body.contains('ok'), was empty"),
        ("json == null", {"json": None}, Judgement.HELD, "json == null"),
        ("value > 1", {"value": None}, Judgement.UNCLEAR, "value > 1 cannot be worked out from nothing"),
        ("status > 'a'", {"status": 1}, Judgement.UNCLEAR, "status > 'a' cannot be worked out from 1"),
        ("status", {"status": 200}, Judgement.UNCLEAR, "status is 200, and not true or false"),
        ("statuses.all(s, s < 400)", {"statuses": [200, 301]}, Judgement.HELD, "statuses.all(s, s < 400)"),
        ("statuses.exists(s, s == 429)", {"statuses": [200]}, Judgement.BROKEN, None),
        ("json.a.b[0] == 'x'", {"json": {"a": {"b": ["x"]}}}, Judgement.HELD, "json.a.b[0] == 'x'"),
        ("json.a == 1", {"json": None}, Judgement.UNCLEAR, None),
    ],
)
def test_judging(text: str, seen: dict[str, Any], judgement: Judgement, phrase: str | None) -> None:
    facts = dict.fromkeys(FACTS) | seen
    result, said = compile_expectation(text, FACTS).judge(facts)
    assert result is judgement
    assert phrase in (None, said)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("staus == 200", "which is not a fact here; did you mean 'status'?"),
        ("zzz == 200", "which is not a fact here; there are "),
        ("body.contain('x')", "which is not a function here; did you mean 'contains'?"),
        ("status ==", "is not valid CEL"),
        ("", "an expectation is a CEL expression in quotes, not ''"),
        (200, "an expectation is a CEL expression in quotes, not 200"),
    ],
)
def test_mistakes(text: object, sentence: str) -> None:
    with pytest.raises(CheckMistake) as caught:
        compile_expectation(text, FACTS)
    assert sentence in str(caught.value)


def test_a_hidden_value_is_not_told() -> None:
    judgement, said = compile_expectation("value == 'a'", FACTS).judge({"value": "s3cret"}, frozenset({"value"}))
    assert (judgement, said) == (Judgement.BROKEN, "value == 'a', was hidden")


def test_a_long_value_is_cut() -> None:
    _, said = compile_expectation("body == ''", FACTS).judge({"body": "x" * 5000})
    assert len(said) < 200


@pytest.mark.parametrize(
    ("expect", "warn", "outcome"),
    [
        (["status == 200"], ["seconds < 1.0"], "warn"),
        (["status == 200"], ["seconds < 9.0"], "pass"),
        (["status == 500", "status > 'a'"], [], "error"),
        (["status == 500"], ["seconds < 1.0"], "fail"),
        ([], [], "pass"),
        (["status == 200"], ["value > 1"], "error"),
    ],
)
def test_the_worst_counts(expect: list[str], warn: list[str], outcome: str) -> None:
    facts = dict.fromkeys(FACTS) | {"status": 200, "seconds": 5.0}
    holds, better = ([compile_expectation(text, FACTS) for text in texts] for texts in (expect, warn))
    worst, phrases = judge(holds, better, facts, frozenset())
    assert worst == outcome
    assert bool(phrases) is (outcome != "pass")
