"""The demo's catalogue: the example that newcomers read, so it shows everything, and needs nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from ruamel.yaml import YAML

from bot.catalog.loader import load_catalog
from bot.catalog.model import WAY_NAMES, Catalog, Drilled, Level, Measured
from bot.demo.ports import DEFAULTS, variables
from bot.demo.rehearsal import CATALOG, ENVIRONMENT, PEOPLE
from bot.rules.access import Actor, roles_of
from checks.registry import kinds

ROOT = Path(__file__).parents[2]


def catalog() -> Catalog:
    return load_catalog(CATALOG, {})


def test_it_is_the_one_at_the_root() -> None:
    link = ROOT / "readiness.yaml"
    assert link.resolve() == CATALOG.resolve()
    assert link.is_symlink()
    assert not link.readlink().is_absolute()


def test_it_uses_every_kind_and_every_way() -> None:
    items = catalog().environments[ENVIRONMENT].items
    assert {check.kind.name for item in items if isinstance(item.way, Measured) for check in item.way.checks} == set(
        kinds()
    )
    assert {WAY_NAMES[type(item.way)] for item in items} == set(WAY_NAMES.values())
    assert {item.level for item in items} == set(Level)
    assert all(item.owner for item in items)
    assert any(item.needs for item in items)


def test_several_items_come_from_presets() -> None:
    assert CATALOG.read_text("utf-8").count("preset: ") >= 8


def test_the_service_listens_where_it_looks() -> None:
    written = YAML(typ="safe").load(CATALOG.read_text("utf-8"))["environments"][ENVIRONMENT]["vars"]
    assert {name: str(written[name]) for name in variables(DEFAULTS)} == variables(DEFAULTS)


def test_its_people_hold_the_roles_that_they_need() -> None:
    known = catalog()
    items = {item.id: item for item in known.environments[ENVIRONMENT].items}
    for said in PEOPLE:
        way = items[said.line.split()[2]].way
        assert not isinstance(way, Measured)
        assert set(getattr(way, "by", ())) & roles_of(known, Actor("local", said.who, said.who)) or isinstance(
            way, Drilled
        )


def test_with_nothing_running_it_says_no_go_and_leaves_nothing_behind(tmp_path: Path) -> None:
    work, environ = tmp_path / "nothing", {"PATH": os.environ["PATH"]}
    done = subprocess.run(
        [sys.executable, "-m", "bot.cli", "run", ENVIRONMENT, "--var", f"work={work}"],
        cwd=ROOT, env=environ | {"DATABASE_URL": f"sqlite:///{tmp_path}/readiness.db"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1, done.stdout + done.stderr
    assert "NO-GO" in done.stdout
    assert not work.exists()
