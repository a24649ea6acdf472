"""The folder that a demo works in: its own, emptied before it begins, never shared by two and never somebody else's."""

from __future__ import annotations

import fcntl
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_MARK = ".readiness-demo"


class NotOurs(Exception):
    """The folder cannot be used; the text says why and what to do instead."""


@contextmanager
def workplace(folder: Path) -> Iterator[Path]:
    """The folder, made or emptied, locked while inside. Raises NotOurs for one that no demo has made."""
    if set("?#%") & set(str(folder.absolute())):
        # The path becomes part of the addresses of databases, which would end there, or lead out of the folder.
        raise NotOurs(f"{folder} has one of the characters ? # % in its path: name another folder with --folder.")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        strangers = not (folder / _MARK).exists() and any(folder.iterdir())
    except OSError as reason:
        raise NotOurs(f"{folder} cannot be used ({reason.strerror}): name another with --folder.") from None
    if strangers:
        raise NotOurs(f"{folder} holds other files, and a demo empties its folder: name another with --folder.")
    with (folder / _MARK).open("w") as mark:
        try:
            fcntl.flock(mark, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise NotOurs(f"Another demo is at work in {folder}: name another folder with --folder.") from None
        for entry in folder.iterdir():
            if entry.name == _MARK:
                continue
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry)
            else:
                entry.unlink()
        yield folder
