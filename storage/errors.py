"""What can go wrong with the record, for callers. The text of each is a sentence for a person.

StorageError
├── NewerDatabase
└── Conflict
"""

from __future__ import annotations


class StorageError(Exception):
    """The database could not do it; nothing was half-written. The text says what to do."""


class NewerDatabase(StorageError):
    """The database was written by a newer version of this program."""


class Conflict(StorageError):
    """What was to be recorded contradicts what is on record: it is there already, or what it refers to is not."""
