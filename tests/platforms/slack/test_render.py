"""Cards as Block Kit: within every limit, shown as typed, calling nobody uninvited, with every command in reach."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from bot.cards.answers import help_card, refusal_card, usage_card
from bot.cards.check import check_card, kinds_card
from bot.cards.doctor import Finding, doctor_card
from bot.cards.environment import View
from bot.cards.items import attested_card, item_card, item_history_card, revoked_card, waived_card
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
    Moment,
    Note,
    OwnerMention,
    Paragraph,
    Progress,
    Row,
    Strong,
    Tone,
)  # fmt: skip
from bot.cards.run import environment_card
from bot.catalog.model import Environment
from bot.platforms.slack.render import Message, command_of, render, thread
from bot.platforms.slack.text import escape, fit, link, markup
from bot.rules.states import stand
from bot.rules.verdict import judge
from checks.model import Outcome
from checks.model import Result as Measurement
from storage.records import Attestation, Run, RunState
from tests.property.test_cards import all_cards
from tests.property.views import NASTY, TEXTS, an_entry, views
from tests.standins.slack.blocks import check_blocks, text_length
from tests.standins.slack.mentions import mentions_of
from tests.standins.slack.shapes import Report
from tests.unit import samples
from tests.unit.samples import FRESH, HOUR, NOW, TODAY

CALM = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
MENTIONS = {"devops": "<!subteam^S0OPS>", "ana": "<@U1>", "bad": "<!channel>", "worse": "hello <@U9>"}
CALLED = ({"U1"}, {"S0OPS"})
_CONTROL = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")
_UNFORMATTED = re.compile(r"<!date\^00000000\^\{_\}\|([^>]*)>")


def texts_of(value: Any) -> Iterator[str]:
    """Every text that is shown."""
    if isinstance(value, dict):
        if isinstance(value.get("text"), str):
            yield value["text"]
        for inner in value.values():
            yield from texts_of(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from texts_of(inner)


def commands_of(message: Message) -> set[str]:
    """The commands that can be reached by a click in this message."""
    found: set[str] = set()
    for block in message.blocks:
        for element in [*block.get("elements", ()), *([block["accessory"]] if "accessory" in block else ())]:
            clicks = [{"selected_option": option} for option in element.get("options", ())] or [element]
            found |= {command for click in clicks if (command := command_of(click)) is not None}
    return found


def strict(message: Message) -> None:
    """All that Slack and we demand of one message."""
    report = Report()
    check_blocks(message.blocks, "", report)
    assert report.errors == []
    assert text_length(message.blocks) <= 11_000
    assert 0 < len(message.text.strip()) <= 3_000
    json.dumps([message.text, message.blocks], ensure_ascii=False).encode()
    for text in (message.text, *texts_of(message.blocks)):
        assert _CONTROL.findall(text) == []
        assert len(text.encode("utf-16-le")) // 2 <= 3_000
    found = mentions_of(message.text, message.blocks, bare_counts=True)
    assert found.broadcasts == set()
    assert found.users <= CALLED[0]
    assert found.groups <= CALLED[1]
    for block in message.blocks:
        ids = [element["action_id"] for element in block.get("elements", ()) if "action_id" in element]
        assert len(ids) == len(set(ids))


def checked(card: Card) -> list[Message]:
    messages = [render(card, MENTIONS), *thread(card, MENTIONS)]
    for message in messages:
        strict(message)
    return messages


def within_reach(card: Card, messages: list[Message]) -> None:
    """Every command of the card can be clicked, or is behind a click that shows the whole listing."""
    clickable = set[str]().union(*map(commands_of, messages))
    excused: set[str] = set()
    for block in card.blocks:
        if isinstance(block, Listing) and block.more in clickable:
            excused |= {row.button.command for row in block.rows if row.button}
    assert {button.command for button in card.buttons()} <= clickable | excused


HOSTILE = [
    *NASTY, "<!channel> <!here> <!everyone> <!subteam^S9|x>", "<@U9>", "<#C1>", "<https://evil.example|bank>", "@here",
    "مرحبا بالعالم " * 50, "e" + "\u0301" * 10_000, "👩‍👩‍👧‍👦" * 500, "*_~`" * 2_500, "> quoted", "&&&&",
    ":fire: :tada:", " ", "\u202e" + "*" * 3, "- [ ] task", "＊bold＊", "a`b`c", "*" + "x" * 3_000 + "*", "& " * 5_000,
]  # fmt: skip
WILD = st.one_of(st.sampled_from(HOSTILE), TEXTS)
LINKS = st.sampled_from(
    ["https://x.example/a|b>c", "javascript:alert(1)", "", "https://x/" + "y" * 5_000, "https://a b"]
)
KEYS = st.sampled_from(["devops", "ana", "bad", "worse", "nobody", ""])
TIMES = st.sampled_from([0.0, 1774699200.0, -5.0, 1e12, float("nan"), float("inf")])
WORDS = st.one_of(
    WILD, st.builds(Strong, WILD), st.builds(Code, WILD), st.builds(Link, WILD, st.one_of(LINKS, WILD)),
    st.builds(Moment, TIMES, WILD), st.builds(OwnerMention, KEYS, WILD),
)  # fmt: skip
LINES: st.SearchStrategy[Line] = st.lists(WORDS, max_size=4).map(tuple)
BUTTONS = st.builds(
    Button, WILD, st.integers(0, 10_000).map(lambda n: f"readiness show prod i{n}"),
    st.sampled_from(["plain", "primary", "danger"]), st.one_of(st.none(), WILD),
)  # fmt: skip
ROWS = st.builds(Row, st.sampled_from(Mark), LINES, LINES, WILD, st.one_of(st.none(), BUTTONS))
SIZES = st.sampled_from([1, 1, 1, 5, 40, 300])


@st.composite
def listings(draw: st.DrawFn) -> Listing:
    rows = draw(st.lists(ROWS, max_size=5))
    many = [  # repeated, with commands of their own
        replace(row, button=row.button and replace(row.button, command=f"{row.button.command}-{n}"))
        for n in range(draw(SIZES)) for row in rows
    ]  # fmt: skip
    return Listing(draw(WILD), tuple(many[:1000]), draw(st.sampled_from([None, "readiness status prod"])))


BLOCKS: st.SearchStrategy[Block] = st.one_of(
    st.builds(Paragraph, LINES), st.builds(Note, LINES), listings(),
    st.builds(Fields, st.lists(st.tuples(WILD, LINES), max_size=25).map(tuple)),
    st.builds(Progress, st.integers(-5, 2_000), st.integers(-5, 2_000), WILD),
    st.builds(Buttons, st.lists(BUTTONS, max_size=60).map(tuple)),
)  # fmt: skip
BODIES = st.lists(BLOCKS, max_size=8).map(tuple)
CARDS = st.builds(Card, WILD, st.sampled_from(Tone), WILD, BODIES, st.lists(BLOCKS, max_size=3).map(tuple))


@CALM
@given(CARDS)
@example(Card("", Tone.BAD, ""))
@example(Card("t", Tone.BAD, "s", tuple(Paragraph(("x" * 10_000,)) for _ in range(3))))
@example(Card("t", Tone.BAD, "s", (Buttons(tuple(Button("b", f"c {n}") for n in range(1_500))),)))
@example(Card("t", Tone.BAD, "s", (Buttons(tuple(Button("*" * 80, f"c {n}", confirm="& " * 500) for n in range(30))),)))
@example(Card("t", Tone.BAD, "s", tuple(Note((f"{n}",)) for n in range(120))))
@example(Card("t", Tone.BAD, "s", tuple(Listing("<" * 90, ()) for _ in range(70))))
def test_no_card_breaks_a_limit_or_calls_anybody_and_every_command_is_in_reach(card: Card) -> None:
    messages = checked(card)
    if len(messages) <= 25:  # a longer thread is cut, and says so
        within_reach(card, messages)
    else:
        assert "ask for one item at a time" in json.dumps(messages[-1].blocks)


@CALM
@given(views(), WILD)
def test_every_card_of_the_program_fits_and_keeps_its_commands(view: View, text: str) -> None:
    for card in all_cards(view, text):
        within_reach(card, checked(card))


ITEMS = (
    samples.an_item("hsts", title="HSTS", owner="devops"), samples.an_item("up", title="Up", section="Site"),
    samples.an_item("word", samples.ATTEST, "important", title="Restored", section="Site", owner="devops"),
)  # fmt: skip
CATALOG = samples.a_catalog(environment=Environment("prod", ITEMS), release="a1b2c3d")


def a_view(state: RunState, outcomes: dict[str, str], *more: Attestation) -> View:
    results = {item: samples.a_result(outcome, item=item) for item, outcome in outcomes.items()}
    standings = stand(ITEMS, samples.evidence(*results.values(), *more), NOW, FRESH)
    run = Run(
        id=7, environment="prod", state=state, person="ana", name="Ana", items=["hsts", "up"], shown=[], asked_at=NOW,
        started_at=NOW - HOUR / 900, finished_at=NOW, release="a1b2c3d", done=len(results),
    )  # fmt: skip
    verdict = judge(standings, "critical", TODAY) if state == RunState.FINISHED else None
    return View(CATALOG, CATALOG.environments["prod"], standings, NOW, verdict, results, run=run)


def outline(card: Card) -> list[str]:
    """What a reader sees, a line a block: texts, and what can be clicked in brackets."""
    lines = []
    for block in checked(card)[0].blocks:
        parts = [block["text"]["text"]] if "text" in block else []
        parts += [field["text"] for field in block.get("fields", ())]
        for element in [*block.get("elements", ()), *([block["accessory"]] if "accessory" in block else ())]:
            label = element["placeholder"] if "options" in element else element["text"]
            parts.append(f"[{label['text']}]" if "action_id" in element else str(label))
        lines.append(" | ".join(parts))
    return lines


NO_GO = a_view(RunState.FINISHED, {"hsts": "fail", "up": "pass"})
WORD = samples.an_attestation(item="word", evidence="https://w.example/r", note="done")
FIGURES = "*Release:*  `a1b2c3d` | *Run:*  #7 by Ana, took 4s"
NOON = "2026-03-28 13:00 CET (12:00 UTC)"
WITNESS = "On record as #7, `01234567`"
SHOWN: list[tuple[Card, list[str]]] = [
    (environment_card(a_view(RunState.RUNNING, {"hsts": "fail"})), [
        "🔵 shop prod: measuring", "▰▰▰▰▰▰▰▰▰▰▱▱▱▱▱▱▱▱▱▱  *1 of 2*  1 fail, 1 pending",
        "*Sections*\n❌  Safety  ·  0/1\n⏳  Site  ·  0/2", "*Not well so far*\n❌  *HSTS*  ·  critical  –  saw fail"]),
    (environment_card(NO_GO), [
        "🔴 shop prod: NO-GO", "1 item that must hold does not.",
        f"*Score:*  3.8 of 10 | *Items:*  1 pass, 1 fail, 1 pending | {FIGURES}",
        "*Blockers*", "❌  *HSTS*  ·  critical\n\u2003\u2003saw fail — <!subteam^S0OPS> | [Show]", "*Conditions*",
        "⚪  *Restored*  ·  important\n\u2003\u2003nobody has vouched for it yet — <!subteam^S0OPS> | [Show]",
        "*Sections*\n❌  Safety  ·  0/1\n⚪  Site  ·  1/2",
        "*Next:* <!subteam^S0OPS> looks at “HSTS”, then `/readiness run prod --only failing`.",
        "[Re-run failed] | [Run again] | [Show all items]"]),
    (environment_card(a_view(RunState.FINISHED, {"hsts": "pass", "up": "pass"}, WORD)), [
        "🟢 shop prod: GO", "Everything that must hold does, without conditions.",
        f"*Score:*  10.0 of 10 | *Items:*  3 pass | {FIGURES}", "*Sections*\n✅  Safety  ·  1/1\n✅  Site  ·  2/2",
        "*Next:* nothing stands in the way of prod.", "[Run again] | [Show all items]"]),
    (environment_card(a_view(RunState.INTERRUPTED, {"hsts": "pass"})), [
        "🟡 shop prod: interrupted",
        "The run was interrupted after 1 of 2 checks, so there is no verdict. Next: start it again.",
        "*Sections*\n✅  Safety  ·  1/1\n⚪  Site  ·  0/2", "[Run again] | [Show all items]"]),
    (item_card(NO_GO, NO_GO.standings[0], [samples.a_result("fail"), samples.a_result("pass")]), [
        "🔴 HSTS: fail", "saw fail",
        "*State:*  *fail* | *Level:*  critical | *Section:*  Safety | *Known by:*  a check (tcp) | "
        f"*Owner:*  DevOps Lead | *Known at:*  {NOON}",
        f"*Before*\n❌  {NOON}  ·  250ms  –  saw fail\n✅  {NOON}  ·  250ms  –  saw pass",
        "[Measure again] | [Waive] | [History]"]),
    (attested_card(ITEMS[2], WORD, CATALOG, "prod", an_entry()), [
        "🟢 prod: Restored", "*Ana* vouches for “Restored”.",
        "*Until:*  2026-04-27 14:00 CEST (12:00 UTC) | *Evidence:*  <https://w.example/r>", "done", "[Show]", WITNESS]),
    (waived_card(ITEMS[0], samples.a_waiver(item="hsts"), CATALOG, "prod", an_entry()), [
        "🟡 prod: HSTS is waived", "*Ana* waived “HSTS” until 2026-03-29 14:00 CEST (12:00 UTC).", "known",
        "Until then it does not block, and every GO says that it holds with conditions.", "[Show] | [End the waiver]",
        WITNESS]),
    (revoked_card(ITEMS[0], "waiver", "Ana", "prod", "fixed", an_entry()), [
        "🟡 prod: HSTS", "Ana took back the waiver of “HSTS” in prod.", "fixed", "[Show]", WITNESS]),
    (item_history_card(ITEMS[0], [samples.a_result("fail")], CATALOG, "prod"), [
        "prod: history of HSTS", "“HSTS” was well in 0 of the last 1 measurements.",
        f"*Newest first*\n❌  {NOON}  ·  250ms  –  saw fail"]),
    (refusal_card("Not you.", [Button("Help", "readiness help")]), ["🔴 Not done", "Not you.", "[Help]"]),
    (help_card("shop", [("/readiness run", "Measure")], ["prod"], "You are Ana."), [
        "Readiness", "Readiness watches over shop: prod.", "*Commands*\n•  `/readiness run`  –  Measure",
        "You are Ana.", "[Run prod]"]),
    (usage_card("/readiness waive ENV", "Except", [("env", "environment")], "readiness waive prod"), [
        "/readiness waive ENV", "Except", "`/readiness waive ENV`", "*Takes*\n•  `env`  –  environment",
        "For example: `/readiness waive prod`"]),
    (check_card("tcp", Measurement(Outcome.FAIL, "closed", 0.1, {"open": False}), {"open": "open or not"}), [
        "🔴 tcp: fail", "closed", "*Outcome:*  fail | *Took:*  100ms", "*Facts*\n•  `open`  –  False  (open or not)",
        "Any of these may stand in an expectation: --expect 'FACT == …'."]),
    (kinds_card({"tcp": "a port"}, {"cors": "origins"}), [
        "Checks", "*Kinds*\n•  `tcp`  –  a port", "*Presets*\n•  `cors`  –  origins"]),
    (doctor_card([Finding("Slack", "missing", "no token", "set SLACK_BOT_TOKEN")]), [
        "🟡 Readiness doctor", "One thing keeps something from working.",
        "*Found*\n⚠️  *Slack:* no token  –  → `set SLACK_BOT_TOKEN`", "*Next:* set SLACK_BOT_TOKEN."]),
]  # fmt: skip


@pytest.mark.parametrize(("card", "lines"), SHOWN, ids=[card.title for card, _ in SHOWN])
def test_each_card_shows_exactly_this(card: Card, lines: list[str]) -> None:
    assert outline(card) == lines
    assert render(card).text == card.summary.replace("<", "&lt;").replace(">", "&gt;")


@pytest.mark.parametrize("text", HOSTILE)
def test_each_hostile_text_stays_in_its_place_wherever_it_stands(text: str) -> None:
    words: Line = (text, Strong(text), Code(text), Link(text, text), Moment(1e9, text), OwnerMention("x", text))
    rows = tuple(Row(Mark.FAIL, words, words, text, Button(text, f"c {n}")) for n in range(3))
    card = Card(
        text, Tone.BAD, text, (Paragraph(words), Fields(((text, words),)), Listing(text, rows), Progress(1, 2, text)),
        (Note(words),),
    )  # fmt: skip
    within_reach(card, checked(card))


def test_a_thousand_rows_are_cut_counted_and_one_click_away() -> None:
    rows = tuple(
        Row(Mark.FAIL, (f"Item {n}",), ("it is down " * 9,), "critical", Button("Show", f"show {n}"))
        for n in range(1000)
    )
    message = render(Card("t", Tone.BAD, "s", (Listing("Blockers", rows, "readiness status prod"),)))
    strict(message)
    last = message.blocks[-1]
    counted = re.fullmatch(r"_… and (\d+) more_", last["text"]["text"])
    assert counted
    shown = sum(text.count("❌") for text in texts_of(message.blocks))
    assert shown == 1000 - int(counted[1]) > 40
    assert last["accessory"]["value"] == "readiness status prod"


def test_a_thousand_rows_without_such_a_command_go_on_in_the_thread() -> None:
    rows = tuple(Row(Mark.PASS, (f"Item {n}.",), (), "", Button("Show", f"show {n}")) for n in range(1000))
    card = Card("t", Tone.GOOD, "s", (Listing("All", rows),), (Listing("Beside", (Row(Mark.PASS, ("Item last.",)),)),))
    messages = checked(card)
    within_reach(card, messages)
    shown = [name for m in messages for text in texts_of(m.blocks) for name in re.findall(r"✅  (Item \w+)\.", text)]
    assert shown == [*(f"Item {n}" for n in range(1000)), "Item last"]
    assert messages[1].text == f"t: details, part 1 of {len(messages) - 1}"
    assert messages[1].blocks[0]["text"]["text"] == "*All (continued)*"


@pytest.mark.parametrize(
    ("typed", "shown"),
    [("a *b* _c_ ~d~", "a *b* _c_ ~d~"), ("api_key is 2*3", "api_key is 2*3"),
     ("<!channel> & <@U1>", "<!channel> & <@U1>"),
     ("one\n two\ttwo", "one  two two"), ("\x1b[2Jx\u202ey", "[2Jxy"), ("`x` ```y", "`x` ```y"), ("＊x＊", "＊x＊")],
)  # fmt: skip
def test_outside_text_shows_as_it_was_typed(typed: str, shown: str) -> None:
    written = _UNFORMATTED.sub(r"\1", escape(typed))
    assert written.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&") == shown
    assert not re.search(r"(?<![a-z0-9])[*_~`＊]", _UNFORMATTED.sub("", escape(typed)))


@pytest.mark.parametrize(
    ("line", "written"),
    [(("a ", Strong("b "), "c"), "a *b* c"), (("a", Strong("b"), "c"), "a\u200b*b*\u200bc"),
     ((Strong("Next: "), Code("/x `y`")), "*Next:* `/x ˋyˋ`"), ((Code("x"), "."), "`x`."),
     ((Strong(" "), Code("")), " "), ((Moment(float("nan"), "soon"),), "soon"),
     ((Moment(1774699200.5, "28 March | 12:00"),), "<!date^1774699200^{date_short_pretty} {time}|28 March ǀ 12:00>"),
     ((OwnerMention("devops", "DevOps Lead"), " ", OwnerMention("bad", "Bad")), "<!subteam^S0OPS> *Bad*"),
     ((OwnerMention("nobody", "Paula"),), "*Paula*"), (("> x",), "\u00ad&gt; x")],
)  # fmt: skip
def test_words_have_their_markup(line: Line, written: str) -> None:
    assert markup(line, MENTIONS) == written


@pytest.mark.parametrize(
    ("text", "url", "written"),
    [("evidence", "https://x.example/a?b=1&c=2", "<https://x.example/a?b=1&amp;c=2|evidence>"),
     ("https://x", "https://x", "<https://x>"), ("https://bank.example", "https://evil", "<https://evil>"),
     ("a|b>", "https://x/|y>", "<https://x/%7Cy%3E|aǀb&gt;>"),
     ("go", "javascript:alert(1)", "go (javascript:alert(1))"),
     ("", "https://x", "<https://x>"), ("https://", "https://", "https://")],
)  # fmt: skip
def test_only_addresses_of_the_web_become_links_and_none_hides_its_target(text: str, url: str, written: str) -> None:
    assert link(text, url) == written


def test_a_text_is_taken_apart_between_words_and_characters() -> None:
    assert fit(("alpha beta gamma",), {}, 12) == ("alpha beta ", ("gamma",))
    head, rest = fit(("xx" + "e\u0301" * 20,), {}, 11)
    assert head + "".join(map(str, rest)) == "xx" + "e\u0301" * 20
    assert not str(rest[0]).startswith("\u0301")
    assert fit((Strong("alpha beta"),), {}, 8) == ("*alpha* ", (Strong("beta"),))
    assert markup(("alpha beta gamma",), {}, 12) == "alpha beta…"


def test_a_button_is_a_command_with_its_question() -> None:
    def text(said: str) -> dict[str, Any]:
        return {"type": "plain_text", "text": said, "emoji": True}

    button = Button("End the waiver", "readiness revoke prod hsts", "danger", "End it now?")
    [_, actions] = render(Card("t", Tone.GOOD, "s", (Buttons((button,)),))).blocks
    answers = {"confirm": text("End the waiver"), "deny": text("Cancel"), "style": "danger"}
    asked = {"title": text("End the waiver?"), "text": text("End it now?")} | answers
    command = {"type": "button", "action_id": "do-0", "value": "readiness revoke prod hsts"}
    assert actions["elements"] == [command | {"style": "danger", "text": text("End the waiver"), "confirm": asked}]
    assert command_of(actions["elements"][0]) == "readiness revoke prod hsts"
    assert command_of({"selected_option": {"value": "x"}}) == "x"
    assert command_of({}) is None


@pytest.mark.parametrize(
    ("done", "total", "shown"),
    [
        (0, 0, "▱" * 20 + "  *0 of 0*"),
        (5, 10, "▰" * 10 + "▱" * 10 + "  *5 of 10*"),
        (12, 10, "▰" * 20 + "  *12 of 10*"),
    ],
)
def test_progress_is_a_bar_and_figures(done: int, total: int, shown: str) -> None:
    [_, bar] = render(Card("t", Tone.BUSY, "s", (Progress(done, total),))).blocks
    assert bar["text"]["text"] == shown
