"""Views of every kind, with texts that would do harm if they could."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

from hypothesis import strategies as st

from bot.cards.environment import View
from bot.catalog.model import Environment, Item
from bot.catalog.written import LONGEST_ID, LONGEST_NAME
from bot.rules.states import State, stand
from bot.rules.verdict import changes, judge
from storage.records import Attestation, LedgerEntry, Result, Run, RunState
from tests.unit.samples import (
    DAY,
    FRESH,
    NOW,
    TODAY,
    WAYS,
    a_catalog,
    a_report,
    a_result,
    a_waiver,
    an_attestation,
    an_item,
    evidence,
)

NASTY = [
    "<!channel>", "@everyone", "<@U1>", "\x1b[2J\x1b[H", "\x1b]8;;http://x\x07", "one\ntwo\r\nthree", "a | b || c",
    "\u202egnp.exe", "\u2066x\u2069", "\u061cx", "\x00", "\t", "`code` ```fence", "**bold** _i_ ~s~", "x" * 10_000,
    "[link](http://x)",
    "</testcase>", "]]>", "&amp;", "\\", "\\|", "\x85\x9b31m", "\u2028\u2029", "\ufeff", "é" * 300, "漢字" * 200,
    "[red]x[/red]",
    "\ud800", "\U0001f600", "#1", "# title", "- item", "'\"", "%s {x} ${y}", "https://u:pw@host/x|y", "",
]  # fmt: skip
TEXTS = st.one_of(
    st.sampled_from(NASTY), st.text(max_size=30), st.lists(st.sampled_from(NASTY), max_size=3).map(" ".join)
)
FIRST = "abcdefghijklmnopqrstuvwxyzABCXYZ0189"
IDS = st.one_of(
    st.text(FIRST + "_.+-", max_size=LONGEST_ID - 1).flatmap(
        lambda rest: st.sampled_from(FIRST).map(lambda c: c + rest)
    ),
    st.just("i" * LONGEST_ID),
    st.sampled_from(["failing", "help", "prod", "2d", "a--", "0"]),
)
NAMES = st.one_of(st.just("p" * LONGEST_NAME), st.sampled_from(["prod", "staging", "a.b-c_d+e", "0"]))
OUTCOMES = st.sampled_from(["pass", "warn", "fail", "error"])


@st.composite
def items_of(draw: st.DrawFn) -> tuple[Item, ...]:
    ids = draw(st.lists(IDS, max_size=6, unique=True))
    return tuple(
        an_item(
            item_id,
            draw(st.sampled_from(WAYS)),
            draw(st.sampled_from(["critical", "important", "minor"])),
            draw(st.lists(st.sampled_from(ids[:n]), max_size=2, unique=True)) if n else (),
            title=draw(TEXTS),
            section=draw(st.sampled_from(["Site", "One\ntwo | three", "\x1b[31mred"])),
            owner=draw(st.one_of(st.none(), st.sampled_from(["devops", "ana"]), TEXTS)),
            detail=draw(TEXTS),
            due=draw(st.sampled_from([None, TODAY, TODAY - DAY])),
        )
        for n, item_id in enumerate(ids)
    )


@st.composite
def results_of(draw: st.DrawFn, items: tuple[Item, ...], name: str) -> dict[str, Result]:
    found = {}
    for item in items:
        if draw(st.booleans()):
            ago = draw(st.sampled_from([timedelta(0), 2 * FRESH]))
            blocked = draw(st.sampled_from([None, None, "up"]))
            facts = draw(st.dictionaries(TEXTS, st.one_of(TEXTS, st.integers(), st.none(), st.floats()), max_size=2))
            found[item.id] = a_result(
                draw(OUTCOMES), ago, item.id, summary=draw(TEXTS), facts=facts, blocked_by=blocked,
                seconds=draw(st.sampled_from([0.0, 0.012, 7200.0])),
            )  # fmt: skip
            found[item.id].environment = name
    return found


@st.composite
def views(draw: st.DrawFn) -> View:
    """An environment as it may stand: looked at, while a run is live, after one that finished or was interrupted."""
    items, name = draw(items_of()), draw(NAMES)
    environment = Environment(name, items, {})
    catalog = a_catalog(environment=environment, service=draw(TEXTS), release=draw(st.one_of(st.none(), TEXTS)))
    results = draw(results_of(items, name))
    others = []
    for item in items:
        said = an_attestation(
            draw(st.sampled_from([timedelta(0), 40 * DAY])), 60 * DAY, item.id, name=draw(TEXTS), note=draw(TEXTS),
            evidence=draw(st.one_of(st.none(), TEXTS)), took=draw(st.sampled_from([None, 60.0, 9000.0])),
        )  # fmt: skip
        reported = a_report(draw(OUTCOMES), timedelta(0), item.id, summary=draw(TEXTS), url=draw(TEXTS))
        waived = a_waiver(item=item.id, reason=draw(TEXTS))
        others += [record for record in (said, reported, waived) if draw(st.integers(0, 2)) == 0]
    measured = [result for result in results.values() if result.blocked_by is None]
    standings = stand(items, evidence(*measured, *others), NOW, FRESH)
    verdict = judge(standings, draw(st.sampled_from(["critical", "all"])), TODAY)
    before: Mapping[str, str] = {item.id: draw(st.sampled_from([s.value for s in State])) for item in items}
    view = View(catalog, environment, standings, NOW, verdict, results, notice=draw(st.one_of(st.none(), TEXTS)))
    state = draw(st.sampled_from([None, *RunState]))
    if state is None:
        return view
    ids = [item.id for item in items]
    run = Run(
        id=draw(st.integers(1, 2**31)), environment=name, state=state, person="ana", name=draw(TEXTS), items=ids,
        shown=[], asked_at=NOW, started_at=NOW - FRESH, release=catalog.release, done=len(results),
        finished_at=NOW if state in (RunState.FINISHED, RunState.INTERRUPTED) else None,
        verdict=verdict.decision.value, score=verdict.score, changes=[{}] * draw(st.integers(0, 2)),
    )  # fmt: skip
    shown = draw(st.sampled_from([frozenset[str](), frozenset(ids[:1])]))
    view = replace(view, run=run, changes=changes(before, standings), shown=shown)
    return view if state == RunState.FINISHED else replace(view, verdict=None)


def an_entry() -> LedgerEntry:
    return LedgerEntry(
        id=7, at="2026-03-28T12:00:00.000000Z", actor="ana", verb="waived", subject="item:prod/a", data="{}",
        prev_hash="0" * 64, hash="0123456789abcdef" * 4,
    )  # fmt: skip


def a_word(item: Item, text: str) -> Attestation:
    """What somebody said of the item, in that text."""
    return an_attestation(item=item.id, name=text, note=text, evidence=text, took=9000.0, role="devops")
