"""What a run may measure, and what it leaves alone because of what it needs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.catalog.loader import load_catalog
from bot.engine.plan import Plan, plan
from bot.rules.states import Evidence
from storage.records import Attestation, Waiver

NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)
FRESH = timedelta(hours=1)
ITEMS = {
    "a": "check: {kind: env, name: HOME}",
    "b": "needs: [a], attest: {}",
    "c": "needs: [b], check: {kind: env, name: HOME}",
    "d": "needs: [c], check: {kind: env, name: HOME}",
}


def _plan(tmp_path: Path, evidence: Evidence, wanted: str = "acd") -> Plan:
    path = tmp_path / "readiness.yaml"
    items = "".join(f"      - {{id: {key}, title: {key}, {text}}}\n" for key, text in ITEMS.items())
    path.write_text(f"service: s\nenvironments: {{prod: {{}}}}\nchecklist:\n  - section: S\n    items:\n{items}")
    environment = load_catalog(path, {}).environments["prod"]
    return plan(environment, set(wanted), evidence, NOW, timedelta(hours=1))


def _waits(found: Plan) -> dict[str, set[str]]:
    return {job.key: set(job.needs) for job in found.jobs}


def _vouched() -> dict[str, Attestation]:
    later = NOW + timedelta(days=1)
    return {"b": Attestation(environment="prod", item="b", person="p", name="P", at=NOW, until=later)}


def _waiver(item: str) -> dict[str, Waiver]:
    until = NOW + timedelta(days=1)
    return {item: Waiver(environment="prod", item=item, person="p", name="P", reason="r", at=NOW, until=until)}


def test_a_check_behind_somebodys_word_waits_for_the_checks_behind_that_word(tmp_path: Path) -> None:
    found = _plan(tmp_path, Evidence(attestations=_vouched()))
    assert _waits(found) == {"a": set(), "c": {"a"}, "d": {"c"}}
    assert found.blocked == {}


def test_without_the_word_nothing_behind_it_is_measured(tmp_path: Path) -> None:
    found = _plan(tmp_path, Evidence())
    assert _waits(found) == {"a": set()}
    assert found.blocked == {"c": "b", "d": "c"}


def test_what_is_waived_holds_whatever_it_needs(tmp_path: Path) -> None:
    found = _plan(tmp_path, Evidence(waivers=_waiver("b")))
    assert _waits(found) == {"a": set(), "c": set(), "d": {"c"}}


def test_a_waived_check_is_measured_and_nobody_waits_for_it(tmp_path: Path) -> None:
    found = _plan(tmp_path, Evidence(attestations=_vouched(), waivers=_waiver("c")))
    assert _waits(found) == {"a": set(), "c": {"a"}, "d": set()}


def test_an_ended_waiver_lifts_nothing(tmp_path: Path) -> None:
    waiver = _waiver("b")
    waiver["b"].until = NOW
    assert _plan(tmp_path, Evidence(waivers=waiver)).blocked == {"c": "b", "d": "c"}


def test_a_need_that_was_never_measured_and_is_not_in_the_run_stands_in_the_way(tmp_path: Path) -> None:
    assert _plan(tmp_path, Evidence(), wanted="d").blocked == {"d": "c"}
