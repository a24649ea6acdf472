"""Who somebody is, which roles they hold, and what that lets them do: denied unless something allows it."""

from __future__ import annotations

import pytest

from bot.rules.access import Actor, denial, name_of, person_of, roles_of
from tests.unit.samples import ANA, STRANGER, a_catalog

CATALOG = a_catalog()


def actor(platform: str, account: str, *groups: str) -> Actor:
    return Actor(platform, account, "Somebody", frozenset(groups))


@pytest.mark.parametrize(
    ("who", "person", "roles"),
    [
        (actor("local", "ana"), "ana", {"devops"}),
        (actor("slack", "U1"), "ana", {"devops"}),
        (actor("discord", "42"), "ana", {"devops"}),
        (actor("local", "ben"), "ben", {"product"}),
        (actor("slack", "U9"), "slack:U9", set()),
        (actor("slack", "U9", "S0OPS"), "slack:U9", {"devops"}),
        (actor("slack", "U7"), "slack:U7", {"product"}),
        (actor("slack", "U7", "S0OPS"), "slack:U7", {"devops", "product"}),
        (actor("slack", "U1", "U7"), "ana", {"devops", "product"}),
        (actor("discord", "5", "99"), "discord:5", {"devops"}),
        (actor("discord", "77"), "discord:77", {"product"}),
        (actor("discord", "99"), "discord:99", set()),
        # An account is one platform's: the same letters elsewhere are somebody else.
        (actor("discord", "U1"), "discord:U1", set()),
        (actor("slack", "42"), "slack:42", set()),
        (actor("slack", "ana"), "slack:ana", set()),
        (actor("local", "U7"), "local:U7", set()),
        (actor("local", "x", "S0OPS", "99", "role:99"), "local:x", set()),
        (actor("report", "ci"), "report:ci", set()),
        (actor("name", "Ana"), "name:Ana", set()),
        (actor("key", "ana"), "key:ana", set()),
        (actor("slack", ""), "slack:", set()),
    ],
)
def test_people_are_known_by_their_accounts_and_roles_by_person_account_or_group(
    who: Actor, person: str, roles: set[str]
) -> None:
    assert person_of(CATALOG, who) == person
    assert roles_of(CATALOG, who) == roles


def test_a_known_person_holds_a_role_that_names_their_other_account() -> None:
    catalog = a_catalog(
        people=dict(CATALOG.people) | {"cy": CATALOG.people["ana"].__class__("cy", "Cy", slack="U7", local="cy")}
    )
    assert roles_of(catalog, actor("local", "cy")) == {"product"}


def test_a_person_is_called_as_the_catalogue_does_and_a_stranger_as_the_platform_does() -> None:
    assert name_of(CATALOG, ANA) == "Ana"
    assert name_of(CATALOG, STRANGER) == "Mallory"


def test_what_nobody_is_named_for_is_denied_to_everybody_with_the_setting_to_change() -> None:
    assert denial(CATALOG, ANA, (), "launch", "permissions: launch") == (
        "Nobody may launch yet: name the roles that may under permissions: launch in readiness.yaml."
    )


def test_whoever_holds_one_of_the_roles_may() -> None:
    assert denial(CATALOG, ANA, ("product", "devops"), "waive", "permissions: waive") is None


def test_who_holds_none_of_the_roles_may_not_and_is_told_who_may() -> None:
    assert denial(CATALOG, ANA, ("product", "gone"), "waive", "permissions: waive") == (
        "Only Product Owner or gone may waive, and Ana does not hold that role."
    )
    assert denial(CATALOG, STRANGER, ("devops",), "waive", "permissions: waive") == (
        "Only DevOps Lead may waive, and Mallory does not hold that role."
    )


def test_a_stranger_in_a_catalogue_without_people_or_roles_holds_nothing() -> None:
    bare = a_catalog(people={}, roles={})
    assert roles_of(bare, ANA) == frozenset()
    assert denial(bare, ANA, ("devops",), "waive", "x") is not None
