"""The order of the house: small files, no promises to do it later, no clock without a zone, a page for each room."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("bot", "checks", "storage", "runbooks", "tests", "bench", "examples")
PROGRAM = ("bot", "checks", "storage", "runbooks")
LONGEST_FILE = 400
LATER = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X|HA" + r"CK)\b")


def sources(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", sources(*FOLDERS), ids=name)
def test_a_file_is_short_and_promises_nothing_for_later(path: Path) -> None:
    text = path.read_text("utf-8")
    assert len(text.splitlines()) <= LONGEST_FILE
    assert LATER.findall(text) == []


def naive(tree: ast.AST) -> Iterator[int]:
    """Lines that ask a clock, or read a stamp, without saying in which zone."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        owner = node.func.value
        whose = owner.id if isinstance(owner, ast.Name) else owner.attr if isinstance(owner, ast.Attribute) else ""
        zoned = {"now": 0, "fromtimestamp": 1}.get(node.func.attr)
        if whose in ("datetime", "date") and node.func.attr in ("utcnow", "utcfromtimestamp", "today"):
            yield node.lineno
        says = any(keyword.arg == "tz" for keyword in node.keywords)
        if whose == "datetime" and zoned is not None and len(node.args) <= zoned and not says:
            yield node.lineno


@pytest.mark.parametrize("path", sources(*FOLDERS), ids=name)
def test_no_clock_is_asked_without_a_zone(path: Path) -> None:
    assert list(naive(ast.parse(path.read_text("utf-8")))) == []


@pytest.mark.parametrize(
    "code", ["datetime.now()", "datetime.datetime.utcnow()", "date.today()", "datetime.fromtimestamp(1)"]
)
def test_the_search_for_naive_clocks_finds_them(code: str) -> None:
    assert list(naive(ast.parse(code))) == [1]


@pytest.mark.parametrize("code", ["datetime.now(UTC)", "datetime.now(tz=UTC)", "datetime.fromtimestamp(1, UTC)"])
def test_the_search_for_naive_clocks_leaves_aware_ones_alone(code: str) -> None:
    assert list(naive(ast.parse(code))) == []


@pytest.mark.parametrize("path", sources(*PROGRAM), ids=name)
def test_a_module_says_in_its_first_lines_what_belongs_there(path: Path) -> None:
    text = path.read_text("utf-8")
    assert not text.strip() or ast.get_docstring(ast.parse(text))


@pytest.mark.parametrize("path", [p for p in sources(*PROGRAM) if p.name == "__init__.py"], ids=name)
def test_the_door_of_a_package_is_nearly_empty(path: Path) -> None:
    assert len(path.read_text("utf-8").splitlines()) < 20


def rooms() -> list[str]:
    """The folders and single modules of the bot, and the packages beside it."""
    inside = [p for p in (ROOT / "bot").iterdir() if p.is_dir() and any(p.rglob("*.py"))]
    modules = [p for p in (ROOT / "bot").glob("*.py") if p.name != "__init__.py"]
    platforms = [p for p in (ROOT / "bot" / "platforms").iterdir() if p.is_dir() and any(p.glob("*.py"))]
    beside = [ROOT / folder for folder in ("checks", "storage", "runbooks", "examples", "tests", "bench")]
    more = [ROOT / "checks" / "kinds", ROOT / "checks" / "presets", ROOT / "storage" / "migrations"]
    return sorted(name(path) for path in [*inside, *modules, *platforms, *beside, *more])


@pytest.mark.parametrize("room", rooms())
def test_the_page_of_the_house_names_every_room(room: str) -> None:
    page = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    named = re.findall(r"[\w./-]+", page)
    last = room.rpartition("/")[2]
    assert {room, f"{room}/", last, f"{last}/"} & set(named), f"docs/architecture.md does not name {room}"


def test_the_page_of_the_house_names_no_room_that_is_not_there() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    paths = set(re.findall(r"`((?:bot|checks|storage|runbooks|tests|bench)/[\w/.-]*)`", page))
    assert [path for path in sorted(paths) if not (ROOT / path).exists()] == []


def test_the_lock_file_has_a_hash_for_every_requirement_and_no_address() -> None:
    text = (ROOT / "requirements.lock").read_text("utf-8")
    options = [line for line in text.splitlines() if line.lstrip().startswith("-") and "--hash=" not in line]
    assert not options, "the lock file names packages and hashes, nothing else"
    assert not re.search(r"https?://|file:", text)
    entries = re.split(r"\n(?=[A-Za-z0-9])", "\n" + text.strip().replace("\\\n", " "))
    requirements = [entry for entry in entries if re.match(r"[A-Za-z0-9]", entry.strip())]
    assert len(requirements) > 20
    for entry in requirements:
        assert re.match(r"[A-Za-z0-9._-]+(?:\[[a-z,]+\])?==\S+", entry.strip()), entry[:80]
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", entry), entry[:80]
