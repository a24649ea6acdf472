"""Who and where: auth, users, user groups, conversations, files. Answers as on https://docs.slack.dev/reference/methods."""

from __future__ import annotations

from tests.standins.slack.calls import ApiError, flag, method, needed, number, structure
from tests.standins.slack.shapes import Json
from tests.standins.slack.state import State
from tests.standins.slack.world import APP, BOT, BOT_USER, TEAM, Channel, Message

_READ = ("channels:read", "groups:read", "im:read", "mpim:read")
_HISTORY = ("channels:history", "groups:history", "im:history", "mpim:history")


@method("auth.test")
def auth_test(state: State, args: Json) -> Json:
    return {
        "ok": True, "url": "https://example.slack.com/", "team": "Example", "user": "readiness", "team_id": TEAM,
        "user_id": BOT_USER, "bot_id": BOT, "is_enterprise_install": False,
    }  # fmt: skip


@method("api.test")
def api_test(state: State, args: Json) -> Json:
    return {"ok": True, "args": args}


@method("team.info", "team:read")
def team_info(state: State, args: Json) -> Json:
    return {"ok": True, "team": {"id": TEAM, "name": "Example", "domain": "example"}}


@method("bots.info", "users:read")
def bots_info(state: State, args: Json) -> Json:
    if args.get("bot") not in (None, BOT):
        raise ApiError("bot_not_found")
    return {"ok": True, "bot": {"id": BOT, "app_id": APP, "user_id": BOT_USER, "name": "readiness", "deleted": False}}


@method("users.info", "users:read")
def users_info(state: State, args: Json) -> Json:
    (ident,) = needed(args, "user")
    if ident not in state.users:
        raise ApiError("user_not_found")
    user = state.users[ident]
    locale = {"locale": user.locale} if flag(args, "include_locale") else {}
    return {"ok": True, "user": user.shown() | locale}


@method("users.lookupByEmail", "users:read.email")
def lookup(state: State, args: Json) -> Json:
    (email,) = needed(args, "email")
    for user in state.users.values():
        if user.shown()["profile"]["email"] == email and not user.deleted:
            return {"ok": True, "user": user.shown()}
    raise ApiError("users_not_found")


@method("usergroups.list", "usergroups:read")
def usergroups(state: State, args: Json) -> Json:
    with_disabled, with_users = flag(args, "include_disabled"), flag(args, "include_users")
    found = [
        {"id": each.id, "team_id": TEAM, "handle": each.handle, "name": each.name or each.handle,
         "date_delete": int(each.disabled), "user_count": len(each.users)}
        | ({"users": each.users} if with_users else {})
        for each in state.groups.values() if with_disabled or not each.disabled
    ]  # fmt: skip
    return {"ok": True, "usergroups": found}


@method("usergroups.users.list", "usergroups:read")
def usergroup_users(state: State, args: Json) -> Json:
    (ident,) = needed(args, "usergroup")
    group = state.groups.get(ident)
    if group is None or (group.disabled and not flag(args, "include_disabled")):
        raise ApiError("no_such_subteam")
    return {"ok": True, "users": list(group.users)}


def _channel(state: State, args: Json) -> Channel:
    (ident,) = needed(args, "channel")
    found = state.channels.get(ident)
    if found is None or ((found.private or found.im_with) and BOT_USER not in found.members):
        raise ApiError("channel_not_found")
    return found


@method("conversations.info", *_READ)
def conversations_info(state: State, args: Json) -> Json:
    return {"ok": True, "channel": _channel(state, args).shown(BOT_USER)}


@method("conversations.list", *_READ)
def conversations_list(state: State, args: Json) -> Json:
    kinds = str(args.get("types") or "public_channel").split(",")
    found = []
    for each in state.channels.values():
        kind = "im" if each.im_with else "private_channel" if each.private else "public_channel"
        hidden = kind != "public_channel" and BOT_USER not in each.members
        if kind in kinds and not hidden and not (flag(args, "exclude_archived") and each.archived):
            found.append(each.shown(BOT_USER))
    return {"ok": True, "channels": found, "response_metadata": {"next_cursor": ""}}


@method("conversations.members", *_READ)
def conversations_members(state: State, args: Json) -> Json:
    members = sorted(_channel(state, args).members)
    return {"ok": True, "members": members, "response_metadata": {"next_cursor": ""}}


@method("conversations.join", "channels:join")
def conversations_join(state: State, args: Json) -> Json:
    channel = _channel(state, args)
    if channel.archived:
        raise ApiError("is_archived")
    if channel.private or channel.im_with:
        raise ApiError("method_not_supported_for_channel_type")
    channel.members.add(BOT_USER)
    state.changed()
    return {"ok": True, "channel": channel.shown(BOT_USER)}


@method("conversations.open", "im:write")
def conversations_open(state: State, args: Json) -> Json:
    (users,) = needed(args, "users")
    if users not in state.users:
        raise ApiError("user_not_found")
    if state.users[users].deleted:
        raise ApiError("user_disabled")
    return {"ok": True, "channel": {"id": state.direct(users).id}}


def _page(state: State, args: Json, messages: list[Message], newest_first: bool) -> Json:
    """Pages of 1 to 999 messages by cursor, between oldest and latest: conversations.history's page."""
    oldest, latest = float(args.get("oldest") or 0), float(args.get("latest") or "inf")
    inclusive = flag(args, "inclusive")
    if inclusive:
        found = [each for each in messages if oldest <= float(each.ts) <= latest]
    else:
        found = [each for each in messages if oldest < float(each.ts) < latest]
    if newest_first:
        found.reverse()
    start, limit = number(args, "cursor", 0), number(args, "limit", 100)
    if not 1 <= limit <= 999:
        raise ApiError("invalid_limit")
    more = len(found) > start + limit
    shown = [each.shown(flag(args, "include_all_metadata")) for each in found[start : start + limit]]
    cursor = str(start + limit) if more else ""
    return {"ok": True, "messages": shown, "has_more": more, "response_metadata": {"next_cursor": cursor}}


@method("conversations.history", *_HISTORY)
def history(state: State, args: Json) -> Json:
    channel = _channel(state, args)
    if BOT_USER not in channel.members:
        raise ApiError("not_in_channel")
    top = [each for each in channel.messages if not each.deleted and (each.thread_ts is None or each.broadcast)]
    return _page(state, args, top, newest_first=True)


@method("conversations.replies", *_HISTORY)
def replies(state: State, args: Json) -> Json:
    channel = _channel(state, args)
    (ts,) = needed(args, "ts")
    if state.find(channel.id, ts) is None:
        raise ApiError("thread_not_found")
    if BOT_USER not in channel.members:
        raise ApiError("not_in_channel")
    thread = [each for each in channel.messages if not each.deleted and ts in (each.ts, each.thread_ts)]
    return _page(state, args, thread, newest_first=False)


@method("files.getUploadURLExternal", "files:write")
def upload_url(state: State, args: Json) -> Json:
    name, _ = needed(args, "filename", "length")
    ident = state.name("F")
    state.files[ident] = {
        "id": ident,
        "name": name,
        "length": number(args, "length", 0),
        "content": None,
        "done": False,
    }
    return {"ok": True, "upload_url": f"{state.base}/upload/{ident}", "file_id": ident}


@method("files.completeUploadExternal", "files:write")
def complete_upload(state: State, args: Json) -> Json:
    shared = []
    for each in structure(args, "files", "invalid_arguments") or []:
        file = state.files.get(str(each.get("id")))
        if file is None or file["content"] is None or file["done"]:
            raise ApiError("file_not_found")
        file |= {"done": True, "title": each.get("title") or file["name"]}
        shared.append(file)
    if args.get("channel_id"):
        channel = _channel(state, {"channel": args["channel_id"]})
        if BOT_USER not in channel.members:
            raise ApiError("not_in_channel")
        thread = args.get("thread_ts")
        files = [{"type": "file", "file_id": each["id"], "title": each["title"]} for each in shared]
        state.post(channel, str(args.get("initial_comment") or ""), [], thread_ts=thread, attachments=files)
    files = [{"id": each["id"], "title": each["title"]} for each in shared]
    return {"ok": True, "files": files}
