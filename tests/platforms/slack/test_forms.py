"""Forms: what is asked, what is read from them, where their errors stand. Every view is one that Slack accepts."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.catalog.model import Environment
from bot.commands.grammar import parse, values
from bot.commands.model import Ask, Command, Kind, Parameter, Reply
from bot.commands.registry import commands
from bot.platforms.slack import limits
from bot.platforms.slack.forms import ACTION, Choices, command_line, errors, form, read, suggestions
from tests.property.views import TEXTS
from tests.standins.slack.blocks import check_view, choice_list
from tests.standins.slack.shapes import Report
from tests.unit.samples import NOW, a_catalog, an_item

ITEMS = (an_item("hsts", title="HSTS headers configured", section="Security"), an_item("api", section="Site"))
CATALOG = a_catalog(environment=Environment("prod", ITEMS))
CHOICES = Choices.of(CATALOG, "prod")


def ask(verb: str, *missing: str, **known: str) -> Ask:
    found = commands()["readiness", verb]
    return Ask(found, known, tuple(p for p in found.parameters if p.name in missing))


def every_kind() -> Ask:
    """A command with one optional parameter of each kind; the first is missing."""
    found = tuple(
        Parameter("item" if kind in (Kind.ITEM, Kind.ITEMS) else kind.name.lower(), kind, "what it is", False,
                  choices=("one", "two")) for kind in Kind if kind is not Kind.ITEMS
    )  # fmt: skip
    command = Command("launch", "plan", "Plan a launch", found, lambda: Reply())
    return Ask(command, {}, found[:1])


def checked(view: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The inputs of a view that Slack accepts, by block_id."""
    report = Report()
    check_view(view, "modal", report)
    assert report.errors == []
    return {block["block_id"]: block for block in view["blocks"] if block["type"] == "input"}


def test_a_waiver_asks_for_the_reason_and_the_end_and_says_what_it_is_about() -> None:
    view = form(ask("waive", "reason", "until", env="prod", item="hsts"), CHOICES, "kept")
    assert (view["title"]["text"], view["submit"]["text"], view["private_metadata"]) == ("Waive", "Do it", "kept")
    assert view["blocks"][0]["text"]["text"] == (
        "*HSTS headers configured* in *prod*\nExcept an item for a while, with a reason."
    )
    inputs = checked(view)
    assert list(inputs) == ["reason", "until"]
    assert inputs["reason"]["element"] == {
        "type": "plain_text_input", "max_length": 3000, "multiline": True, "action_id": "value",
    }  # fmt: skip
    assert inputs["until"]["element"] == {"type": "datetimepicker", "action_id": "value"}
    assert inputs["until"]["hint"]["text"] == "When it ends, in your own time zone."
    assert not any(block["optional"] for block in inputs.values())


def test_what_is_missing_comes_first_and_what_may_be_left_out_is_offered() -> None:
    inputs = checked(form(ask("attest", "evidence", env="prod", item="hsts"), CHOICES, ""))
    assert {name: block["optional"] for name, block in inputs.items()} == {
        "evidence": False, "note": True, "until": True, "took": True,
    }  # fmt: skip
    assert inputs["took"]["element"]["placeholder"]["text"] == "for example 4m10s"


def test_without_environment_and_item_both_are_picked() -> None:
    inputs = checked(form(ask("show", "env", "item"), Choices.of(CATALOG), ""))
    assert [option["value"] for option in inputs["env"]["element"]["options"]] == ["prod"]
    groups = inputs["item"]["element"]["option_groups"]
    assert [(group["label"]["text"], [o["value"] for o in group["options"]]) for group in groups] == [
        ("Security", ["hsts"]), ("Site", ["api"]),
    ]  # fmt: skip
    assert groups[0]["options"][0]["text"]["text"] == "HSTS headers configured"


def test_a_wrong_item_can_be_put_right() -> None:
    inputs = checked(form(ask("waive", "reason", "until", env="prod", item="hst"), CHOICES, ""))
    assert list(inputs) == ["reason", "until", "item"]
    assert "initial_option" not in inputs["item"]["element"]


@pytest.mark.parametrize(
    ("given_value", "kind", "first"),
    [("2d", "plain_text_input", ("initial_value", "2d")),
     ("2026-12-31T18:00:00+01:00", "datetimepicker", ("initial_date_time", 1798736400)),
     ("2026-12-31 18:00", "plain_text_input", ("initial_value", "2026-12-31 18:00"))],
)  # fmt: skip
def test_what_was_typed_already_is_there(given_value: str, kind: str, first: tuple[str, Any]) -> None:
    inputs = checked(form(ask("waive", "reason", env="prod", item="hsts", until=given_value), CHOICES, ""))
    assert inputs["until"]["element"]["type"] == kind
    assert inputs["until"]["element"][first[0]] == first[1]


def test_every_kind_of_parameter_has_its_control() -> None:
    inputs = checked(form(every_kind(), CHOICES, ""))
    assert {name: block["element"]["type"] for name, block in inputs.items()} == {
        "environment": "static_select", "item": "static_select", "text": "plain_text_input",
        "long_text": "plain_text_input", "url": "plain_text_input", "until": "datetimepicker",
        "duration": "plain_text_input", "choice": "static_select", "number": "number_input", "flag": "checkboxes",
    }  # fmt: skip


def test_several_items_are_picked_together() -> None:
    inputs = checked(form(ask("run", "env", env="", item="hsts api"), CHOICES, ""))
    element = inputs["item"]["element"]
    assert element["type"] == "multi_static_select"
    assert [option["value"] for option in element["initial_options"]] == ["hsts", "api"]


def test_a_thousand_items_are_looked_for_while_typing() -> None:
    many = tuple(an_item(f"i{n}", title=f"Item {n}", section=f"Part {n % 7}") for n in range(1000))
    choices = Choices.of(a_catalog(environment=Environment("prod", many)))
    element = checked(form(ask("show", "env", "item", item="i999"), choices, ""))["env"]["element"]
    assert element["type"] == "static_select"
    picker = checked(form(ask("run", "env", env=""), choices, ""))["item"]["element"]
    assert (picker["type"], picker["min_query_length"]) == ("multi_external_select", 0)
    assert len([o for group in suggestions("", choices)["option_groups"] for o in group["options"]]) == 100
    found = suggestions("ITEM 42", choices)["option_groups"]
    assert "i42" in [option["value"] for group in found for option in group["options"]]
    assert suggestions("nothing like it", choices) == {"options": []}


def test_two_hundred_items_of_one_section_are_in_groups_of_a_hundred() -> None:
    many = tuple(an_item(f"i{n}", title=f"Item {n}", section="All") for n in range(200))
    view = form(ask("show", "env", "item"), Choices.of(a_catalog(environment=Environment("prod", many))), "")
    assert [len(group["options"]) for group in checked(view)["item"]["element"]["option_groups"]] == [100, 100]


def test_a_submitted_form_is_the_texts_that_commands_take() -> None:
    state = {
        "reason": {ACTION: {"type": "plain_text_input", "value": "known"}},
        "note": {ACTION: {"type": "plain_text_input", "value": None}},
        "until": {ACTION: {"type": "datetimepicker", "selected_date_time": 1798736400}},
        "env": {ACTION: {"type": "static_select", "selected_option": {"value": "prod"}}},
        "only": {ACTION: {"type": "static_select", "selected_option": None}},
        "item": {ACTION: {"type": "multi_static_select", "selected_options": [{"value": "a"}, {"value": "b"}]}},
        "drill": {ACTION: {"type": "checkboxes", "selected_options": [{"value": "yes"}]}},
        "force": {ACTION: {"type": "checkboxes", "selected_options": []}},
        "speed": {ACTION: {"type": "number_input", "value": "2.5"}},
    }
    expected = {
        "reason": "known", "until": "2026-12-31T17:00:00+00:00", "env": "prod", "item": "a b", "drill": "yes",
        "force": "no", "speed": "2.5",
    }  # fmt: skip
    assert read(state) == read({"values": state}) == expected


def test_the_line_kept_with_a_form_and_its_fields_are_a_whole_command() -> None:
    asked = ask("waive", "reason", "until", env="prod", item="hsts", reason="x" * 9000)
    line = command_line(asked, CHOICES)
    assert line == "readiness waive --env=prod --item=hsts"
    parsed = parse(line)
    assert {p.name for p in parsed.missing} == {"reason", "until"}
    assert values(parsed, CATALOG, NOW)["item"] == "hsts"


def test_an_error_stands_beside_its_field() -> None:
    view = form(ask("waive", "reason", "until", env="prod", item="hsts"), CHOICES, "")
    typed = {"values": {"until": {ACTION: {"type": "plain_text_input", "value": "yesterday"}}}}
    assert errors("Too short", "reason", view) == {"reason": "Too short"}
    assert errors("--until is needed", None, view) == {"until": "--until is needed"}
    assert errors("'yesterday' is not a time", None, view | {"state": typed}) == {"until": "'yesterday' is not a time"}
    assert errors("reason is longer than 3000 characters.", "elsewhere", view) == {
        "reason": "reason is longer than 3000 characters."
    }
    assert errors("No.", None, view) == {"reason": "No."}
    assert errors("No.", None, {"blocks": []}) == {}


def test_metadata_that_slack_would_not_keep_are_refused() -> None:
    with pytest.raises(ValueError, match="at most 3000"):
        form(ask("waive", "reason"), CHOICES, "x" * (limits.METADATA + 1))


@given(st.sampled_from(sorted(commands())), TEXTS, TEXTS, st.booleans())
def test_no_form_breaks_a_limit(name: tuple[str, str], text: str, title: str, known: bool) -> None:
    items = (an_item("a", title=title, section=text), an_item("b", title=text, section=title))
    choices = Choices.of(a_catalog(environment=Environment("prod", items)))
    found = commands()[name]
    given_values = {p.name: text for p in found.parameters} | ({"env": "prod", "item": "a"} if known else {})
    view = form(Ask(found, given_values, found.parameters[:1]), choices, "")
    inputs = checked(view)
    assert [block["element"]["action_id"] for block in inputs.values()] == [ACTION] * len(inputs)
    report = Report()
    choice_list(suggestions(text[:20], choices), "", report)
    assert report.errors == []
    if inputs:
        assert set(errors(text, None, view)) <= set(inputs)
