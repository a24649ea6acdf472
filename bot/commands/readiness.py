"""The family /readiness: measuring, looking, vouching, excepting."""

from __future__ import annotations

from datetime import timedelta

from bot.cards.answers import help_card, usage_card
from bot.cards.items import attested_card, item_card, item_history_card, revoked_card, run_history_card, waived_card
from bot.cards.mine import mine_card
from bot.cards.run import environment_card
from bot.catalog.model import Attested, Drilled, Environment, Measured
from bot.catalog.model import Item as CatalogItem
from bot.commands.grammar import parse
from bot.commands.model import Call, Incomplete, Refused, Reply
from bot.commands.registry import (
    Env,
    Evidence,
    Item,
    Items,
    NoteText,
    Only,
    OptionalItem,
    OptionalReason,
    OptionalUntil,
    Reason,
    Took,
    Until,
    Words,
    command,
    commands,
    families,
)  # fmt: skip
from bot.engine.views import look
from bot.rules.access import denial, roles_of
from bot.rules.states import State
from storage.records import Attestation, Run, RunState, Waiver

LONGEST_WAIVER = timedelta(days=366)
_CLAIM = timedelta(seconds=30)


@command("readiness", "run", "Measure, judge, and say whether it may go", "readiness run prod --only failing")
def run(call: Call, env: Env, item: Items = (), *, only: Only = None) -> Reply:
    environment = call.environment(env)
    shown = _selection(call, environment, item, only)
    measured = _with_needs(environment, shown)
    selected = shown if item or only else []
    for twin in call.store.runs.under_way(env, call.now):
        if (twin.items, twin.shown) == (measured, selected) and call.owner in (None, twin.claimed_by):
            # A second click, or somebody else who wants to know the same: one run answers both.
            call.store.touch(f"run:{twin.id}", call.now)
            call.store.posts.add(f"run:{twin.id}", call.place.platform, call.place.channel)
            return Reply(subject=f"run:{twin.id}", private=False)
    mine = call.owner is not None
    record = call.store.runs.add(
        Run(
            environment=env, person=call.person, name=call.name, items=measured, asked_at=call.now,
            shown=selected, release=call.catalog.release,
            state=RunState.RUNNING if mine else RunState.QUEUED, started_at=call.now if mine else None,
            claimed_by=call.owner, claimed_until=call.now + _CLAIM if mine else None,
        )
    )  # fmt: skip
    subject = f"run:{record.id}"
    call.store.touch(subject, call.now)
    call.store.posts.add(subject, call.place.platform, call.place.channel)
    call.record("run.asked", subject, {"environment": env, "items": len(measured), "release": record.release})
    return Reply(subject=subject, private=False)


def _selection(call: Call, environment: Environment, words: tuple[str, ...], only: str | None) -> list[str]:
    ids = list(words) or [item.id for item in environment.items]
    if only is None:
        return ids
    standings = look(call.store, call.catalog, environment, call.now).standings
    unwell = {standing.item.id for standing in standings if standing.state is not State.PASS}
    chosen = [item_id for item_id in ids if item_id in unwell]
    if not chosen:
        raise Refused(
            f"Everything there was well the last time. To measure it all again: /readiness run {environment.name}"
        )
    return chosen


def _with_needs(environment: Environment, ids: list[str]) -> list[str]:
    """The checks to make for `ids`: theirs, and those of all that they need."""
    by_id = {item.id: item for item in environment.items}
    wanted, queue = set[str](), list(ids)
    while queue:
        item_id = queue.pop()
        if item_id not in wanted and item_id in by_id:
            wanted.add(item_id)
            queue += by_id[item_id].needs
    return [item.id for item in environment.items if item.id in wanted and isinstance(item.way, Measured)]


@command("readiness", "status", "Show where everything stands, without measuring", "readiness status prod")
def status(call: Call, env: Env) -> Reply:
    view = look(call.store, call.catalog, call.environment(env), call.now, call.notice)
    return Reply(environment_card(view), view)


@command("readiness", "show", "Show one item: its state, its evidence, what to do", "readiness show prod hsts")
def show(call: Call, env: Env, item: Item) -> Reply:
    environment = call.environment(env)
    view = look(call.store, call.catalog, environment, call.now)
    standing = next(standing for standing in view.standings if standing.item.id == item)
    return Reply(item_card(view, standing, call.store.results.history(env, item, 6)))


@command(
    "readiness", "attest", "Vouch for an item, with evidence",
    "readiness attest prod restore --evidence https://wiki/restore --note 'restored on Monday'",
    guarded=True,
)  # fmt: skip
def attest(
    call: Call, env: Env, item: Item, *,
    evidence: Evidence = None, note: NoteText = None, until: OptionalUntil = None, took: Took = None,
) -> Reply:  # fmt: skip
    known = _item(call, env, item)
    way = known.way
    if not isinstance(way, (Attested, Drilled)):
        raise Refused(
            f"“{known.title}” is not a matter of somebody's word: the program knows it by itself. "
            f"To launch without it, waive it: /readiness waive {env} {item} --reason … --until 2d"
        )
    refused = denial(call.catalog, call.actor, way.by, f"vouch for “{known.title}”", "by") if way.by else None
    if refused:
        raise Refused(refused)
    if isinstance(way, Attested) and way.evidence == "required" and not evidence:
        raise Incomplete("evidence")
    if isinstance(way, Drilled) and took is None:
        raise Incomplete("took")
    if took is not None and not took:
        raise Refused("A rehearsal takes longer than nothing; say how long, for example --took 4m10s.")
    longest = call.now + (way.valid_for if isinstance(way, Attested) else way.within)
    record = call.store.people.add(
        Attestation(
            environment=env, item=item, person=call.person, name=call.name, role=_role(call, way.by),
            evidence=evidence, note=note, took=took.total_seconds() if isinstance(way, Drilled) and took else None,
            at=call.now, until=min(until or longest, longest),
        )
    )  # fmt: skip
    data = {
        "environment": env, "item": item, "evidence": evidence, "note": note, "role": record.role,
        "until": record.until.isoformat(), "took": record.took,
    }  # fmt: skip
    entry = call.record("attested", f"item:{env}/{item}", data)
    return Reply(attested_card(known, record, call.catalog, env, entry), private=False)


def _role(call: Call, wanted: tuple[str, ...]) -> str | None:
    held = roles_of(call.catalog, call.actor)
    return next((role for role in wanted if role in held), None) or next(iter(sorted(held)), None)


@command(
    "readiness", "waive", "Except an item for a while, with a reason",
    "readiness waive prod hsts --reason 'the proxy is replaced on Monday' --until 2d",
    guarded=True,
)  # fmt: skip
def waive(call: Call, env: Env, item: Item, *, reason: Reason, until: Until) -> Reply:
    known = _item(call, env, item)
    allowed = call.catalog.permissions.get("waive", ())
    refused = denial(call.catalog, call.actor, allowed, "waive", "permissions: waive")
    if refused:
        raise Refused(refused)
    if until - call.now > LONGEST_WAIVER:
        raise Refused(f"A waiver ends within {LONGEST_WAIVER.days} days; give a sooner --until.")
    record = call.store.people.add(
        Waiver(environment=env, item=item, person=call.person, name=call.name, reason=reason, at=call.now, until=until)
    )
    data = {"environment": env, "item": item, "reason": reason, "until": record.until.isoformat()}
    entry = call.record("waived", f"item:{env}/{item}", data)
    return Reply(waived_card(known, record, call.catalog, env, entry), private=False)


@command(
    "readiness",
    "revoke",
    "Take back a waiver, or somebody's word for an item",
    "readiness revoke prod hsts",
    guarded=True,
)
def revoke(call: Call, env: Env, item: Item, *, reason: OptionalReason = None) -> Reply:
    known = _item(call, env, item)
    word, waiver = call.store.people.attestations(env).get(item), call.store.people.waivers(env).get(item)
    if waiver is not None and waiver.until <= call.now:
        waiver = None
    made: Attestation | Waiver | None = waiver or word
    if made is None:
        raise Refused(f"Nobody has vouched for “{known.title}” or waived it, so there is nothing to take back.")
    what = "waiver" if made is waiver else "attestation"
    _may_revoke(call, known, what, made)
    people, where = call.store.people, (env, item, call.person, call.now)
    withdrawn = people.withdraw(Waiver, *where) if made is waiver else people.withdraw(Attestation, *where)
    if not withdrawn:
        raise Refused("Somebody else took it back a moment ago.")
    entry = call.record(
        "revoked", f"item:{env}/{item}", {"environment": env, "item": item, "what": what, "reason": reason}
    )
    return Reply(revoked_card(known, what, call.name, env, reason, entry), private=False)


def _may_revoke(call: Call, item: CatalogItem, what: str, made: Attestation | Waiver) -> None:
    """Whoever made it may take it back; so may those who could have made it."""
    if made.person == call.person:
        return
    if what == "waiver":
        allowed, setting = call.catalog.permissions.get("waive", ()), "permissions: waive"
    else:
        allowed, setting = (item.way.by if isinstance(item.way, (Attested, Drilled)) else ()), "by"
    refused = denial(call.catalog, call.actor, allowed, f"take back the {what} of {made.name}", setting)
    if refused:
        raise Refused(refused)


@command("readiness", "history", "Show how it went before", "readiness history prod api-fast")
def history(call: Call, env: Env, item: OptionalItem = None) -> Reply:
    environment = call.environment(env)
    if item is None:
        return Reply(run_history_card(call.store.runs.recent(env, 20), call.catalog, env))
    known = _item(call, environment.name, item)
    return Reply(item_history_card(known, call.store.results.history(env, item, 20), call.catalog, env))


@command("readiness", "mine", "Show what waits for me, and the latest verdicts", "readiness mine", guarded=True)
def mine(call: Call) -> Reply:
    views = [look(call.store, call.catalog, env, call.now) for env in call.catalog.environments.values()]
    runs = {name: call.store.runs.latest(name) for name in call.catalog.environments}
    return Reply(mine_card(views, runs, roles_of(call.catalog, call.actor), call.person, call.name))


@command("readiness", "help", "Explain the commands", "readiness help waive")
def help(call: Call, command: Words = ()) -> Reply:  # noqa: A001 - the word that people type
    if command:
        words = [word.removeprefix("/") for word in command]
        found = parse(" ".join(words[:2] if words[0] in families() else ["readiness", words[0]])).command
        takes = [(p.name if p.positional else f"--{p.name}", p.help) for p in found.parameters]
        return Reply(usage_card(found.usage(), found.summary, takes, found.example))
    rows = [(f"/{found.words}", found.summary) for found in commands().values()]
    held = [call.catalog.roles[role].title for role in sorted(roles_of(call.catalog, call.actor))]
    who = f"You are {call.name}" + (f" ({', '.join(held)})." if held else ", without a role here.")
    return Reply(help_card(call.catalog.service, rows, list(call.catalog.environments), who))


def _item(call: Call, environment: str, item: str) -> CatalogItem:
    known = call.environment(environment).item(item)
    if known is None:
        raise Refused(f"{environment} has no item {item!r}.")
    return known
