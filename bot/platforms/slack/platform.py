"""Slack as a platform: events in, one Invocation each; cards out. No check and no judgement lives here."""

from __future__ import annotations

import asyncio
import json
import logging
import re
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_sdk.errors import SlackApiError
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.web.async_client import AsyncWebClient

from bot.cards.answers import refusal_card
from bot.cards.model import Card
from bot.catalog.current import CurrentCatalog
from bot.catalog.model import Catalog
from bot.commands.dispatch import Desk
from bot.commands.grammar import parse
from bot.commands.model import Ask, Invocation, Misunderstood, Place, Reply
from bot.platform import Undeliverable
from bot.platforms.slack import forms
from bot.platforms.slack.answers import Answers, Asker
from bot.platforms.slack.delivery import ADVICE, SILENCE, TOKEN, Courier, error_of
from bot.platforms.slack.directory import Directory, Stranger
from bot.platforms.slack.events import name_of, on_error, on_nothing, team_of, without_trace
from bot.platforms.slack.render import command_of
from bot.rules.access import Actor

log = logging.getLogger(__name__)
_ANYTHING = re.compile(".*", re.DOTALL)
_OPENING = 20.0  # seconds for one try to open a Socket Mode connection
_LOOK = 2.0  # seconds between two looks at it
_IN_TIME = 2.3  # seconds; Slack gives 3 to answer a form, the way there and back included


@dataclass(frozen=True)
class Tokens:
    """bot: xoxb-…; app: xapp-… for Socket Mode; signing_secret for HTTP. api: base address, with a slash at its end."""

    bot: str
    app: str | None
    signing_secret: str | None
    api: str


class Slack:
    """One workspace."""

    name = "slack"
    pace = 1.2  # seconds between edits of one message: chat.update allows about 50 a minute

    def __init__(self, desk: Desk, catalogs: CurrentCatalog, tokens: Tokens) -> None:
        self._desk, self._catalogs, self._tokens = desk, catalogs, tokens
        # No retries by the SDK: it repeats a lost chat.postMessage without asking whether it had arrived.
        self._client = AsyncWebClient(token=tokens.bot, base_url=tokens.api, timeout=10, retry_handlers=[])
        self._courier = Courier(self._client)
        self._answers = Answers(self._client, self._courier, self._mentions)
        self._directory = Directory(self._client, "")
        self._bolt: AsyncApp | None = None
        self._socket: AsyncSocketModeHandler | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._askers: dict[str, Asker] = {}
        self._unconnected: str | None = "Slack is not connected yet."

    async def start(self) -> None:
        """Connect, and keep trying while Slack is away. What a person has to mend is in `trouble` and in the log."""
        self._later(self._connect())

    async def trouble(self) -> str | None:
        """What keeps it from working, None when it works."""
        if self._unconnected:
            return self._unconnected
        if self._courier.refused:
            return f"Slack refuses the token: {self._courier.refused}."
        if self._socket is not None and not await self._socket.client.is_connected():
            return "The Socket Mode connection to Slack is lost; it is being renewed."
        return None

    async def stop(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._socket is not None:
            await self._socket.close_async()  # type: ignore[no-untyped-call]

    async def _connect(self) -> None:
        wait = 1.0
        while True:
            try:
                auth = await self._client.auth_test()
                break
            except SlackApiError as refused:
                error = error_of(refused) or str(refused.response.status_code)
                self._unconnected = (
                    f"Slack refuses the token ({error}): {ADVICE[error]}." if error in TOKEN else
                    f"Slack has trouble ({error}); trying again."
                )  # fmt: skip
            except SILENCE as reason:
                self._unconnected = f"Slack does not answer ({type(reason).__name__}); trying again."
            log.error("Slack is not connected.", extra={"key": "slack.unconnected", "reason": self._unconnected})
            await asyncio.sleep(wait)
            wait = min(wait * 2, 60.0)
        self._directory = Directory(self._client, str(auth["team_id"]))
        who = AuthorizeResult.from_auth_test_response(auth_test_response=auth, bot_token=self._tokens.bot)
        self._bolt = self._wired(who)
        if self._tokens.app:
            await self._open_socket(self._bolt, self._tokens.app)
        self._unconnected = None
        log.info(
            "Slack is connected.", extra={"key": "slack.connected", "team": auth.get("team"), "bot": auth.get("user")}
        )

    async def _open_socket(self, bolt: AsyncApp, token: str) -> None:
        client = AsyncWebClient(base_url=self._tokens.api, timeout=10, retry_handlers=[])
        self._socket = AsyncSocketModeHandler(bolt, token, web_client=client, ping_interval=5)
        wait = 1.0
        while True:
            try:
                async with asyncio.timeout(_OPENING):
                    await self._socket.client.connect_to_new_endpoint()
                break
            except SlackApiError as refused:
                error = error_of(refused) or str(refused.response.status_code)
                cure = "check SLACK_APP_TOKEN" if error in TOKEN else "trying again"
                self._unconnected = f"Socket Mode cannot be opened ({error}); {cure}."
            except SILENCE as reason:
                self._unconnected = f"Socket Mode cannot be opened ({type(reason).__name__}); trying again."
            said = {"key": "slack.socket", "reason": self._unconnected}
            log.error("Slack's Socket Mode cannot be opened.", extra=said)
            await asyncio.sleep(wait)
            wait = min(wait * 2, 60.0)
        self._later(self._watch(self._socket.client))

    async def _watch(self, client: SocketModeClient) -> None:
        """The SDK renews a lost connection, but tries one address for ever, and an address is good for one try."""
        well = True
        while True:
            await asyncio.sleep(_LOOK)
            before, well = well, await client.is_connected()
            if not well:
                client.wss_uri = None  # so it asks for another
            if before and not well:
                log.warning("The Socket Mode connection to Slack is lost.", extra={"key": "slack.lost"})
            elif well and not before:
                log.info("The Socket Mode connection to Slack is renewed.", extra={"key": "slack.renewed"})

    def _wired(self, who: AuthorizeResult) -> AsyncApp:
        async def authorize(**_: Any) -> AuthorizeResult:
            return who

        quiet = logging.getLogger("slack_bolt")  # it warns that SLACK_BOT_TOKEN is set, though it was not given that
        quiet.setLevel(logging.ERROR)
        quiet.addFilter(without_trace)
        app = AsyncApp(
            client=self._client, authorize=authorize, signing_secret=self._tokens.signing_secret or "",
            process_before_response=True, raise_error_for_unhandled_request=True,
            logger=quiet,
        )  # fmt: skip
        app.error(on_error)
        app.command(_ANYTHING)(self._on_command)
        app.action(_ANYTHING)(self._on_action)
        app.view(_ANYTHING)(self._on_form)
        app.view_closed(_ANYTHING)(on_nothing)
        app.options(_ANYTHING)(self._on_options)
        app.shortcut(_ANYTHING)(on_nothing)
        app.event(_ANYTHING)(self._on_event)
        return app

    async def http(self, request: web.Request) -> web.StreamResponse:
        """`POST /slack/events`: signatures are checked by Bolt."""
        if self._bolt is None or not self._tokens.signing_secret:
            return web.json_response({"error": self._unconnected or "Slack is not served over HTTP."}, status=503)
        answer = await self._bolt.async_dispatch(await to_bolt_request(request))
        return await to_aiohttp_response(answer)

    # What comes in ------------------------------------------------------------------------------------------------

    async def _on_command(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        await ack()
        asker = Asker(body["user_id"], str(body.get("user_name", "")), body["channel_id"], body.get("response_url"))
        line = f"{body['command']} {body.get('text') or ''}"
        self._later(self._serve(asker, line, body, body.get("team_id")))

    async def _on_action(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        await ack()
        line = command_of(body["actions"][0])
        if line is not None:  # or it is a link, or a picker whose choice comes with its form
            self._later(self._clicked(body, line))

    async def _clicked(self, body: dict[str, Any], line: str) -> None:
        user, place = body["user"], (body.get("channel") or {}).get("id")
        channel = str(place) if place else await self._answers.direct(user["id"])
        asker = Asker(user["id"], name_of(user), channel, body.get("response_url"), at_home=place is None)
        await self._serve(asker, line, body, team_of(body))
        if asker.at_home:
            await self._show_home(asker.user, team_of(body))

    async def _on_form(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        view, user = body["view"], body["user"]
        known = json.loads(view.get("private_metadata") or "{}")
        at_home = bool(known.get("home"))
        asker = Asker(user["id"], name_of(user), known.get("channel") or user["id"], known.get("url"), at_home)
        values, key = forms.read(view.get("state") or {}), f"slack:{view['id']}:{view.get('hash')}"
        working = asyncio.create_task(self._answer(asker, str(known.get("line", "")), values, key, team_of(body)))
        done, _ = await asyncio.wait({working}, timeout=_IN_TIME)
        if not done:
            await ack()
            self._later(self._finish(asker, working))
            return
        reply = working.result()
        if isinstance(reply, Ask):
            missing = reply.missing[0]
            await ack(response_action="errors", errors=forms.errors(f"{missing.help}.", missing.name, view))
        elif not reply.ok and reply.card and (found := forms.errors(reply.card.summary, reply.at_fault, view)):
            await ack(response_action="errors", errors=found)
        else:
            await ack()
            self._later(self._finish(asker, reply))

    async def _on_options(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        await ack(forms.suggestions(str(body.get("value") or ""), forms.Choices.of(self._catalog)))

    async def _on_event(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        await ack()
        event = body.get("event") or {}
        if event.get("type") == "app_home_opened" and event.get("tab", "home") == "home":
            self._later(self._show_home(str(event["user"]), body.get("team_id")))

    # What goes out ------------------------------------------------------------------------------------------------

    @property
    def _catalog(self) -> Catalog:
        return self._catalogs.catalog

    async def _serve(self, asker: Asker, line: str, body: Mapping[str, Any], team: str | None) -> None:
        trigger = body.get("trigger_id")
        reply = await self._answer(asker, line, {}, f"slack:{trigger}" if trigger else None, team)
        if isinstance(reply, Reply):
            await self._answers.deliver(asker, reply)
        elif trigger:
            choices = forms.Choices.of(self._catalog, reply.given.get("env"))
            await self._answers.open_form(asker, reply, choices, str(trigger))

    async def _answer(
        self, asker: Asker, line: str, values: dict[str, str], key: str | None, team: str | None
    ) -> Reply | Ask:
        try:
            actor = await self._actor(asker, line, team)
        except Stranger as why:
            return Reply(refusal_card(str(why)), ok=False)
        self._askers[asker.channel] = asker
        return await self._desk.handle(Invocation(actor, Place(self.name, asker.channel), line, values, key))

    async def _actor(self, asker: Asker, line: str, team: str | None) -> Actor:
        if team is not None and team != self._directory.team:
            raise Stranger("This bot serves another workspace.")
        try:
            guarded = parse(line).command.guarded
        except Misunderstood:
            guarded = False  # nothing will be done; the desk explains
        if not guarded:
            return self._directory.known(asker.user, asker.name)
        groups = {group for role in self._catalog.roles.values() for group in role.slack}
        return await self._directory.looked_up(asker.user, asker.name, groups)

    async def _finish(self, asker: Asker, answer: Reply | asyncio.Task[Reply | Ask]) -> None:
        reply = answer if isinstance(answer, Reply) else await answer
        if isinstance(reply, Reply):
            await self._answers.deliver(asker, reply)
        if asker.at_home:
            await self._show_home(asker.user, None)

    async def _show_home(self, user: str, team: str | None) -> None:
        reply = await self._answer(Asker(user, "", user, None), "readiness mine", {}, None, team)
        if isinstance(reply, Reply) and reply.card is not None:
            await self._answers.show_home(user, reply.card)

    # As a platform ------------------------------------------------------------------------------------------------

    async def post(self, channel: str, card: Card, nonce: str, *, again: bool = False) -> str:
        try:
            return await self._courier.post(channel, card, nonce, self._mentions(), again=again)
        except Undeliverable as reason:
            await self._explain(channel, reason)
            raise

    async def edit(self, channel: str, message: str, card: Card) -> None:
        try:
            await self._courier.edit(channel, message, card, self._mentions())
        except Undeliverable as reason:
            await self._explain(channel, reason)
            raise

    async def _explain(self, channel: str, reason: Undeliverable) -> None:
        """Whoever asked there last is told why they do not see it."""
        if asker := self._askers.get(channel):
            await self._answers.whisper(asker, refusal_card(f"The message cannot be shown here: {reason}."))

    def _mentions(self) -> dict[str, str]:
        """How people and roles are mentioned: by their Slack account or group, where the catalogue knows one."""
        people = {key: f"<@{person.slack}>" for key, person in self._catalog.people.items() if person.slack}
        roles = {
            key: f"<!subteam^{group}>"
            for key, role in self._catalog.roles.items()
            for group in sorted(role.slack)[:1]
            if group.startswith("S")
        }
        return people | roles

    def _later(self, work: Coroutine[Any, Any, None]) -> None:
        """Do it outside the listener: Slack waits three seconds for it and no longer."""
        task = asyncio.create_task(self._guarded(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _guarded(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except Exception:
            log.exception("An event of Slack could not be handled.", extra={"key": "slack.failed"})
