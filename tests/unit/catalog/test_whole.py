"""Whole catalogues: DESIGN's example, what is there when nothing is said, and who sees which item."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from bot.catalog.loader import DEFAULT_PHASES
from bot.catalog.model import Attested, Drilled, Escalation, Level, Measured, Reported
from tests.unit.catalog.pages import PLAIN, Folder, item, one, page

EXAMPLE = Path(__file__).parent / "design.yaml"
ENVIRON = {"STRIPE_KEY": "sk_live_x", "SMS_URL": "json://sms", "GIT_SHA": "abc"}


def test_the_example_of_the_design_loads(folder: Folder) -> None:
    catalog = folder.load(EXAMPLE.read_text("utf-8"), ENVIRON)
    assert (catalog.service, catalog.timezone.key, catalog.release) == ("shop", "Europe/Paris", "abc")
    assert [i.id for i in catalog.environments["prod"].items] == [
        "hsts", "api-up", "api-fast", "error-rate", "webhook", "restore", "unit-tests", "rollback-rehearsed",
    ]  # fmt: skip
    assert catalog.environments["prod"].channels == {"slack": "C0LAUNCH", "discord": "1122334455"}
    assert item(catalog, "restore").way == Attested(("devops",), timedelta(days=30), "required")
    assert item(catalog, "unit-tests").way == Reported(timedelta(hours=24))
    rehearsed = Drilled("rollback", timedelta(days=30), timedelta(minutes=5), ())
    assert item(catalog, "rollback-rehearsed").way == rehearsed
    assert catalog.phases == DEFAULT_PHASES
    assert catalog.alerts.escalate == (
        Escalation(timedelta(minutes=5), ("devops",)),
        Escalation(timedelta(minutes=15), (), ("sms",)),
    )
    assert catalog.secrets == {"sk_live_x", "json://sms"}
    assert catalog.runbooks.folder == folder.path / "runbooks"


def test_what_is_not_said_has_the_value_that_the_design_gives(folder: Folder) -> None:
    catalog = folder.load(PLAIN)
    assert (catalog.timezone.key, catalog.release, catalog.go_requires) == ("UTC", None, "critical")
    assert catalog.phases == DEFAULT_PHASES
    limits = catalog.limits
    assert (limits.concurrency, limits.per_host, limits.timeout, limits.run) == (25, 10, 10.0, 600.0)
    assert (catalog.alerts.open_after, catalog.alerts.resolve_after) == (3, 2)
    assert catalog.permissions == {"launch": (), "rollback": (), "waive": ()}
    found = item(catalog)
    assert (found.level, found.owner, found.due, found.needs) == (Level.IMPORTANT, None, None, ())
    assert found.way == Attested((), timedelta(days=30), "optional")
    assert (catalog.signoff, catalog.watches, catalog.contacts) == (None, (), ())


def test_an_item_takes_all_that_it_can_say(folder: Folder) -> None:
    written = page(
        "{id: b, title: B, attest: {}}",
        "{id: a, title: A, level: minor, owner: ana, due: 2026-12-31, needs: b, detail: More, source: 14, report: {}}",
        after="people: {ana: {name: Ana}}\n",
    )
    found = item(folder.load(written))
    assert (found.level, found.owner, found.due, found.needs) == (Level.MINOR, "ana", date(2026, 12, 31), ("b",))
    assert (found.detail, found.source, found.section) == ("More", 14, "Safety")


def test_an_item_stands_only_in_the_environments_that_it_names(folder: Folder) -> None:
    written = page("{id: a, title: A, environments: [prod], attest: {}}", "{id: b, title: B, attest: {}}")
    catalog = folder.load(written.replace("{prod: {}}", "{prod: {}, dev: {}}"))
    assert {name: [i.id for i in found.items] for name, found in catalog.environments.items()} == {
        "prod": ["a", "b"],
        "dev": ["b"],
    }


def test_an_item_of_another_environment_needs_none_of_its_variables(folder: Folder) -> None:
    written = one("environments: [prod], check: {kind: http, url: '{web}'}")
    catalog = folder.load(written.replace("{prod: {}}", "{prod: {vars: {web: 'http://x'}}, dev: {}}"))
    assert catalog.environments["dev"].items == ()


def test_the_owner_vouches_where_no_role_is_named(folder: Folder) -> None:
    way = item(folder.load(one("owner: devops, attest: {}", "roles: {devops: {}}\n"))).way
    assert isinstance(way, Attested)
    assert way.by == ("devops",)


def test_a_preset_brings_its_title(folder: Folder) -> None:
    found = item(folder.load(page("{id: a, check: {preset: hsts, url: https://shop.example}}")))
    assert found.title
    assert isinstance(found.way, Measured)
    assert found.way.checks[0].kind.name == "http"


def test_phases_stand_in_the_order_of_their_times(folder: Folder) -> None:
    phases = "protocol:\n  phases:\n    - {id: b, at: +1h, title: B}\n    - {id: a, at: -90m, title: A}\n"
    found = folder.load(PLAIN + phases + "    - {id: t0, at: 0h, title: T}\n").phases
    assert [(phase.id, phase.at) for phase in found] == [
        ("a", timedelta(minutes=-90)), ("t0", timedelta(0)), ("b", timedelta(hours=1)),
    ]  # fmt: skip


def test_limits_and_retention_can_be_set(folder: Folder) -> None:
    catalog = folder.load(PLAIN + "limits: {timeout: 500ms, retries: 2}\nkeep: {fresh_for: 10m, results: 2w}\n")
    assert (catalog.limits.timeout, catalog.limits.retries) == (0.5, 2)
    assert (catalog.fresh_for, catalog.keep_results) == (timedelta(minutes=10), timedelta(weeks=2))


@pytest.mark.parametrize(("written", "found"), [("U1", {"U1"}), ("[U1, S2]", {"U1", "S2"}), ("42", {"42"})])
def test_one_entry_needs_no_list_and_a_number_is_an_id(folder: Folder, written: str, found: set[str]) -> None:
    assert folder.load(PLAIN + f"roles: {{r: {{slack: {written}}}}}\n").roles["r"].slack == found


def test_owners_are_free_text_where_nobody_is_defined(folder: Folder) -> None:
    catalog = folder.load(one("owner: the night shift, attest: {}"))
    assert catalog.owner_title(item(catalog).owner) == "the night shift"
