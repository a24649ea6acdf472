"""`include:`: one catalogue out of several files. Lists and mappings are joined, nothing is overridden."""

from __future__ import annotations

from pathlib import Path

from bot.catalog.problems import Place, Problems
from bot.catalog.tree import Listed, Mapped, read_tree

MOST_FILES = 100


def read_all(path: Path, problems: Problems) -> tuple[Mapped | None, list[Path], bool]:
    """The tree of `path` with everything it includes, all files that belong to it, and whether each could be read."""
    files: list[Path] = []
    unread: list[Path] = []
    tree = _read(path, problems, files, unread, ())
    return tree, files, not unread


def _read(
    path: Path, problems: Problems, files: list[Path], unread: list[Path], above: tuple[Path, ...]
) -> Mapped | None:
    files.append(path)
    tree = read_tree(path, problems)
    if tree is None:
        unread.append(path)
    if tree is None or "include" not in tree:
        return tree
    place, names = tree.places.pop("include"), tree.pop("include")
    for name in names if isinstance(names, Listed) else [names]:
        if not isinstance(name, str):
            problems.add(place, "include", "it takes the names of files, as text")
            unread.append(path)
            continue
        target = path.parent / name
        resolved = target.resolve()
        if resolved in (path.resolve(), *above):
            problems.add(place, "include", f"{name!r} includes itself in a circle")
        elif not target.is_file():
            problems.add(place, "include", f"there is no file {name!r} beside {path.name}")
            files.append(target)  # so that its coming is noticed
            unread.append(target)
        elif len(files) >= MOST_FILES:
            problems.add(place, "include", f"more than {MOST_FILES} files are included")
            unread.append(target)
        else:
            other = _read(target, problems, files, unread, (*above, path.resolve()))
            if other is not None:
                _join(tree, other, problems)
    return tree


def _join(tree: Mapped, other: Mapped, problems: Problems) -> None:
    for key, value in other.items():
        place = other.places[key]
        mine = tree.get(key)
        if key not in tree:
            tree.put(key, value, place)
        elif isinstance(mine, Listed) and isinstance(value, Listed):
            for entry, entry_place in zip(value, value.places, strict=True):
                mine.put(entry, entry_place)
        elif isinstance(mine, Mapped) and isinstance(value, Mapped):
            for inner, inner_value in value.items():
                if inner in mine:
                    _twice(problems, value.places[inner], inner, mine.places[inner])
                else:
                    mine.put(inner, inner_value, value.places[inner])
        else:
            _twice(problems, place, key, tree.places[key])


def _twice(problems: Problems, place: Place, key: str, first: Place) -> None:
    problems.add(place, key, f"it is written twice; the first is at {first.file}:{first.line}")
