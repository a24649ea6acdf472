"""Items, records, catalogues and views, built by hand, for the tests of rules, commands and cards."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from bot.catalog.model import (
    Alerts,
    Attested,
    Catalog,
    Drilled,
    Environment,
    Item,
    Level,
    Measured,
    Person,
    Reported,
    Role,
    Runbooks,
    Way,
)
from bot.rules.access import Actor
from bot.rules.states import Evidence, Standing, State
from checks.registry import build_check
from checks.runner import Limits
from storage.records import Attestation, Report, Result, Waiver

NOW = datetime(2026, 3, 28, 12, 0, tzinfo=UTC)
TODAY = NOW.date()
FRESH = timedelta(hours=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)

CHECK = Measured((build_check({"kind": "tcp", "host": "127.0.0.1", "port": 1}),))
ATTEST = Attested(("devops",), timedelta(days=30), "optional")
REPORT = Reported(timedelta(hours=24))
DRILL = Drilled("rollback", timedelta(days=30), timedelta(minutes=5), ("devops",))
WAYS: tuple[Way, ...] = (CHECK, ATTEST, REPORT, DRILL)

ANA = Actor("local", "ana", "Ana on this machine")
BEN = Actor("local", "ben", "ben")
STRANGER = Actor("local", "mallory", "Mallory")


def an_item(
    item_id: str = "a", way: Way = CHECK, level: str = "critical", needs: Iterable[str] = (), **more: Any
) -> Item:
    title = more.pop("title", f"Title of {item_id}")
    return Item(item_id, title, more.pop("section", "Safety"), Level(level), way, needs=tuple(needs), **more)


def a_standing(state: str, level: str = "critical", item_id: str = "a", due: date | None = None) -> Standing:
    return Standing(an_item(item_id, level=level, due=due), State(state), f"it is {state}", NOW)


def a_result(outcome: str = "pass", ago: timedelta = timedelta(0), item: str = "a", **more: Any) -> Result:
    return Result(
        run_id=1, environment="prod", item=item, outcome=outcome, summary=more.pop("summary", f"saw {outcome}"),
        seconds=more.pop("seconds", 0.25), facts=more.pop("facts", {}), at=NOW - ago, **more,
    )  # fmt: skip


def an_attestation(
    ago: timedelta = timedelta(0), until: timedelta = 30 * DAY, item: str = "a", **more: Any
) -> Attestation:
    return Attestation(
        environment="prod", item=item, person="ana", name=more.pop("name", "Ana"), at=NOW - ago, until=NOW + until,
        **more,
    )  # fmt: skip


def a_waiver(until: timedelta = DAY, item: str = "a", **more: Any) -> Waiver:
    return Waiver(
        environment="prod", item=item, person="ana", name="Ana", reason=more.pop("reason", "known"), at=NOW - DAY,
        until=NOW + until, **more,
    )  # fmt: skip


def a_report(outcome: str = "pass", ago: timedelta = timedelta(0), item: str = "a", **more: Any) -> Report:
    return Report(environment="prod", item=item, outcome=outcome, key="k", at=NOW - ago, **more)


def evidence(*records: Result | Attestation | Waiver | Report) -> Evidence:
    """What is on record, each record under its item."""

    def of(kind: type[Any]) -> Mapping[str, Any]:
        return {record.item: record for record in records if isinstance(record, kind)}

    return Evidence(of(Result), of(Attestation), of(Waiver), of(Report))


def a_catalog(items: Iterable[Item] = (), **more: Any) -> Catalog:
    """A catalogue of one environment, prod: Ana is devops, Ben product, and devops may waive."""
    environment = more.pop("environment", Environment("prod", tuple(items), {}))
    values: dict[str, Any] = {
        "path": Path("/nowhere/readiness.yaml"), "service": "shop", "timezone": ZoneInfo("Europe/Paris"),
        "release": None, "go_requires": "critical", "environments": {environment.name: environment},
        "people": {
            "ana": Person("ana", "Ana", slack="U1", discord="42", local="ana"),
            "ben": Person("ben", "Ben", local="ben"),
        },
        "roles": {
            "devops": Role("devops", "DevOps Lead", frozenset({"ana"}), frozenset({"S0OPS"}), frozenset({"role:99"})),
            "product": Role("product", "Product Owner", frozenset({"ben"}), frozenset({"U7"}), frozenset({"77"})),
        },
        "permissions": {"waive": ("devops",), "launch": (), "rollback": ()},
        "phases": (), "signoff": None, "watches": (), "alerts": Alerts(), "notify": {}, "contacts": (),
        "runbooks": Runbooks(Path("/nowhere/runbooks")), "limits": Limits(), "fresh_for": FRESH,
        "keep_results": 90 * DAY, "secrets": frozenset(), "files": (),
    }  # fmt: skip
    return Catalog(**values | more)
