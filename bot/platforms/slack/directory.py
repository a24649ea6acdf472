"""Who somebody is in Slack, looked up at the moment of the click: guest, bot, stranger, and the groups they are in."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.platforms.slack.delivery import SILENCE, error_of
from bot.rules.access import Actor

PATIENCE = 2.0  # seconds for all look-ups together: the one who clicked is waiting


class Stranger(Exception):
    """Somebody who may not act here; the text says so to them."""


class Directory:
    """Asks Slack. team: the only workspace that is served."""

    def __init__(self, client: AsyncWebClient, team: str) -> None:
        self._client, self.team = client, team

    def known(self, user: str, name: str) -> Actor:
        """Somebody who only reads or measures: no look-up."""
        return Actor("slack", user, name)

    async def looked_up(self, user: str, name: str, groups: Iterable[str]) -> Actor:
        """Somebody who wants to act. groups: ids of the user groups that roles name.

        Raises Stranger for a guest, a bot or somebody of another workspace. A group that cannot be read is not held,
        and `trouble` says why.
        """
        try:
            async with asyncio.timeout(PATIENCE):
                return await self._looked_up(user, name, sorted(set(groups)))
        except TimeoutError:
            return Actor("slack", user, name, trouble="Slack did not say in time who is in which group; try again")

    async def _looked_up(self, user: str, name: str, groups: list[str]) -> Actor:
        info, members = await asyncio.gather(
            self._user(user), asyncio.gather(*(self._members(group) for group in groups))
        )
        if isinstance(info, str):
            return Actor("slack", user, name, trouble=f"Slack does not say who you are ({info})")
        if info.get("deleted") or info.get("is_bot"):
            raise Stranger("Bots and closed accounts cannot act here.")
        if info.get("is_restricted") or info.get("is_ultra_restricted") or info.get("is_stranger"):
            raise Stranger("Guests cannot act here. Ask a member of the workspace.")
        if info.get("team_id") not in (None, self.team):
            raise Stranger("You belong to another workspace, and this bot serves only one.")
        held = frozenset(
            group for group, found in zip(groups, members, strict=True) if isinstance(found, list) and user in found
        )
        troubles = [found for found in members if isinstance(found, str)]
        trouble = f"a user group could not be read ({troubles[0]})" if troubles else ""
        shown = str(info.get("real_name") or name)
        return Actor("slack", user, shown, held, trouble)

    async def _user(self, user: str) -> dict[str, object] | str:
        try:
            answer = await self._client.users_info(user=user)
        except SlackApiError as refused:
            return error_of(refused) or "unknown"
        except SILENCE as reason:
            return type(reason).__name__
        found = answer.get("user")
        return found if isinstance(found, dict) else "user_not_found"

    async def _members(self, group: str) -> list[str] | str:
        """Ids of those in the group, or why they are not known. A user's own id among a role's is no group."""
        if not group.startswith("S"):
            return []
        try:
            answer = await self._client.usergroups_users_list(usergroup=group)
        except SlackApiError as refused:
            return error_of(refused) or "unknown"
        except SILENCE as reason:
            return type(reason).__name__
        return [str(user) for user in answer.get("users") or ()]
