"""A copy of the SQLite file while it is in use: complete, checked, and never over another file."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from storage.errors import StorageError


def copy_database(source: Path, target: Path) -> None:
    """Copy `source` to `target` with SQLite's online backup, then check the copy. Raises StorageError.

    Nothing is left at `target` when it fails.
    """
    if not source.is_file():
        raise StorageError(f"There is no database at {source} to back up.")
    if target.exists():
        raise StorageError(f"{target} exists already: a backup never replaces a file. Name another one.")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.open("xb").close()
    except OSError as error:
        raise StorageError(f"The backup {target} cannot be made: {error.strerror}.") from error
    try:
        _copy(source, target)
    except BaseException as error:
        for leftover in (target, *(target.with_name(target.name + end) for end in ("-journal", "-wal", "-shm"))):
            leftover.unlink(missing_ok=True)
        if isinstance(error, sqlite3.Error | OSError):
            raise StorageError(f"The backup {target} failed ({error}): check the disk and try again.") from error
        raise


def _copy(source: Path, target: Path) -> None:
    with closing(sqlite3.connect(source)) as reader, closing(sqlite3.connect(target, isolation_level=None)) as writer:
        reader.backup(writer)
        # The copy is to be one file, whole without any other beside it.
        writer.execute("PRAGMA journal_mode = DELETE")
        verdict = writer.execute("PRAGMA integrity_check").fetchall()
        if verdict != [("ok",)]:
            raise StorageError(
                f"The backup {target} is not whole, and was removed: the database itself may be damaged."
            )
    with target.open("rb+") as file:
        os.fsync(file.fileno())
