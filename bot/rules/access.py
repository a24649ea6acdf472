"""Who somebody is, which roles they hold, and what that lets them do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from bot.catalog.model import Catalog


@dataclass(frozen=True)
class Actor:
    """Who did it, as the platform's event says.

    platform: 'local', 'slack', 'discord' or 'report'. account: the platform's id (local: the user's name). groups: ids
    of the groups and roles that the account has there, looked up at the moment of the click. trouble: why some of that
    could not be found out; what is not known is not held.
    """

    platform: str
    account: str
    name: str
    groups: frozenset[str] = frozenset()
    trouble: str = ""


def person_of(catalog: Catalog, actor: Actor) -> str:
    """The key that rights and double roles are judged by: the person's, or platform and account of a stranger."""
    for person in catalog.people.values():
        accounts = {"slack": person.slack, "discord": person.discord, "local": person.local}
        if accounts.get(actor.platform) == actor.account:
            return person.key
    return f"{actor.platform}:{actor.account}"


def name_of(catalog: Catalog, actor: Actor) -> str:
    """What to call them: the name that the catalogue gives, else what the platform gives."""
    person = catalog.people.get(person_of(catalog, actor))
    return person.name if person else actor.name


def roles_of(catalog: Catalog, actor: Actor) -> frozenset[str]:
    """The roles that somebody holds: as a known person, or by their account or a group of it on that platform.

    In a catalogue, a Discord group is written 'role:99'; a Slack group and a user of either by their bare id.
    """
    person = person_of(catalog, actor)
    own = {actor.account} | actor.groups | {f"role:{group}" for group in actor.groups}
    known = catalog.people.get(person)
    held = set()
    for role in catalog.roles.values():
        accounts = {"slack": role.slack, "discord": role.discord}
        here = accounts.get(actor.platform, frozenset())
        elsewhere = known and ((known.slack in role.slack) or (known.discord in role.discord))
        if person in role.members or own & here or elsewhere:
            held.add(role.key)
    return frozenset(held)


def denial(catalog: Catalog, actor: Actor, allowed: Iterable[str], what: str, setting: str) -> str | None:
    """None when somebody with one of the `allowed` roles acts; otherwise a sentence that says who may, or what to set.

    what: the deed ('waive'). setting: the key of the catalogue that grants it.
    """
    allowed = tuple(allowed)
    if not allowed:
        return f"Nobody may {what} yet: name the roles that may under {setting} in {catalog.path.name}."
    if roles_of(catalog, actor) & set(allowed):
        return None
    titles = " or ".join(catalog.roles[role].title if role in catalog.roles else role for role in allowed)
    said = f"Only {titles} may {what}, and {name_of(catalog, actor)} does not hold that role."
    return f"{said} But {actor.trouble}." if actor.trouble else said
