"""Every button of every card is a command, and no text, however hostile, gets out of its place."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from xml.etree import ElementTree as ET

from hypothesis import HealthCheck, given, settings
from rich.console import Console

from bot.cards.answers import failure_card, help_card, refusal_card, usage_card
from bot.cards.check import check_card, kinds_card
from bot.cards.doctor import Finding, doctor_card
from bot.cards.environment import View
from bot.cards.items import (
    attested_card,
    item_card,
    item_history_card,
    revoked_card,
    run_history_card,
    waived_card,
)
from bot.cards.model import LONGEST_COMMAND, Button, Card
from bot.cards.run import environment_card
from bot.catalog.written import LONGEST_ID, LONGEST_NAME
from bot.commands.grammar import parse, values
from bot.commands.registry import commands
from bot.platforms.console.formats import as_json, as_junit, as_markdown
from bot.platforms.console.render import render
from bot.rules.states import State
from checks.model import Outcome
from checks.model import Result as Measurement
from tests.property.views import NASTY, TEXTS, a_word, an_entry, views
from tests.unit.samples import NOW, a_waiver

CALM = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
# What rich writes itself when colours are forced: the "select graphic rendition" of a terminal, and nothing else.
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_CONTROL = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")


def all_cards(view: View, text: str) -> Iterator[Card]:
    """Every card that can be made of this view."""
    catalog, name, runs = view.catalog, view.environment.name, [view.run] if view.run else []
    yield environment_card(view)
    yield run_history_card(runs, catalog, name)
    yield run_history_card(runs * 3, catalog, name)
    for standing in view.standings:
        item, found = standing.item, [r for r in view.results.values() if r.item == standing.item.id]
        yield item_card(view, standing, found * 2)
        yield item_history_card(item, found, catalog, name)
        yield attested_card(item, a_word(item, text), catalog, name, an_entry())
        yield waived_card(item, a_waiver(item=item.id, reason=text), catalog, name, an_entry())
        yield revoked_card(item, "waiver", text, name, text, an_entry())
    yield failure_card()
    yield refusal_card(text, [Button("Help", "readiness help")])
    yield help_card(text, [(text, text)], list(catalog.environments), text)
    for command in commands().values():
        yield usage_card(command.usage(), command.summary, [(p.name, p.help) for p in command.parameters], text)
    yield check_card(text, Measurement(Outcome.FAIL, text, 0.1, {text: text, "b": None}, attempts=2), {text: text})
    yield kinds_card({text: text}, {text: text})
    yield doctor_card([Finding(text, state, text, text) for state in ("good", "hint", "missing", "broken")])


def printed(card: Card, *, colour: bool) -> str:
    stream = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True)
    console = Console(file=stream, force_terminal=colour, width=100, highlight=False, emoji=False, legacy_windows=False)
    console.print(render(card, lambda _: 1))
    return stream.buffer.getvalue().decode("utf-8") if isinstance(stream.buffer, io.BytesIO) else ""


@CALM
@given(views(), TEXTS)
def test_every_button_of_every_card_is_a_command_that_is_understood(view: View, text: str) -> None:
    for card in all_cards(view, text):
        for button in card.buttons():
            assert len(button.command) <= LONGEST_COMMAND
            parsed = parse(button.command)
            understood = values(parsed, view.catalog, NOW)
            assert {p.name for p in parsed.missing} <= {"reason", "until"}
            if "env" in parsed.given:
                assert understood["env"] == view.environment.name
            if isinstance(parsed.given.get("item"), str):
                assert understood["item"] == parsed.given["item"]
            for item_id in understood.get("item") or () if isinstance(understood.get("item"), tuple) else ():
                assert item_id == button.command.split()[-1]


@CALM
@given(views(), TEXTS)
def test_a_listing_that_is_cut_names_a_command_that_shows_the_rest(view: View, text: str) -> None:
    for card in all_cards(view, text):
        for block in (*card.blocks, *card.detail):
            more = getattr(block, "more", None)
            if more is not None:
                assert values(parse(more), view.catalog, NOW)["env"] == view.environment.name


@CALM
@given(views(), TEXTS)
def test_a_terminal_gets_no_control_characters_from_any_card(view: View, text: str) -> None:
    for card in all_cards(view, text):
        assert _CONTROL.findall(printed(card, colour=False)) == []
        assert _CONTROL.findall(_COLOUR.sub("", printed(card, colour=True))) == []


def test_each_hostile_text_is_harmless_by_itself() -> None:
    for text in NASTY:
        card = refusal_card(f"a{text}b")
        assert _CONTROL.findall(_COLOUR.sub("", printed(card, colour=True))) == [], text


@CALM
@given(views())
def test_json_is_one_object_that_every_stream_takes(view: View) -> None:
    text = as_json(view)
    text.encode("utf-8")
    found = json.loads(text)
    assert [item["state"] for item in found["items"]] == [s.state.value for s in view.listed]
    assert found["environment"] == view.environment.name
    assert found["verdict"] == (view.verdict.decision.value if view.verdict else None)


@CALM
@given(views())
def test_junit_is_xml_and_counts_what_it_holds(view: View) -> None:
    text = as_junit(view)
    root = ET.fromstring(text.encode("utf-8"))
    states = [s.state for s in view.listed]
    unknown = (State.ERROR, State.PENDING, State.STALE, State.BLOCKED)
    assert {name: int(root.get(name, "-1")) for name in ("tests", "failures", "errors", "skipped")} == {
        "tests": len(states),
        "failures": states.count(State.FAIL),
        "errors": sum(state in unknown for state in states),
        "skipped": states.count(State.WAIVED),
    }
    for suite in root:
        cases = suite.findall("testcase")
        assert int(suite.get("tests", "-1")) == len(cases)
        for name, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            assert int(suite.get(name, "-1")) == sum(case.find(tag) is not None for case in cases)


@CALM
@given(views())
def test_markdown_keeps_every_text_in_its_cell(view: View) -> None:
    text = as_markdown(view)
    text.encode("utf-8")
    assert _CONTROL.findall(text) == []
    rows = [line for line in text.split("\n") if line.startswith("|") and line != "|---|---|---|---|---|"]
    rows = [line for line in rows if not line.startswith("| | Item |")]
    assert len(rows) == len(view.listed)
    for line in rows:
        unescaped = re.sub(r"\\.", "", line)
        assert unescaped.count("|") == 6
        assert not re.search(r"[`*_\[\]<>]", unescaped)


def test_the_longest_names_still_fit_a_button_of_every_verb() -> None:
    for command in commands().values():
        if any(parameter.name == "item" for parameter in command.parameters):
            assert len(f"{command.words} {'p' * LONGEST_NAME} {'i' * LONGEST_ID}") <= LONGEST_COMMAND
