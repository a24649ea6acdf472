"""chat.*: messages, edits, ephemerals. Errors as on the pages of https://docs.slack.dev/reference/methods/chat.postMessage."""

from __future__ import annotations

from typing import Any

from tests.standins.slack.calls import ApiError, flag, method, needed, structure
from tests.standins.slack.shapes import Json
from tests.standins.slack.state import State
from tests.standins.slack.world import BOT_USER, Channel, Message


def _content(state: State, args: Json, longest: int, old: Message | None = None) -> tuple[str, list[Json]]:
    """Text and blocks. Blocks that are left out stay when no text is given either, and go when one is (chat.update)."""
    blocks = structure(args, "blocks", "invalid_blocks_format")
    attachments = structure(args, "attachments", "invalid_attachments")
    text = args.get("text")
    if text is not None and not isinstance(text, str):
        raise state.refuse("invalid_arguments")
    if args.get("markdown_text"):
        if text or blocks:
            raise state.refuse("markdown_text_conflict")
        text = str(args["markdown_text"])
        longest = 12_000
    if not text and not blocks and not attachments:
        raise state.refuse("no_text")
    if len(text or "") > longest:
        raise state.refuse("msg_too_long")
    if isinstance(attachments, list) and len(attachments) > 100:
        raise state.refuse("too_many_attachments")
    if blocks is None and old is not None and text is None:
        return old.text, old.blocks
    return text or "", state.checked(blocks)


def _metadata(state: State, args: Json) -> Json | None:
    value = structure(args, "metadata", "invalid_metadata_format")
    if value is None or value == {}:
        return None
    if not isinstance(value, dict) or not isinstance(value.get("event_type"), str):
        raise state.refuse("invalid_metadata_format")
    if not isinstance(value.get("event_payload"), dict):
        raise state.refuse("invalid_metadata_schema")
    return value


def _place(state: State, args: Json) -> Channel:
    """Where a message may be posted: not in a private channel or archive, in public ones by membership or scope."""
    (ident,) = needed(args, "channel")
    channel = state.channel_of(ident)
    if channel.archived:
        raise ApiError("is_archived")
    if BOT_USER not in channel.members and "chat:write.public" not in state.scopes:
        raise ApiError("not_in_channel")
    return channel


@method("chat.postMessage", "chat:write")
def post_message(state: State, args: Json) -> Json:
    channel = _place(state, args)
    text, blocks = _content(state, args, state.settings.post_text)
    metadata = _metadata(state, args)
    thread = args.get("thread_ts")
    if thread is not None:
        parent = state.find(channel.id, str(thread))
        if parent is None:
            raise ApiError("thread_not_found")
        thread = parent.thread_ts or parent.ts
    known = args.get("client_msg_id")
    if known and state.settings.client_ids_known:
        for each in channel.messages:
            if each.client_msg_id == known and not each.deleted:
                return {"ok": True, "channel": channel.id, "ts": each.ts, "message": each.shown()}
    message = state.post(
        channel, text, blocks, thread_ts=thread, metadata=metadata, client_msg_id=known,
        broadcast=flag(args, "reply_broadcast"),
        attachments=structure(args, "attachments", "invalid_attachments") or [],
    )  # fmt: skip
    return {"ok": True, "channel": channel.id, "ts": message.ts, "message": message.shown()}


def _own(state: State, args: Json, denied: str) -> tuple[Channel, Message]:
    """The bot's own message of that ts. Only ids are accepted here, and ephemerals are never found."""
    ident, ts = needed(args, "channel", "ts")
    channel = state.channels.get(ident)
    if channel is None or ((channel.private or channel.im_with) and BOT_USER not in channel.members):
        raise ApiError("channel_not_found")
    message = state.find(channel.id, ts)
    if message is None:
        raise ApiError("message_not_found")
    if message.user != BOT_USER:
        raise state.refuse(denied)
    return channel, message


@method("chat.update", "chat:write")
def update(state: State, args: Json) -> Json:
    channel, message = _own(state, args, "cant_update_message")
    if channel.archived:
        raise ApiError("is_inactive")  # the word of chat.update's page; chat.postMessage says is_archived
    if state.settings.edit_window is not None and state.now() - message.at > state.settings.edit_window:
        raise ApiError("edit_window_closed")
    text, blocks = _content(state, args, state.settings.update_text, message)
    if "metadata" in args:
        message.metadata = _metadata(state, args)
    state.edit(message, text, blocks)
    return {"ok": True, "channel": channel.id, "ts": message.ts, "text": text, "message": message.shown()}


@method("chat.delete", "chat:write")
def delete(state: State, args: Json) -> Json:
    channel, message = _own(state, args, "cant_delete_message")
    message.deleted = True
    state.changed()
    return {"ok": True, "channel": channel.id, "ts": message.ts}


@method("chat.postEphemeral", "chat:write")
def post_ephemeral(state: State, args: Json) -> Json:
    channel = _place(state, args)
    (user,) = needed(args, "user")
    if user not in channel.members:
        raise ApiError("user_not_in_channel")
    text, blocks = _content(state, args, state.settings.post_text)
    thread = args.get("thread_ts")
    message = state.whisper(user, channel.id, text, blocks, str(thread) if thread else None)
    return {"ok": True, "message_ts": message.ts}


@method("chat.getPermalink")
def permalink(state: State, args: Json) -> Json:
    ident, ts = needed(args, "channel", "message_ts")
    channel = state.channel_of(ident)
    if state.find(channel.id, ts) is None:
        raise ApiError("message_not_found")
    link = f"https://example.slack.com/archives/{channel.id}/p{ts.replace('.', '')}"
    return {"ok": True, "channel": channel.id, "permalink": link}


def respond(state: State, key: str, body: Any) -> tuple[int, str]:
    """A post to a response_url: status and text. Its rules: https://docs.slack.dev/interactivity/handling-user-interaction."""
    found = state.response_urls.get(key)
    if found is None:
        return 404, "no_service"
    if state.now() - found.at > state.settings.response_url_life:
        state.violations.append("expired_url")
        return 404, "expired_url"
    if found.uses >= state.settings.response_url_uses:
        state.violations.append("used_url")
        return 404, "used_url"
    if not isinstance(body, dict):
        return 400, "invalid_payload"
    found.uses += 1
    try:
        _respond(state, key, body)
    except ApiError as error:
        return 400, error.error
    return 200, "ok"


def _respond(state: State, key: str, body: Json) -> None:
    found = state.response_urls[key]
    original = found.message
    if body.get("delete_original") is True:
        if original is not None:
            original.deleted = True
            state.changed()
        return
    if body.get("response_type", "ephemeral") not in ("ephemeral", "in_channel"):
        raise state.refuse("invalid_arguments")
    for name in ("replace_original", "delete_original"):
        if not isinstance(body.get(name, False), bool):
            raise state.refuse("invalid_payload")
    text, blocks = body.get("text") or "", state.checked(body.get("blocks"), total=False)
    if not text and not blocks and not body.get("attachments"):
        raise state.refuse("no_text")
    if body.get("replace_original") and original is not None and not original.deleted:
        state.edit(original, text, blocks)
    else:
        shown_to_all = body.get("response_type") == "in_channel"
        answer_to(state, found.user, found.channel, text, blocks, shown_to_all, body.get("thread_ts"))


def answer_to(
    state: State, user: str, channel: str, text: str, blocks: list[Json], to_all: bool, thread: str | None = None
) -> None:
    if to_all:
        place = state.channels[channel]
        if place.archived:
            raise ApiError("channel_is_archived")
        state.post(place, text, blocks, thread_ts=thread)
    else:
        state.whisper(user, channel, text, blocks, thread)
