"""Short answers: what was refused and why, and the help."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bot.cards.model import Block, Button, Buttons, Card, Code, Listing, Mark, Note, Paragraph, Row, Tone


def refusal_card(reason: str, suggestions: Sequence[Button] = ()) -> Card:
    """Nothing was done, and why."""
    blocks: list[Block] = [Paragraph((reason,))]
    if suggestions:
        blocks.append(Buttons(tuple(suggestions)))
    return Card("Not done", Tone.BAD, reason, tuple(blocks))


def failure_card() -> Card:
    """The program itself failed; the reason is in its log, not in a channel."""
    said = "Something went wrong inside the bot, and nothing was changed. Try again; the log of the bot has the reason."
    return Card("Not done", Tone.BAD, said, (Paragraph((said,)),))


def help_card(service: str, rows: Iterable[tuple[str, str]], environments: Sequence[str], roles: str) -> Card:
    """Every command in a line. rows: (usage, summary)."""
    listing = Listing("Commands", tuple(Row(Mark.NONE, (Code(usage),), (summary,)) for usage, summary in rows))
    buttons = Buttons(tuple(Button(f"Run {name}", f"readiness run {name}") for name in environments[:3]))
    said = f"Readiness watches over {service}: {', '.join(environments)}."
    return Card("Readiness", Tone.NEUTRAL, said, (Paragraph((said,)), listing, Note((roles,)), buttons))


def usage_card(usage: str, summary: str, parameters: Iterable[tuple[str, str]], example: str) -> Card:
    """One command explained."""
    rows = tuple(Row(Mark.NONE, (Code(name),), (help_text,)) for name, help_text in parameters)
    blocks: list[Block] = [Paragraph((summary,)), Paragraph((Code(usage),))]
    if rows:
        blocks.append(Listing("Takes", rows))
    if example:
        blocks.append(Note(("For example: ", Code(f"/{example}"))))
    return Card(usage.split(" --")[0], Tone.NEUTRAL, summary, tuple(blocks))
