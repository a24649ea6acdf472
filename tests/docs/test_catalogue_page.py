"""What the page about readiness.yaml shows is true: its catalogue loads, its commands parse."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from markdown_it import MarkdownIt

from bot.catalog.loader import load_catalog
from bot.catalog.model import WAY_NAMES
from bot.commands.grammar import parse, values

PAGE = Path(__file__).parents[2] / "docs" / "catalogue.md"


def _fences(language: str) -> list[str]:
    tokens = MarkdownIt().parse(PAGE.read_text())
    return [token.content for token in tokens if token.type == "fence" and token.info.strip() == language]


def test_the_whole_in_small_loads_and_uses_every_way_of_knowing(tmp_path: Path) -> None:
    (catalogue,) = _fences("yaml")
    path = tmp_path / "readiness.yaml"
    path.write_text(catalogue)

    catalog = load_catalog(path, {})

    assert {WAY_NAMES[type(item.way)] for item in catalog.environments["prod"].items} == set(WAY_NAMES.values())
    assert catalog.release is None
    assert load_catalog(path, {"GIT_SHA": "abc123"}).release == "abc123"


def test_the_items_on_the_page_fit_into_the_whole(tmp_path: Path) -> None:
    (catalogue,) = _fences("yaml")
    items = "".join("      " + line + "\n" for fence in _fences("yaml-item") for line in fence.splitlines())
    path = tmp_path / "readiness.yaml"
    path.write_text(catalogue.replace("limits:", f"  - section: More\n    items:\n{items}\nlimits:"))

    assert load_catalog(path, {}).environments["prod"].item("https") is not None


def test_the_commands_on_the_page_are_complete_and_understood(tmp_path: Path) -> None:
    path = tmp_path / "readiness.yaml"
    path.write_text(_fences("yaml")[0])
    catalog = load_catalog(path, {})
    lines = [line for fence in _fences("") for line in fence.splitlines() if line.startswith("/")]
    assert len(lines) == 4
    for line in lines:
        parsed = parse(line)
        assert not parsed.missing
        assert values(parsed, catalog, datetime.fromisoformat("2026-11-21T08:00:00+00:00"))["env"] == "prod"
