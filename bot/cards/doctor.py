"""The card of an examination: what is well, what is missing, what to do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from bot.cards.model import Block, Card, Code, Line, Listing, Mark, Paragraph, Row, Strong, Tone


@dataclass(frozen=True)
class Finding:
    """state: 'missing' keeps something from working, 'hint' could be better. cure: what to do, in the imperative."""

    about: str
    state: Literal["good", "hint", "missing", "broken"]
    said: str
    cure: str = ""


_MARKS = {"good": Mark.PASS, "hint": Mark.PENDING, "missing": Mark.WARN, "broken": Mark.FAIL}


def doctor_card(findings: Sequence[Finding]) -> Card:
    """Everything that was found, worst first, and the next thing to do."""
    order = ("broken", "missing", "hint", "good")
    findings = sorted(findings, key=lambda finding: order.index(finding.state))
    rows = tuple(_row(finding) for finding in findings)
    worst = findings[0]
    if worst.state == "good":
        said, tone = "Everything is configured.", Tone.GOOD
    else:
        count = sum(finding.state in ("broken", "missing") for finding in findings)
        said = (
            f"{count} things keep something from working." if count != 1 else "One thing keeps something from working."
        )
        said = said if count else "Everything works; some things could be better."
        tone = {"broken": Tone.BAD, "missing": Tone.CONCERN}.get(worst.state, Tone.GOOD)
    blocks: list[Block] = [Paragraph((said,)), Listing("Found", rows)]
    if worst.state in ("broken", "missing"):
        blocks.append(Paragraph((Strong("Next: "), worst.cure, ".")))
    return Card("Readiness doctor", tone, said, tuple(blocks))


def _row(finding: Finding) -> Row:
    detail: Line = ("→ ", Code(finding.cure)) if finding.cure else ()
    return Row(_MARKS[finding.state], (Strong(f"{finding.about}: "), finding.said), detail)
