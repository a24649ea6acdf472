"""views.*: modals by trigger_id, stacks of at most three, homes. Errors as on https://docs.slack.dev/reference/methods/views.open."""

from __future__ import annotations

import re

from tests.standins.slack.calls import ApiError, method, needed, structure
from tests.standins.slack.shapes import Json, Report
from tests.standins.slack.state import State, Trigger
from tests.standins.slack.world import Home, OpenView

MOST_VIEWS = 3  # push_limit_reached: "Currently the limit is 3"


def _trigger(state: State, args: Json) -> Trigger:
    (ident,) = needed(args, "trigger_id")
    found = state.triggers.get(ident)
    if found is None or not re.fullmatch(r"\d+\.\d+\.\w+", ident):
        raise state.refuse("invalid_trigger_id")
    if found.used:
        raise state.refuse("exchanged_trigger_id")
    if state.now() - found.at > state.settings.trigger_life:
        raise state.refuse("expired_trigger_id")
    found.used = True
    return found


def _shown(opened: OpenView) -> Json:
    return {"ok": True, "view": opened.shown()}


@method("views.open")
def open_view(state: State, args: Json) -> Json:
    view = structure(args, "view", "invalid_arguments")
    checked = state.checked_view(view, "modal")
    trigger = _trigger(state, args)
    opened = state.new_view(trigger.user, checked, None)
    opened.source = trigger.message
    state.stacks[trigger.user] = [opened]
    state.changed()
    return _shown(opened)


@method("views.push")
def push_view(state: State, args: Json) -> Json:
    checked = state.checked_view(structure(args, "view", "invalid_arguments"), "modal")
    trigger = _trigger(state, args)
    stack = state.stacks[trigger.user]
    if trigger.view is None or not any(each.id == trigger.view for each in stack):
        raise state.refuse("not_found")
    return _shown(push(state, trigger.user, checked))


def push(state: State, user: str, view: Json) -> OpenView:
    stack = state.stacks[user]
    if len(stack) >= MOST_VIEWS:
        raise state.refuse("push_limit_reached")
    opened = state.new_view(user, view, stack[-1])
    stack.append(opened)
    state.changed()
    return opened


def _same(state: State, args: Json, opened: OpenView) -> None:
    if args.get("hash") and args["hash"] != opened.hash:
        raise ApiError("hash_conflict")


@method("views.update")
def update_view(state: State, args: Json) -> Json:
    ident, external = args.get("view_id"), args.get("external_id")
    opened = state.open_view(str(ident) if ident else None, str(external) if external else None)
    if opened is None:
        raise ApiError("not_found")
    _same(state, args, opened)
    surface = str(opened.view["type"])
    view = structure(args, "view", "invalid_arguments")
    kept = opened.view.get("external_id")
    opened.view = {**opened.view, "external_id": ""}  # it may keep its own
    try:
        checked = state.checked_view(view, surface)
    finally:
        opened.view = {**opened.view, "external_id": kept or ""}
    state.show_anew(opened, checked)
    return _shown(opened)


@method("views.publish")
def publish(state: State, args: Json) -> Json:
    (user,) = needed(args, "user_id")
    if user not in state.users or state.users[user].is_bot:
        report = Report("home")
        report.say("/user_id", "user_not_found")
        raise ApiError("invalid_arguments", report)
    opened = state.homes.get(user)
    if opened is not None:
        _same(state, args, opened)
    checked = state.checked_view(structure(args, "view", "invalid_arguments"), "home")
    if opened is None:
        ident = state.name("V")
        opened = Home(ident, user, checked, state.hash(), ident, versions=[checked])
        state.homes[user] = opened
        state.changed()
    else:
        state.show_anew(opened, checked)
    return _shown(opened)
