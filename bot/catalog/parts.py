"""Reading one part of the catalogue against its shape; what is wrong is noted with line, key and the nearest word."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from bot.catalog.problems import Place, Problems, nearest
from bot.catalog.tree import Listed, Mapped, place_of

M = TypeVar("M", bound=BaseModel)


class Reader:
    """Reads parts of a tree; collects problems instead of stopping at the first."""

    def __init__(self, root: Mapped, problems: Problems) -> None:
        self.root, self.problems = root, problems

    def part(self, shape: type[M], value: Any, place: Place, what: str) -> M | None:
        """`value` as `shape`, or None with every reason noted. `what` names the part ('an item')."""
        if not isinstance(value, Mapped):
            self.problems.add(place, "", f"{what} must be a mapping, not {_kind(value)}")
            return None
        try:
            return shape.model_validate(value)
        except ValidationError as refused:
            for error in refused.errors(include_url=False, include_input=False):
                self._note(shape, value, error, what)
            return None

    def mapping(self, key: str) -> Mapped:
        """The mapping under a top-level key; empty when there is none."""
        value = self.root.get(key)
        if value is None:
            return Mapped(self.root.place)
        if not isinstance(value, Mapped):
            self.problems.add(self.root.places[key], key, f"it must be a mapping, not {_kind(value)}")
            return Mapped(self.root.places[key])
        return value

    def listing(self, value: Any, place: Place, key: str) -> Listed:
        """`value` as a list; empty, with a problem noted, when it is something else."""
        if isinstance(value, Listed):
            return value
        if value is not None:
            self.problems.add(place, key, f"it must be a list, not {_kind(value)}")
        return Listed(place)

    def known(self, words: Iterable[str], known: Collection[str], place: Place, what: str, key: str) -> None:
        """Note each of `words` that is not among `known` ('role')."""
        for word in words:
            if word not in known:
                self.problems.unknown(place, key, word, f"there is no {what} {word!r}", known)

    def _note(self, shape: type[BaseModel], value: Mapped, error: Any, what: str) -> None:
        path = tuple(error["loc"])
        place = place_of(value, path, value.place)
        key = str(path[0]) if path else ""
        names = [field.alias or name for name, field in shape.model_fields.items()]
        if error["type"] == "extra_forbidden":
            self.problems.add(place, key, f"{what} has no key {key!r}; {nearest(key, names)}")
        elif error["type"] == "missing":
            self.problems.add(value.place, key, f"{what} needs {key!r}")
        elif error["type"] == "literal_error":
            expected = error["ctx"]["expected"].replace("'", "").replace(" or ", ", ").split(", ")
            written = _at(value, path)
            at_key = path[-1] == "[key]" if path else False
            word = str(path[-2]) if at_key else str(written)
            self.problems.add(place, key, f"{word!r} is not possible here; {nearest(word, expected)}")
        else:
            self.problems.add(place, key, _plain(error, _at(value, path)))


def _at(tree: Any, path: tuple[Any, ...]) -> Any:
    for step in path:
        try:
            tree = tree[step]
        except (KeyError, IndexError, TypeError):
            return tree
    return tree


def _plain(error: Any, written: Any) -> str:
    kind, context = error["type"], error.get("ctx", {})
    if kind == "string_pattern_mismatch":
        return f"{written!r} must be one word of letters, digits, '-', '_' or '.', without spaces"
    if kind == "string_too_long":
        return f"it is longer than {context['max_length']} characters"
    if kind == "string_too_short":
        return "it is empty"
    if kind.startswith(("date", "datetime")):
        return f"{written!r} is not a date; write for example 2026-12-31"
    if kind == "value_error":
        return str(error["msg"]).removeprefix("Value error, ")
    message = str(error["msg"]).removeprefix("Input ").removeprefix("should")
    return f"it should{message}, not {_kind(written)}" if "should" in error["msg"] else str(error["msg"])


def _kind(value: Any) -> str:
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    if value is None:
        return "nothing"
    text = str(value)
    return repr(text if len(text) <= 40 else text[:39] + "…")
