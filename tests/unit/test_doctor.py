"""The doctor says what the catalogue asks for and this version does not do."""

from __future__ import annotations

from pathlib import Path

from bot.settings import Settings
from bot.shell.doctor import findings

CATALOGUE = """
service: s
environments: {prod: {}}
checklist:
  - {section: S, items: [{id: a, title: A, check: {kind: env, name: HOME}}]}
"""
LATER = """
protocol: {phases: [{id: launch, at: 0h, title: Launch}]}
alerts: {open_after: 5}
runbooks: {execute: [rollback]}
contacts: [{name: Support}]
"""


def _not_yet(tmp_path: Path, written: str) -> list[str]:
    path = tmp_path / "readiness.yaml"
    path.write_text(written)
    settings = Settings(database_url=f"sqlite:///{tmp_path}/readiness.db")
    return [finding.said for finding in findings(settings, path) if finding.about == "Not yet"]


def test_parts_of_the_catalogue_that_nothing_acts_on_are_named(tmp_path: Path) -> None:
    (said,) = _not_yet(tmp_path, CATALOGUE + LATER)
    assert said.startswith("protocol, alerts, contacts, runbooks: read and checked")


def test_a_catalogue_without_them_hears_nothing_of_it(tmp_path: Path) -> None:
    assert _not_yet(tmp_path, CATALOGUE) == []
