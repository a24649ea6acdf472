"""Each preset against a world that is right, one that is wrong, and one that is out of reach."""

from __future__ import annotations

import pytest

from checks.expansion import expand, presets
from checks.model import Context, Outcome, Result
from checks.registry import build_check
from checks.runner import Job, Limits, Runner
from checks.substitution import fill
from checks.transport import Connections
from tests.presets import cases, database_cases, provider_cases
from tests.presets.cases import Case
from tests.presets.standins import Place

CASES: list[Case] = [
    case
    for module in (cases, provider_cases, database_cases)
    for table in vars(module).values()
    if isinstance(table, list) and table and isinstance(table[0], Case)
    for case in table
]


@pytest.mark.parametrize("case", CASES, ids=[f"{case.preset}-{case.outcome}-{n}" for n, case in enumerate(CASES)])
async def test_the_preset_tells_right_from_wrong(case: Case, place: Place) -> None:
    async with case.world.open(place) as values:
        given = fill(dict(case.given), lambda name, _path: values[name])
        plain, _ = expand({"preset": case.preset} | given)
        connections = Connections()
        context = Context(10, connections, place.folder, {})
        results: dict[str, Result] = {}
        await Runner(Limits(), context).run([Job("it", build_check(plain))], results.__setitem__)
        await connections.aclose()
    result = results["it"]
    assert result.outcome is case.outcome, result.summary
    assert case.says in result.summary


@pytest.mark.parametrize("name", presets())
@pytest.mark.parametrize("outcome", [Outcome.PASS, Outcome.FAIL, Outcome.ERROR])
def test_no_preset_goes_without_a_case(name: str, outcome: Outcome) -> None:
    assert any(case.preset == name and case.outcome is outcome for case in CASES)


@pytest.mark.parametrize("name", [name for name, preset in presets().items() if "warn" in preset.check])
def test_no_warning_goes_without_a_case(name: str) -> None:
    assert any(case.preset == name and case.outcome is Outcome.WARN for case in CASES)
