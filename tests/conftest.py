"""For every test: an environment without the settings of the developer's shell, and properties without a clock."""

from __future__ import annotations

import os

import pytest
from hypothesis import settings

# How long an example takes says nothing on a busy machine. In CI the same examples every time: a red build is a fact.
settings.register_profile("project", deadline=None, derandomize=bool(os.environ.get("CI")), print_blob=True)
settings.load_profile("project")

_OURS = ("READINESS_", "SLACK_", "DISCORD_")
_OTHERS = ("DATABASE_URL", "HOST", "PORT", "NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES")


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.startswith(_OURS) or name in _OTHERS:
            monkeypatch.delenv(name)
