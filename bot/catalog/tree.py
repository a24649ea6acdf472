"""YAML with the place of every key and entry, so that whatever is wrong later can be shown where it stands."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import CollectionEndEvent, CollectionStartEvent
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from bot.catalog.problems import Place, Problems, display

LARGEST = 5_000_000  # bytes of one file
MOST_NODES = 200_000  # aliases may multiply: a short file can stand for more than a machine holds
DEEPEST = 50  # levels; the parser in C would end the process at some depth, without a word
_TAG = "tag:yaml.org,2002:"


class Mapped(dict[str, Any]):
    """A mapping that knows where it and each of its keys stand."""

    def __init__(self, place: Place) -> None:
        super().__init__()
        self.place = place
        self.places: dict[str, Place] = {}

    def put(self, key: str, value: Any, place: Place) -> None:
        self[key] = value
        self.places[key] = place


class Listed(list[Any]):
    """A list that knows where it and each of its entries stand."""

    def __init__(self, place: Place) -> None:
        super().__init__()
        self.place = place
        self.places: list[Place] = []

    def put(self, value: Any, place: Place) -> None:
        self.append(value)
        self.places.append(place)


def place_of(tree: Any, path: tuple[str | int, ...], fallback: Place) -> Place:
    """Where `path` stands in `tree`, or the nearest thing above it that has a place."""
    place = getattr(tree, "place", fallback)
    for step in path:
        if isinstance(tree, Mapped) and isinstance(step, str) and step in tree.places:
            place, tree = tree.places[step], tree[step]
            continue
        if isinstance(tree, Listed) and isinstance(step, int) and step < len(tree):
            place, tree = tree.places[step], tree[step]
            continue
        break
    return place


def read_tree(path: Path, problems: Problems) -> Mapped | None:
    """The mapping that the file holds; None, with a problem noted, when it holds anything else."""
    name = display(path)
    start = Place(name, 1)
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        problems.add(start, "", "there is no such file; name yours with --config FILE, or in READINESS_CONFIG")
        return None
    except OSError as reason:
        problems.add(start, "", f"it cannot be read: {reason.strerror}")
        return None
    if len(raw) > LARGEST:
        problems.add(start, "", f"it is larger than {LARGEST // 1_000_000} MB")
        return None
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as reason:
        line = raw.count(b"\n", 0, reason.start) + 1
        problems.add(Place(name, line), "", "it is not UTF-8 from here on; save it as UTF-8")
        return None
    return _parse(text, name, problems)


def _parse(text: str, name: str, problems: Problems) -> Mapped | None:
    start = Place(name, 1)
    try:
        node = _compose(text)
    except MarkedYAMLError as reason:
        mark = reason.problem_mark or reason.context_mark
        line = mark.line + 1 if mark else 1
        problems.add(Place(name, line), "", f"not valid YAML: {reason.problem or reason.context}")
        return None
    except (YAMLError, ValueError, RecursionError) as reason:
        detail = "it is nested too deeply" if isinstance(reason, RecursionError) else str(reason).split("\n", 1)[0]
        problems.add(start, "", f"not valid YAML: {detail}")
        return None
    if node is None:
        problems.add(start, "", "it is empty; it needs at least service, environments and checklist")
        return None
    try:
        tree = _Builder(name, problems).build(node)
    except RecursionError:
        problems.add(start, "", "not valid YAML: it is nested too deeply, or an alias holds itself")
        return None
    except _TooMuch as reason:
        problems.add(reason.place, "", "its aliases stand for more than a catalogue can hold")
        return None
    if not isinstance(tree, Mapped):
        problems.add(start, "", "it must be a mapping (service: …, environments: …, checklist: …)")
        return None
    return tree


def _compose(text: str) -> Node | None:
    """The text as nodes: by the parser in C, eight times as fast, and by the one in Python where that refuses.

    The one in C follows an older standard: it knows no `{web: https://shop.example}`. Errors are told by the other.
    """
    try:
        return _composed(text, pure=False)
    except YAMLError:
        return _composed(text, pure=True)


def _composed(text: str, *, pure: bool) -> Node | None:
    depth = 0
    for event in YAML(typ="safe", pure=pure).parse(text):
        depth += isinstance(event, CollectionStartEvent) - isinstance(event, CollectionEndEvent)
        if depth > DEEPEST:
            raise RecursionError
    node: Node | None = YAML(typ="safe", pure=pure).compose(text)
    return node


class _TooMuch(Exception):
    """There are more nodes than MOST_NODES."""

    def __init__(self, place: Place) -> None:
        self.place = place


class _Builder:
    def __init__(self, file: str, problems: Problems) -> None:
        self._file, self._problems, self._nodes, self._depth = file, problems, 0, 0

    def build(self, node: Node) -> Any:
        self._nodes += 1
        if self._nodes > MOST_NODES:
            raise _TooMuch(self._place(node))
        if self._depth > DEEPEST:  # aliases make it deeper than it was written
            raise RecursionError
        self._depth += 1
        try:
            return self._built(node)
        finally:
            self._depth -= 1

    def _built(self, node: Node) -> Any:
        if isinstance(node, MappingNode):
            return self._mapping(node)
        if isinstance(node, SequenceNode):
            listed = Listed(self._place(node))
            for entry in node.value:
                listed.put(self.build(entry), self._place(entry))
            return listed
        if not isinstance(node, ScalarNode):
            raise TypeError(f"YAML has no such node: {node}")
        return self._scalar(node)

    def _mapping(self, node: MappingNode) -> Mapped:
        mapped = Mapped(self._place(node))
        merged: list[Mapped] = []
        for key_node, value_node in node.value:
            place = self._place(key_node)
            if key_node.tag == f"{_TAG}merge":
                merged += self._merges(value_node)
                continue
            key = str(self.build(key_node))
            if key in mapped.places:
                self._problems.add(place, key, f"it is written twice; the first is in line {mapped.places[key].line}")
                continue
            mapped.put(key, self.build(value_node), place)
        for other in merged:
            for key, value in other.items():
                if key not in mapped.places:
                    mapped.put(key, value, other.places[key])
        return mapped

    def _merges(self, node: Node) -> list[Mapped]:
        value = self.build(node)
        found = value if isinstance(value, Listed) else [value]
        for other in found:
            if not isinstance(other, Mapped):
                self._problems.add(self._place(node), "<<", "it can only merge mappings")
        return [other for other in found if isinstance(other, Mapped)]

    def _scalar(self, node: ScalarNode) -> Any:
        kind, text = str(node.tag).removeprefix(_TAG), node.value
        try:
            if kind == "null":
                return None
            if kind == "bool":
                return text.lower() in ("true", "yes", "on")
            if kind == "int":
                digits = text.replace("_", "")
                return int(digits, 0) if digits.lstrip("+-").startswith(("0x", "0o", "0b")) else int(digits)
            if kind == "float":
                number = float(
                    text.replace("_", "").replace(".inf", "inf").replace(".nan", "nan").replace(".NaN", "nan")
                )
                return number if math.isfinite(number) else text
        except ValueError:
            return text
        if kind not in ("str", "timestamp"):
            self._problems.add(self._place(node), text, f"the tag {node.tag} is not used here; write plain text")
        return text

    def _place(self, node: Node) -> Place:
        return Place(self._file, node.start_mark.line + 1)
