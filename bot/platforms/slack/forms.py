"""Forms: what a command still needs as a modal view, and a submitted view as the texts that commands take.

Each input's block_id is the name of its parameter and its action_id is "value". What the command is about (its
environment and item) is not asked again when it is known: it stands above the fields, and in `command_line`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from bot.catalog.model import Catalog
from bot.commands.model import Ask, Kind, Parameter
from bot.platforms.slack import limits
from bot.platforms.slack.text import Json, clean, cut, escape, mrkdwn, plain_text

CALLBACK = "form"
ACTION = "value"
YES, NO = "yes", "no"
_LABELS = {"env": "Environment", "at": "When", "until": "Until"}
_EXAMPLES = {
    Kind.DURATION: "4m10s", Kind.UNTIL: "2d", Kind.URL: "https://wiki.example.com/evidence", Kind.NUMBER: "10",
}  # fmt: skip
_TEXTS = (Kind.TEXT, Kind.LONG_TEXT, Kind.URL, Kind.DURATION)


@dataclass(frozen=True)
class Choices:
    """What pickers offer. sections: of the environment that is meant, or of all; each with (id, title) of its items."""

    environments: tuple[str, ...] = ()
    sections: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = ()

    @classmethod
    def of(cls, catalog: Catalog, environment: str | None = None) -> Choices:
        """environment: the one that is known already; where none or a wrong one is, the items of all are offered."""
        known = catalog.environments.get(environment or "")
        sections: dict[str, dict[str, str]] = {}
        for each in [known] if known else catalog.environments.values():
            for item in each.items:
                sections.setdefault(item.section, {}).setdefault(item.id, item.title)
        return cls(tuple(catalog.environments), tuple((name, tuple(found.items())) for name, found in sections.items()))

    def title(self, item: str) -> str | None:
        """The title of the item with that id, None when there is none."""
        return next((title for _, items in self.sections for key, title in items if key == item), None)


def form(ask: Ask, choices: Choices, metadata: str) -> Json:
    """The modal that asks for what is missing. Raises ValueError when the metadata are longer than Slack keeps."""
    if len(metadata) > limits.METADATA:
        raise ValueError(f"metadata of a view have at most {limits.METADATA} characters")
    about = _about(ask, choices)
    asked = [parameter for parameter in ask.command.parameters if parameter.name not in about]
    missing = {parameter.name for parameter in ask.missing}
    asked.sort(key=lambda p: (p.name not in missing, not p.required))
    inputs = [_input(p, ask.given.get(p.name, ""), choices, p.required or p.name in missing) for p in asked]
    return {
        "type": "modal", "callback_id": CALLBACK, "private_metadata": metadata,
        "title": plain_text(ask.command.verb.capitalize(), limits.TITLE),
        "submit": plain_text("Do it", limits.TITLE), "close": plain_text("Cancel", limits.TITLE),
        "blocks": [_heading(ask, about, choices), *inputs][: limits.VIEW_BLOCKS],
    }  # fmt: skip


def command_line(ask: Ask, choices: Choices) -> str:
    """The line that the form completes, short enough for a view's metadata: the command and what it is about."""
    return " ".join([ask.command.words, *(f"--{name}={value}" for name, value in _about(ask, choices).items())])


def _about(ask: Ask, choices: Choices) -> dict[str, str]:
    """The environment and the item, where they are given and exist."""
    found: dict[str, str] = {}
    for parameter in ask.command.parameters:
        given = ask.given.get(parameter.name, "")
        environment = parameter.kind is Kind.ENVIRONMENT and given in choices.environments
        if environment or (parameter.kind is Kind.ITEM and choices.title(given) is not None):
            found[parameter.name] = given
    return found


def _heading(ask: Ask, about: Mapping[str, str], choices: Choices) -> Json:
    kinds = {parameter.name: parameter.kind for parameter in ask.command.parameters}
    titles = [
        f"*{escape(cut(clean(choices.title(value) or value), limits.ROW))}*" if kinds[name] is Kind.ITEM else
        f"*{escape(value)}*" for name, value in reversed(list(about.items()))
    ]  # fmt: skip
    said = f"{escape(ask.command.summary)}."
    return {"type": "section", "text": mrkdwn(f"{' in '.join(titles)}\n{said}" if titles else said)}


def _input(parameter: Parameter, given: str, choices: Choices, required: bool) -> Json:
    label = _LABELS.get(parameter.name, parameter.name.replace("_", " ").capitalize())
    element, help_text = _element(parameter, given, choices), clean(parameter.help)
    if element["type"] == "datetimepicker":  # how to type a time is of no use to who picks one
        help_text = f"{help_text.partition(':')[0]}, in your own time zone"
    return {
        "type": "input", "block_id": parameter.name, "label": plain_text(label, limits.LABEL),
        "hint": plain_text(f"{help_text[:1].upper()}{help_text[1:]}.", limits.LABEL),
        "optional": not required or parameter.kind is Kind.FLAG, "element": {**element, "action_id": ACTION},
    }  # fmt: skip


def _element(parameter: Parameter, given: str, choices: Choices) -> Json:
    kind = parameter.kind
    if kind is Kind.ENVIRONMENT:
        return _select([(name, name) for name in choices.environments], given) or _text(kind, given)
    if kind is Kind.CHOICE:
        return _select([(name, name) for name in parameter.choices], given) or _text(kind, given)
    if kind in (Kind.ITEM, Kind.ITEMS) and parameter.name == "item":
        return _items(choices, given, many=parameter.many) or _text(kind, given)
    if kind is Kind.UNTIL:
        return _moment(given)
    if kind is Kind.NUMBER:
        number = {"initial_value": given} if re.fullmatch(r"-?\d+(\.\d+)?", given) else {}
        return {"type": "number_input", "is_decimal_allowed": True, "placeholder": _example(kind), **number}
    if kind is Kind.FLAG:
        option = _option(YES, "Yes")
        chosen = {"initial_options": [option]} if given and given.lower() not in (NO, "false", "0") else {}
        return {"type": "checkboxes", "options": [option], **chosen}
    return _text(kind, given)


def _text(kind: Kind, given: str) -> Json:
    shown = {"initial_value": cut(given, limits.INPUT)} if given.strip() else {}
    example = {"placeholder": _example(kind)} if kind in _EXAMPLES else {}
    lines = {"multiline": True} if kind is Kind.LONG_TEXT else {}
    return {"type": "plain_text_input", "max_length": limits.INPUT, **lines, **example, **shown}


def _example(kind: Kind) -> Json:
    return plain_text(f"for example {_EXAMPLES[kind]}", limits.PLACEHOLDER)


def _moment(given: str) -> Json:
    """A picker in the reader's own zone; what was typed another way ("2d") stays as it was typed."""
    if not given.strip():
        return {"type": "datetimepicker"}
    try:
        moment = datetime.fromisoformat(given.strip())
    except ValueError:
        return _text(Kind.UNTIL, given)
    if moment.tzinfo is None or not limits.EARLIEST <= moment.timestamp() <= limits.LATEST:
        return _text(Kind.UNTIL, given)
    return {"type": "datetimepicker", "initial_date_time": int(moment.timestamp())}


def _option(value: str, text: str, description: str = "") -> Json:
    shown: Json = {"text": plain_text(clean(text).strip() or value, limits.OPTION), "value": value}
    return shown | ({"description": plain_text(description, limits.OPTION)} if description else {})


def _select(pairs: Sequence[tuple[str, str]], given: str) -> Json | None:
    """One of a few, None where there are too many for it or none."""
    options = [_option(value, text) for value, text in pairs if 0 < len(value) <= limits.OPTION_VALUE]
    if not 0 < len(options) <= limits.OPTIONS:
        return None
    chosen = [option for option in options if option["value"] == given]
    first = {"initial_option": chosen[0]} if chosen else {}
    return {
        "type": "static_select",
        "placeholder": plain_text("Choose", limits.PLACEHOLDER),
        "options": options,
    } | first


def _items(choices: Choices, given: str, *, many: bool) -> Json | None:
    """Items under their sections; of very many, those that match what is being typed."""
    groups = _groups(choices.sections)
    offered = {option["value"]: option for group in groups for option in group["options"]}
    if not offered:
        return None
    wanted = given.split() if many else [given]
    chosen = [offered[word] for word in dict.fromkeys(wanted) if word in offered]
    first: Json = {}
    if chosen:
        first = {"initial_options": chosen} if many else {"initial_option": chosen[0]}
    placeholder = plain_text("Choose, or type to search", limits.PLACEHOLDER)
    prefix = "multi_" if many else ""
    if len(offered) > limits.STATIC or len(groups) > limits.GROUPS:
        return {
            "type": f"{prefix}external_select", "placeholder": placeholder, "min_query_length": 0, **first,
        }  # fmt: skip
    return {"type": f"{prefix}static_select", "placeholder": placeholder, "option_groups": groups, **first}


def _groups(sections: Iterable[tuple[str, Sequence[tuple[str, str]]]]) -> list[Json]:
    """Each item once, in groups of at most a hundred."""
    groups: list[Json] = []
    seen: set[str] = set()
    for name, items in sections:
        new = [
            (key, title) for key, title in dict(items).items() if key not in seen and len(key) <= limits.OPTION_VALUE
        ]
        seen.update(key for key, _ in new)
        label = plain_text(clean(name).strip() or "Others", limits.OPTION)
        options = [_option(key, title, key) for key, title in new]
        starts = range(0, len(options), limits.OPTIONS)
        groups += [{"label": label, "options": options[n : n + limits.OPTIONS]} for n in starts]
    return groups


def suggestions(query: str, choices: Choices) -> Json:
    """The answer to a block_suggestion: the first hundred items whose title, id or section has every word of it."""
    words = query.casefold().split()
    found: list[tuple[str, list[tuple[str, str]]]] = []
    room = limits.OPTIONS
    for name, items in choices.sections:
        matching = [(key, title) for key, title in items if _matches(words, f"{key} {title} {name}")][:room]
        room -= len(matching)
        if matching:
            found.append((name, matching))
    return {"option_groups": _groups(found)} if found else {"options": []}


def _matches(words: Sequence[str], text: str) -> bool:
    folded = text.casefold()
    return all(word in folded for word in words)


def read(view_state: Mapping[str, Any]) -> dict[str, str]:
    """The texts that commands take, of a view's `state` or its `values`. What was left empty is left out."""
    found: dict[str, str] = {}
    for name, actions in (view_state.get("values") or view_state).items():
        state = actions.get(ACTION) if isinstance(actions, Mapping) else None
        text = _said(state) if isinstance(state, Mapping) else ""
        if text.strip():
            found[name] = text
    return found


def _said(state: Mapping[str, Any]) -> str:
    if state.get("type") == "checkboxes":
        return YES if state.get("selected_options") else NO
    if state.get("selected_date_time") is not None:
        return datetime.fromtimestamp(int(state["selected_date_time"]), UTC).isoformat()
    if state.get("selected_options"):
        return " ".join(str(option["value"]) for option in state["selected_options"])
    if state.get("selected_option"):
        return str(state["selected_option"]["value"])
    return str(state.get("value") or "")


def errors(refusal: str, parameter: str | None, view: Mapping[str, Any]) -> dict[str, str]:
    """The refusal beside the field that it is about, for a response_action "errors"; what was typed stays."""
    fields = [str(block["block_id"]) for block in view.get("blocks", ()) if block.get("type") == "input"]
    if not fields:
        return {}
    typed = read(view.get("state") or {})
    mentioned = (
        name for name in fields
        if f"--{name}" in refusal or refusal.startswith(f"{name} ") or (name in typed and repr(typed[name]) in refusal)
    )  # fmt: skip
    field = parameter if parameter in fields else next(mentioned, fields[0])
    return {str(field): cut(clean(refusal).strip(), limits.LABEL) or "This is not possible."}
