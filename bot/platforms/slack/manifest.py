"""The app's manifest: what Slack is asked for, no more than is used, and why."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

# Scope -> what it is for. `readiness doctor` holds a token against these.
SCOPES = {
    "commands": "the slash commands",
    "chat:write": "to post and edit its messages in channels that it was invited to",
    "im:write": "to answer privately what is clicked in its home",
    "users:read": "to tell guests and bots from members when somebody wants to act",
    "usergroups:read": "to look up who is in the user groups that roles name",
    "channels:history": "to find its own message again when Slack did not say whether it arrived, and its thread",
    "groups:history": "the same in private channels",
    "channels:read": "so that readiness doctor can tell whether it is in a channel",
    "groups:read": "the same for private channels",
}


def manifest(families: Iterable[str], http: str | None) -> dict[str, Any]:
    """The manifest to paste into Slack, as JSON. http: the bot's public address, None for Socket Mode."""
    events = f"{http.rstrip('/')}/slack/events" if http else None
    url = {"url": events} if events else {}
    request_url = {"request_url": events} if events else {}
    return {
        "display_information": {
            "name": "Readiness",
            "description": "Is production ready? With evidence.",
            "background_color": "#1f2a44",
        },
        "features": {
            "app_home": {"home_tab_enabled": True, "messages_tab_enabled": False},
            "bot_user": {"display_name": "Readiness", "always_online": True},
            "slash_commands": [
                {
                    "command": f"/{family}",
                    "description": "Is production ready? Try help.",
                    "usage_hint": "run prod | status prod | help",
                    "should_escape": False,
                    **url,
                }
                for family in families
            ],
        },
        "oauth_config": {"scopes": {"bot": list(SCOPES)}},
        "settings": {
            "event_subscriptions": {"bot_events": ["app_home_opened"], **request_url},
            "interactivity": {
                "is_enabled": True,
                **request_url,
                **({"message_menu_options_url": events} if events else {}),
            },
            "org_deploy_enabled": False,
            "socket_mode_enabled": http is None,
            "token_rotation_enabled": False,
        },
    }
