"""The payloads that Slack sends: https://docs.slack.dev/reference/interaction-payloads and
https://docs.slack.dev/interactivity/implementing-slash-commands."""

from __future__ import annotations

from typing import Any

from tests.standins.slack.sending import How
from tests.standins.slack.shapes import Json
from tests.standins.slack.state import State
from tests.standins.slack.world import APP, BOT_USER, TEAM, Message, OpenView

TOKEN = "verification token, of old"


class Payloads:
    def __init__(self, state: State) -> None:
        self.state = state

    def command(self, user: str, channel: str, command: str, text: str, how: How) -> Json:
        place = self.state.channels[channel]
        name = "directmessage" if place.im_with else "privategroup" if place.private else place.name
        return {
            "token": TOKEN, "team_id": how.team, "team_domain": "example", "channel_id": channel, "channel_name": name,
            "user_id": user, "user_name": self.state.users[user].name, "command": command, "text": text,
            "api_app_id": APP, "is_enterprise_install": "false", "response_url": self.state.response_url(user, channel),
            "trigger_id": self.state.trigger(user),
        }  # fmt: skip

    def _common(self, kind: str, user: str, how: How) -> Json:
        person = self.state.users[user]
        team = how.team if how.team != TEAM else person.team
        who = {"id": user, "username": person.name, "name": person.name, "team_id": team}
        return {
            "type": kind, "user": who, "team": {"id": how.team, "domain": "example"}, "api_app_id": APP,
            "token": TOKEN, "enterprise": None, "is_enterprise_install": False,
        }  # fmt: skip

    def action(self, block: Json, element: Json, put: Json) -> Json:
        """One entry of `actions`: the element's ids and what was put there."""
        found = {"type": element["type"], "action_id": element["action_id"], "block_id": block["block_id"]}
        kept = {name: element[name] for name in ("text", "value", "style", "url") if name in element}
        return found | {"action_ts": self.state.ts()} | (kept if element["type"] == "button" else {}) | put

    def _place(self, user: str, where: Message | OpenView) -> Json:
        """Where it happened: `container`, and either `view` or `message`, `channel` and `response_url`."""
        if isinstance(where, OpenView):
            trigger = self.state.trigger(user, where.id)
            return {
                "container": {"type": "view", "view_id": where.id}, "view": where.shown(), "trigger_id": trigger,
            }  # fmt: skip
        channel = self.state.channels[where.channel]
        stored = next((each for each in self._all(where, user) if each.ts == where.ts), where)
        hidden = where.ephemeral_for is not None
        container = {"type": "message", "message_ts": where.ts, "channel_id": channel.id, "is_ephemeral": hidden}
        if where.thread_ts:
            container["thread_ts"] = where.thread_ts
        found: Json = {
            "container": container, "channel": {"id": channel.id, "name": channel.name or "directmessage"},
            "trigger_id": self.state.trigger(user, message=(channel.id, where.ts)),
            "response_url": self.state.response_url(user, channel.id, stored),
        }  # fmt: skip
        return found if hidden else found | {"message": where.shown()}

    def _all(self, where: Message, user: str) -> list[Message]:
        mine: list[Message] = list(self.state.ephemerals[user])
        return mine if where.ephemeral_for else self.state.channels[where.channel].messages

    def actions(self, user: str, where: Message | OpenView, action: Json, values: Json, how: How) -> Json:
        found = self._common("block_actions", user, how) | self._place(user, where)
        found["actions"] = [action]
        found["state"] = {"values": values}
        if isinstance(where, OpenView):
            found["view"]["state"] = {"values": values}
        return found

    def submission(self, user: str, opened: OpenView, how: How) -> Json:
        trigger = self.state.trigger(user, opened.id)
        urls = []
        for block in opened.blocks:
            element = block.get("element") or {}
            if element.get("response_url_enabled"):
                value = opened.typed[block["block_id"]][element["action_id"]]
                channel = str(value.get("selected_conversation") or value.get("selected_channel"))
                url = self.state.response_url(user, channel)
                ids = {"block_id": block["block_id"], "action_id": element["action_id"], "channel_id": channel}
                urls.append(ids | {"response_url": url})
        found = self._common("view_submission", user, how)
        return found | {"view": opened.shown(), "trigger_id": trigger, "response_urls": urls}

    def closing(self, user: str, opened: OpenView, cleared: bool, how: How) -> Json:
        return self._common("view_closed", user, how) | {"view": opened.shown(), "is_cleared": cleared}

    def suggestion(
        self, user: str, where: Message | OpenView, block: Json, element: Json, typed: str, how: How
    ) -> Json:
        found = self._common("block_suggestion", user, how) | self._place(user, where)
        del found["trigger_id"]
        found.pop("response_url", None)
        return found | {"action_id": element["action_id"], "block_id": block["block_id"], "value": typed}

    def shortcut(self, user: str, callback: str, message: Message | None, how: How) -> Json:
        kind = "shortcut" if message is None else "message_action"
        found = self._common(kind, user, how) | {"callback_id": callback, "action_ts": self.state.ts()}
        if message is None:
            return found | {"trigger_id": self.state.trigger(user)}
        place = self._place(user, message)
        kept = {name: place[name] for name in ("channel", "message", "trigger_id", "response_url") if name in place}
        return found | kept | {"message_ts": message.ts}

    def event(self, inner: Json, event_id: str | None, how: How) -> Json:
        """https://docs.slack.dev/apis/events-api#callback-field."""
        bot: Json = {"enterprise_id": None, "team_id": TEAM, "user_id": BOT_USER, "is_bot": True}
        outer: dict[str, Any] = {
            "token": TOKEN, "team_id": how.team, "api_app_id": APP, "event": inner, "type": "event_callback",
            "event_id": event_id or self.state.name("Ev"), "event_time": int(self.state.now()),
            "authorizations": [bot | {"is_enterprise_install": False}], "is_ext_shared_channel": False,
        }  # fmt: skip
        return outer
