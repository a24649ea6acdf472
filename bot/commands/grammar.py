"""From a line to a command with values, with the nearest right word where something is misspelt."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from bot.catalog.model import Catalog
from bot.catalog.problems import nearest
from bot.commands.model import Command, Kind, Misunderstood, Parameter
from bot.commands.registry import commands, families
from checks.durations import parse_duration

# Quotes that open a text, and those that may close it: telephones and word processors make their own of them.
_QUOTES = {
    opening: re.compile(rf"[{closing}](?=[\s\"'“„«‘]|\Z)")
    for opening, closing in {'"': '"', "'": "'", "“": "”“", "„": "“”", "«": "»", "‘": "’"}.items()
}
_DASHES = "—–"
LONGEST_LINE = 10_000
LONGEST_TEXT = 3_000


@dataclass(frozen=True)
class Parsed:
    """A command with the texts given for its parameters, not yet understood as values."""

    command: Command
    given: Mapping[str, str | tuple[str, ...]]

    @property
    def missing(self) -> tuple[Parameter, ...]:
        return tuple(p for p in self.command.parameters if p.required and not _said(self.given.get(p.name)))


def parse(line: str) -> Parsed:
    """A line, with or without its slash. Raises Misunderstood."""
    words = split(line)
    if not words:
        raise Misunderstood("Nothing was typed. Try /readiness help.")
    family = words[0].removeprefix("/").lower()
    if family not in families():
        hint = nearest(family, families())
        raise Misunderstood(f"There is no command /{family}; {hint}")
    verbs = {verb: found for (of, verb), found in commands().items() if of == family}
    if len(words) == 1:
        return Parsed(verbs["help"], {"command": ()}) if "help" in verbs else _no_verb(family, "", verbs)
    verb = words[1].lower()
    if verb not in verbs:
        return _no_verb(family, verb, verbs)
    return Parsed(verbs[verb], _assign(verbs[verb], words[2:]))


def _said(given: str | tuple[str, ...] | None) -> bool:
    return bool(given.strip() if isinstance(given, str) else given)


def split(line: str) -> list[str]:
    """The words of a line, quoted texts whole. Raises Misunderstood.

    A quote opens only where a text can begin (a word, behind `=`, or behind a closing quote, as shells write an
    apostrophe) and closes only where one can end: to the one who types it, the apostrophe of "isn't" is no quote.
    """
    if len(line) > LONGEST_LINE:
        raise Misunderstood(f"That line is longer than {LONGEST_LINE} characters.")
    line = line.replace("\x00", " ")
    words: list[str] = []
    position = 0
    while position < len(line):
        if line[position].isspace():
            position += 1
            continue
        word, position = _word(line, position)
        words.append(word)
    return words


def _word(line: str, start: int) -> tuple[str, int]:
    """The word that begins at `start`, and where it ends."""
    word, position, may_open = "", start, True
    while position < len(line) and not line[position].isspace():
        character = line[position]
        closed = _QUOTES[character].search(line, position + 1) if may_open and character in _QUOTES else None
        if closed:
            word, position = word + line[position + 1 : closed.start()], closed.end()
            continue
        dash = position == start and character in _DASHES and line[position + 1 : position + 2].strip()
        word, position = word + ("--" if dash else character), position + 1
        may_open = character == "=" and word.startswith("--")
    return word, position


def _no_verb(family: str, verb: str, verbs: Mapping[str, Command]) -> Parsed:
    near = difflib.get_close_matches(verb, verbs, 1, 0.5)
    hint = f"Did you mean /{family} {near[0]}?" if near else f"There are: {', '.join(verbs)}."
    said = f"There is no /{family} {verb}." if verb else f"/{family} needs to know what to do."
    raise Misunderstood(f"{said} {hint}")


def _assign(command: Command, words: list[str]) -> dict[str, str | tuple[str, ...]]:
    by_name = {parameter.name: parameter for parameter in command.parameters}
    positional = [parameter for parameter in command.parameters if parameter.positional]
    given: dict[str, str | tuple[str, ...]] = {}
    loose: list[str] = []
    position = 0
    while position < len(words):
        word = words[position]
        position += 1
        if not word.startswith("--") or word == "--":
            loose.append(word)
            continue
        name, equals, value = word[2:].partition("=")
        parameter = by_name.get(name.lower())
        if parameter is None:
            raise Misunderstood(f"/{command.words} has no --{name}; {nearest(name, by_name)} Usage: {command.usage()}")
        if parameter.kind is Kind.FLAG:
            given[parameter.name] = value or "yes"
            continue
        if not equals:
            if position == len(words):
                raise Misunderstood(f"--{name} needs a value: {parameter.help}.")
            value, position = words[position], position + 1
        # A text without quotes goes on to the next option, as people type it.
        while parameter.kind is Kind.LONG_TEXT and position < len(words) and not words[position].startswith("--"):
            value, position = f"{value} {words[position]}", position + 1
        given[parameter.name] = value
    for parameter in positional:
        if parameter.name in given:
            continue
        if parameter.many:
            given[parameter.name], loose = tuple(loose), []
        elif loose:
            given[parameter.name] = loose.pop(0)
    if loose:
        raise Misunderstood(f"I don't know what to do with {loose[0]!r}. Usage: {command.usage()}")
    return given


def values(parsed: Parsed, catalog: Catalog, now: datetime) -> dict[str, Any]:
    """The texts as what the handler takes. Raises Misunderstood with the nearest right word.

    The environment is understood first, because the ids of items depend on it.
    """
    understood: dict[str, Any] = {}
    for parameter in sorted(parsed.command.parameters, key=lambda p: p.kind is not Kind.ENVIRONMENT):
        given = parsed.given.get(parameter.name)
        if not given or not _said(given):
            understood[parameter.name] = parameter.default
        else:
            try:
                understood[parameter.name] = _value(parameter, given, catalog, understood.get("env"), now)
            except Misunderstood as wrong:
                wrong.parameter = parameter.name
                raise
    return understood


def _value(
    parameter: Parameter, given: str | tuple[str, ...], catalog: Catalog, environment: str | None, now: datetime
) -> Any:
    if parameter.many:
        words = tuple(split(given)) if isinstance(given, str) else given
        return words if environment is None else tuple(_selected(words, catalog, environment))
    if not isinstance(given, str):
        raise TypeError(f"{parameter.name} takes one text")
    if parameter.kind is Kind.ENVIRONMENT:
        if given not in catalog.environments:
            raise Misunderstood(f"There is no environment {given!r}; {nearest(given, catalog.environments)}")
        return given
    if parameter.kind is Kind.ITEM:
        return next(iter(_selected((given,), catalog, environment or "", sections=False)))
    if parameter.kind is Kind.UNTIL:
        return parse_until(given, catalog, now)
    if parameter.kind is Kind.DURATION:
        return _duration(given)
    if parameter.kind is Kind.CHOICE and given not in parameter.choices:
        raise Misunderstood(f"--{parameter.name} cannot be {given!r}; {nearest(given, parameter.choices)}")
    if parameter.kind is Kind.FLAG:
        return given.lower() not in ("no", "false", "0")
    if len(given) > LONGEST_TEXT:
        raise Misunderstood(f"{parameter.name} is longer than {LONGEST_TEXT} characters.")
    return given.strip() or None


def _duration(given: str) -> timedelta:
    try:
        return parse_duration(given)
    except ValueError as reason:
        raise Misunderstood(f"{reason}.") from None


def _selected(words: Iterable[str], catalog: Catalog, environment: str, *, sections: bool = True) -> list[str]:
    """Ids for words that are ids or, where `sections`, names of sections."""
    items = catalog.environments[environment].items
    ids = {item.id.lower(): item.id for item in items} | {item.id: item.id for item in items}
    by_section: dict[str, list[str]] = {}
    for item in items:
        by_section.setdefault(item.section.lower(), []).append(item.id)
    found: dict[str, None] = {}
    for word in words:
        if word in ids or word.lower() in ids:
            found[ids.get(word) or ids[word.lower()]] = None
        elif sections and word.lower() in by_section:
            found.update(dict.fromkeys(by_section[word.lower()]))
        else:
            known = [*ids.values(), *({item.section for item in items} if sections else ())]
            what = "item or section" if sections else "item"
            raise Misunderstood(f"{environment} has no {what} {word!r}; {nearest(word, known)}")
    return list(found)


def parse_until(text: str, catalog: Catalog, now: datetime) -> datetime:
    """'2d', '2026-12-31' (the end of that day), '2026-12-31 18:00' in the team's zone. Past or ambiguous is refused."""
    text = text.strip()
    try:
        try:
            moment = now + parse_duration(text)
        except ValueError:
            moment = _date_or_time(text, catalog)
        moment = moment.astimezone(UTC)
    except OverflowError:
        raise Misunderstood(f"{text!r} is out of reach; give a sooner time, for example 2d.") from None
    if moment <= now:
        raise Misunderstood(f"{text!r} is in the past; give a time to come, for example 2d.")
    return moment


def _date_or_time(text: str, catalog: Catalog) -> datetime:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        pass
    else:
        # Midnight of the next day; where the clocks skip or repeat it, the earlier reading is the end of this one.
        return datetime.combine(day + timedelta(days=1), time(), catalog.timezone)
    try:
        local = datetime.fromisoformat(text)
    except ValueError:
        raise Misunderstood(
            f"{text!r} is not a time; write 2d, 8h, 2026-12-31 or '2026-12-31 18:00' ({catalog.timezone.key})."
        ) from None
    if local.tzinfo is not None:
        return local
    first, second = (local.replace(tzinfo=catalog.timezone, fold=fold) for fold in (0, 1))
    if first.utcoffset() != second.utcoffset():
        raise Misunderstood(
            f"{text!r} is ambiguous or missing on that day, the clocks change; add the offset, for example +01:00."
        )
    return first
