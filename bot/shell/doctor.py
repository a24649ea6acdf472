"""`readiness doctor`: what is configured, what is missing, what to do about it."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import click

from bot.cards.doctor import Finding, doctor_card
from bot.catalog.loader import DEFAULT_PHASES, load_catalog
from bot.catalog.model import WAY_NAMES, Alerts, Attested, Catalog, Drilled, Reported, Runbooks
from bot.catalog.problems import CatalogError
from bot.cli import FAILED, GO, WRONG
from bot.platforms.console.oneshot import console_for, show
from bot.platforms.console.render import render
from bot.rules.access import person_of, roles_of
from bot.settings import Settings, SettingsError, read_settings
from bot.shell.serve import slack_tokens
from bot.shell.session import config_option, local_actor, run_async
from storage.database import Database
from storage.errors import StorageError


@click.command("doctor", help="What is configured, what is missing, what to do.")
@config_option
def COMMAND(config: Path | None) -> int:  # noqa: N802 - the name that the entry looks for
    settings = read_settings()
    found = list(findings(settings, config or settings.readiness_config))
    show(console_for(), render(doctor_card(found)))
    if any(finding.state == "broken" and finding.about == "Database" for finding in found):
        return FAILED
    return WRONG if any(finding.state == "broken" for finding in found) else GO


def findings(settings: Settings, path: Path) -> Iterator[Finding]:
    """Every finding, the ones about the catalogue first."""
    try:
        catalog = load_catalog(path, os.environ)
    except CatalogError as wrong:
        for problem in wrong.problems:
            yield Finding("Catalogue", "broken", str(problem), "mend that line, then run readiness doctor again")
        catalog = None
    if catalog is not None:
        yield from _catalog(catalog)
        yield from _people(catalog)
        yield from _reports(catalog, settings)
        yield from _later(catalog)
    yield from _slack(settings, catalog)
    yield from _database(settings)
    yield Finding("HTTP", "good", f"readiness serve listens on {settings.host}:{settings.port}")


def _catalog(catalog: Catalog) -> Iterator[Finding]:
    for name, environment in catalog.environments.items():
        ways = Counter(WAY_NAMES[type(item.way)] for item in environment.items)
        known = ", ".join(f"{count} by {way}" for way, count in ways.items())
        yield Finding("Catalogue", "good", f"{catalog.service} {name}: {len(environment.items)} items, known {known}")
    if catalog.release is None:
        yield Finding(
            "Release",
            "hint",
            "nobody can see which release is judged",
            "set release: in the catalogue, for example release: ${GIT_SHA}",
        )
    unowned = {item.id for env in catalog.environments.values() for item in env.items if item.owner is None}
    if unowned:
        some = ", ".join(sorted(unowned)[:3])
        yield Finding(
            "Owners",
            "hint",
            f"{len(unowned)} items have no owner ({some}…)",
            "give each an owner:, so that a blocker names who can help",
        )


def _people(catalog: Catalog) -> Iterator[Finding]:
    actor = local_actor()
    held = sorted(roles_of(catalog, actor))
    known = person_of(catalog, actor) in catalog.people
    if known:
        titles = ", ".join(catalog.roles[role].title for role in held) or "no role"
        yield Finding("You", "good", f"{actor.account} is {catalog.people[person_of(catalog, actor)].name}: {titles}")
    else:
        yield Finding(
            "You",
            "hint",
            f"{actor.account} is nobody that the catalogue knows",
            f"add to people: {{NAME: {{local: {actor.account}}}}}",
        )
    if not catalog.permissions.get("waive"):
        yield Finding("Waivers", "hint", "nobody may waive an item", "name the roles under permissions: {waive: [...]}")
    for role in catalog.roles.values():
        if not role.members and not role.slack and not role.discord:
            yield Finding(
                "Roles",
                "missing",
                f"nobody holds the role {role.title}",
                "give it members:, or slack: and discord: ids",
            )


def _reports(catalog: Catalog, settings: Settings) -> Iterator[Finding]:
    reported = sum(isinstance(i.way, Reported) for env in catalog.environments.values() for i in env.items)
    if reported and settings.readiness_report_token is None:
        yield Finding("Reports", "missing", f"{_items(reported)} for reports, and none is accepted",
                      "set READINESS_REPORT_TOKEN for readiness serve, and give it to CI")  # fmt: skip
    elif reported:
        yield Finding("Reports", "good", f"{reported} items take reports with the token")
    asked = [i for env in catalog.environments.values() for i in env.items if isinstance(i.way, (Attested, Drilled))]
    if asked and not catalog.roles:
        yield Finding(
            "Roles", "hint", f"anybody may vouch for {len(asked)} items", "define roles:, and by: on these items"
        )


def _slack(settings: Settings, catalog: Catalog | None) -> Iterator[Finding]:
    try:
        tokens = slack_tokens(settings)
    except SettingsError as wrong:
        yield Finding("Slack", "missing", str(wrong), "set one of them; readiness slack-manifest helps to make the app")
        return
    if tokens is None:
        yield Finding("Slack", "hint", "SLACK_BOT_TOKEN is not set", "see docs/slack.md, it takes five minutes")
        return
    from bot.platforms.slack.examine import examine

    environments = catalog.environments.values() if catalog else ()
    channels = {env.name: env.channels["slack"] for env in environments if "slack" in env.channels}
    yield from run_async(examine(tokens, channels))


def _items(count: int) -> str:
    return "1 item waits" if count == 1 else f"{count} items wait"


def _later(catalog: Catalog) -> Iterator[Finding]:
    """What the catalogue says for parts of the program that this version does not have."""
    said = [
        name for name, there in (
            ("protocol", catalog.phases != DEFAULT_PHASES), ("signoff", catalog.signoff), ("watch", catalog.watches),
            ("alerts", catalog.alerts != Alerts()), ("notify", catalog.notify), ("contacts", catalog.contacts),
            ("runbooks", catalog.runbooks != Runbooks(catalog.runbooks.folder)),
        ) if there
    ]  # fmt: skip
    if said:
        yield Finding("Not yet", "hint", f"{', '.join(said)}: read and checked, but this version does not act on it",
                      "nothing to do; runs, attestations, waivers and reports do not depend on it")  # fmt: skip


def _database(settings: Settings) -> Iterator[Finding]:
    database = Database(settings.database_url.get_secret_value(), settings.ledger_key)
    try:
        database.migrate()
        with database.read() as store:
            found = store.ledger.verify()
        if found.problem:
            yield Finding(
                "Ledger", "broken", found.problem, "find out who changed the database; restore it from a backup"
            )
        else:
            head = f", head {found.head[:8]}" if found.head else ""
            yield Finding(
                "Database", "good", f"{database.place}; the ledger is whole with {found.length} entries{head}"
            )
    except StorageError as reason:
        yield Finding("Database", "broken", str(reason), "mend that, then run readiness doctor again")
    finally:
        database.close()
    if settings.ledger_key is None:
        yield Finding("Ledger", "hint", "entries are chained, but not sealed with a key",
                      "set READINESS_LEDGER_KEY, so that nobody with the database can forge the record")  # fmt: skip
