"""The page about Slack names the scopes that the manifest asks for, with the same words."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from bot.cli import main
from bot.platforms.slack.manifest import SCOPES, manifest

PAGE = Path(__file__).parents[2] / "docs" / "slack.md"


def test_the_page_explains_each_scope_as_the_manifest_does() -> None:
    assert dict(re.findall(r"^\| `([a-z:.]+)` \| (.*) \|$", PAGE.read_text(), re.MULTILINE)) == SCOPES


def test_the_manifest_is_json_within_slacks_limits(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["slack-manifest"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["settings"]["socket_mode_enabled"] is True
    assert printed["oauth_config"]["scopes"]["bot"] == list(SCOPES)
    assert len(printed["display_information"]["name"]) <= 35
    assert len(printed["display_information"]["description"]) <= 140


def test_over_http_every_address_is_the_bots() -> None:
    made = manifest(["readiness"], "https://bot.example/")
    assert made["settings"]["socket_mode_enabled"] is False
    assert made["features"]["slash_commands"][0]["url"] == "https://bot.example/slack/events"
    assert made["settings"]["interactivity"]["request_url"] == "https://bot.example/slack/events"
    assert made["settings"]["event_subscriptions"]["request_url"] == "https://bot.example/slack/events"
