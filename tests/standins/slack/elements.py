"""Block Kit's composition objects and elements, with the limits of their reference pages.

https://docs.slack.dev/reference/block-kit/composition-objects and https://docs.slack.dev/reference/block-kit/block-elements;
the same numbers stand as `*_max_length` in slack_sdk.models.blocks.
"""

from __future__ import annotations

from typing import Any

from tests.standins.slack.shapes import (
    Check,
    Json,
    Report,
    Shape,
    address,
    anything,
    boolean,
    items,
    kinds,
    one_of,
    string,
    whole,
)  # fmt: skip


def text(most: int, *allowed: str, least: int = 1) -> Check:
    """A text object of the allowed kinds (both when none is named); `emoji` is plain_text's, `verbatim` mrkdwn's."""
    accepted = allowed or ("plain_text", "mrkdwn")
    plain = Shape({"type": anything, "text": string(most, least)}, {"emoji": boolean})
    marked = Shape({"type": anything, "text": string(most, least)}, {"verbatim": boolean})

    def check(value: Any, pointer: str, report: Report) -> None:
        kind = value.get("type") if isinstance(value, dict) else None
        if not isinstance(value, dict):
            report.say(pointer, "must provide an object")
        elif kind not in accepted:
            report.say(f"{pointer}/type", f"must be one of {', '.join(accepted)}")
        else:
            (plain if kind == "plain_text" else marked)(value, pointer, report)

    return check


plain_text = "plain_text"
ident = string(255)
confirm = Shape(
    {"title": text(100, plain_text), "text": text(300), "confirm": text(30, plain_text), "deny": text(30, plain_text)},
    {"style": one_of("primary", "danger")},
)


def option(*allowed: str, url: bool = False) -> Shape:
    may: dict[str, Check] = {"description": text(75, *allowed)}
    return Shape({"text": text(75, *allowed), "value": string(150)}, may | ({"url": address()} if url else {}))


choice, rich_choice, overflow_choice = option(plain_text), option(), option(plain_text, url=True)
group = Shape({"label": text(75, plain_text), "options": items(choice, 100)})
conversation_filter = Shape(
    {},
    {
        "include": items(one_of("im", "mpim", "private", "public"), 4),
        "exclude_external_shared_channels": boolean,
        "exclude_bot_users": boolean,
    },
)
dispatch = Shape({}, {"trigger_actions_on": items(one_of("on_enter_pressed", "on_character_entered"), 2)})


def _options(value: Json) -> list[Any]:
    inside = [each for kind in value.get("option_groups") or [] for each in (kind or {}).get("options") or []]
    return list(value.get("options") or []) + inside


def _choosing(value: Json, pointer: str, report: Report) -> None:
    if (value.get("options") is None) == (value.get("option_groups") is None):
        report.say(pointer, "must define either `options` or `option_groups`")
    _initial(value, pointer, report)


def _initial(value: Json, pointer: str, report: Report) -> None:
    """What is chosen at first has to be one of the options, exactly."""
    offered = _options(value)
    values = [each.get("value") for each in offered if isinstance(each, dict)]
    if len(set(map(str, values))) != len(values):
        report.say(f"{pointer}/options", "option values must be unique")
    first = value.get("initial_options") or ([value["initial_option"]] if value.get("initial_option") else [])
    for each in first if isinstance(first, list) else []:
        if each not in offered:
            report.say(f"{pointer}/initial_option", "initial option must match an option")


def _focus(value: Json, pointer: str, report: Report) -> None:
    if value.get("focus_on_load") is True:
        report.focused += 1
        if report.focused > 1:
            report.say(f"{pointer}/focus_on_load", "only one element can have `focus_on_load` set to true")


def _length(value: Json, pointer: str, report: Report) -> None:
    least, most = value.get("min_length"), value.get("max_length")
    if isinstance(least, int) and isinstance(most, int) and least > most:
        report.say(pointer, "min_length must be less than max_length")


def element(must: dict[str, Check], may: dict[str, Check], *extras: Check) -> Shape:
    """An interactive element: each has an action_id; one in a view may ask for the focus."""

    def extra(value: Any, pointer: str, report: Report) -> None:
        for each in (*extras, _focus):
            each(value, pointer, report)

    return Shape({"type": anything} | must, {"action_id": ident} | may, extra)


_hint: dict[str, Check] = {"placeholder": text(150, plain_text)}
_focusable: dict[str, Check] = {"focus_on_load": boolean}
_ask: dict[str, Check] = {"confirm": confirm}
_date, _clock = string(pattern=r"\d{4}-\d{2}-\d{2}"), string(pattern=r"([01]\d|2[0-3]):[0-5]\d")
_menu = _hint | _focusable | _ask
_many: dict[str, Check] = _menu | {"max_selected_items": whole(1, 100)}
_choices: dict[str, Check] = {"options": items(choice, 100), "option_groups": items(group, 100)}
_typing = _hint | _focusable | {"dispatch_action_config": dispatch}
_conversation: dict[str, Check] = {"default_to_current_conversation": boolean, "filter": conversation_filter}
_written: dict[str, Check] = {
    "initial_value": string(3000, 0),
    "multiline": boolean,
    "min_length": whole(0, 3000),
    "max_length": whole(1, 3000),
}
_looking_up: dict[str, Check] = {"initial_option": choice, "min_query_length": whole(0, 100)}
_picking: dict[str, Check] = {"initial_options": items(choice, 100), "min_query_length": whole(0, 100)}
_people: dict[str, Check] = {"response_url_enabled": boolean}
_number: dict[str, Check] = {"min_value": string(), "max_value": string(), "initial_value": string()}

image = Shape(
    {"type": anything, "alt_text": string(2000)}, {"image_url": address(), "slack_file": anything, "fallback": anything}
)
button = element(
    {"text": text(75, plain_text)},
    {"url": address(), "value": string(2000), "style": one_of("primary", "danger"), "accessibility_label": string(75)}
    | _ask,
)

ELEMENTS: dict[str, Shape] = {
    "button": button,
    "checkboxes": element(
        {"options": items(rich_choice, 10)}, {"initial_options": items(rich_choice, 10)} | _focusable | _ask, _initial
    ),
    "radio_buttons": element(
        {"options": items(rich_choice, 10)}, {"initial_option": rich_choice} | _focusable | _ask, _initial
    ),
    "overflow": element({"options": items(overflow_choice, 5)}, _ask, _initial),
    "datepicker": element({}, {"initial_date": _date} | _menu),
    "timepicker": element({}, {"initial_time": _clock, "timezone": string()} | _menu),
    "datetimepicker": element({}, {"initial_date_time": whole(10**9, 10**10 - 1)} | _focusable | _ask),
    "static_select": element({}, _choices | {"initial_option": choice} | _menu, _choosing),
    "multi_static_select": element({}, _choices | {"initial_options": items(choice, 100)} | _many, _choosing),
    "external_select": element({}, _looking_up | _menu),
    "multi_external_select": element({}, _picking | _many),
    "users_select": element({}, {"initial_user": string()} | _menu),
    "multi_users_select": element({}, {"initial_users": items(string(), 100)} | _many),
    "conversations_select": element(
        {},
        _conversation | {"initial_conversation": string()} | _people | _menu,
    ),
    "multi_conversations_select": element(
        {},
        _conversation | {"initial_conversations": items(string(), 100)} | _many,
    ),
    "channels_select": element({}, {"initial_channel": string()} | _people | _menu),
    "multi_channels_select": element({}, {"initial_channels": items(string(), 100)} | _many),
    "plain_text_input": element(
        {},
        _written | _typing,
        _length,
    ),
    "number_input": element({"is_decimal_allowed": boolean}, _number | _typing),
    "email_text_input": element({}, {"initial_value": string()} | _typing),
    "url_text_input": element({}, {"initial_value": string()} | _typing),
    "rich_text_input": element({}, {"initial_value": anything} | _typing),
    "file_input": element({}, {"filetypes": items(string(), 100), "max_files": whole(1, 10)}),
    "feedback_buttons": element({"positive_button": anything, "negative_button": anything}, {}),
    "icon_button": element({"icon": one_of("trash"), "text": text(75, plain_text)}, {"value": string(2000)} | _ask),
}

MENUS = ("static_select", "external_select", "users_select", "conversations_select", "channels_select")
MULTIS = tuple(f"multi_{each}" for each in MENUS)
PICKERS = ("datepicker", "timepicker", "checkboxes", "radio_buttons")
INPUTS = ("plain_text_input", "number_input", "email_text_input", "url_text_input", "rich_text_input", "file_input")


def among(*names: str, **others: Check) -> Check:
    """One of these elements, each in the place that its page allows."""
    table: dict[str, Check] = {name: ELEMENTS[name] for name in names} | others
    return kinds(lambda report: table)


in_section = among("button", "overflow", *PICKERS, *MENUS, *MULTIS, image=image)
in_actions = among("button", "overflow", "datetimepicker", *PICKERS, *MENUS, *MULTIS)
in_input = among("datetimepicker", *PICKERS, *MENUS, *MULTIS, *INPUTS)
