"""Presets: a provider in ten lines of YAML, expanded to a plain check before the catalogue builds it.

A preset is `checks/presets/NAME.yaml`: a title, one sentence, its parameters, and a check with `{parameter}` where
their values go. What a value becomes depends on where it stands: a literal of its own in an expectation, in SQL and in
PromQL, percent-encoded text in a URL, itself anywhere else. So no value can say more than its author meant it to.
"""

from __future__ import annotations

import difflib
import json
import math
import re
from collections.abc import Iterator, Mapping
from functools import cache, reduce
from operator import getitem
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from checks.durations import parse_duration
from checks.model import CheckMistake
from checks.registry import COMMON
from checks.substitution import Path as TreePath
from checks.substitution import fill

FOLDER = Path(__file__).parent / "presets"
# What a check with a preset may say besides the preset's own parameters.
OVERRIDES = COMMON - {"kind"}

_PLACEHOLDER = re.compile(r"\{\{[a-zA-Z_][\w-]*\}\}|\{([a-zA-Z_][\w-]*)\}")
_CEL_TEXT = re.compile(r"""'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*\"""")
_SQL_NAME = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)?")
_HOST = re.compile(
    r"(?:(?P<scheme>[a-z][a-z0-9+.-]*)://)?(?:[^/@]*@)?(?P<host>\[[^\]]+\]|[^/:?#\s]+)(?P<port>:\d+)?(?:[/?#].*)?"
)

Type = Literal["text", "host", "number", "duration", "list", "name", "sql"]


class Parameter(BaseModel):
    """A parameter of a preset.

    type: text; host (a URL is cut down to its host); number; duration ('30d', becomes seconds); list (of texts or
    numbers, one alone will do); name (of a table or column); sql (a condition, as it stands).
    default: without one the parameter is required; null makes it optional, and what uses it is left out.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    help: str = Field(min_length=1)
    type: Type = "text"
    default: Any = None

    @property
    def required(self) -> bool:
        return "default" not in self.model_fields_set


class Preset(BaseModel):
    """One file of `checks/presets`, checked in itself: each placeholder is a parameter, each parameter is used."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    title: str = Field(min_length=1)
    summary: str = Field(min_length=1)
    params: dict[str, Parameter]
    check: dict[str, Any]

    @model_validator(mode="after")
    def _consistent(self) -> Preset:
        if not isinstance(self.check.get("kind"), str):
            raise ValueError("check says no kind")
        if taken := self.params.keys() & (COMMON | {"preset"}):
            raise ValueError(f"a parameter cannot be called {' or '.join(sorted(taken))}")
        used = {name for text in _texts([self.check, self.title]) for name in _placeholders(text)}
        if unknown := used - self.params.keys():
            raise ValueError(f"{', '.join(sorted(unknown))} is used but is not a parameter")
        if idle := self.params.keys() - used:
            raise ValueError(f"{', '.join(sorted(idle))} is a parameter that nothing uses")
        for text in _texts([self.check.get("expect"), self.check.get("warn")]):
            if any(_placeholders(literal) for literal in _CEL_TEXT.findall(text)):
                raise ValueError(f"{text!r} has a placeholder in quotes; a value brings its own")
        for name, parameter in self.params.items():
            if parameter.default is not None:
                _typed(parameter.default, parameter.type)
            elif not parameter.required and name in _placeholders(self.title):
                raise ValueError(f"the title needs {name}, which may be left out")
        return self


@cache
def presets() -> Mapping[str, Preset]:
    """All presets by name, read once. Raises ValueError that names the file when one is written wrongly."""
    return {path.stem: read_preset(path.stem, path.read_text("utf-8")) for path in sorted(FOLDER.glob("*.yaml"))}


def read_preset(name: str, text: str) -> Preset:
    """A preset from the text of its file. Raises ValueError that says what is wrong with it, and where."""
    try:
        return Preset.model_validate(YAML(typ="safe").load(text))
    except YAMLError as reason:
        raise ValueError(f"preset {name} is not YAML: {' '.join(str(reason).split())}") from None
    except ValidationError as refused:
        wrong = (f"{'.'.join(map(str, error['loc'])) or 'the file'}: {error['msg']}" for error in refused.errors())
        raise ValueError(f"preset {name}: {'; '.join(wrong)}") from None


def expand(written: Mapping[str, Any]) -> tuple[dict[str, Any], str]:
    """The plain check that a written `{preset: NAME, ...}` stands for, fit for `build_check`, and its title.

    Its `expect`, `warn`, `timeout` and `retries` replace those of the preset. Variables and secrets of the catalogue
    are filled in already. Raises ExceptionGroup of CheckMistake: all that is wrong with it, each with its key.
    """
    name = written.get("preset")
    if not isinstance(name, str) or name not in presets():
        hint = _hint(str(name), list(presets()), "there are")
        raise ExceptionGroup(
            "a check is written wrongly", [CheckMistake(f"there is no preset {name!r}; {hint}", "preset")]
        )
    preset = presets()[name]
    values: dict[str, Any] = {}
    strangers = written.keys() - preset.params.keys() - OVERRIDES - {"preset"}
    mistakes = [_unknown(name, str(key), preset) for key in strangers]
    for key, parameter in preset.params.items():
        try:
            values[key] = _value(name, key, parameter, written.get(key))
        except CheckMistake as mistake:
            mistakes.append(mistake)
    if not mistakes:
        try:
            plain = _fill(preset.check, values, preset.params)
        except CheckMistake as mistake:
            mistakes.append(mistake)
    if mistakes:
        raise ExceptionGroup("a check is written wrongly", sorted(mistakes, key=lambda mistake: mistake.key))
    title = fill(preset.title, lambda key, _path: _plain_text(values[key]))
    return plain | {key: written[key] for key in OVERRIDES & written.keys()}, str(title)


def _unknown(name: str, key: str, preset: Preset) -> CheckMistake:
    if key == "kind":
        return CheckMistake("a check has a kind or a preset, not both", key)
    hint = _hint(key, [*preset.params, *sorted(OVERRIDES)], "it takes")
    return CheckMistake(f"{name} has no parameter {key!r}; {hint}", key)


def _hint(word: str, known: list[str], otherwise: str) -> str:
    near = difflib.get_close_matches(word, known, 1)
    return f"did you mean {near[0]!r}?" if near else f"{otherwise} {', '.join(known)}"


def _value(preset: str, key: str, parameter: Parameter, given: Any) -> Any:
    if given is None:
        if parameter.required:
            raise CheckMistake(f"{preset} needs {key!r}: {parameter.help}", key)
        given = parameter.default
    if given is None:
        return None
    if given in ("", []) and parameter.default not in ("", []):
        raise CheckMistake(f"{key!r} is empty: {parameter.help}", key)
    try:
        return _typed(given, parameter.type)
    except ValueError as reason:
        raise CheckMistake(f"{key}: {reason}", key) from None


def _typed(given: Any, kind: Type) -> Any:
    """The value as its type has it. Raises ValueError with what to write instead."""
    if kind == "list":
        entries = given if isinstance(given, list) else [given]
        if not all(_is_number(entry) or isinstance(entry, str) for entry in entries):
            raise ValueError("write a list of texts")
        return entries
    if kind in ("duration", "number"):
        return _quantity(given, kind)
    if not isinstance(given, str) and not _is_number(given):
        raise ValueError("write a text")
    return _named(str(given), kind)


# None of these repeats the value that it refuses: it may be a secret in the wrong place.


def _quantity(given: Any, kind: Type) -> int | float:
    try:
        number = parse_duration(given).total_seconds() if kind == "duration" else float(given)
    except (ValueError, TypeError, OverflowError):
        number = math.nan
    if isinstance(given, bool) or not math.isfinite(number):
        advice = "a duration; write for example 10s, 5m, 24h or 30d" if kind == "duration" else "a number"
        raise ValueError(f"not {advice}")
    return int(number) if number.is_integer() else number


def _named(text: str, kind: Type) -> str:
    if kind == "name" and not _SQL_NAME.fullmatch(text):
        raise ValueError("not the name of a table or column")
    if kind == "host":
        parts = _HOST.fullmatch(text)
        if parts is None:
            raise ValueError("not a host name")
        # The port of https says nothing about where http listens.
        return parts["host"] + ("" if parts["scheme"] == "https" else parts["port"] or "")
    return text


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _fill(check: dict[str, Any], values: Mapping[str, Any], params: Mapping[str, Parameter]) -> dict[str, Any]:
    absent = {key for key, value in values.items() if value is None}
    tree = _without(check, absent)
    kind = tree["kind"]

    def look_up(key: str, path: TreePath) -> Any:
        template = reduce(getitem, path, tree)  # of a key, that of its value, which does no harm
        if path[0] in ("expect", "warn"):
            return cel_literal(values[key])
        if template == f"{{{key}}}":
            return values[key]
        if kind == "http" and path[0] in ("url", "paths") and params[key].type != "host":
            return _in_url(values[key], template.startswith(f"{{{key}}}"))
        if kind in ("sql", "prometheus") and path[0] == "query":
            raw = params[key].type in ("name", "sql", "number", "duration")
            return values[key] if raw else _in_query(kind, key, values[key])
        return _plain_text(values[key])

    return dict(fill(tree, look_up))


def cel_literal(value: Any) -> str:
    """`value` as a literal of CEL: true, 5, 'it\\'s', ['a', 'b']. Only that, whatever a text holds."""
    if isinstance(value, list):
        return f"[{', '.join(cel_literal(entry) for entry in value)}]"
    if _is_number(value):
        return repr(value)
    escaped = str(value).replace("\\", "\\\\").replace("'", "\\'")
    return "'" + re.sub(r"[\x00-\x1f\x7f]", lambda found: f"\\u{ord(found[0]):04x}", escaped) + "'"


def _in_query(kind: str, key: str, value: Any) -> str:
    """A literal of PromQL or SQL; a list is one text with commas."""
    text = _plain_text(value, ",")
    if kind == "prometheus":
        return json.dumps(text, ensure_ascii=False)
    if "\\" in text or "\x00" in text:  # MySQL reads a backslash as an escape, the others don't
        raise CheckMistake(f"{key} cannot hold a backslash", key)
    return "'" + text.replace("'", "''") + "'"


def _in_url(value: Any, at_start: bool) -> str:
    if at_start:
        return str(value).rstrip("/")
    return quote(_plain_text(value, ","), safe="/,:@")


def _plain_text(value: Any, comma: str = ", ") -> str:
    return comma.join(map(str, value)) if isinstance(value, list) else str(value)


def _placeholders(text: str) -> set[str]:
    return {name for name in _PLACEHOLDER.findall(text) if name}


def _texts(tree: Any) -> Iterator[str]:
    if isinstance(tree, str):
        yield tree
    elif isinstance(tree, dict):
        yield from (text for pair in tree.items() for part in pair for text in _texts(part))
    elif isinstance(tree, list):
        yield from (text for part in tree for text in _texts(part))


def _without(tree: Any, absent: set[str]) -> Any:
    """`tree` without each text that uses an absent parameter; of a URL's query, only that part goes.

    None for what is left out entirely.
    """
    if isinstance(tree, str):
        for name in absent:
            tree = re.sub(rf"&[^&=?{{}}]+=\{{{re.escape(name)}\}}", "", tree)
        return None if absent & _placeholders(tree) else tree
    if isinstance(tree, dict):
        kept = {_without(key, absent): _without(value, absent) for key, value in tree.items()}
        return {key: value for key, value in kept.items() if key is not None and value is not None} or None
    if isinstance(tree, list):
        return [part for part in (_without(part, absent) for part in tree) if part is not None] or None
    return tree
