"""Put one reading query to a database."""

from __future__ import annotations

from collections.abc import Mapping
from time import perf_counter
from typing import Any
from urllib.parse import urlsplit

from pydantic import field_validator, model_validator

from checks.databases import MOST_COUNTED, MOST_ROWS, dialect_of, fetch
from checks.hosts import joined
from checks.model import Context, Kind, Observation, Params

_PORTS = {"postgresql": 5432, "mysql": 3306}
_DIALECTS = ("postgresql", "mysql", "sqlite")


class SqlParams(Params):
    """url: the database. query: SQL, or one for each dialect (postgresql, mysql, sqlite)."""

    url: str
    query: str | dict[str, str]

    @field_validator("url")
    @classmethod
    def _url(cls, value: str) -> str:
        dialect_of(value)
        try:
            _ = urlsplit(value).port
        except ValueError:
            raise ValueError("the address of the database cannot be read: its port is not a number") from None
        return value

    @field_validator("query")
    @classmethod
    def _query(cls, value: str | dict[str, str]) -> str | dict[str, str]:
        unknown = sorted(set(value) - set(_DIALECTS)) if isinstance(value, dict) else []
        if unknown:
            raise ValueError(f"{unknown[0]!r} is not a dialect; there are {', '.join(_DIALECTS)}")
        if not value or (isinstance(value, str) and not value.strip()):
            raise ValueError("the query is empty")
        return value

    @model_validator(mode="after")
    def _for_this(self) -> SqlParams:
        dialect = dialect_of(self.url)
        if isinstance(self.query, dict) and dialect not in self.query:
            raise ValueError(f"there is no query for {dialect}, which the url is for")
        return self

    @property
    def statement(self) -> str:
        """The query for the dialect of the url."""
        return self.query if isinstance(self.query, str) else self.query[dialect_of(self.url)]


async def probe(params: SqlParams, context: Context) -> Observation:
    """Raises ProbeError with a sentence that carries neither address nor password."""
    begun = perf_counter()
    table = await fetch(params.url, params.statement, context.timeout, context.folder)
    return Observation(
        {
            "rows": [dict(zip(table.columns, row, strict=True)) for row in table.rows],
            "count": table.count,
            "scalar": table.rows[0][0] if table.rows and table.rows[0] else None,
            "seconds": perf_counter() - begun,
        }
    )


def evidence(facts: Mapping[str, Any]) -> str:
    """'42 in 0.01 s' for one value, otherwise '3 rows in 0.01 s'."""
    took = f"in {facts['seconds']:.2g} s"
    if facts["count"] == 1 and len(facts["rows"][0]) == 1:
        return f"{str(facts['scalar'])[:120]} {took}"
    return f"{facts['count']} row{'' if facts['count'] == 1 else 's'} {took}"


def _host(params: SqlParams) -> str | None:
    dialect, parts = dialect_of(params.url), urlsplit(params.url)
    if dialect == "sqlite" or not parts.hostname:
        return None
    return joined(parts.hostname, parts.port or _PORTS[dialect])


KIND = Kind(
    name="sql",
    summary="Put one reading query to PostgreSQL, MySQL or SQLite.",
    params=SqlParams,
    facts={
        "rows": f"the rows by column name, at most {MOST_ROWS}",
        "count": f"how many rows there are; counting ends at {MOST_COUNTED}",
        "scalar": "the first column of the first row; null when there is none",
        "seconds": "how long connecting and reading took",
    },
    probe=probe,
    evidence=evidence,
    expect=("count > 0",),
    host=_host,
)
