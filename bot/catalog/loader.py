"""Reading a catalogue from disk: everything that can be known to be wrong is found here, not when it runs."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from bot.catalog import model
from bot.catalog import written as shapes
from bot.catalog.includes import read_all
from bot.catalog.items import ItemReader
from bot.catalog.parts import Reader
from bot.catalog.problems import CatalogError, Place, Problem, Problems, closest
from bot.catalog.secrets import Secrets, open_text
from bot.catalog.tree import Listed, Mapped
from checks.redaction import Redactor
from checks.runner import Limits

_KEYS = [
    "service", "timezone", "release", "go_requires", "environments", "people", "roles", "permissions", "checklist",
    "protocol", "signoff", "watch", "alerts", "notify", "contacts", "limits", "runbooks", "keep", "include",
]  # fmt: skip

# The protocol of a launch that says nothing else: DESIGN's four phases.
DEFAULT_PHASES = (
    model.Phase(
        "t-1h",
        timedelta(hours=-1),
        "1 hour before launch",
        gate=True,
        tasks=("Test critical user flows", "Alert team members"),
    ),
    model.Phase(
        "launch",
        timedelta(0),
        "Launch",
        run="critical",
        gate=True,
        tasks=("Enable production traffic", "Watch error tracking"),
    ),
    model.Phase("t+1h", timedelta(hours=1), "1 hour after launch", tasks=("Review error rates", "Document any issues")),
    model.Phase(
        "t+24h",
        timedelta(hours=24),
        "24 hours after launch",
        tasks=("Review cost against estimates", "Plan improvements"),
    ),
)


def load_catalog(path: Path, environ: Mapping[str, str], overrides: Mapping[str, str] | None = None) -> model.Catalog:
    """The catalogue at `path`, secrets taken from `environ`; `overrides` replace variables of every environment.

    Raises CatalogError with every problem at once, no secret in any of them.
    """
    problems = Problems()
    root, files, whole = read_all(path, problems)
    if root is None:
        raise CatalogError(problems.found, files)
    release = open_text(root["release"], environ) if root.get("release") is not None else None
    secrets = Secrets(environ, problems)
    root.pop("release", None)
    reader = Reader(secrets.fill(root), problems, whole=whole, secrets=secrets.values)
    catalog = _Loader(reader, path, overrides or {}).load(release, files, secrets.values)
    if problems.found:
        # Also as a quoted value shows them: a quote or a line break is written otherwise there.
        redactor = Redactor(secrets.values | {repr(value)[1:-1] for value in secrets.values})
        shown = (Problem(p.place, redactor.text(p.key), redactor.text(p.message)) for p in problems.found)
        raise CatalogError(shown, files)
    return catalog


class _Loader:
    def __init__(self, reader: Reader, path: Path, overrides: Mapping[str, str]) -> None:
        self._root, self._problems, self._reader = reader.root, reader.problems, reader
        self._path, self._overrides = path, overrides

    def load(self, release: str | None, files: Iterable[Path], secrets: set[str]) -> model.Catalog:
        for key in self._root:
            if key not in _KEYS:
                self._problems.unknown(self._root.places[key], key, key, "the catalogue has no such key", _KEYS)
                self._reader.unsure.add(closest(key, _KEYS) or "")
        people, roles = self._people(), self._roles()
        environments = self._environments(roles, {**people, **roles})
        phases = self._phases()
        limits, keep = self._part(shapes.WrittenLimits, "limits"), self._part(shapes.WrittenKeep, "keep")
        notify = {key: str(value) for key, value in self._reader.mapping("notify").items()}
        return model.Catalog(
            path=self._path,
            service=self._service(),
            timezone=self._timezone(),
            release=release,
            go_requires="all" if self._choice("go_requires", ("critical", "all")) == "all" else "critical",
            environments=environments,
            people=people,
            roles=roles,
            permissions=self._permissions(roles),
            phases=phases,
            signoff=self._signoff(roles, phases),
            watches=self._watches(phases),
            alerts=self._alerts(roles, notify),
            notify=notify,
            contacts=self._contacts(),
            runbooks=self._runbooks(),
            limits=Limits(**limits.model_dump()),
            fresh_for=keep.fresh_for,
            keep_results=keep.results,
            secrets=frozenset(secrets),
            files=tuple(files),
        )

    def _part(self, shape: type[Any], key: str) -> Any:
        return self._reader.part(shape, self._reader.mapping(key), self._place(key), key) or shape.model_construct()

    def _place(self, key: str) -> Place:
        return self._root.places.get(key, self._root.place)

    def _service(self) -> str:
        service = self._root.get("service")
        if not isinstance(service, (str, int)) or not str(service).strip():
            if "service" in self._reader.unsure:
                return ""
            self._problems.add(self._place("service"), "service", "the catalogue needs 'service': what it is called")
            return ""
        return str(service).strip()

    def _timezone(self) -> ZoneInfo:
        name = self._root.get("timezone", "UTC")
        if not isinstance(name, str) or name not in available_timezones():
            self._problems.unknown(
                self._place("timezone"), "timezone", name, f"there is no time zone {name!r}", available_timezones()
            )
            return ZoneInfo("UTC")
        return ZoneInfo(name)

    def _choice(self, key: str, choices: tuple[str, ...]) -> str:
        value = self._root.get(key, choices[0])
        if value not in choices:
            self._problems.unknown(self._place(key), key, value, f"{value!r} is not possible here", choices)
            return choices[0]
        return str(value)

    def _each(self, key: str, shape: type[Any], what: str) -> Iterable[tuple[str, Any, Mapped]]:
        """Each named part of a top-level mapping that could be read: (name, part, tree)."""
        tree = self._reader.mapping(key)
        for name, value in tree.items():
            value = Mapped(tree.places[name]) if value is None else value
            part = self._reader.part(shape, value, tree.places[name], what)
            yield name, part if part is not None else shape.model_construct(), value

    def _people(self) -> dict[str, model.Person]:
        found, accounts = {}, dict[tuple[str, str], str]()
        for key, part, tree in self._each("people", shapes.WrittenPerson, "a person"):
            person = model.Person(key, part.name or key, part.slack, part.discord, part.local)
            for where in ("slack", "discord", "local"):
                account = getattr(person, where)
                other = accounts.setdefault((where, account), key) if account else key
                if other != key:
                    self._problems.add(tree.places[where], where, f"this account is already {other}'s")
            found[key] = person
        return found

    def _roles(self) -> dict[str, model.Role]:
        people = list(self._reader.mapping("people"))
        found = {}
        for key, part, tree in self._each("roles", shapes.WrittenRole, "a role"):
            if isinstance(tree, Mapped):
                place = tree.places.get("members", tree.place)
                self._reader.known(part.members, people, place, "person", "members")
            found[key] = model.Role(
                key, part.title or key, frozenset(part.members), frozenset(part.slack), frozenset(part.discord)
            )
        return found

    def _permissions(self, roles: Collection[str]) -> dict[str, tuple[str, ...]]:
        tree = self._reader.mapping("permissions")
        part = self._part(shapes.WrittenPermissions, "permissions")
        found = {name: tuple(getattr(part, name)) for name in type(part).model_fields}
        for name, allowed in found.items():
            self._reader.known(allowed, roles, tree.places.get(name, tree.place), "role", name)
        return found

    def _environments(self, roles: Collection[str], owners: Collection[str]) -> dict[str, model.Environment]:
        place = self._place("environments")
        names = list(self._reader.mapping("environments"))
        if not names and "environments" not in self._reader.unsure:
            self._problems.add(place, "environments", "the catalogue needs at least one, for example prod: {vars: {}}")
        items = ItemReader(self._reader, roles, owners)
        items.validate(names)
        found = {}
        for name, part, tree in self._each("environments", shapes.WrittenEnvironment, "an environment"):
            if not shapes.is_name(name):
                self._problems.add(
                    self._reader.mapping("environments").places[name],
                    name,
                    f"an environment's name is one word of at most {shapes.LONGEST_NAME} letters, digits, '-' or '_'",
                )
            found[name] = items.environment(name, part, self._overridden(tree, place))
        if items.none and "checklist" not in self._reader.unsure:
            self._problems.add(self._place("checklist"), "checklist", "there is nothing to check: it has no items")
        return found

    def _overridden(self, tree: Any, place: Place) -> Mapped:
        found: Mapped = tree if isinstance(tree, Mapped) else Mapped(place)
        if self._overrides:
            variables = found.get("vars")
            merged = Mapped(place)
            for key, value in {**(variables or {}), **self._overrides}.items():
                merged.put(key, value, place)
            found.put("vars", merged, place)
        return found

    def _phases(self) -> tuple[model.Phase, ...]:
        protocol = self._reader.mapping("protocol")
        for key in protocol:
            if key != "phases":
                self._problems.unknown(protocol.places[key], key, key, "the protocol has no such key", ["phases"])
        if "phases" not in protocol:
            return DEFAULT_PHASES
        listed = self._reader.listing(protocol["phases"], protocol.places["phases"], "phases", of="protocol")
        found: dict[str, model.Phase] = {}
        for tree, place in zip(listed, listed.places, strict=True):
            part = self._reader.part(shapes.WrittenPhase, tree, place, "a phase")
            if part is None:
                continue
            if part.id in found:
                self._problems.add(place, "id", f"the phase {part.id!r} is there twice")
            found[part.id] = model.Phase(**part.model_dump() | {"tasks": tuple(part.tasks)})
        return tuple(sorted(found.values(), key=lambda phase: phase.at))

    def _phase_ids(self, phases: Iterable[model.Phase]) -> list[str]:
        """Ids that may be referred to: also those of phases that are written wrongly, which is told once."""
        trees = _entries(self._reader.mapping("protocol"), "phases")
        written = [str(tree["id"]) for tree in trees if isinstance(tree, Mapped) and "id" in tree]
        return [phase.id for phase in phases] + written

    def _signoff(self, roles: Collection[str], phases: Iterable[model.Phase]) -> model.Signoff | None:
        tree = self._root.get("signoff")
        if tree is None:
            return None
        place = self._place("signoff")
        part = self._reader.part(shapes.WrittenSignoff, tree, place, "signoff")
        if part is None:
            return None
        self._reader.known(part.roles, roles, tree.places["roles"], "role", "roles")
        self._reader.known([part.opens], self._phase_ids(phases), tree.places["opens"], "phase", "opens")
        return model.Signoff(tuple(part.roles), part.opens, part.valid_for)

    def _watches(self, phases: Iterable[model.Phase]) -> tuple[model.Watch, ...]:
        place, ids = self._place("watch"), self._phase_ids(phases)
        listed = self._reader.listing(self._root.get("watch"), place, "watch")
        items = [str(item.get("id")) for item in self._written_items()]
        found = []
        for tree, at in zip(listed, listed.places, strict=True):
            part = self._reader.part(shapes.WrittenWatch, tree, at, "a watch")
            if part is None:
                continue
            self._reader.known(part.items, items, tree.places["items"], "item", "items")
            self._reader.known([part.start], ids, tree.places["from"], "phase", "from")
            self._reader.known([part.until], ids, tree.places["until"], "phase", "until")
            found.append(model.Watch(tuple(part.items), part.every, part.start, part.until))
        return tuple(found)

    def _written_items(self) -> Iterable[Mapped]:
        for section in _entries(self._root, "checklist"):
            yield from (entry for entry in _entries(section, "items") if isinstance(entry, Mapped))

    def _alerts(self, roles: Collection[str], notify: Mapping[str, str]) -> model.Alerts:
        part = self._part(shapes.WrittenAlerts, "alerts")
        tree = self._reader.mapping("alerts")
        listed = self._reader.listing(tree.get("escalate"), tree.places.get("escalate", tree.place), "escalate")
        steps = []
        for entry, at in zip(listed, listed.places, strict=True):
            step = self._reader.part(shapes.WrittenEscalation, entry, at, "an escalation")
            if step is None:
                continue
            self._reader.known(step.to, roles, entry.places.get("to", at), "role", "to")
            self._reader.known(step.notify, notify, entry.places.get("notify", at), "entry of notify:", "notify")
            steps.append(model.Escalation(step.after, tuple(step.to), tuple(step.notify)))
        return model.Alerts(part.open_after, part.resolve_after, tuple(sorted(steps, key=lambda step: step.after)))

    def _contacts(self) -> tuple[model.Contact, ...]:
        listed = self._reader.listing(self._root.get("contacts"), self._place("contacts"), "contacts")
        parts = (
            self._reader.part(shapes.WrittenContact, tree, at, "a contact")
            for tree, at in zip(listed, listed.places, strict=True)
        )
        return tuple(model.Contact(part.name, part.url, part.note) for part in parts if part is not None)

    def _runbooks(self) -> model.Runbooks:
        part = self._part(shapes.WrittenRunbooks, "runbooks")
        return model.Runbooks(self._path.resolve().parent / part.folder, part.rollback, tuple(part.execute))


def _entries(tree: Any, key: str) -> Listed:
    """The list under a key; empty where there is none, or something else."""
    found = tree.get(key) if isinstance(tree, Mapped) else None
    return found if isinstance(found, Listed) else Listed(Place("", 0))
