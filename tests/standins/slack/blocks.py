"""Block Kit's blocks, messages' and views' lists of them, and views themselves, with the limits of their pages.

https://docs.slack.dev/reference/block-kit/blocks (50 in a message, 100 in a view), each block's page below it, and
https://docs.slack.dev/reference/views. `alert` works in modals only, 200 characters (slackapi/java-slack-sdk#1624,
slackapi/node-slack-sdk#2567); `table`: one a message, 100 rows, 20 columns (table-block).
"""

from __future__ import annotations

import json
from typing import Any

from tests.standins.slack.elements import (
    ELEMENTS,
    button,
    choice,
    group,
    ident,
    image,
    in_actions,
    in_input,
    in_section,
    plain_text,
    text,
)
from tests.standins.slack.rich import rich_text
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


def block(must: dict[str, Check], may: dict[str, Check] | None = None, extra: Check = anything) -> Shape:
    return Shape({"type": anything} | must, {"block_id": ident} | (may or {}), extra)


def _either(*names: str) -> Check:
    def check(value: Json, pointer: str, report: Report) -> None:
        if not any(value.get(name) for name in names):
            report.say(pointer, f"must define one of {', '.join(f'`{name}`' for name in names)}")

    return check


def _unique_actions(value: Json, pointer: str, report: Report) -> None:
    """action_id "should be unique among all other action_ids in the containing block"; Slack refuses doubles."""
    inside = value.get("elements")
    seen: set[str] = set()
    for index, each in enumerate(inside if isinstance(inside, list) else []):
        name = each.get("action_id") if isinstance(each, dict) else None
        if name is not None and str(name) in seen:
            report.say(f"{pointer}/elements/{index}/action_id", f"`action_id` already exists: {name}")
        seen.add(str(name))


def _response_urls(value: Json, pointer: str, report: Report) -> None:
    inner = value.get("element")
    if isinstance(inner, dict) and inner.get("response_url_enabled") and report.surface != "modal":
        report.say(f"{pointer}/element", "`response_url_enabled` only works in modals")
    if isinstance(inner, dict) and inner.get("type") == "file_input" and report.surface != "modal":
        report.say(f"{pointer}/element/type", "unsupported type: file_input")


def _rows(value: Json, pointer: str, report: Report) -> None:
    rows = value.get("rows")
    widths = {len(row) for row in rows if isinstance(row, list)} if isinstance(rows, list) else set()
    if len(widths) > 1:
        report.say(f"{pointer}/rows", "all rows must have the same number of cells")


_IN_CONTEXT: dict[str, Check] = {"image": image, "mrkdwn": text(3000), "plain_text": text(3000)}
in_context = kinds(lambda report: _IN_CONTEXT)
_CELLS: dict[str, Check] = {
    "raw_text": Shape({"type": anything, "text": string()}),
    "raw_number": Shape({"type": anything, "value": anything}, {"text": string()}),
    "rich_text": rich_text,
}
cell = kinds(lambda report: _CELLS)
column = Shape({}, {"align": one_of("left", "center", "right"), "is_wrapped": boolean})
source = Shape({"type": one_of("url"), "url": address(), "text": string()}, {"icon_url": address()})
task_card = block(
    {"task_id": string(), "title": string()},
    {
        "details": rich_text,
        "output": rich_text,
        "sources": items(source, 100, 0),
        "status": one_of("pending", "in_progress", "complete", "error"),
    },
)
card = block(
    {},
    {
        "hero_image": image,
        "icon": image,
        "title": text(150),
        "subtitle": text(150),
        "body": text(200),
        "actions": items(button, 25),
    },
    _either("hero_image", "title", "actions", "body"),
)
section = block(
    {},
    {"text": text(3000), "fields": items(text(2000), 10), "accessory": in_section, "expand": boolean},
    _either("text", "fields"),
)
_title = text(2000, plain_text)

EVERYWHERE: dict[str, Check] = {
    "section": section,
    "header": block({"text": text(150, plain_text)}),
    "divider": block({}),
    "context": block({"elements": items(in_context, 10)}),
    "actions": block({"elements": items(in_actions, 25)}, extra=_unique_actions),
    "image": block({"alt_text": string(2000)}, {"image_url": address(), "slack_file": anything, "title": _title}),
    "input": block(
        {"label": text(2000, plain_text), "element": in_input},
        {"hint": text(2000, plain_text), "optional": boolean, "dispatch_action": boolean},
        _response_urls,
    ),
    "rich_text": rich_text,
    "video": block(
        {"alt_text": string(), "title": text(199, plain_text), "thumbnail_url": address(), "video_url": address()},
        {
            "author_name": string(49),
            "description": text(200, plain_text),
            "provider_icon_url": address(),
            "provider_name": string(),
            "title_url": address(),
        },
    ),
}
IN_MODALS: dict[str, Check] = EVERYWHERE | {
    "alert": block({"text": text(200)}, {"level": one_of("default", "info", "warning", "error", "success")})
}
IN_MESSAGES: dict[str, Check] = EVERYWHERE | {
    "markdown": block({"text": string(12_000)}),
    "table": block({"rows": items(items(cell, 20), 100)}, {"column_settings": items(column, 20)}, _rows),
}
NEWER: dict[str, Check] = {
    "task_card": task_card,
    "plan": block({"title": string()}, {"tasks": items(task_card, 50, 0)}),
    "card": card,
    "carousel": block({"elements": items(card, 10)}),
    "context_actions": block({"elements": items(kinds(lambda report: ELEMENTS), 5)}, extra=_unique_actions),
    "container": block(
        {"child_blocks": items(kinds(lambda report: IN_MESSAGES), 10)},
        {
            "title": text(150, plain_text),
            "rich_text_title": rich_text,
            "subtitle": text(150),
            "width": one_of("narrow", "standard", "wide", "full"),
            "icon": image,
            "is_collapsible": boolean,
            "default_collapsed": boolean,
            "has_header_divider": boolean,
        },
        _either("title", "rich_text_title"),
    ),
    "data_table": block(
        {"rows": items(items(cell, 20), 101, 2), "caption": string()},
        {"page_size": whole(1, 100), "row_header_column_index": whole(0, 19)},
        _rows,
    ),
}


ALL_IN_MESSAGES = IN_MESSAGES | NEWER


def _allowed(report: Report) -> dict[str, Check]:
    if report.surface == "message":
        return ALL_IN_MESSAGES if report.newer else IN_MESSAGES
    return IN_MODALS if report.surface == "modal" else EVERYWHERE


any_block = kinds(_allowed)


def check_blocks(blocks: Any, pointer: str, report: Report) -> None:
    items(any_block, 50 if report.surface == "message" else 100, 0)(blocks, pointer, report)
    seen: set[str] = set()
    tables = 0
    for index, each in enumerate(blocks if isinstance(blocks, list) else []):
        name = each.get("block_id") if isinstance(each, dict) else None
        if name is not None and str(name) in seen:
            report.say(f"{pointer}/{index}/block_id", f"`block_id` already exists: {name}")
        seen.add(str(name))
        tables += isinstance(each, dict) and each.get("type") == "table"
    if tables > 1:
        report.say(pointer, "only_one_table_allowed")
    written = sum(len(str(each.get("text", ""))) for each in _of_type(blocks, "markdown"))
    if written > 12_000:  # "the cumulative limit for all markdown blocks in a single payload is 12,000"
        report.say(pointer, "markdown blocks must be less than 12001 characters in total")


def _of_type(blocks: Any, kind: str) -> list[Json]:
    return [each for each in blocks if isinstance(each, dict) and each.get("type") == kind] if blocks else []


def _submit(value: Json, pointer: str, report: Report) -> None:
    """A modal with inputs needs a submit button: https://docs.slack.dev/reference/views/modal-views."""
    if value.get("submit") is None and _of_type(value.get("blocks"), "input"):
        report.say(pointer, "`submit` is required when an input block is within the blocks array")


_common: dict[str, Check] = {
    "private_metadata": string(3000, 0),
    "callback_id": string(255, 0),
    "external_id": string(255, 0),
}
modal = Shape(
    {"type": anything, "title": text(24, plain_text), "blocks": check_blocks},
    {
        "close": text(24, plain_text),
        "submit": text(24, plain_text),
        "clear_on_close": boolean,
        "notify_on_close": boolean,
    }
    | _common,
    _submit,
)
home = Shape({"type": anything, "blocks": check_blocks}, _common)


def check_view(view: Any, surface: str, report: Report, pointer: str = "/view") -> None:
    report.surface = surface
    if not isinstance(view, dict):
        report.say(pointer, "must provide an object")
    elif view.get("type") != surface:
        report.say(f"{pointer}/type", f"must be {surface}")
    else:
        (modal if surface == "modal" else home)(view, pointer, report)
        if len(json.dumps(view)) > 250_000:
            report.say(pointer, "view_too_large")


choice_list = Shape({}, {"options": items(choice, 100, 0), "option_groups": items(group, 100, 0)})


def text_length(value: Any) -> int:
    """The characters of every `text` string in blocks (what people who measured msg_blocks_too_long counted)."""
    if isinstance(value, list):
        return sum(map(text_length, value))
    if isinstance(value, dict):
        own = sum(len(inner) for name, inner in value.items() if name == "text" and isinstance(inner, str))
        return own + sum(text_length(inner) for inner in value.values() if not isinstance(inner, str))
    return 0
