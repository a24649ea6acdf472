"""Variables of environments, and secrets: filled in where they are meant, and never shown."""

from __future__ import annotations

from typing import Any

import pytest

from bot.catalog.model import Catalog, Measured
from tests.unit.catalog.pages import PLAIN, Folder, item, one

SECRET = "s3cr3t-Val/ue+9"


def params(catalog: Catalog, environment: str = "prod") -> dict[str, Any]:
    way = item(catalog, environment=environment).way
    assert isinstance(way, Measured)
    return way.checks[0].params.model_dump()


def http(rest: str) -> str:
    return one(f"check: {{kind: http, {rest}}}")


def environments(text: str, written: str) -> str:
    return text.replace("environments: {prod: {}}", f"environments: {{{written}}}")


def test_each_environment_has_its_own_values(folder: Folder) -> None:
    written = environments(http("url: '{web}/a'"), "prod: {vars: {web: 'http://p'}}, dev: {vars: {web: 'http://d'}}")
    catalog = folder.load(written)
    assert [params(catalog, name)["url"] for name in ("prod", "dev")] == ["http://p/a", "http://d/a"]


def test_a_variable_that_one_environment_lacks_is_told_for_that_one(folder: Folder) -> None:
    written = environments(http("url: '{web}/a'"), "prod: {vars: {web: 'http://p'}}, dev: {vars: {wep: 'http://d'}}")
    assert folder.mistakes(written) == [
        "readiness.yaml:6: url: {web} is not a variable of environment dev; did you mean 'wep'?"
    ]


def test_a_variable_where_none_is_defined_is_told(folder: Folder) -> None:
    assert folder.mistakes(http("url: '{web}'")) == [
        "readiness.yaml:6: url: {web} is not a variable of environment prod; none is defined"
    ]


def test_doubled_braces_stay_as_a_name_in_braces(folder: Folder) -> None:
    assert params(folder.load(http("url: 'http://x', body: 'hello {{name}}'")))["body"] == "hello {name}"


@pytest.mark.parametrize("text", ['{"a": 1}', 'up{status="5.."}', "a{3}", "{}", "{ web }", "a{1,2}", "${", "{", "}{"])
def test_braces_of_json_promql_and_expressions_stay_untouched(folder: Folder, text: str) -> None:
    quoted = text.replace("'", "''")
    written = environments(http(f"url: 'http://x', body: '{quoted}'"), "prod: {vars: {web: x}}")
    assert params(folder.load(written))["body"] == text


def test_a_text_that_is_one_variable_takes_its_value_with_its_type(folder: Folder) -> None:
    written = environments(
        one("check: {kind: tcp, host: '{host}', port: '{port}', retries: '{tries}'}"),
        "prod: {vars: {host: h, port: 5432, tries: 2}}",
    )
    catalog = folder.load(written)
    assert params(catalog)["port"] == 5432
    way = item(catalog).way
    assert isinstance(way, Measured)
    assert way.checks[0].retries == 2


def test_an_override_replaces_the_variable_of_every_environment(folder: Folder) -> None:
    written = environments(http("url: '{web}'"), "prod: {vars: {web: 'http://p'}}, dev: {}")
    catalog = folder.load(written, overrides={"web": "http://other"})
    assert {params(catalog, name)["url"] for name in ("prod", "dev")} == {"http://other"}


def test_a_secret_comes_from_the_process_and_is_known_as_one(folder: Folder) -> None:
    catalog = folder.load(http("url: 'http://x', headers: {Authorization: 'Bearer ${TOKEN}'}"), {"TOKEN": SECRET})
    assert params(catalog)["headers"] == {"Authorization": f"Bearer {SECRET}"}
    assert catalog.secrets == {SECRET}


def test_a_secret_comes_from_the_file_that_its_variable_names(folder: Folder) -> None:
    file = folder.write(f"{SECRET}\n", "token")
    catalog = folder.load(http("url: 'http://x', body: '${TOKEN}'"), {"TOKEN_FILE": str(file)})
    assert params(catalog)["body"] == SECRET
    assert catalog.secrets == {SECRET}


def test_the_process_comes_before_the_file(folder: Folder) -> None:
    environ = {"TOKEN": SECRET, "TOKEN_FILE": str(folder.write("other", "token"))}
    assert params(folder.load(http("url: 'http://x', body: '${TOKEN}'"), environ))["body"] == SECRET


@pytest.mark.parametrize(
    ("content", "why"),
    [(None, "No such file or directory"), (b"\xff\xfe\xfd", "it is not text")],
)
def test_a_secret_file_that_cannot_be_read_is_told(folder: Folder, content: bytes | None, why: str) -> None:
    file = folder.path / "token"
    if content is not None:
        folder.write(content, "token")
    assert folder.mistakes(http("url: 'http://x', body: '${TOKEN}'"), {"TOKEN_FILE": str(file)}) == [
        f"readiness.yaml:6: body: the file that TOKEN_FILE names cannot be read: {why}"
    ]


@pytest.mark.parametrize("environ", [{}, {"TOKEN": ""}], ids=["unset", "empty"])
def test_a_secret_that_is_not_set_is_told_once_and_nothing_follows_from_it(
    folder: Folder, environ: dict[str, str]
) -> None:
    told = folder.mistakes(http("url: '${TOKEN}', timeout: '${TOKEN}x'"), environ)
    assert [line.split(": ", 1)[1] for line in told] == [
        "timeout: the secret TOKEN is not set; export TOKEN=… before starting",
        "url: the secret TOKEN is not set; export TOKEN=… before starting",
    ]


def test_an_empty_secret_file_counts_as_not_set(folder: Folder) -> None:
    environ = {"TOKEN_FILE": str(folder.write("\n", "token"))}
    (told,) = folder.mistakes(http("url: 'http://x', body: '${TOKEN}'"), environ)
    assert "the secret TOKEN is not set" in told


@pytest.mark.parametrize(("text", "filled"), [("${A:-b}", "b"), ("x${A:-}y", "xy"), ("$${A}", "${A}"), ("$A", "$A")])
def test_defaults_and_escapes_need_no_secret(folder: Folder, text: str, filled: str) -> None:
    catalog = folder.load(http(f"url: 'http://x', body: '{text}'"))
    assert params(catalog)["body"] == filled
    assert catalog.secrets == frozenset()


def test_a_secret_that_looks_like_a_variable_stays_as_it_is(folder: Folder) -> None:
    odd = "a{web}b{{x}}c"
    catalog = folder.load(http("url: 'http://x', body: '${TOKEN}'"), {"TOKEN": odd})
    assert params(catalog)["body"] == odd


def test_a_secret_outside_of_checks_is_not_touched_either(folder: Folder) -> None:
    catalog = folder.load(PLAIN + "notify: {sms: '${SMS}'}\n", {"SMS": "json://a{b}c"})
    assert catalog.notify == {"sms": "json://a{b}c"}


@pytest.mark.parametrize(
    "written",
    [
        http("url: 'http://x', timeout: '${TOKEN}'"),
        http("url: '${TOKEN}'"),
        http("url: 'https://u:${TOKEN}@h:port/'"),
        http("url: 'http://x', method: '${TOKEN}'"),
        http("url: 'http://x', retries: '${TOKEN}'"),
        http("url: 'http://x', expect: ['body == ${TOKEN}']"),
        http("url: 'http://x', expect: ['${TOKEN}']"),
        one("check: '${TOKEN}'"),
        one("check: {kind: '${TOKEN}'}"),
        one("check: {preset: '${TOKEN}'}"),
        one("check: {preset: backup-fresh, url: '${TOKEN}', query: '${TOKEN}', max_age: '${TOKEN}'}"),
        one("attest: {by: ['${TOKEN}'], valid_for: '${TOKEN}'}"),
        one("level: '${TOKEN}', owner: '${TOKEN}', needs: '${TOKEN}', due: '${TOKEN}', attest: {}", "roles: {r: {}}\n"),
        PLAIN.replace("id: a", "id: '${TOKEN}'"),
        PLAIN + "timezone: '${TOKEN}'\ngo_requires: '${TOKEN}'\nlimits: '${TOKEN}'\npermissions: {waive: '${TOKEN}'}\n",
        PLAIN + "notify: '${TOKEN}'\nalerts: '${TOKEN}'\nwatch: '${TOKEN}'\nroles: {r: {members: '${TOKEN}'}}\n",
    ],
)
@pytest.mark.parametrize(
    "secret", [SECRET, "sk-live-" + "abcDEF123" * 12, "abc'def\"ghi", "pqxzv kjwqy vbnmq", "kwxzq\nvbnmq", "ünïkøqx-ß"]
)
def test_no_part_of_a_secret_is_in_any_error(folder: Folder, written: str, secret: str) -> None:
    told = "\n".join(folder.mistakes(written, {"TOKEN": secret}))
    pieces = [secret[start : start + 5] for start in range(len(secret) - 4)]
    assert [piece for piece in pieces if piece in told] == []


def test_a_release_is_shown_so_it_is_no_secret_and_may_be_missing(folder: Folder) -> None:
    written = PLAIN + "release: '${GIT_SHA}'\n"
    catalog = folder.load(written, {"GIT_SHA": "abc123"})
    assert (catalog.release, catalog.secrets) == ("abc123", frozenset())
    assert folder.load(written).release is None
    assert folder.load(PLAIN + "release: '${GIT_SHA:-unreleased}'\n").release == "unreleased"
    assert folder.load(PLAIN + "release: 1.5\n").release == "1.5"
