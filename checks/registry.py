"""Every kind there is, found by looking: a module in `checks.kinds` that has a `KIND` is a kind."""

from __future__ import annotations

import difflib
import importlib
import pkgutil
from collections.abc import Mapping
from functools import cache
from typing import Any

from pydantic import ValidationError

import checks.kinds
from checks.durations import parse_duration
from checks.expectations import compile_expectation
from checks.model import Check, CheckMistake, Kind

# What every check may say, whatever its kind.
COMMON = frozenset({"kind", "expect", "warn", "timeout", "retries"})


@cache
def kinds() -> Mapping[str, Kind[Any]]:
    """All kinds by name."""
    found = (
        importlib.import_module(f"{checks.kinds.__name__}.{module.name}").KIND
        for module in pkgutil.iter_modules(checks.kinds.__path__)
    )
    return {kind.name: kind for kind in sorted(found, key=lambda kind: kind.name)}


def kind_named(name: object) -> Kind[Any]:
    """The kind of that name. Raises CheckMistake with the nearest right word."""
    if isinstance(name, str) and name in kinds():
        return kinds()[name]
    near = difflib.get_close_matches(str(name), kinds(), 1)
    hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(kinds())}"
    raise CheckMistake(f"there is no kind of check {str(name)!r}; {hint}", "kind")


def build_check(written: Mapping[str, Any]) -> Check:
    """A check from what is written in a catalogue, presets and variables already filled in.

    Raises ExceptionGroup of CheckMistake: all that is wrong with it, each with its key.
    """
    mistakes: list[CheckMistake] = []
    try:
        kind = kind_named(written.get("kind"))
    except CheckMistake as mistake:
        raise ExceptionGroup("a check is written wrongly", [mistake]) from None
    params = None
    try:
        params = kind.params.model_validate({key: value for key, value in written.items() if key not in COMMON})
    except ValidationError as refused:
        mistakes += [_mistake(error, kind) for error in refused.errors(include_url=False, include_input=False)]
    compiled: dict[str, list[Any]] = {"expect": [], "warn": []}
    for key in compiled:
        texts = written.get(key, [])
        for position, text in enumerate(texts if isinstance(texts, list) else [texts]):
            try:
                compiled[key].append(compile_expectation(text, kind.facts))
            except CheckMistake as mistake:
                where = f"{key}.{position}" if isinstance(texts, list) else key
                mistakes.append(CheckMistake(str(mistake), where))
    timeout, retries = None, written.get("retries")
    if "timeout" in written:
        try:
            timeout = parse_duration(written["timeout"]).total_seconds()
            if timeout <= 0:
                raise ValueError("a timeout must be longer than nothing")
        except ValueError as reason:
            mistakes.append(CheckMistake(str(reason), "timeout"))
    if retries is not None and (isinstance(retries, bool) or not isinstance(retries, int) or not 0 <= retries <= 10):
        mistakes.append(CheckMistake("retries is a whole number from 0 to 10", "retries"))
    if mistakes or params is None:
        raise ExceptionGroup("a check is written wrongly", mistakes)
    expect = compiled["expect"] or [compile_expectation(text, kind.facts) for text in kind.expect]
    return Check(kind, params, tuple(expect), tuple(compiled["warn"]), timeout, retries)


def _mistake(error: Any, kind: Kind[Any]) -> CheckMistake:
    where = ".".join(str(part) for part in error["loc"])
    if error["type"] == "extra_forbidden":
        known = sorted(set(kind.params.model_fields) | COMMON)
        near = difflib.get_close_matches(where, known, 1)
        hint = f"did you mean {near[0]!r}?" if near else f"it takes {', '.join(known)}"
        return CheckMistake(f"{kind.name} has no parameter {where!r}; {hint}", where)
    if error["type"] == "missing":
        return CheckMistake(f"{kind.name} needs {where!r}", where)
    message = error["msg"].removeprefix("Value error, ")
    return CheckMistake(f"{where or kind.name}: {message}", where)
