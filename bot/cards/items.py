"""Cards of single items: where one stands, what somebody did to it, how it went over time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

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
    Paragraph,
    Row,
    Strong,
    Tone,
)  # fmt: skip
from bot.catalog.model import WAY_NAMES, Attested, Catalog, Drilled, Item, Measured, Reported
from bot.rules.states import Standing, State
from checks.durations import format_duration
from storage.records import Attestation, LedgerEntry, Result, Run, Waiver

_TONES = {State.PASS: Tone.GOOD, State.WARN: Tone.CONCERN, State.WAIVED: Tone.CONCERN}
_WITNESS = 8  # characters of the ledger's head that chat itself keeps as an outside witness


def at(moment: datetime, catalog: Catalog) -> str:
    """A time in the team's zone and, where that differs, in UTC."""
    local, utc = moment.astimezone(catalog.timezone), moment.astimezone(UTC)
    text = f"{local:%Y-%m-%d %H:%M} {local.tzname()}"
    if not local.utcoffset():
        return text
    return f"{text} ({utc:%H:%M} UTC)" if local.date() == utc.date() else f"{text} ({utc:%Y-%m-%d %H:%M} UTC)"


def link_or_text(text: str) -> Link | str:
    """A link where it is an address of the web; anything else stays text."""
    return Link(text, text) if text.startswith(("https://", "http://")) else text


def item_card(view: View, standing: Standing, history: Sequence[Result]) -> Card:
    """One item: what it asks, where it stands, the values that were seen, and what can be done about it."""
    item, name, catalog = standing.item, view.environment.name, view.catalog
    summary = f"{item.title} in {name} is {standing.state.value}: {standing.sentence}."
    pairs: list[tuple[str, Line]] = [
        ("State", (Strong(standing.state.value),)), ("Level", (item.level.value,)), ("Section", (item.section,)),
        ("Known by", (how_known(item, catalog),)),
    ]  # fmt: skip
    if item.owner:
        pairs.append(("Owner", (catalog.owner_title(item.owner) or item.owner,)))
    if item.due:
        pairs.append(("Due", (item.due.isoformat(),)))
    if item.needs:
        pairs.append(("Needs", (", ".join(item.needs),)))
    if standing.known_at:
        pairs.append(("Known at", (at(standing.known_at, catalog),)))
    blocks: list[Block] = [Paragraph((standing.sentence,))]
    if standing.link:
        blocks.append(Paragraph(("Evidence: ", link_or_text(standing.link))))
    blocks.append(Fields(tuple(pairs)))
    if item.detail:
        blocks.append(Note((item.detail,)))
    result = view.results.get(item.id)
    if result and result.facts:
        rows = tuple(Row(Mark.NONE, (key,), (Code(short(value)),)) for key, value in result.facts.items())
        blocks.append(Listing("Seen", rows[:20], f"readiness history {name} {item.id}"))
    if len(history) > 1:
        rows = tuple(_result_row(entry, catalog) for entry in history[:5])
        blocks.append(Listing("Before", rows, f"readiness history {name} {item.id}"))
    blocks.append(Buttons(tuple(_item_buttons(standing, name))))
    return Card(f"{item.title}: {standing.state.value}", _TONES.get(standing.state, Tone.BAD), summary, tuple(blocks))


def how_known(item: Item, catalog: Catalog) -> str:
    """How an item is known, in words."""
    way = item.way
    if isinstance(way, Measured):
        kinds = ", ".join(dict.fromkeys(check.kind.name for check in way.checks))
        return f"a check ({kinds})" if len(way.checks) == 1 else f"{len(way.checks)} checks ({kinds})"
    if isinstance(way, Reported):
        return f"reports, at most {format_duration(way.max_age)} old"
    titles = " or ".join(catalog.owner_title(role) or role for role in way.by) or "anybody"
    if isinstance(way, Attested):
        return f"the word of {titles}, for {format_duration(way.valid_for)}"
    limit = f", under {format_duration(way.under)}" if way.under else ""
    return f"a rehearsal of {way.runbook} within {format_duration(way.within)}{limit}"


def _item_buttons(standing: Standing, name: str) -> list[Button]:
    item = standing.item
    buttons = []
    if isinstance(item.way, Measured):
        buttons.append(Button("Measure again", f"readiness run {name} {item.id}", "primary"))
    if isinstance(item.way, (Attested, Drilled)):
        label = "Attest" if isinstance(item.way, Attested) else "Record a rehearsal"
        buttons.append(Button(label, f"readiness attest {name} {item.id}", "primary"))
    if standing.state is State.WAIVED:
        buttons.append(Button("End the waiver", f"readiness revoke {name} {item.id}", "danger", "End it now?"))
    elif not standing.state.holds:
        buttons.append(Button("Waive", f"readiness waive {name} {item.id}"))
    buttons.append(Button("History", f"readiness history {name} {item.id}"))
    return buttons


def attested_card(item: Item, record: Attestation, catalog: Catalog, environment: str, entry: LedgerEntry) -> Card:
    """What everybody sees when somebody vouched for an item."""
    deed = "recorded a rehearsal for" if record.took is not None else "vouches for"
    said = f"{record.name} {deed} “{item.title}” in {environment}, until {at(record.until, catalog)}."
    blocks: list[Block] = [Paragraph((Strong(record.name), f" {deed} “{item.title}”."))]
    pairs: list[tuple[str, Line]] = [("Until", (at(record.until, catalog),))]
    if record.role:
        pairs.append(("As", (catalog.owner_title(record.role) or record.role,)))
    if record.took is not None:
        pairs.append(("Took", (format_duration(record.took),)))
    if record.evidence:
        pairs.append(("Evidence", (link_or_text(record.evidence),)))
    blocks.append(Fields(tuple(pairs)))
    if record.note:
        blocks.append(Paragraph((record.note,)))
    slow = isinstance(item.way, Drilled) and item.way.under and (record.took or 0) > item.way.under.total_seconds()
    if slow and isinstance(item.way, Drilled) and item.way.under:
        limit = format_duration(item.way.under)
        blocks.append(Paragraph((f"That is longer than {limit}, so the item fails until a faster rehearsal.",)))
    blocks += [Buttons((Button("Show", f"readiness show {environment} {item.id}"),)), witness(entry)]
    tone = Tone.CONCERN if slow else Tone.GOOD
    return Card(f"{environment}: {item.title}", tone, said, tuple(blocks))


def waived_card(item: Item, record: Waiver, catalog: Catalog, environment: str, entry: LedgerEntry) -> Card:
    """What everybody sees when an item was excepted."""
    until = at(record.until, catalog)
    said = f"{record.name} waived “{item.title}” in {environment} until {until}: {record.reason}"
    show, end = f"readiness show {environment} {item.id}", f"readiness revoke {environment} {item.id}"
    blocks = (
        Paragraph((Strong(record.name), f" waived “{item.title}” until {until}.")),
        Paragraph((record.reason,)),
        Note(("Until then it does not block, and every GO says that it holds with conditions.",)),
        Buttons((Button("Show", show), Button("End the waiver", end, "danger", "End it now?"))),
        witness(entry),
    )
    return Card(f"{environment}: {item.title} is waived", Tone.CONCERN, said, blocks)


def revoked_card(item: Item, what: str, name: str, environment: str, reason: str | None, entry: LedgerEntry) -> Card:
    """What everybody sees when a word or a waiver was taken back."""
    said = f"{name} took back the {what} of “{item.title}” in {environment}."
    blocks: list[Block] = [Paragraph((said,))]
    if reason:
        blocks.append(Paragraph((reason,)))
    blocks += [Buttons((Button("Show", f"readiness show {environment} {item.id}"),)), witness(entry)]
    return Card(f"{environment}: {item.title}", Tone.CONCERN, said, tuple(blocks))


def witness(entry: LedgerEntry) -> Note:
    """The ledger's head as it stood then: who keeps the chat can prove what the record said."""
    return Note((f"On record as #{entry.id}, ", Code(entry.hash[:_WITNESS])))


def item_history_card(item: Item, entries: Sequence[Result], catalog: Catalog, environment: str) -> Card:
    """How one item went, newest first."""
    title = f"{environment}: history of {item.title}"
    if not isinstance(item.way, Measured):
        said = f"“{item.title}” is known by {WAY_NAMES[type(item.way)]}, so there are no measurements to show."
        show = Buttons((Button("Show", f"readiness show {environment} {item.id}"),))
        return Card(title, Tone.NEUTRAL, said, (Paragraph((said,)), show))
    if not entries:
        return Card(title, Tone.NEUTRAL, "It was never measured.", (Paragraph(("It was never measured.",)),))
    good = sum(entry.outcome in ("pass", "warn") and not entry.blocked_by for entry in entries)
    said = f"“{item.title}” was well in {good} of the last {len(entries)} measurements."
    rows = tuple(_result_row(entry, catalog) for entry in entries)
    return Card(title, Tone.NEUTRAL, said, (Paragraph((said,)), Listing("Newest first", rows)))


def run_history_card(runs: Sequence[Run], catalog: Catalog, environment: str) -> Card:
    """The runs of an environment, newest first."""
    title = f"{catalog.service} {environment}: history"
    if not runs:
        said = f"Nothing has been run in {environment} yet."
        start = Buttons((Button("Run", f"readiness run {environment}", "primary"),))
        return Card(title, Tone.NEUTRAL, said, (Paragraph((said,)), start))
    rows = []
    for run in runs:
        mark = {"GO": Mark.PASS, "GO_WITH_CONDITIONS": Mark.WARN, "NO_GO": Mark.FAIL}.get(run.verdict or "", Mark.NONE)
        outcome = (run.verdict or run.state).replace("_", " ")
        figure = f", {run.score:.1f} of 10" if run.score is not None else ""
        detail = f"{len(run.changes)} changed" if run.changes else ""
        head = (Strong(f"#{run.id} "), f"{at(run.asked_at, catalog)} {outcome}{figure}")
        rows.append(Row(mark, head, (detail,) if detail else (), run.name))
    said = f"The last {len(runs)} runs of {environment}." if len(runs) > 1 else f"The only run of {environment} so far."
    return Card(title, Tone.NEUTRAL, said, (Listing("Newest first", tuple(rows)),))


def _result_row(entry: Result, catalog: Catalog) -> Row:
    mark = Mark.BLOCKED if entry.blocked_by else Mark(entry.outcome)
    return Row(mark, (f"{at(entry.at, catalog)} ",), (entry.summary,), format_duration(entry.seconds))


def short(value: Any) -> str:
    """A fact in at most 100 characters."""
    text = " ".join(str(value).split()) if not isinstance(value, float) else f"{value:.4g}"
    return text if len(text) <= 100 else text[:99] + "…"
