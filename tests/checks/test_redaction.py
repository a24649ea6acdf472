"""No form of a secret survives in anything that is shown."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given, strategies

from checks.model import Outcome
from checks.presentation import presentable
from checks.redaction import MASK, Redactor
from tests.checks.conftest import Measure
from tests.standins.unruly import Unruly

# Printable, long enough to be a secret, and none that could stand in the text around it.
SECRETS = strategies.text(
    strategies.characters(codec="utf-8", exclude_categories=["Z", "C"], exclude_characters="•.&"),
    min_size=6,
    max_size=60,
).filter(lambda text: len(set(text)) > 3)
FORMS: list[Callable[[str], str]] = [
    str,
    lambda secret: quote(secret, safe=""),
    quote,
    quote_plus,
    lambda secret: json.dumps(secret)[1:-1],
    lambda secret: base64.b64encode(secret.encode()).decode(),
    lambda secret: base64.b64encode(f"{secret}:".encode()).decode(),
]


@given(SECRETS, strategies.sampled_from(FORMS), strategies.text(".", max_size=500))
def test_no_form_survives_anywhere(secret: str, form: Callable[[str], str], around: str) -> None:
    echoed = form(secret)
    text = f"{around}&{echoed}&{around}"
    facts: dict[str, Any] = {"body": text, "json": {"deep": [{echoed: text}]}, "list": [text, 1]}
    shown = json.dumps(presentable(facts, Redactor([secret])), ensure_ascii=False)
    assert echoed.rstrip("=") not in shown
    assert secret not in shown
    assert echoed.rstrip("=") not in Redactor([secret]).text(text)
    assert secret not in json.dumps(Redactor([secret]).value(facts), ensure_ascii=False)


@given(strategies.lists(SECRETS, min_size=2, max_size=5))
def test_secrets_inside_one_another(secrets: list[str]) -> None:
    nested = [*secrets, "".join(secrets)]
    shown = Redactor(nested).text(f"it says {nested[-1]}.")
    assert not [secret for secret in nested if secret in shown]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("postgresql://ana:pw@db/shop failed", f"postgresql://{MASK}@db/shop failed"),
        ("see https://example.com/a@b", "see https://example.com/a@b"),
        ("redis://:pw@cache:6379/0", f"redis://{MASK}@cache:6379/0"),
        ("https://a:b@c.example/d:e@f", f"https://{MASK}@c.example/d:e@f"),
    ],
)
def test_credentials_in_addresses(text: str, shown: str) -> None:
    assert Redactor().text(text) == shown


def test_a_short_secret_goes_only_where_it_stands_alone() -> None:
    assert Redactor(["42"]).text("42 of 4200 are 42.") == f"{MASK} of 4200 are {MASK}."


def test_a_key_is_given_away_by_none_of_its_lines() -> None:
    lines = ["-----BEGIN PRIVATE KEY-----", "MIIEvQIBADANBgkqhkiG9w0B", "AQEFAASCBKcwggSjAgEAAoIB", "-----END-----"]
    assert "MIIEvQ" not in Redactor(["\n".join(lines)]).text(f"got {lines[1]} and {lines[2]}")


async def test_an_echo_of_the_token_is_not_shown(measure: Measure, unruly: Unruly) -> None:
    token = 'to"ken/é+1 x'
    result = await measure(
        secrets=(token,), kind="http", url=unruly.url("/echo"), headers={"X-Key": quote(token)}, expect="json == 1"
    )
    assert result.outcome is not Outcome.PASS
    assert quote(token) not in str(result)
    assert MASK in str(result)
