"""Several checks of one item: the worst outcome counts, and the item is told once."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.catalog.loader import load_catalog
from bot.catalog.problems import CatalogError
from bot.engine.plan import Gathering, keys_of, plan, together
from bot.rules.states import Evidence
from checks.model import Outcome, Result
from checks.runner import not_measured
from tests.engine.test_plan import FRESH, NOW

PASS = Result(Outcome.PASS, "fine", 0.1, {"a": 1})
FAIL = Result(Outcome.FAIL, "broken", 0.3, {"a": 2})
ERROR = Result(Outcome.ERROR, "no answer", 0.2, {})
TWO = "[{kind: env, name: A}, {kind: env, name: B}]"


def _load(tmp_path: Path, items: str, variables: str = "{}") -> Path:
    path = tmp_path / "readiness.yaml"
    path.write_text(
        f"service: s\nenvironments: {{prod: {{vars: {variables}}}}}\nchecklist:\n  - section: S\n    items:\n{items}"
    )
    return path


def test_the_worst_outcome_counts_and_the_sentence_says_which_check_it_was() -> None:
    assert together([PASS, PASS]).summary == "2 checks, all well"
    found = together([PASS, FAIL, ERROR])
    assert found.outcome is Outcome.ERROR
    assert found.summary == "check 2 of 3: broken; check 3 of 3: no answer"
    assert found.facts == {"1": {"a": 1}, "2": {"a": 2}, "3": {}}
    assert found.seconds == 0.3
    assert together([PASS, not_measured("up#2")]).blocked_by == "up"


def test_an_item_is_told_once_when_its_last_check_is_there(tmp_path: Path) -> None:
    items = (
        f"      - {{id: both, title: t, check: {TWO}}}\n"
        "      - {id: one, title: t, needs: [both], check: {kind: env, name: A}}\n"
    )
    environment = load_catalog(_load(tmp_path, items), {}).environments["prod"]
    planned = plan(environment, {"both", "one"}, Evidence(), NOW, FRESH)
    assert keys_of(environment.items[0]) == ("both#1", "both#2")
    assert {job.key: set(job.needs) for job in planned.jobs}["one"] == {"both#1", "both#2"}
    gathering = Gathering(planned)
    assert gathering.add("both#2", FAIL) is None
    item, whole = gathering.add("both#1", PASS) or ("", PASS)
    assert (item, whole.outcome) == ("both", Outcome.FAIL)
    blocked = gathering.add("one", not_measured("both#2"))
    assert blocked is not None
    assert blocked[1].blocked_by == "both"


def test_variables_may_be_made_of_others(tmp_path: Path) -> None:
    item = "      - {id: a, title: t, check: {kind: http, url: '{api}/health'}}\n"
    path = _load(tmp_path, item, "{api: 'https://api.{domain}', domain: shop.example}")
    (found,) = load_catalog(path, {}).environments["prod"].items
    assert "https://api.shop.example/health" in str(found.way)
    path = _load(tmp_path, item, "{api: '{domain}', domain: '{api}'}")
    with pytest.raises(CatalogError, match="a circle: api is made of domain is made of api"):
        load_catalog(path, {})


def test_an_item_cannot_need_one_of_another_environment(tmp_path: Path) -> None:
    items = (
        "      - {id: a, title: t, environments: [], check: {kind: env, name: A}}\n"
        "      - {id: b, title: t, needs: [a], check: {kind: env, name: A}}\n"
    )
    with pytest.raises(CatalogError, match="needs: 'a' does not apply to environment prod"):
        load_catalog(_load(tmp_path, items), {})
