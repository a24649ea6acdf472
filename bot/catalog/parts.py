"""Reading one part of the catalogue against its shape; what is wrong is noted with line, key and the nearest word."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from bot.catalog.problems import Place, Problems, closest, nearest
from bot.catalog.tree import Listed, Mapped, place_of

M = TypeVar("M", bound=BaseModel)
# What is defined under a key: where that part could not be read, nobody can say what is missing from it.
_DEFINES = {
    "people": ("person", "role or person"), "roles": ("role", "role or person"), "environments": ("environment",),
    "checklist": ("item",), "protocol": ("phase",), "notify": ("entry of notify:",),
}  # fmt: skip


class Reader:
    """Reads parts of a tree; collects problems instead of stopping at the first.

    whole: whether every file could be read. secrets: values that are in the tree and must not be shown.
    unsure: top-level keys whose content is not known, because they are misspelt, malformed or in a file not read.
    """

    def __init__(self, root: Mapped, problems: Problems, *, whole: bool = True, secrets: Iterable[str] = ()) -> None:
        self.root, self.problems, self.secrets = root, problems, secrets
        self.unsure: set[str] = set() if whole else {*_DEFINES, "service"}

    def part(self, shape: type[M], value: Any, place: Place, what: str) -> M | None:
        """`value` as `shape`, or None with every reason noted. `what` names the part ('an item')."""
        if not isinstance(value, Mapped):
            self.problems.add(place, "", f"{what} must be a mapping, not {_kind(value)}")
            return None
        try:
            return shape.model_validate(value)
        except ValidationError as refused:
            errors = refused.errors(include_url=False, include_input=False)
            strangers = (str(error["loc"][0]) for error in errors if error["type"] == "extra_forbidden")
            meant = {closest(word, _names(shape)) for word in strangers}
            for error in errors:
                if error["type"] != "missing" or error["loc"][0] not in meant:
                    self._note(shape, value, error, what)
            return None

    def mapping(self, key: str) -> Mapped:
        """The mapping under a top-level key; empty when there is none."""
        value = self.root.get(key)
        if value is None:
            return Mapped(self.root.place)
        if not isinstance(value, Mapped):
            self.problems.add(self.root.places[key], key, f"it must be a mapping, not {_kind(value)}")
            self.unsure.add(key)
            return Mapped(self.root.places[key])
        return value

    def listing(self, value: Any, place: Place, key: str, of: str = "") -> Listed:
        """`value` as a list; empty, with a problem noted, when it is something else. of: its top-level key."""
        if isinstance(value, Listed):
            return value
        if value is not None:
            self.problems.add(place, key, f"it must be a list, not {_kind(value)}")
            self.unsure.add(of or key)
        return Listed(place)

    def known(self, words: Iterable[str], known: Collection[str], place: Place, what: str, key: str) -> None:
        """Note each of `words` that is not among `known` ('role')."""
        unsure = any(what in _DEFINES.get(key, ()) for key in self.unsure)
        for word in words:
            if word not in known and not unsure:
                self.problems.unknown(place, key, word, f"there is no {what} {word!r}", known)

    def _note(self, shape: type[BaseModel], value: Mapped, error: Any, what: str) -> None:
        path = tuple(error["loc"])
        place = place_of(value, path, value.place)
        key = str(path[0]) if path else ""
        if error["type"] == "extra_forbidden":
            self.problems.add(place, key, f"{what} has no key {key!r}; {nearest(key, _names(shape))}")
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


def _names(shape: type[BaseModel]) -> list[str]:
    return [field.alias or name for name, field in shape.model_fields.items()]


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
    if kind in ("dict_type", "list_type"):
        return f"it must be {'a mapping' if kind == 'dict_type' else 'a list'}, not {_kind(written)}"
    if kind.startswith(("date", "datetime")):
        return f"{written!r} is not a date; write for example 2026-12-31"
    if kind == "value_error":
        return str(error["msg"]).removeprefix("Value error, ")
    if kind == "too_short":
        return f"it needs at least {context['min_length']} entry"
    message = str(error["msg"])
    return f"it {message.removeprefix('Input ')}, not {_kind(written)}" if message.startswith("Input ") else message


def _kind(value: Any) -> str:
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    if value is None:
        return "nothing"
    text = str(value)
    return repr(text) if len(text) <= 40 else "a long text"  # cut, it could show a part of a secret
