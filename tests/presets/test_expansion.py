"""From `preset:` to a plain check: what is refused, what is left out, and that no value can say more than it should."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import cel
import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.expansion import FOLDER, cel_literal, expand, presets, read_preset
from checks.model import CheckMistake

TEXTS = st.text(st.characters(exclude_categories=["Cs"])) | st.sampled_from(["' || true || '", "\\", "\\'", '"', "'''"])
WEBHOOK = {"preset": "stripe-webhook", "key": "k", "url": "https://shop.example/hook"}
GOOD = """
title: The {url} answers
summary: It answers.
params:
  url: {help: where}
  most: {help: how slow, type: duration, default: 2s}
check: {kind: http, url: "{url}", expect: ["seconds <= {most}"]}
"""


def mistakes(written: Mapping[str, Any]) -> dict[str, str]:
    with pytest.raises(ExceptionGroup) as refused:
        expand(written)
    assert all(isinstance(mistake, CheckMistake) for mistake in refused.value.exceptions)
    return {mistake.key: str(mistake) for mistake in refused.value.exceptions if isinstance(mistake, CheckMistake)}


def test_a_preset_becomes_a_plain_check_with_a_title() -> None:
    plain, title = expand({"preset": "github-workflow", "repo": "a/b", "workflow": "ci.yml", "timeout": "3s"})
    assert title == "ci.yml is green on main"
    assert plain["url"] == (
        "https://api.github.com/repos/a/b/actions/workflows/ci.yml/runs?branch=main&status=completed&per_page=1"
    )
    assert plain["timeout"] == "3s"
    assert "bearer" not in plain


def test_what_is_written_replaces_what_the_preset_expects() -> None:
    given = {"preset": "statuspage", "url": "https://x.example", "expect": "status == 200", "retries": 2}
    plain, _ = expand(given)
    assert (plain["expect"], plain["retries"]) == ("status == 200", 2)
    assert plain["warn"] == ["json.status.indicator == 'none'"]
    assert expand(given | {"warn": []})[0]["warn"] == []


def test_expansion_leaves_the_preset_as_it_was() -> None:
    before = presets()["stripe-webhook"].model_dump()
    plain, _ = expand(WEBHOOK)
    plain["expect"].clear()
    assert presets()["stripe-webhook"].model_dump() == before


def test_an_unknown_preset_gets_the_nearest_name() -> None:
    assert mistakes({"preset": "stripe-webhok"})["preset"] == (
        "there is no preset 'stripe-webhok'; did you mean 'stripe-webhook'?"
    )
    assert "there are backup-fresh, " in mistakes({"preset": 5})["preset"]


def test_all_mistakes_come_at_once() -> None:
    found = mistakes({"preset": "hsts", "maxage": "1d", "max_age": "often", "kind": "http", 5: 6})  # type: ignore[dict-item]
    assert found == {
        "5": "hsts has no parameter '5'; it takes url, max_age, ca_file, expect, retries, timeout, warn",
        "kind": "a check has a kind or a preset, not both",
        "max_age": "max_age: not a duration; write for example 10s, 5m, 24h or 30d",
        "maxage": "hsts has no parameter 'maxage'; did you mean 'max_age'?",
        "url": "hsts needs 'url': a page of the site",
    }


@pytest.mark.parametrize(
    ("given", "key", "says"),
    [
        ({"preset": "rate-limited", "url": "u", "requests": "many"}, "requests", "not a number"),
        ({"preset": "rate-limited", "url": "u", "requests": True}, "requests", "not a number"),
        ({"preset": "rate-limited", "url": "u", "requests": float("inf")}, "requests", "not a number"),
        ({"preset": "rate-limited", "url": "u", "requests": 10**400}, "requests", "not a number"),
        ({"preset": "rate-limited", "url": ["u"]}, "url", "write a text"),
        ({"preset": "rate-limited", "url": ""}, "url", "is empty"),
        ({"preset": "rate-limited", "url": None}, "url", "needs 'url'"),
        ({"preset": "hsts", "url": "u", "max_age": 3600}, "max_age", "not a duration"),
        ({"preset": "debug-routes-off", "url": "u", "paths": [{}]}, "paths", "write a list of texts"),
        ({"preset": "debug-routes-off", "url": "u", "paths": []}, "paths", "is empty"),
        ({"preset": "tls-expiry", "host": "a b"}, "host", "not a host name"),
        ({"preset": "backup-fresh", "url": "u", "table": "a; DROP TABLE b"}, "table", "not the name"),
        ({"preset": "index-exists", "url": "u", "table": "a\\", "columns": "b"}, "table", "backslash"),
    ],
)
def test_values_of_the_wrong_kind_are_refused_and_not_repeated(given: dict[str, Any], key: str, says: str) -> None:
    found = mistakes(given)
    assert list(found) == [key]
    assert says in found[key]
    assert "DROP" not in found[key]


@pytest.mark.parametrize(
    ("written", "host"),
    [
        ("shop.example", "shop.example"),
        ("https://shop.example/cart?x=1", "shop.example"),
        ("https://ana:pw@shop.example:8443", "shop.example"),
        ("http://shop.example:8080/", "shop.example:8080"),
        ("https://[::1]:443/", "[::1]"),
    ],
)
def test_a_url_is_cut_down_to_its_host(written: str, host: str) -> None:
    assert expand({"preset": "https-redirect", "host": written})[0]["url"] == f"http://{host}"


def test_numbers_and_durations_may_come_as_text_from_variables() -> None:
    plain, _ = expand({"preset": "rate-limited", "url": "u", "requests": "30"})
    assert plain["samples"] == 30
    plain, _ = expand({"preset": "healthy", "url": "u", "within": "1500ms"})
    assert "seconds <= 1.5" in plain["expect"]


@given(TEXTS | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False) | st.lists(TEXTS))
def test_a_literal_says_exactly_its_value(value: Any) -> None:
    assert cel.evaluate(f"{cel_literal(value)} == value", {"value": value}) is True


@given(TEXTS.filter(bool))
def test_no_value_breaks_out_of_an_expectation(url: str) -> None:
    plain, _ = expand(WEBHOOK | {"url": url})
    registered = {"url": "https://elsewhere.example", "status": "enabled", "livemode": True}
    assert cel.evaluate(plain["expect"][1], {"json": {"data": [registered]}}) is False
    assert cel.evaluate(plain["expect"][1], {"json": {"data": [registered | {"url": url}]}}) is True


@given(TEXTS.filter(bool))
def test_no_value_breaks_out_of_a_url(branch: str) -> None:
    given = {"preset": "github-workflow", "repo": "a/b", "workflow": "ci.yml", "branch": branch}
    query = parse_qsl(urlsplit(expand(given)[0]["url"]).query, keep_blank_values=True, strict_parsing=True)
    assert query == [("branch", branch), ("status", "completed"), ("per_page", "1")]


@given(TEXTS.filter(lambda text: bool(text) and not set(text) & {"\\", "\0"}))
def test_no_value_breaks_out_of_sql(table: str) -> None:
    plain, _ = expand({"preset": "index-exists", "url": "u", "table": table, "columns": "a"})
    with sqlite3.connect(":memory:") as connection:
        assert connection.execute(plain["query"]["sqlite"]).fetchall() == [(0,)]
    connection.close()


def test_no_secret_stands_in_an_expectation_or_a_title() -> None:
    for name, preset in presets().items():
        shown = str([preset.title, preset.check.get("expect"), preset.check.get("warn")])
        for secret in ("key", "token", "project_token", "basic"):
            assert f"{{{secret}}}" not in shown, name


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (("title: The {url} answers", "titel: x"), "title: Field required; titel: Extra inputs are not permitted"),
        (("kind: http, ", ""), "check says no kind"),
        (("{most}", "{least}"), "least is used but is not a parameter"),
        (("<= {most}", "<= 1"), "most is a parameter that nothing uses"),
        (("seconds <= {most}", "url == '{most}'"), "has a placeholder in quotes"),
        (("default: 2s", "default: 2"), "not a duration"),
        (("type: duration", "type: time"), "params.most.type: Input should be 'text'"),
        (("help: where", "halp: where"), "params.url.halp: Extra inputs are not permitted"),
        (("help: where", "help: where, default: null"), "the title needs url, which may be left out"),
        (("most:", "timeout:"), "a parameter cannot be called timeout"),
        (("{help: where}", "{help: where"), "is not YAML"),
        (("{help: where}", "{help: where, help: there}"), "is not YAML"),
    ],
)
def test_a_preset_written_wrongly_is_refused(change: tuple[str, str], says: str) -> None:
    with pytest.raises(ValueError, match=r"^preset good") as refused:
        read_preset("good", GOOD.replace(*change))
    assert says in str(refused.value)


def test_a_preset_written_well_is_taken() -> None:
    assert read_preset("good", GOOD).params["most"].type == "duration"


def test_every_shipped_preset_names_its_source() -> None:
    for file in FOLDER.glob("*.yaml"):
        first = file.read_text("utf-8").split("title:")[0]
        assert "https://" in first, file.name
