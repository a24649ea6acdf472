"""Expectations: CEL expressions over the facts of a kind, checked when they are written, judged when measured."""

from __future__ import annotations

import difflib
import re
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import lru_cache
from types import ModuleType
from typing import Any

from checks.model import CheckMistake

# `import cel` brings its own command line along (prompt_toolkit, typer: a tenth of a second). Nobody needs it here.
sys.modules.setdefault("cel.cli", ModuleType("cel.cli"))
import cel  # noqa: E402
from cel.stdlib import STDLIB_FUNCTIONS, add_stdlib_to_context  # noqa: E402

# What the CEL engine itself brings (operators are written _&&_ and so on, and are always known).
_NATIVE = frozenset(
    [
        "size",
        "contains",
        "startsWith",
        "endsWith",
        "matches",
        "int",
        "uint",
        "double",
        "string",
        "bytes",
        "bool",
        "timestamp",
        "duration",
        "type",
        "dyn",
        "has",
        "getFullYear",
        "getMonth",
        "getDate",
        "getDayOfMonth",
        "getDayOfWeek",
        "getDayOfYear",
        "getHours",
        "getMinutes",
        "getSeconds",
        "getMilliseconds",
        "optional.of",
        "optional.none",
        "hasValue",
        "value",
        "orValue",
        "all",
        "exists",
        "exists_one",
        "map",
        "filter",
    ]
)
_EXTENSIONS = frozenset(STDLIB_FUNCTIONS)
_LITERAL = re.compile(r"""("{3}.*?"{3}|'{3}.*?'{3}|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')""", re.DOTALL)
# A macro binds a name of its own, json.items.all(item, item.ok), which the engine lists among the variables.
_BOUND = re.compile(r"\.\s*(?:all|exists|exists_one|map|filter)\s*\(\s*([A-Za-z_]\w*)\s*,")
# A literal, or what is read: a name with the members and entries taken of it, and whether the last of them is called.
_READ = re.compile(
    _LITERAL.pattern + r"""|([A-Za-z_]\w*(?:\.[A-Za-z_]\w*|\[(?:\d+|'[^'\\]*'|"[^"\\]*")\])*)(\s*\()?""", re.DOTALL
)
_SHOWN = 120  # characters of a value that a sentence carries


Redact = Callable[[str], str]


class Judgement(Enum):
    HELD = "held"
    BROKEN = "broken"
    UNCLEAR = "unclear"


@dataclass(frozen=True)
class Expectation:
    """One compiled expression. variables: the facts that it reads. paths: what of them, 'json.jobs[0].state'."""

    text: str
    variables: tuple[str, ...]
    program: cel.Program = field(repr=False, compare=False)
    extended: bool = False
    paths: tuple[str, ...] = ()

    def judge(
        self, facts: Mapping[str, Any], hidden: frozenset[str] = frozenset(), redact: Redact = str
    ) -> tuple[Judgement, str]:
        """Whether it holds, and a phrase with the values that were seen ('p95 < 2.0, was 3.41').

        A key that is missing (a header that was not sent) breaks the expectation; an expression that cannot be
        worked out (a text compared with a number) is unclear, and unclear is never good. redact: takes secrets out of
        the values shown, before they are cut, or half of one would survive.
        """
        seen = {name: facts[name] for name in self.variables}
        try:
            held = self.program.execute(_context(seen) if self.extended else seen)
        except LookupError as missing:
            return Judgement.BROKEN, f"{self.text}: {_missing(missing)}"
        except (ValueError, TypeError, RuntimeError, ArithmeticError):
            return Judgement.UNCLEAR, f"{self.text} cannot be worked out{self._saw(seen, hidden, redact, ' from ')}"
        if held is True:
            return Judgement.HELD, self.text
        if held is False:
            return Judgement.BROKEN, f"{self.text}{self._saw(seen, hidden, redact, ', was ')}"
        return Judgement.UNCLEAR, f"{self.text} is {_show(held, redact)}, and not true or false"

    def _saw(self, seen: Mapping[str, Any], hidden: frozenset[str], redact: Redact, lead: str) -> str:
        """The values that were read; of a large answer only the part that matters."""
        shown = {}
        for path in self.paths:
            if path.split(".")[0].split("[")[0] in hidden:
                shown[path] = "hidden"
                continue
            try:
                shown[path] = _show(cel.evaluate(path, dict(seen)), redact)
            except (LookupError, ValueError, TypeError, RuntimeError, ArithmeticError):
                shown[path] = "nothing"
        if len(shown) == 1:
            return lead + next(iter(shown.values()))
        return lead + ", ".join(f"{path} = {value}" for path, value in shown.items()) if shown else ""


def compile_expectation(text: object, facts: Iterable[str]) -> Expectation:
    """Compile `text`, whose names must be among `facts`. Raises CheckMistake with the nearest right word."""
    if not isinstance(text, str) or not text.strip():
        raise CheckMistake(f"an expectation is a CEL expression in quotes, not {text!r}")
    return _compiled(text, frozenset(facts))


@lru_cache(maxsize=4096)
def _compiled(text: str, facts: frozenset[str]) -> Expectation:
    """Shared by all checks that say the same: a program holds no state of its own."""
    try:
        program = cel.compile(text)
    except ValueError as reason:
        raise CheckMistake(f"{text!r} is not valid CEL: {_syntax(str(reason))}") from None
    known = sorted(facts)
    bound = set(_BOUND.findall(_LITERAL.sub("''", text)))
    variables = tuple(name for name in program.variables() if name in known or name not in bound)
    for name in variables:
        if name not in known:
            raise CheckMistake(f"{text!r} reads {name!r}, {_unknown('a fact', name, known)}")
    named = {name for name in program.functions() if not _is_operator(name)}
    for name in sorted(named - _NATIVE - _EXTENSIONS):
        raise CheckMistake(f"{text!r} calls {name!r}, {_unknown('a function', name, sorted(_NATIVE | _EXTENSIONS))}")
    return Expectation(text, variables, program, bool(named & _EXTENSIONS), tuple(_paths(text, set(variables))))


def _paths(text: str, variables: set[str]) -> dict[str, None]:
    """What the expression reads of its variables, in the order of the text, each once."""
    found: dict[str, None] = {}
    for match in _READ.finditer(text):
        path, called = match[2], match[3]
        if path and called:
            path = path.rpartition(".")[0]  # a method's name is no member
        if path and path.split(".")[0].split("[")[0] in variables:
            found[path] = None
    return found


def _is_operator(name: str) -> bool:
    return not name.replace(".", "").replace("_", "a").isalnum() or name.startswith(("_", "@"))


def _unknown(what: str, name: str, known: list[str]) -> str:
    near = difflib.get_close_matches(name, known, 1, 0.6)
    return f"which is not {what} here" + (f"; did you mean {near[0]!r}?" if near else f"; there are {', '.join(known)}")


def _context(seen: Mapping[str, Any]) -> cel.Context:
    context = cel.Context(variables=dict(seen))
    add_stdlib_to_context(context)
    return context


def _syntax(message: str) -> str:
    line = next((part for part in message.splitlines() if "ERROR" in part), message.splitlines()[0])
    detail = line.split("Syntax error:")[-1].split(" expecting ")[0].strip()
    return f"{detail}, or something is missing there" if detail else "it cannot be read"


def _missing(reason: Exception) -> str:
    key = str(reason).split(":")[-1].strip().strip("'\"")
    return f"there is no {'entry ' + key if isinstance(reason, IndexError) else repr(key)}"


def _show(value: object, redact: Redact) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return f"{value:.3g}" if abs(value) < 1000 else f"{value:.0f}"
    if value is None:
        return "nothing"
    text = redact(value if isinstance(value, str) else repr(value))
    text = " ".join(text.split())
    return (text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…") or "empty"
