"""Turns what a database says into one plain sentence that tells its reader what to do.

The database's own words are never repeated where they could hold a part of an address that was mistyped.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from sqlalchemy.exc import DBAPIError, IntegrityError, StatementError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from storage.errors import Conflict, StorageError
from storage.records import NaiveTime

NOTHING_CHANGED: Final = "Nothing was changed."

# Primary result codes, https://www.sqlite.org/rescode.html
_SQLITE: Final = {
    3: "{place} may not be opened by this user: correct its permissions.",
    5: "{place} is busy: another process has been writing to it for too long. {unchanged} Try again.",
    6: "{place} is busy: another process has been writing to it for too long. {unchanged} Try again.",
    8: "{place} is read-only for this user: correct the permissions of the file and its folder. {unchanged}",
    10: "{place} cannot be read or written: check the disk that it is on. {unchanged}",
    11: "{place} is damaged: put a backup in its place.",
    13: "The disk of {place} is full: make room on it. {unchanged}",
    14: "{place} cannot be opened: check that its folder exists and that this user may write there.",
    26: "{place} is not a database: name another file in DATABASE_URL, or put a backup in its place.",
}
# Classes and codes, https://www.postgresql.org/docs/current/errcodes-appendix.html
_POSTGRESQL: Final = {
    "08": "The connection to {place} was lost: what was being done is not confirmed. Try again.",
    "25006": "{place} is read-only: connect to the primary server. {unchanged}",
    "28": "{place} refuses this user or password: correct DATABASE_URL.",
    "3D": "{place} has no database of that name: create it, or correct DATABASE_URL.",
    "3F": "{place} has no schema to work in: create it, or correct DATABASE_URL.",
    "40": "{place} was changed by another process at the same time. {unchanged} Try again.",
    "42501": "{place} does not let this user do that: grant it the rights on its schema. {unchanged}",
    "53100": "The disk of {place} is full: make room on it. {unchanged}",
    "53300": "{place} has no connection left: close some, or allow more. {unchanged}",
    "53": "{place} lacks the resources to do that. {unchanged} Try again later.",
    "55P03": "{place} is busy: another process has been writing to it for too long. {unchanged} Try again.",
    "57": "{place} is shutting down or starting: what was being done is not confirmed. Try again.",
    "58": "{place} cannot read or write its disk: look at the server's log. {unchanged}",
}
# libpq gives no code when it cannot connect, only words; the server's part may be translated.
_REFUSALS: Final = (
    (("password", "authentication", "pg_hba"), _POSTGRESQL["28"]),
    (("database", "does not exist"), _POSTGRESQL["3D"]),
    (("too many",), _POSTGRESQL["53300"]),
    (("resolve", "translate host", "not known"), "{place} is not a known host: correct DATABASE_URL."),
    (("refused", "no such file"), "Nothing answers at {place}: start the server, or correct DATABASE_URL."),
    (("timeout", "timed out"), "{place} does not answer in time: check the network and the server."),
    (("invalid connection option", "invalid uri"), "DATABASE_URL has an option that PostgreSQL does not know."),
)


@contextmanager
def plainly(place: str) -> Iterator[None]:
    """Raise what the database reports as StorageError or Conflict. `place`: how to call the database, no secret in it.

    A time without a zone comes out as the NaiveTime that it is.
    """
    try:
        yield
    except IntegrityError as error:
        raise Conflict(f"{place} holds this already, or lacks what it refers to. {NOTHING_CHANGED}") from error
    except DBAPIError as error:
        # The driver's words about a connection stay out of logs too: they quote the address.
        cause = None if error.statement is None else error
        raise StorageError(_sentence(error).format(place=place, unchanged=NOTHING_CHANGED)) from cause
    except StatementError as error:
        if isinstance(error.orig, NaiveTime):
            raise error.orig from None
        raise
    except PoolTimeout as error:
        raise StorageError(f"{place} is busy: no connection came free. {NOTHING_CHANGED} Try again.") from error


def _sentence(error: DBAPIError) -> str:
    code: Any = getattr(error.orig, "sqlite_errorcode", None)
    if code is not None:
        return _SQLITE.get(code & 0xFF, "{place} could not do that. {unchanged}")
    state: str | None = getattr(error.orig, "sqlstate", None)
    if state:
        for length in (5, 2):
            if found := _POSTGRESQL.get(state[:length]):
                return found
        return "{place} could not do that (SQLSTATE " + state + "). {unchanged}"
    words = str(error.orig).casefold()
    if error.statement is None:
        for signs, sentence in _REFUSALS:
            if all(sign in words for sign in signs) or (signs[0] != "database" and any(s in words for s in signs)):
                return sentence
        return "{place} cannot be reached: check DATABASE_URL, the network and the server."
    if error.connection_invalidated:
        return _POSTGRESQL["08"]
    return "{place} could not do that. {unchanged}"
