"""The card of a run, live and finished, and of a look at an environment without a run."""

from __future__ import annotations

from collections import Counter

from bot.cards.environment import View
from bot.cards.model import (
    Block,
    Button,
    Buttons,
    Card,
    Code,
    Fields,
    Line,
    Link,
    Listing,
    Mark,
    Note,
    OwnerMention,
    Paragraph,
    Progress,
    Row,
    Strong,
    Tone,
)  # fmt: skip
from bot.catalog.model import Attested, Drilled, Reported
from bot.rules.states import Standing, State
from bot.rules.verdict import Decision, Reason
from checks.durations import format_duration
from storage.records import RunState

_TONES = {Decision.GO: Tone.GOOD, Decision.GO_WITH_CONDITIONS: Tone.CONCERN, Decision.NO_GO: Tone.BAD}
_MOST_ROWS = 12  # of a listing in the message itself; the rest is one click away


def environment_card(view: View) -> Card:
    """What is known of an environment now: a run while it is under way, its verdict, or a look without one."""
    run, name = view.run, view.environment.name
    subject = f"run:{run.id}" if run else None
    detail = tuple(_section_listings(view))
    if run and view.live:
        title = f"{view.catalog.service} {name}: measuring"
        summary = f"Measuring {view.catalog.service} {name}: {run.done} of {len(run.items)} done."
        blocks = (Progress(run.done, len(run.items), _counts(view)), *_sections(view), *_failing_so_far(view))
        return Card(title, Tone.BUSY, summary, blocks, detail, settled=False, subject=subject)
    if run and run.state == RunState.INTERRUPTED:
        title = f"{view.catalog.service} {name}: interrupted"
        summary = (
            f"The run was interrupted after {run.done} of {len(run.items)} checks, so there is no verdict. "
            f"Next: start it again."
        )
        blocks = (Paragraph((summary,)), *_sections(view), Buttons((_again(name, primary=True), _status(name))))
        return Card(title, Tone.CONCERN, summary, blocks, detail, subject=subject)
    return _judged(view, subject, detail)


def _judged(view: View, subject: str | None, detail: tuple[Block, ...]) -> Card:
    verdict, name = view.verdict, view.environment.name
    if verdict is None:  # only a live or an interrupted run is without one
        raise ValueError("a finished view has a verdict")
    title = f"{view.catalog.service} {name}: {verdict.decision.spoken}"
    blocking = [reason for reason in verdict.reasons if reason.weight == "blocks"]
    conditions = [reason for reason in verdict.reasons if reason.weight == "condition"]
    notes = [reason for reason in verdict.reasons if reason.weight == "note"]
    summary = f"{title}, {verdict.score:.1f} of 10. {_why(blocking, conditions, view)}"
    following = next_step(view)
    blocks: list[Block] = [Paragraph((_why(blocking, conditions, view),)), Fields(_figures(view))]
    if view.notice:
        blocks.append(Note((view.notice,)))
    blocks += _reasons("Blockers", blocking, view)
    blocks += _reasons("Conditions", conditions, view)
    blocks += _reasons("Can follow", notes, view)
    blocks += _changed(view)
    blocks += _sections(view)
    blocks.append(Paragraph((Strong("Next: "), *following)))
    blocks.append(_actions(view))
    return Card(title, _TONES[verdict.decision], summary, tuple(blocks), detail, subject=subject)


def next_step(view: View) -> Line:
    """What to do now, in one plain sentence."""
    name, verdict = view.environment.name, view.verdict
    if verdict is None:
        return ("wait for the verdict.",)
    worst = next((reason for reason in verdict.reasons if reason.weight != "note"), None)
    if worst is None:
        return (f"nothing stands in the way of {name}.",)
    if verdict.decision is Decision.GO_WITH_CONDITIONS and worst.state in (State.WARN, State.WAIVED):
        return ("read the conditions, then decide.",)
    item = view.environment.item(worst.item)
    who: Line = (OwnerMention(worst.owner, _title(view, worst.owner)), " ") if worst.owner else ()
    verb = "looks" if worst.owner else "look"
    if item and isinstance(item.way, Attested) and worst.state in (State.PENDING, State.STALE):
        evidence = " --evidence URL" if item.way.evidence == "required" else ""
        does = "vouches" if who else "vouch"
        return (*who, f"{does} for “{worst.title}”: ", Code(f"/readiness attest {name} {worst.item}{evidence}"))
    if item and isinstance(item.way, Drilled) and worst.state in (State.PENDING, State.STALE, State.FAIL):
        does = "rehearses" if who else "rehearse"
        command = Code(f"/readiness attest {name} {worst.item} --took 4m")
        return (*who, f"{does} the runbook {item.way.runbook} and records it: ", command)
    if item and isinstance(item.way, Reported) and worst.state in (State.PENDING, State.STALE):
        return (f"let the system that knows “{worst.title}” report it to ", Code(f"/reports/{name}/{worst.item}"), ".")
    return (*who, f"{verb} at “{worst.title}”, then ", Code(f"/readiness run {name} --only failing"), ".")


def _why(blocking: list[Reason], conditions: list[Reason], view: View) -> str:
    if not view.standings:
        return "The checklist has no items here, so nothing is known."
    if blocking:
        return f"{_several(len(blocking), 'item')} that must hold {_do(blocking)} not."
    if conditions:
        return f"Everything that must hold does, with {_several(len(conditions), 'condition')}."
    return "Everything that must hold does, without conditions."


def _do(reasons: list[Reason]) -> str:
    return "does" if len(reasons) == 1 else "do"


def _several(count: int, word: str) -> str:
    return f"{count} {word}" if count == 1 else f"{count} {word}s"


def _figures(view: View) -> tuple[tuple[str, Line], ...]:
    verdict, run = view.verdict, view.run
    pairs: list[tuple[str, Line]] = []
    if verdict:
        pairs.append(("Score", (f"{verdict.score:.1f} of 10",)))
    pairs.append(("Items", (_counts(view),)))
    release = run.release if run else view.catalog.release
    if release:
        pairs.append(("Release", (Code(release),)))
    if run and run.finished_at and run.started_at:
        took = format_duration(run.finished_at - run.started_at)
        scope = f", of {len(view.listed)} items; the verdict is about all {len(view.standings)}" if run.shown else ""
        pairs.append(("Run", (f"#{run.id} by {run.name}, took {took}{scope}",)))
    return tuple(pairs)


def _counts(view: View) -> str:
    """'70 pass, 3 fail, 4 pending' of what is listed; while a run is live, only what it has settled."""
    known = (s for s in view.listed if not view.live or view.measured_now(s.item.id))
    counts = Counter(standing.state for standing in known)
    return ", ".join(f"{counts[state]} {state.value}" for state in State if counts[state])


def _reasons(title: str, reasons: list[Reason], view: View) -> list[Block]:
    if not reasons:
        return []
    rows = [_reason_row(reason, view) for reason in reasons]
    shown = tuple(rows[:_MOST_ROWS])
    heading = title if len(rows) == len(shown) else f"{title} ({len(shown)} of {len(rows)})"
    return [Listing(heading, shown, more=f"readiness status {view.environment.name}")]


def _reason_row(reason: Reason, view: View) -> Row:
    detail: list[str | Link | OwnerMention] = [reason.evidence]
    if reason.link:
        detail += [" ", Link("evidence", reason.link)]
    if reason.owner:
        detail += [" — ", OwnerMention(reason.owner, _title(view, reason.owner))]
    button = Button("Show", f"readiness show {view.environment.name} {reason.item}")
    return Row(Mark(reason.state), (Strong(reason.title),), tuple(detail), reason.level, button)


def _title(view: View, owner: str) -> str:
    return view.catalog.owner_title(owner) or owner


def _changed(view: View) -> list[Block]:
    if not view.changes:
        return []
    rows = []
    for change in view.changes:
        item = view.environment.item(change.item)
        was = f"was {change.before}" if change.before else "new"
        rows.append(Row(Mark(change.after), (item.title if item else change.item,), (was,)))
    return [
        Listing("Changed since the last run", tuple(rows[:_MOST_ROWS]), f"readiness history {view.environment.name}")
    ]


def _sections(view: View) -> list[Block]:
    """One row a section: how many of its items hold."""
    rows = []
    for name, standings in _by_section(view).items():
        settled = [s for s in standings if not view.live or view.measured_now(s.item.id)]
        well = sum(s.state.holds for s in settled)
        worst = _worst(settled) if settled else Mark.PENDING
        mark = Mark.RUNNING if view.live and len(settled) < len(standings) and worst in _FINE else worst
        rows.append(Row(mark, (name,), (), f"{well}/{len(standings)}"))
    return [Listing("Sections", tuple(rows), f"readiness status {view.environment.name}")] if len(rows) > 1 else []


_FINE = (Mark.PASS, Mark.PENDING)
_BY_BADNESS = (
    State.FAIL, State.ERROR, State.BLOCKED, State.STALE, State.PENDING, State.WAIVED, State.WARN, State.PASS,
)  # fmt: skip


def _worst(standings: list[Standing]) -> Mark:
    return Mark(min((standing.state for standing in standings), key=_BY_BADNESS.index).value)


def _failing_so_far(view: View) -> list[Block]:
    bad = [s for s in view.listed if view.measured_now(s.item.id) and s.state in (State.FAIL, State.ERROR)]
    if not bad:
        return []
    rows = tuple(Row(Mark(s.state), (Strong(s.item.title),), (s.sentence,), s.item.level) for s in bad[:_MOST_ROWS])
    return [Listing("Not well so far", rows, f"readiness status {view.environment.name}")]


def _section_listings(view: View) -> list[Block]:
    """Every listed item, section by section."""
    return [
        Listing(name, tuple(_item_row(standing, view) for standing in standings))
        for name, standings in _by_section(view).items()
    ]


def _item_row(standing: Standing, view: View) -> Row:
    item, result = standing.item, view.results.get(standing.item.id)
    if view.live and not view.measured_now(item.id):
        return Row(Mark.RUNNING, (item.title,), (), item.level)
    seconds = f"{format_duration(result.seconds)}" if result and result.seconds else ""
    detail: Line = () if standing.state is State.PASS and not standing.link else (standing.sentence,)
    if standing.link:
        detail = (*detail, " ", Link("evidence", standing.link))
    return Row(Mark(standing.state), (item.title,), detail, seconds)


def _by_section(view: View) -> dict[str, list[Standing]]:
    sections: dict[str, list[Standing]] = {}
    for standing in view.listed:
        sections.setdefault(standing.item.section, []).append(standing)
    return sections


def _again(name: str, *, primary: bool = False) -> Button:
    return Button("Run again", f"readiness run {name}", "primary" if primary else "plain")


def _status(name: str) -> Button:
    return Button("Show all items", f"readiness status {name}")


def _actions(view: View) -> Buttons:
    name, verdict = view.environment.name, view.verdict
    buttons = [_again(name)]
    if verdict and any(reason.weight != "note" for reason in verdict.reasons):
        buttons.insert(0, Button("Re-run failed", f"readiness run {name} --only failing", "primary"))
    if view.run:
        buttons.append(_status(name))
    return Buttons(tuple(buttons))
