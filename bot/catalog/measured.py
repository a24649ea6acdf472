"""An item's check, or its list of checks, as written -> checks that can be run in one environment."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from bot.catalog.parts import Reader
from bot.catalog.problems import Place, Problems, closest, nearest
from bot.catalog.secrets import UNSET
from bot.catalog.tree import Listed, Mapped, place_of
from checks.expansion import expand
from checks.model import Check, CheckMistake
from checks.registry import build_check
from checks.substitution import fill

MOST_CHECKS = 50  # of one item


def resolved(tree: Mapped, environment: str, problems: Problems) -> dict[str, Any]:
    """The variables of an environment, those that they are made of filled in. A circle is noted."""
    written = tree.get("vars")
    if not isinstance(written, Mapped):
        return {}
    found: dict[str, Any] = {}

    def value(name: str, above: tuple[str, ...]) -> Any:
        if name not in found:
            found[name] = fill(written[name], lambda other, _: look_up(other, (*above, name)))
        return found[name]

    def look_up(name: str, above: tuple[str, ...]) -> Any:
        place, key = written.places[above[-1]], above[-1]
        if name in above:
            problems.add(place, key, f"a circle: {' is made of '.join([*above[above.index(name) :], name])}")
            return "unset"
        if name not in written:
            told = f"{{{name}}} is not a variable of environment {environment}; {nearest(name, written)}"
            problems.add(place, key, told)
            return "unset"
        return value(name, above)

    return {name: value(name, ()) for name in written}


class CheckReader:
    """Reads checks; notes everything that is wrong with them."""

    def __init__(self, reader: Reader) -> None:
        self._reader, self._problems = reader, reader.problems

    def read(
        self, tree: Any, place: Place, environment: str, variables: Mapping[str, Any]
    ) -> tuple[tuple[Check, ...], str]:
        """The checks and the title that their preset suggests; no checks when one of them is wrong."""
        if not isinstance(tree, Listed):
            check, title = self._check(tree, place, environment, variables)
            return ((check,) if check else ()), title
        if not 0 < len(tree) <= MOST_CHECKS:
            self._problems.add(place, "check", f"a list of checks has 1 to {MOST_CHECKS} of them")
            return (), ""
        read = [self._check(entry, at, environment, variables) for entry, at in zip(tree, tree.places, strict=True)]
        checks = tuple(check for check, _ in read if check is not None)
        return (checks if len(checks) == len(read) else ()), next((title for _, title in read if title), "")

    def _check(
        self, tree: Any, place: Place, environment: str, variables: Mapping[str, Any]
    ) -> tuple[Check | None, str]:
        if not isinstance(tree, Mapped):
            self._problems.add(place, "check", "it must be a mapping (kind: … or preset: …)")
            return None, ""
        if "kind" not in tree and "preset" not in tree:
            wrong = next((key for key in tree if closest(key, ("kind", "preset"))), None)
            hint = f"it has {wrong!r}; {nearest(wrong, ('kind', 'preset'))}" if wrong else "it has neither"
            self._problems.add(
                tree.places.get(str(wrong), place), wrong or "check", f"a check needs 'kind' or 'preset'; {hint}"
            )
            return None, ""
        spoiled = {key for key, value in tree.items() if UNSET in str(value)}

        def look_up(name: str, path: tuple[str | int, ...]) -> Any:
            if name in variables:
                return variables[name]
            spoiled.add(str(path[0]))
            self._problems.add(
                place_of(tree, path, place),
                str(path[0]),
                f"{{{name}}} is not a variable of environment {environment}; {nearest(name, variables)}",
            )
            return "unset"

        plain = fill(tree, look_up)
        title = ""
        try:
            if "preset" in plain:
                plain, title = expand(plain)
            check = build_check(plain)
        except ExceptionGroup as group:
            for mistake in group.exceptions:
                key = mistake.key if isinstance(mistake, CheckMistake) else ""
                path = tuple(int(step) if step.isdigit() else step for step in key.split("."))
                if path[0] not in spoiled:
                    told = self._without_secrets(str(mistake).removeprefix(f"{key}: "), tree.get(str(path[0])))
                    self._problems.add(place_of(tree, path, place), key.split(".")[0] or "check", told)
            return None, title
        return (None if spoiled else check), title

    def _without_secrets(self, told: str, written: Any) -> str:
        """What is wrong with a value; no reason when the value holds a secret of which the reason shows a part.

        Whole secrets are taken out of every problem at the end; a parser may quote what it stumbled over.
        """
        text = str(written)
        for secret in self._reader.secrets:
            quoted = repr(secret)[1:-1]
            rest = told.replace(secret, "").replace(quoted, "")
            if (secret in text or quoted in text) and any(piece in rest for piece in re.findall(r"\w{3,}", secret)):
                return "it is wrong, and it holds a secret, so the reason is not shown"
        return told
