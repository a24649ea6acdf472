"""`${NAME}`: values from the process environment (or from the file that NAME_FILE names), which are never shown."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bot.catalog.problems import Place, Problems
from bot.catalog.tree import Listed, Mapped

_BRACED = re.compile(r"\{[a-zA-Z_][\w-]*\}")
_REFERENCE = re.compile(rf"\$\$(?:{_BRACED.pattern}|\{{)|\$\{{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}}]*))?\}}")
_LARGEST_FILE = 100_000  # bytes; a key ring, not a disk
# Stands for a secret that is not set, so that what follows from it is not told as a mistake of its own.
UNSET = "a-secret-that-is-not-set"


@dataclass
class Secrets:
    """Fills `${NAME}` and `${NAME:-default}` into a tree; `$${` stays as `${`. Remembers what must not be shown.

    A check's `{name}` is filled afterwards, so what looks like one in a secret is doubled there.
    """

    environ: Mapping[str, str]
    problems: Problems
    values: set[str] = field(default_factory=set)

    def fill(self, tree: Any, *, in_check: bool = False) -> Any:
        """The tree with every reference replaced, places kept. A secret that is not set is a problem at its line."""
        if isinstance(tree, Mapped):
            filled = Mapped(tree.place)
            for key, value in tree.items():
                filled.put(key, self._entry(key, value, tree.places[key], in_check), tree.places[key])
            return filled
        if isinstance(tree, Listed):
            listed = Listed(tree.place)
            for value, place in zip(tree, tree.places, strict=True):
                listed.put(self._entry("", value, place, in_check), place)
            return listed
        return tree

    def _entry(self, key: str, value: Any, place: Place, in_check: bool) -> Any:
        if not isinstance(value, str):
            return self.fill(value, in_check=in_check or key == "check")
        return _REFERENCE.sub(lambda found: self._one(found, key, place, in_check), value)

    def _one(self, found: re.Match[str], key: str, place: Place, in_check: bool) -> str:
        if found[1] is None:
            return _kept(found[0][1:], in_check)
        value = self._value(found[1], key, place)
        if value is not None:
            self.values.add(value)
            return _kept(value, in_check)
        if found[2] is not None:
            return found[2]
        self.problems.add(place, key, f"the secret {found[1]} is not set; export {found[1]}=… before starting")
        return UNSET

    def _value(self, name: str, key: str, place: Place) -> str | None:
        if self.environ.get(name):
            return self.environ[name]
        file = self.environ.get(f"{name}_FILE")
        if not file:
            return None
        try:
            with Path(file).open(encoding="utf-8") as opened:
                return opened.read(_LARGEST_FILE).strip() or None
        except (OSError, UnicodeDecodeError) as reason:
            why = reason.strerror if isinstance(reason, OSError) else "it is not text"
            self.problems.add(place, key, f"the file that {name}_FILE names cannot be read: {why}")
            return UNSET


def _kept(text: str, in_check: bool) -> str:
    """`text` so that nothing in it is filled in later."""
    return _BRACED.sub(lambda name: f"{{{name[0]}}}", text) if in_check else text


def open_text(text: object, environ: Mapping[str, str]) -> str | None:
    """A text whose references are no secrets (a release is shown to everybody); None where one is not set."""
    missing = False

    def one(found: re.Match[str]) -> str:
        nonlocal missing
        if found[1] is None:
            return found[0][1:]
        value = environ.get(found[1]) or found[2]
        missing = missing or not value
        return value or ""

    filled = _REFERENCE.sub(one, str(text))
    return None if missing or not filled.strip() else filled.strip()
