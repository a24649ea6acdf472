"""The card of one person: what waits for them, and how the environments stand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.cards.environment import View
from bot.cards.items import at
from bot.cards.model import Block, Button, Buttons, Card, Listing, Mark, Note, Paragraph, Row, Strong, Tone
from bot.catalog.model import Attested, Drilled
from bot.rules.states import Standing, State
from bot.rules.verdict import Decision
from storage.records import Run

_MARKS = {Decision.GO: Mark.PASS, Decision.GO_WITH_CONDITIONS: Mark.WARN, Decision.NO_GO: Mark.FAIL}


def mine_card(
    views: Sequence[View], runs: Mapping[str, Run | None], roles: frozenset[str], person: str, name: str
) -> Card:
    """runs: the latest finished run of each environment. roles: those that the person holds."""
    waiting = [(view, standing) for view in views for standing in view.standings if _mine(standing, roles, person)]
    if waiting:
        said = f"{len(waiting)} thing{'s' if len(waiting) > 1 else ''} wait for {name}."
    else:
        said = f"Nothing waits for {name}."
    blocks: list[Block] = [Paragraph((said,))]
    if waiting:
        blocks.append(Listing("Waiting for you", tuple(_waiting(view, standing) for view, standing in waiting)))
    blocks.append(Listing("Environments", tuple(_environment(view, runs.get(view.environment.name)) for view in views)))
    names = [view.environment.name for view in views][:4]
    blocks.append(Buttons(tuple(Button(f"Run {each}", f"readiness run {each}", "primary") for each in names)))
    blocks.append(Note(("Where everything stands now; nothing was measured for this.",)))
    return Card("Readiness", Tone.CONCERN if waiting else Tone.NEUTRAL, said, tuple(blocks))


def _mine(standing: Standing, roles: frozenset[str], person: str) -> bool:
    """Whether an item is not well and theirs: to vouch for, or to look at as its owner."""
    item = standing.item
    if standing.state in (State.PASS, State.WARN, State.WAIVED):
        return False
    by = item.way.by if isinstance(item.way, (Attested, Drilled)) else ()
    return bool(roles.intersection(by)) or item.owner in roles or item.owner == person


def _waiting(view: View, standing: Standing) -> Row:
    name, item = view.environment.name, standing.item
    to_vouch = isinstance(item.way, (Attested, Drilled)) and standing.state is not State.BLOCKED
    button = Button("Attest", f"readiness attest {name} {item.id}") if to_vouch else None
    button = button or Button("Show", f"readiness show {name} {item.id}")
    return Row(Mark(standing.state), (Strong(f"{name}: {item.title}"),), (standing.sentence,), item.level, button)


def _environment(view: View, run: Run | None) -> Row:
    name, verdict = view.environment.name, view.verdict
    if verdict is None:
        raise ValueError("a look at an environment has a verdict")
    last = f"last run #{run.id}, {at(run.asked_at, view.catalog)}" if run else "never run"
    button = Button("Status", f"readiness status {name}")
    head = (Strong(name), f" {verdict.decision.spoken}, {verdict.score:.1f} of 10")
    return Row(_MARKS[verdict.decision], head, (last,), "", button)
