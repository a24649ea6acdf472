"""How fast results are recorded and found again: against raw sqlite3 into the same schema, with the same pragmas."""

from __future__ import annotations

import json
import sqlite3
import tempfile
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any, Final

from bench.rows import Row
from storage.database import Database
from storage.records import Run

ITEMS: Final = [f"item-{number:03}" for number in range(300)]
FEW: Final = 10_000
MANY: Final = 1_000_000
BATCH: Final = 1_000
ROUNDS: Final = 15
START: Final = datetime(2026, 1, 1, tzinfo=UTC)
FACTS: Final = {"status": 200, "seconds": 0.0512, "headers": {"content-type": "text/html"}, "size": 12_345}

_FILL: Final = """
    WITH RECURSIVE line(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM line WHERE n + 1 < :rows)
    INSERT INTO result (run_id, environment, item, outcome, summary, seconds, facts, attempts, blocked_by, at)
    SELECT n / :items + 1, 'prod', printf('item-%03d', n % :items), 'pass', '200 in 51 ms', 0.0512, :facts, 1,
           CASE WHEN n % 97 = 0 THEN 'item-000' END,
           strftime('%Y-%m-%d %H:%M:%S.000000', '2026-01-01', (n / :items * 30) || ' seconds')
    FROM line
"""
_INSERT: Final = """
    INSERT INTO result (run_id, environment, item, outcome, summary, seconds, facts, attempts, blocked_by, at)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""


_PLAIN: Final = ("item", "outcome", "summary", "seconds")


def main() -> list[Row]:
    """Measure in a temporary folder; a minute, most of it filling tables."""
    with tempfile.TemporaryDirectory() as folder:
        ours, raw = _recording(Path(folder))
        few = _latest(Path(folder) / "few.db", FEW)
        many = _latest(Path(folder) / "many.db", MANY)
    return [
        Row(f"recording {BATCH:,} results in one batch, against raw sqlite3", ours / raw, 7.0),
        Row("  the same, time for one batch", ours * 1000, None, "ms"),
        Row(f"latest state of {len(ITEMS)} items among {MANY:,} results", many * 1000, 5.0, "ms"),
        Row(f"  the same, against {FEW:,} results", many / few, 1.5),
    ]


def _recording(folder: Path) -> tuple[float, float]:
    """Seconds for one batch: ours, raw. Taken in turns, into two files, so that both meet the same disk."""
    batch = [{"item": f"item-{number:04}", "outcome": "pass"} for number in range(BATCH)]
    rows = [{**row, "summary": "200 in 51 ms", "seconds": 0.0512, "facts": FACTS, "at": START} for row in batch]
    ours = _opened(folder / "ours.db")
    _opened(folder / "raw.db").close()
    times: tuple[list[float], list[float]] = ([], [])
    with closing(sqlite3.connect(folder / "raw.db", isolation_level=None)) as raw:
        raw.execute("PRAGMA synchronous = FULL")
        raw.execute("PRAGMA foreign_keys = ON")
        for _ in range(ROUNDS):
            run_id = _new_run(ours)
            times[0].append(_seconds(partial(_record, ours, run_id, rows)))
            raw.execute(
                "INSERT INTO run"
                " (environment, state, person, name, items, shown, asked_at, done, reasons, changes, states)"
                " VALUES ('prod', 'running', 'ana', 'Ana', '[]', '[]', '2026-01-01', 0, '[]', '[]', '{}')"
            )
            times[1].append(_seconds(partial(_record_raw, raw, run_id, rows)))
    ours.close()
    return median(times[0]), median(times[1])


def _record(database: Database, run_id: int, rows: list[dict[str, Any]]) -> None:
    with database.write() as store:
        store.results.add(run_id, rows)


def _record_raw(raw: sqlite3.Connection, run_id: int, rows: list[dict[str, Any]]) -> None:
    raw.execute("BEGIN IMMEDIATE")
    raw.executemany(
        _INSERT,
        [
            (run_id, "prod", *(row[key] for key in _PLAIN), json.dumps(row["facts"]), 1, None, str(row["at"]))
            for row in rows
        ],
    )
    raw.execute("UPDATE run SET done = done + ? WHERE id = ?", (len(rows), run_id))
    raw.execute("COMMIT")


def _latest(file: Path, rows: int) -> float:
    """Seconds to read the latest of every item among that many results."""
    database = _opened(file)
    with closing(sqlite3.connect(file)) as raw, raw:
        raw.execute(_FILL, {"rows": rows, "items": len(ITEMS), "facts": json.dumps(FACTS)})

    def read() -> None:
        with database.read() as store:
            assert len(store.results.latest("prod", ITEMS)) == len(ITEMS)

    read()
    seconds = median(_seconds(read) for _ in range(ROUNDS * 3))
    database.close()
    return seconds


def _opened(file: Path) -> Database:
    database = Database(f"sqlite:///{file}")
    database.migrate()
    return database


def _new_run(database: Database) -> int:
    with database.write() as store:
        run = store.runs.add(Run(environment="prod", person="ana", name="Ana", asked_at=START))
    assert run.id is not None
    return run.id


def _seconds(work: Callable[[], None]) -> float:
    start = perf_counter()
    work()
    return perf_counter() - start


if __name__ == "__main__":
    for row in main():
        print(f"{row.name}: {row.value:.2f} {row.unit} (at most {row.limit})")
