"""Payloads at and over each limit, right and wrong ones, and short ways to write blocks: for tests of the stand-in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.standins.slack.shapes import Json


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def marked(text: str) -> Json:
    return {"type": "mrkdwn", "text": text}


def button(label: str = "Go", **more: Any) -> Json:
    return {"type": "button", "text": plain(label), "action_id": label, "value": "v"} | more


def actions(*elements: Json, **more: Any) -> Json:
    return {"type": "actions", "elements": list(elements)} | more


def options(count: int, text: int = 2, value: int = 3) -> list[Json]:
    return [{"text": plain("x" * text), "value": f"{n:0{value}}"} for n in range(count)]


def select(count: int = 2, **more: Any) -> Json:
    return {"type": "static_select", "action_id": "s", "options": options(count)} | more


def asking(element: Json, **more: Any) -> Json:
    return {"type": "input", "block_id": "b", "label": plain("Reason"), "element": element} | more


def modal(*blocks: Json, **more: Any) -> Json:
    return {"type": "modal", "title": plain("Form"), "submit": plain("Send"), "blocks": list(blocks)} | more


def confirm(size: int) -> Json:
    deep = {"title": plain("t" * min(size, 100)), "text": plain("x" * size), "confirm": plain("y"), "deny": plain("n")}
    return button(confirm=deep)


TYPED: Json = {"type": "plain_text_input", "action_id": "a"}

# What each makes of a number, the most that Slack takes, and where Slack would point at when it is one more.
LIMITS: dict[str, tuple[Callable[[int], list[Json]], int, str]] = {
    "section text": (lambda n: [{"type": "section", "text": marked("x" * n)}], 3000, "/blocks/0/text/text"),
    "fields": (lambda n: [{"type": "section", "fields": [marked("x")] * n}], 10, "/blocks/0/fields"),
    "field text": (lambda n: [{"type": "section", "fields": [marked("x" * n)]}], 2000, "/blocks/0/fields/0/text"),
    "header": (lambda n: [{"type": "header", "text": plain("x" * n)}], 150, "/blocks/0/text/text"),
    "context": (lambda n: [{"type": "context", "elements": [marked("x")] * n}], 10, "/blocks/0/elements"),
    "buttons": (lambda n: [actions(*[button(str(i)) for i in range(n)])], 25, "/blocks/0/elements"),
    "label": (lambda n: [actions(button("x" * n, action_id="a"))], 75, "/blocks/0/elements/0/text/text"),
    "value": (lambda n: [actions(button(value="x" * n))], 2000, "/blocks/0/elements/0/value"),
    "action_id": (lambda n: [actions(button(action_id="x" * n))], 255, "/blocks/0/elements/0/action_id"),
    "block_id": (lambda n: [actions(button(), block_id="x" * n)], 255, "/blocks/0/block_id"),
    "url": (lambda n: [actions(button(url="https://x".ljust(n, "y")))], 3000, "/blocks/0/elements/0/url"),
    "confirm": (lambda n: [actions(confirm(n))], 300, "/blocks/0/elements/0/confirm/text/text"),
    "options": (lambda n: [actions(select(n))], 100, "/blocks/0/elements/0/options"),
    "option": (lambda n: [actions(select(options=options(2, n)))], 75, "/blocks/0/elements/0/options/0/text/text"),
    "option value": (
        lambda n: [actions(select(options=options(2, 1, n)))], 150, "/blocks/0/elements/0/options/0/value"),
    "option groups": (
        lambda n: [actions({"type": "static_select", "action_id": "s", "option_groups": [
            {"label": plain("g"), "options": [{"text": plain("x"), "value": str(i)}]} for i in range(n)]})],
        100, "/blocks/0/elements/0/option_groups"),
    "placeholder": (
        lambda n: [actions(select(placeholder=plain("x" * n)))], 150, "/blocks/0/elements/0/placeholder/text"),
    "overflow": (
        lambda n: [actions({"type": "overflow", "action_id": "o", "options": options(n)})],
        5, "/blocks/0/elements/0/options"),
    "input label": (lambda n: [asking(TYPED, label=plain("x" * n))], 2000, "/blocks/0/label/text"),
    "hint": (lambda n: [asking(TYPED, hint=plain("x" * n))], 2000, "/blocks/0/hint/text"),
    "longest input": (lambda n: [asking(TYPED | {"max_length": n})], 3000, "/blocks/0/element/max_length"),
    "blocks": (lambda n: [{"type": "divider"}] * n, 50, "/blocks"),
    "table": (lambda n: [{"type": "table", "rows": [[{"type": "raw_text", "text": "x"}]] * n}], 100, "/blocks/0/rows"),
}  # fmt: skip


WRONG: dict[str, list[Json]] = {
    "an unknown block": [{"type": "sectoin"}],
    "an alert outside a modal": [{"type": "alert", "text": plain("x")}],
    "an unknown field": [{"type": "divider", "colour": "red"}],
    "empty text": [{"type": "section", "text": marked("")}],
    "mrkdwn in a header": [{"type": "header", "text": marked("x")}],
    "a bare string for text": [{"type": "section", "text": "x"}],
    "a section of nothing": [{"type": "section"}],
    "a block_id twice": [{"type": "divider", "block_id": "b"}] * 2,
    "an action_id twice": [actions(button(), button())],
    "an unknown style": [actions(button(style="red"))],
    "an address that is none": [actions(button(url="example.com"))],
    "an input's element in actions": [actions(TYPED)],
    "options and groups": [actions(select(option_groups=[{"label": plain("g"), "options": options(1)}]))],
    "an initial option that is not offered": [actions(select(initial_option={"text": plain("z"), "value": "z"}))],
    "a date of another form": [actions({"type": "datepicker", "action_id": "d", "initial_date": "1.2.2026"})],
    "two tables": [{"type": "table", "rows": [[{"type": "raw_text", "text": "x"}]]}] * 2,
    "emoji in mrkdwn": [{"type": "section", "text": marked("x") | {"emoji": True}}],
}


VIEWS: dict[str, tuple[Callable[[int], Json], int, str]] = {
    "title": (lambda n: modal(title=plain("x" * n)), 24, "/view/title/text"),
    "submit": (lambda n: modal(submit=plain("x" * n)), 24, "/view/submit/text"),
    "close": (lambda n: modal(close=plain("x" * n)), 24, "/view/close/text"),
    "private_metadata": (lambda n: modal(private_metadata="x" * n), 3000, "/view/private_metadata"),
    "callback_id": (lambda n: modal(callback_id="x" * n), 255, "/view/callback_id"),
    "external_id": (lambda n: modal(external_id="x" * n), 255, "/view/external_id"),
    "blocks": (lambda n: modal(*[{"type": "divider"}] * n), 100, "/view/blocks"),
    "alert": (lambda n: modal({"type": "alert", "text": plain("x" * n)}), 200, "/view/blocks/0/text/text"),
}
