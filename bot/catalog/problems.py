"""What is wrong with a catalogue: every problem with its place, all of them at once."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, order=True)
class Place:
    """A line of a file; lines count from 1."""

    file: str
    line: int


@dataclass(frozen=True, order=True)
class Problem:
    """key: the word at fault, as it is written."""

    place: Place
    key: str
    message: str

    def __str__(self) -> str:
        return f"{self.place.file}:{self.place.line}: {self.key + ': ' if self.key else ''}{self.message}"


class CatalogError(Exception):
    """The catalogue is wrong. `problems` holds every reason, in the order of the file; `files` is what was read."""

    def __init__(self, problems: Iterable[Problem], files: Iterable[Path] = ()) -> None:
        self.problems, self.files = sorted(set(problems)), tuple(files)
        super().__init__("\n".join(str(problem) for problem in self.problems))


@dataclass
class Problems:
    """Collects problems while reading goes on, so that one mistake does not hide the next."""

    found: list[Problem] = field(default_factory=list)

    def add(self, place: Place, key: object, message: str) -> None:
        self.found.append(Problem(place, str(key), message))

    def unknown(self, place: Place, key: object, word: object, what: str, known: Iterable[str]) -> None:
        """`word` is none of the `known`: `what` says so, and the nearest right one is added."""
        self.add(place, key, f"{what}; {nearest(str(word), known)}")


def closest(word: str, known: Iterable[str]) -> str | None:
    """The one of `known` that `word` may have been meant to be."""
    words = sorted(set(known))
    near = difflib.get_close_matches(word, words, 1, 0.6)
    near = near or difflib.get_close_matches(word.lower(), words, 1, 0.6)
    return near[0] if near else None


def nearest(word: str, known: Iterable[str]) -> str:
    """'did you mean 'level'?', or the words there are."""
    words = sorted(set(known))
    near = closest(word, words)
    if near is not None:
        return f"did you mean {near!r}?"
    if not words:
        return "none is defined"
    return f"there {'is' if len(words) == 1 else 'are'} {', '.join(words[:12])}{' …' if len(words) > 12 else ''}"


def display(path: Path) -> str:
    """A path as its reader would type it."""
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)
