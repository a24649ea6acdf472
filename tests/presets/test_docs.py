"""docs/checks.md says everything that there is, and nothing that does not work."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from checks.expansion import expand, presets
from checks.registry import COMMON, build_check, kinds
from checks.substitution import fill

PAGE = (Path(__file__).parents[2] / "docs" / "checks.md").read_text("utf-8")
SECTIONS = dict(re.findall(r"^### `([\w-]+)`\n(.*?)(?=^##|\Z)", PAGE, re.MULTILINE | re.DOTALL))
EXAMPLES = re.findall(r"^```yaml\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
# What catalogues have for the secrets and variables of the examples.
SECRET = re.compile(r"\$\{(\w+)\}")
SECRETS = {"DATABASE_URL": "postgresql://db.example.com/shop"}


def checks_in(tree: Any) -> list[dict[str, Any]]:
    """Every check of an example: what stands under `check:`, or the example itself."""
    if isinstance(tree, list):
        return [check for entry in tree for check in checks_in(entry)]
    if isinstance(tree, dict) and "check" in tree:
        return [tree["check"]]
    return [tree]


def first_cells(section: str) -> set[str]:
    """What is written as code in the first column of a section's tables."""
    return {name for row in re.findall(r"^\| (.*?) \|", section, re.MULTILINE) for name in re.findall(r"`(\w+)`", row)}


@pytest.mark.parametrize("name", kinds())
def test_each_kind_is_told_with_its_parameters_and_facts(name: str) -> None:
    kind = kinds()[name]
    assert first_cells(SECTIONS[name]) == set(kind.params.model_fields) | set(kind.facts)


@pytest.mark.parametrize("name", presets())
def test_each_preset_is_told_with_its_parameters(name: str) -> None:
    assert first_cells(SECTIONS[name]) == set(presets()[name].params)
    assert presets()[name].summary in SECTIONS[name]


@pytest.mark.parametrize("name", [*kinds(), *presets()])
def test_each_has_an_example_of_its_own(name: str) -> None:
    assert re.search(rf"\b(kind|preset): {name}\b", SECTIONS[name])


def test_the_page_tells_of_nothing_that_is_not_there() -> None:
    assert set(SECTIONS) == {*kinds(), *presets()}


def test_what_every_check_may_say_is_told() -> None:
    common = PAGE.split("## Kinds")[0]
    assert all(f"`{word}`" in common for word in COMMON)


@pytest.mark.parametrize("example", EXAMPLES, ids=range(len(EXAMPLES)))
def test_each_example_builds(example: str) -> None:
    tree = YAML(typ="safe").load(SECRET.sub(lambda found: SECRETS.get(found[1], "s3cret"), example))
    for check in checks_in(tree):
        written = fill(check, lambda name, _path: f"https://{name}.example.com")
        build_check(expand(written)[0] if "preset" in written else written)
