"""Cards of a single check that was tried out, and of what can be checked at all."""

from __future__ import annotations

from collections.abc import Mapping

from bot.cards.items import short
from bot.cards.model import Block, Card, Code, Fields, Listing, Mark, Note, Paragraph, Row, Tone
from checks.durations import format_duration
from checks.model import Outcome, Result

_TONES = {Outcome.PASS: Tone.GOOD, Outcome.WARN: Tone.CONCERN, Outcome.FAIL: Tone.BAD, Outcome.ERROR: Tone.BAD}


def check_card(kind: str, result: Result, facts: Mapping[str, str]) -> Card:
    """What one check saw. facts: what each fact is, as its kind declares."""
    attempts = f", {result.attempts} tries" if result.attempts > 1 else ""
    blocks: list[Block] = [
        Paragraph((result.summary,)),
        Fields((("Outcome", (result.outcome.value,)), ("Took", (format_duration(result.seconds) + attempts,)))),
    ]
    rows = tuple(
        Row(Mark.NONE, (Code(name),), (short(value) if value is not None else "nothing", f"  ({facts.get(name, '')})"))
        for name, value in result.facts.items()
    )
    if rows:
        blocks.append(Listing("Facts", rows))
        blocks.append(Note(("Any of these may stand in an expectation: --expect 'FACT == …'.",)))
    return Card(f"{kind}: {result.outcome.value}", _TONES[result.outcome], result.summary, tuple(blocks))


def kinds_card(kinds: Mapping[str, str], presets: Mapping[str, str]) -> Card:
    """What can be checked: kinds and presets, with a sentence each."""

    def listing(title: str, found: Mapping[str, str]) -> Listing:
        return Listing(title, tuple(Row(Mark.NONE, (Code(name),), (said,)) for name, said in found.items()))

    said = f"{len(kinds)} kinds of check and {len(presets)} presets."
    return Card("Checks", Tone.NEUTRAL, said, (listing("Kinds", kinds), listing("Presets", presets)))
