"""The checklist: sections and items as written -> items of each environment, with their checks built."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import NoneType
from typing import Any

from bot.catalog.measured import CheckReader, resolved
from bot.catalog.model import Attested, Drilled, Environment, Item, Level, Measured, Reported, Way
from bot.catalog.parts import Reader
from bot.catalog.problems import Place, closest
from bot.catalog.tree import Listed, Mapped
from bot.catalog.written import (
    WrittenAttest,
    WrittenDrill,
    WrittenEnvironment,
    WrittenItem,
    WrittenReport,
    WrittenSection,
)

_WAYS = ("check", "attest", "report", "drill")
_SHOWN = 8  # items of a circle that are named


@dataclass(frozen=True)
class Draft:
    """An item as written: still without the environment's variables."""

    section: str
    tree: Mapped
    place: Place
    written: WrittenItem | None

    @property
    def id(self) -> str:
        return str(self.tree.get("id", ""))


class ItemReader:
    """Reads the checklist once, then makes the items of each environment from it."""

    def __init__(self, reader: Reader, roles: Iterable[str], owners: Iterable[str]) -> None:
        self._reader, self._problems, self._checks = reader, reader.problems, CheckReader(reader)
        self._roles, self._owners = list(roles), list(owners)
        self.drafts = list(self._drafts())
        self._first: dict[str, Draft] = {}
        for draft in self.drafts:
            self._first.setdefault(draft.id, draft)

    def _drafts(self) -> Iterator[Draft]:
        reader, root = self._reader, self._reader.root
        place = root.places.get("checklist", root.place)
        sections = reader.listing(root.get("checklist"), place, "checklist")
        for tree, place in zip(sections, sections.places, strict=True):
            section = reader.part(WrittenSection, tree, place, "a section")
            name = section.section if section else str(tree.get("section", "")) if isinstance(tree, Mapped) else ""
            entries = tree.get("items") if isinstance(tree, Mapped) else None
            if not isinstance(entries, Listed):
                reader.unsure.add("checklist")  # it was told with the section
                continue
            for entry, at in zip(entries, entries.places, strict=True):
                written = reader.part(WrittenItem, entry, at, "an item")
                if isinstance(entry, Mapped):
                    yield Draft(name, entry, at, written)
                else:
                    reader.unsure.add("checklist")

    @property
    def none(self) -> bool:
        """Whether there is not one item, for any environment."""
        return not self.drafts

    def validate(self, environments: Iterable[str]) -> None:
        """What concerns items whatever their environment: ids, references, ways, circles."""
        environments = list(environments)
        seen: dict[str, Place] = {}
        for draft in self.drafts:
            place = draft.tree.places.get("id", draft.place)
            if draft.id and draft.id in seen:
                first = seen[draft.id]
                self._problems.add(
                    place, "id", f"{draft.id!r} is used twice; the first is at {first.file}:{first.line}"
                )
            seen.setdefault(draft.id, place)
            self._references(draft, environments)
            self._way_written(draft)
        self._circles()

    def _references(self, draft: Draft, environments: list[str]) -> None:
        reader, tree = self._reader, draft.tree
        at = tree.places
        reader.known(_words(tree.get("needs")), self._first, at.get("needs", draft.place), "item", "needs")
        reader.known(
            _words(tree.get("environments")),
            environments,
            at.get("environments", draft.place),
            "environment",
            "environments",
        )
        owner = tree.get("owner")
        if owner is not None and self._owners:
            reader.known([str(owner)], self._owners, at["owner"], "role or person", "owner")
        for way in ("attest", "drill"):
            part = tree.get(way)
            if isinstance(part, Mapped) and "by" in part:
                reader.known(_words(part["by"]), self._roles, part.places["by"], "role", "by")

    def _way_written(self, draft: Draft) -> None:
        ways = [way for way in _WAYS if way in draft.tree]
        meant = {closest(key, WrittenItem.model_fields) for key in draft.tree if key not in WrittenItem.model_fields}
        if len(ways) != 1 and not (meant & {*_WAYS} and not ways):
            has = f"it has {' and '.join(ways)}" if ways else "it has none"
            self._problems.add(
                draft.place, draft.id, f"an item is known by exactly one of check, attest, report or drill; {has}"
            )
        title = draft.tree.get("title")
        check = draft.tree.get("check")
        preset = not isinstance(check, Mapped) or "preset" in check  # one that says neither is told by itself
        if title is None and "title" not in meant and not ("check" in draft.tree and preset):
            self._problems.add(draft.place, draft.id, "an item needs 'title'")

    def _circles(self) -> None:
        """Circles in `needs`, each told once, at the first of its items."""
        needs = {
            key: [n for n in _words(draft.tree.get("needs")) if n in self._first] for key, draft in self._first.items()
        }
        settled: set[str] = set()
        for start in self._first:
            trail: dict[str, None] = {}
            stack = [(start, iter(needs[start]))]
            trail[start] = None
            while stack:
                key, rest = stack[-1]
                step = next((need for need in rest if need not in settled), None)
                if step is None:
                    stack.pop()
                    trail.pop(key)
                    settled.add(key)
                elif step in trail:
                    names = list(trail)
                    self._circle(names[names.index(step) :])
                    settled.add(step)
                else:
                    trail[step] = None
                    stack.append((step, iter(needs[step])))

    def _circle(self, names: list[str]) -> None:
        place_in_file = {key: number for number, key in enumerate(self._first)}
        start = names.index(min(names, key=place_in_file.__getitem__))
        names = names[start:] + names[:start]
        draft = self._first[names[0]]
        shown = names if len(names) <= _SHOWN else [*names[:_SHOWN], f"… ({len(names) - _SHOWN} more)"]
        place = draft.tree.places.get("needs", draft.place)
        self._problems.add(place, "needs", f"a circle: {' needs '.join([*shown, names[0]])}")

    def environment(self, name: str, written: WrittenEnvironment, tree: Mapped) -> Environment:
        """The items that apply to one environment, its variables filled in."""
        variables = resolved(tree, name, self._problems)
        items = []
        for draft in self.drafts:
            only = draft.tree.get("environments")
            if only is not None and name not in _words(only):
                continue
            item = self._item(draft, name, variables)
            if item is not None:
                items.append(item)
        self._needs_here(name, items)
        return Environment(
            name, tuple(items), {str(platform): channel for platform, channel in written.channels.items()}
        )

    def _needs_here(self, environment: str, items: list[Item]) -> None:
        """An item that needs one of another environment would be blocked for ever."""
        here = {item.id for item in items}
        for item in items:
            draft = self._first[item.id]
            for need in item.needs:
                other = self._first.get(need)
                if need not in here and other is not None and "environments" in other.tree:
                    place = draft.tree.places.get("needs", draft.place)
                    self._problems.add(place, "needs", f"{need!r} does not apply to environment {environment}")

    def _item(self, draft: Draft, environment: str, variables: Mapping[str, Any]) -> Item | None:
        way, title = self._way(draft, environment, variables)
        written = draft.written
        if written is None or way is None:
            return None
        return Item(
            id=written.id,
            title=written.title or title,
            section=draft.section,
            level=Level(written.level),
            way=way,
            owner=written.owner,
            due=written.due,
            needs=tuple(written.needs),
            detail=written.detail,
            source=written.source,
        )

    def _way(self, draft: Draft, environment: str, variables: Mapping[str, Any]) -> tuple[Way | None, str]:
        reader, tree = self._reader, draft.tree
        way = next((way for way in _WAYS if way in tree), None)
        if way == "check":
            checks, title = self._checks.read(tree["check"], tree.places["check"], environment, variables)
            return (Measured(checks) if checks else None), title
        if way is None or not isinstance(tree[way], (Mapped, NoneType)):
            return None, ""  # it was told with the item
        place = tree.places.get("attest") or tree.places.get("report") or tree.places.get("drill") or draft.place
        if "attest" in tree:
            attest = reader.part(WrittenAttest, tree["attest"], place, "attest")
            by = tuple(attest.by) if attest else ()
            if not by and draft.tree.get("owner") in self._roles:
                by = (str(draft.tree["owner"]),)
            return (Attested(by, attest.valid_for, attest.evidence) if attest else None), ""
        if "report" in tree:
            report = reader.part(WrittenReport, tree["report"], place, "report")
            return (Reported(report.max_age) if report else None), ""
        if "drill" in tree:
            drill = reader.part(WrittenDrill, tree["drill"], place, "drill")
            by = tuple(drill.by) if drill else ()
            if not by and draft.tree.get("owner") in self._roles:
                by = (str(draft.tree["owner"]),)
            return (Drilled(drill.runbook, drill.within, drill.under, by) if drill else None), ""
        return None, ""


def _words(value: Any) -> list[str]:
    if isinstance(value, list):
        return [str(entry) for entry in value]
    return [] if value is None else [str(value)]
