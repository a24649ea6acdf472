"""The prometheus kind against the answers that Prometheus gives."""

from __future__ import annotations

import json
from typing import Any

import pytest

from checks.model import Outcome
from tests.checks.conftest import Measure
from tests.standins.unruly import WAYS, Unruly, answer


def _answers(monkeypatch: pytest.MonkeyPatch, body: Any, status: int = 200) -> None:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()

    async def way(server: Unruly, asked: object, writer: Any) -> None:
        writer.write(answer(status, raw))

    monkeypatch.setitem(WAYS, "/prom/api/v1/query", way)


def _success(kind: str, result: Any) -> dict[str, Any]:
    return {"status": "success", "data": {"resultType": kind, "result": result}}


@pytest.mark.parametrize(
    ("body", "value", "count"),
    [
        (
            _success("vector", [{"metric": {"job": "a"}, "value": [1, "0.5"]}, {"metric": {}, "value": [1, "2"]}]),
            0.5,
            2,
        ),
        (_success("scalar", [1, "42"]), 42, 1),
        (_success("matrix", [{"metric": {}, "values": [[1, "1"], [2, "7"]]}]), 7, 1),
        (_success("vector", [{"metric": {}, "value": [1, "NaN"]}]), None, 1),
        (_success("vector", [{"metric": {}, "histogram": [1, {}]}]), None, 1),
        (_success("vector", []), None, 0),
    ],
)
async def test_answers(
    measure: Measure, unruly: Unruly, monkeypatch: pytest.MonkeyPatch, body: Any, value: object, count: int
) -> None:
    _answers(monkeypatch, body)
    result = await measure(kind="prometheus", url=unruly.url("/prom/"), query="up == 1", bearer="t0k")
    assert (result.facts["value"], result.facts["count"]) == (value, count)
    assert result.outcome is (Outcome.PASS if count else Outcome.FAIL)
    assert unruly.asked[0].path == "/prom/api/v1/query?query=up+%3D%3D+1"
    assert unruly.asked[0].headers["authorization"] == "Bearer t0k"


@pytest.mark.parametrize(
    ("body", "status", "sentence"),
    [
        ({"status": "error", "error": "parse error: no"}, 400, "Prometheus refuses the query: parse error: no"),
        (b"denied", 401, "Prometheus refuses the credentials (401)"),
        (b"<html>", 200, "what answers there is not Prometheus (status 200)"),
        (b'{"ok": 1}', 200, "what answers there is not Prometheus (status 200)"),
        ({"status": "success"}, 200, "the answer of Prometheus cannot be understood"),
        (_success("vector", [{"metric": {}, "value": 3}]), 200, "the answer of Prometheus cannot be understood"),
    ],
)
async def test_what_is_no_answer(
    measure: Measure, unruly: Unruly, monkeypatch: pytest.MonkeyPatch, body: Any, status: int, sentence: str
) -> None:
    _answers(monkeypatch, body, status)
    result = await measure(kind="prometheus", url=unruly.url("/prom"), query="up")
    assert (result.outcome, result.summary) == (Outcome.ERROR, sentence)
