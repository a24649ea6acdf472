"""What people do: type commands, click, fill in forms, open the home. Each becomes the payload that Slack sends."""

from __future__ import annotations

import json
from typing import Any

from tests.standins.slack import forms
from tests.standins.slack.blocks import choice_list
from tests.standins.slack.calls import ApiError
from tests.standins.slack.chat import answer_to
from tests.standins.slack.payloads import Payloads
from tests.standins.slack.sending import Answer, How, Sender
from tests.standins.slack.shapes import Json, Report
from tests.standins.slack.state import State
from tests.standins.slack.viewing import push
from tests.standins.slack.world import BOT_USER, Message, OpenView

USUAL = How()


class People:
    """Every method comes back with the bot's Answer; what people see afterwards is in the state."""

    def __init__(self, state: State, sender: Sender) -> None:
        self.state = state
        self.sender = sender
        self.payloads = Payloads(state)
        self.retries: list[Answer] = []
        self.chosen: dict[tuple[str, str], dict[str, dict[str, Json]]] = {}

    async def command(self, user: str, channel: str, command: str, text: str = "", how: How = USUAL) -> Answer:
        """A slash command. What the bot answers at once is shown: privately unless it says in_channel."""
        answer = await self.sender.send("command", self.payloads.command(user, channel, command, text, how), how)
        if answer.trouble:
            word = "operation_timeout" if answer.trouble == "http_timeout" else "dispatch_failed"
            return self._failed(user, answer, f"{command} failed with the error {word!r}")
        if answer.body:
            said = answer.json if isinstance(answer.json, dict) else {"text": answer.body}
            try:
                blocks = self.state.checked(said.get("blocks"), total=False)
                if not said.get("text") and not blocks:
                    raise self.state.refuse("no_text")
                to_all = said.get("response_type") == "in_channel"
                answer_to(self.state, user, channel, str(said.get("text") or ""), blocks, to_all)
            except ApiError as error:
                return self._failed(user, answer, f"{command} failed with the error {error.error!r}")
        return answer

    async def click(
        self, user: str, where: Message | OpenView, what: str, nth: int = 0, confirm: bool = True, how: How = USUAL
    ) -> Answer | None:
        """Clicks what is labelled so (or has that action_id, value or block_id); None if a question is answered no."""
        self._sees(user, where)
        block, element = forms.find(where.blocks, what, nth)
        if element.get("confirm") and not confirm:
            return None
        return await self._act(user, where, block, element, {}, how)

    async def choose(
        self, user: str, where: Message | OpenView, what: str, value: Any, nth: int = 0, how: How = USUAL
    ) -> Answer | None:
        """Picks in a menu, a date or the like. Within an input block without dispatch_action nothing is sent: None."""
        block, element = forms.find(where.blocks, what, nth)
        if element["type"] == "overflow":
            return await self._act(user, where, block, element, {"selected_option": forms._option(element, value)}, how)
        put = forms.filled(element, value)
        self._typed(user, where).setdefault(block["block_id"], {})[element["action_id"]] = put
        if block["type"] == "input" and not block.get("dispatch_action"):
            return None
        return await self._act(user, where, block, element, {k: v for k, v in put.items() if k != "type"}, how)

    def _sees(self, user: str, where: Message | OpenView) -> None:
        if isinstance(where, OpenView):
            assert where.user == user, f"that form is on the screen of {where.user}"
            return
        channel = self.state.channels[where.channel]
        assert where.ephemeral_for in (None, user), f"only {where.ephemeral_for} sees that message"
        assert user in channel.members or not (channel.private or channel.im_with), f"{user} is not in {channel.id}"

    def _typed(self, user: str, where: Message | OpenView) -> dict[str, dict[str, Json]]:
        return where.typed if isinstance(where, OpenView) else self.chosen.setdefault((user, where.ts), {})

    async def _act(
        self, user: str, where: Message | OpenView, block: Json, element: Json, put: Json, how: How
    ) -> Answer:
        action = self.payloads.action(block, element, put)
        values = forms.state_of(where.blocks, self._typed(user, where))
        payload = self.payloads.actions(user, where, action, values, how)
        answer = await self.sender.send("interaction", payload, how)
        return self._failed(user, answer, "this app did not respond") if answer.trouble else answer

    def fill(self, user: str, values: dict[str, Any]) -> OpenView:
        """Types into the form on top of somebody's screen, without submitting it."""
        opened = self._top(user)
        for what, value in values.items():
            block, element = forms.find(opened.blocks, what)
            opened.typed.setdefault(block["block_id"], {})[element["action_id"]] = forms.filled(element, value)
        return opened

    async def submit(
        self, user: str, values: dict[str, Any] | None = None, force: bool = False, how: How = USUAL
    ) -> Answer:
        """Fills in the form on top and submits it. force: although Slack's client would complain of a field."""
        opened = self.fill(user, values or {})
        state = forms.state_of(opened.blocks, opened.typed)
        wrong = forms.complaints(opened.blocks, state)
        assert force or not wrong, f"the form cannot be submitted: {wrong}"
        assert opened.view.get("submit") or force, "the form has no submit button"
        opened.typed = state
        answer = await self.sender.send("interaction", self.payloads.submission(user, opened, how), how)
        if answer.trouble:
            return self._failed(user, answer, "we had some trouble connecting")
        try:
            self._react(user, opened, answer)
        except ApiError as error:
            return self._failed(user, answer, f"we had some trouble connecting: {error.error}")
        return answer

    def _react(self, user: str, opened: OpenView, answer: Answer) -> None:
        """https://docs.slack.dev/surfaces/modals#displaying_errors and the other response actions."""
        stack = self.state.stacks[user]
        said = answer.json
        opened.errors = {}
        if not answer.body.strip():
            self.state.stacks[user] = [each for each in stack if each.id != opened.id]
        elif not isinstance(said, dict) or said.get("response_action") not in ("errors", "update", "push", "clear"):
            raise self.state.refuse("invalid_response_action")
        elif said["response_action"] == "clear":
            self.state.stacks[user] = []
        elif said["response_action"] == "update":
            self.state.show_anew(opened, self._own_external(opened, said.get("view")))
        elif said["response_action"] == "push":
            push(self.state, user, self.state.checked_view(said.get("view"), "modal"))
        else:
            opened.errors = self._field_errors(opened, said.get("errors"))
        self.state.changed()

    def _own_external(self, opened: OpenView, view: Any) -> Json:
        kept, opened.view = opened.view, {**opened.view, "external_id": ""}
        try:
            return self.state.checked_view(view, "modal")
        finally:
            opened.view = kept

    def _field_errors(self, opened: OpenView, errors: Any) -> dict[str, str]:
        """Each error names the block_id of an input block of the view, and says something."""
        inputs = {each["block_id"] for each in opened.blocks if each["type"] == "input"}
        if not isinstance(errors, dict) or not errors:
            raise self.state.refuse("invalid_errors")
        for name, said in errors.items():
            if name not in inputs or not isinstance(said, str) or not said:
                report = Report("modal")
                report.say(f"/errors/{name}", "must name an input block and say something")
                raise self.state.refuse("invalid_errors", report)
        return dict(errors)

    async def close(self, user: str, how: How = USUAL) -> Answer | None:
        """Closes the form on top; the bot hears of it when the view asks for that."""
        opened = self._top(user)
        stack = self.state.stacks[user]
        cleared = bool(opened.view.get("clear_on_close"))
        self.state.stacks[user] = [] if cleared else stack[:-1]
        self.state.changed()
        if not opened.view.get("notify_on_close"):
            return None
        return await self.sender.send("interaction", self.payloads.closing(user, opened, cleared, how), how)

    async def suggest(
        self, user: str, where: Message | OpenView, what: str, typed: str, how: How = USUAL
    ) -> list[Json]:
        """Types into an external select: the options that the bot offers (checked: 100 options or groups)."""
        block, element = forms.find(where.blocks, what)
        payload = self.payloads.suggestion(user, where, block, element, typed, how)
        answer = await self.sender.send("interaction", payload, how)
        report = Report("modal")
        choice_list(answer.json, "", report)
        if answer.trouble or report.complaints:
            self.state.violations += report.errors
            self._failed(user, answer, "no results")
            return []
        offered: list[Json] = answer.json.get("options") or []
        return offered

    async def shortcut(self, user: str, callback: str, message: Message | None = None, how: How = USUAL) -> Answer:
        payload = self.payloads.shortcut(user, callback, message, how)
        answer = await self.sender.send("interaction", payload, how)
        return self._failed(user, answer, "this app did not respond") if answer.trouble else answer

    def say(self, user: str, channel: str, text: str, thread: str | None = None) -> Message:
        """A person's own message; the bot is not told."""
        return self.state.post(self.state.channels[channel], text, [], user=user, bot_id=None, thread_ts=thread)

    async def mention(self, user: str, channel: str, text: str, how: How = USUAL) -> Answer:
        message = self.say(user, channel, f"<@{BOT_USER}> {text}")
        inner = {"type": "app_mention", "user": user, "text": message.text, "ts": message.ts, "channel": channel}
        return await self.event({**inner, "event_ts": message.ts}, how=how)

    async def open_home(self, user: str, tab: str = "home", how: How = USUAL) -> Answer:
        home = self.state.homes.get(user)
        place = self.state.direct(user).id
        inner: Json = {
            "type": "app_home_opened",
            "user": user,
            "channel": place,
            "tab": tab,
            "event_ts": self.state.ts(),
        }
        return await self.event(inner | ({"view": home.shown()} if home else {}), how=how)

    async def event(self, inner: Json, event_id: str | None = None, how: How = USUAL) -> Answer:
        """Any event. It is retried in the background until it is taken; all answers are in `retries`."""
        return await self.sender.event(self.payloads.event(inner, event_id, how), how, self.retries)

    async def verify_url(self, how: How = USUAL) -> Answer:
        payload = {"type": "url_verification", "token": "gone", "challenge": "3eZbrw1aBm2rZgRNFdxV2595E9CY3gmd"}
        return await self.sender.send("bare", payload, how)

    async def ssl_check(self) -> Answer:
        return await self.sender.send("command", {"token": "gone", "ssl_check": "1"}, How(signature="missing"))

    async def replay(self, answer: Answer) -> Answer:
        """The very same request or envelope once more, old signature and all."""
        return await self.sender.again(answer.sent)

    async def resend(self, answer: Answer, how: How = USUAL) -> Answer:
        """The same payload, sent anew: as Slack's retry, with `how.retry`, or as a duplicate."""
        return await self.sender.send(answer.sent.kind, json.loads(json.dumps(answer.sent.payload)), how)

    def _top(self, user: str) -> OpenView:
        stack = self.state.stacks[user]
        assert stack, f"{user} has no form open"
        return stack[-1]

    def _failed(self, user: str, answer: Answer, seen: str) -> Answer:
        answer.trouble = seen
        self.state.troubles[user].append(seen)
        self.state.changed()
        return answer
