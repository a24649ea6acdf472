"""What stands in the fields of a view or message, as Slack's `state.values` says it, and what a person may put there.

https://docs.slack.dev/reference/interaction-payloads/view-interactions-payload.
"""

from __future__ import annotations

from typing import Any

from tests.standins.slack.shapes import Json
from tests.standins.slack.world import interactive

# The key under which an element's value stands, and the field that says what stands there at first.
_WHERE = {
    "plain_text_input": ("value", "initial_value"),
    "number_input": ("value", "initial_value"),
    "email_text_input": ("value", "initial_value"),
    "url_text_input": ("value", "initial_value"),
    "rich_text_input": ("rich_text_value", "initial_value"),
    "static_select": ("selected_option", "initial_option"),
    "external_select": ("selected_option", "initial_option"),
    "radio_buttons": ("selected_option", "initial_option"),
    "checkboxes": ("selected_options", "initial_options"),
    "multi_static_select": ("selected_options", "initial_options"),
    "multi_external_select": ("selected_options", "initial_options"),
    "users_select": ("selected_user", "initial_user"),
    "multi_users_select": ("selected_users", "initial_users"),
    "conversations_select": ("selected_conversation", "initial_conversation"),
    "multi_conversations_select": ("selected_conversations", "initial_conversations"),
    "channels_select": ("selected_channel", "initial_channel"),
    "multi_channels_select": ("selected_channels", "initial_channels"),
    "datepicker": ("selected_date", "initial_date"),
    "timepicker": ("selected_time", "initial_time"),
    "datetimepicker": ("selected_date_time", "initial_date_time"),
    "file_input": ("files", ""),
}
_CHOSEN = ("selected_option", "selected_options")


def filled(element: Json, value: Any) -> Json:
    """The state of an element in which a person put this: options by value or by label, or as they are."""
    key, _ = _WHERE[element["type"]]
    if key in _CHOSEN and value is not None:
        picked = [_option(element, each) for each in (value if isinstance(value, list) else [value])]
        value = picked if key == "selected_options" else picked[0]
    if key == "value" and value is not None:
        value = str(value)
    return {"type": element["type"], key: value}


def _option(element: Json, wanted: Any) -> Json:
    if isinstance(wanted, dict):
        return wanted
    offered = list(element.get("options") or [])
    for group in element.get("option_groups") or []:
        offered += group["options"]
    for each in offered:
        if wanted in (each["value"], each["text"]["text"]):
            found: Json = each
            return found
    labels = ", ".join(each["text"]["text"] for each in offered)
    raise AssertionError(f"{wanted!r} is not offered; there are: {labels or 'no options'}")


def initial(element: Json) -> Json:
    key, first = _WHERE[element["type"]]
    empty: Any = [] if (key.endswith("s") and key != "selected_options") or key == "selected_options" else None
    return {"type": element["type"], key: element.get(first, empty)}


def state_of(blocks: list[Json], typed: dict[str, dict[str, Json]]) -> dict[str, dict[str, Json]]:
    """`state.values` of blocks: what was typed, otherwise what stood there at first."""
    values: dict[str, dict[str, Json]] = {}
    for block, element in interactive(blocks):
        if element["type"] in _WHERE:
            action = element["action_id"]
            given = typed.get(block["block_id"], {}).get(action)
            values.setdefault(block["block_id"], {})[action] = given or initial(element)
    return values


def is_blank(value: Json) -> bool:
    return all(inner in (None, "", []) for name, inner in value.items() if name != "type")


def find(blocks: list[Json], wanted: str, nth: int = 0) -> tuple[Json, Json]:
    """The block and element with that label, action_id, value, or block_id: what a person aims at."""
    matches = []
    for block, element in interactive(blocks):
        label = (element.get("text") or {}).get("text") if isinstance(element.get("text"), dict) else None
        over = (block.get("label") or {}).get("text") if isinstance(block.get("label"), dict) else None
        hint = (element.get("placeholder") or {}).get("text")
        names = (label, over, hint, element.get("action_id"), element.get("value"), block.get("block_id"))
        if wanted in names:
            matches.append((block, element))
    if nth < len(matches):
        return matches[nth]
    there = [(e.get("text") or {}).get("text") or e["action_id"] for _, e in interactive(blocks)]
    raise AssertionError(f"nothing to use is called {wanted!r} (number {nth}); there are: {there}")


def complaints(blocks: list[Json], values: dict[str, dict[str, Json]]) -> list[str]:
    """What Slack's own client says before it lets a form go: required fields, lengths."""
    found = []
    for block in blocks:
        element = block.get("element")
        if block.get("type") != "input" or not isinstance(element, dict):
            continue
        value = values.get(block["block_id"], {}).get(element["action_id"], {})
        label = block["label"]["text"]
        if is_blank(value):
            if not block.get("optional"):
                found.append(f"{label}: please complete this required field")
            continue
        text = value.get("value")
        if isinstance(text, str) and len(text) < element.get("min_length", 0):
            found.append(f"{label}: at least {element['min_length']} characters")
        if isinstance(text, str) and len(text) > element.get("max_length", 3000):
            found.append(f"{label}: at most {element.get('max_length', 3000)} characters")
    return found
