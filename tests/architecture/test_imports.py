"""What starts light stays light, and no platform pays for another. (The contracts between layers: `make contracts`.)"""

from __future__ import annotations

import subprocess
import sys

import pytest

CHATS = ["slack_bolt", "slack_sdk", "discord"]
CASES = {
    "bot.cli": ["click", "sqlmodel", "sqlalchemy", "httpx", "pydantic", "rich", "asyncio", *CHATS],
    "bot.shell.chat_verbs": ["aiohttp", "prompt_toolkit", "bot.platforms.http", "bot.platforms.console.chat", *CHATS],
    "bot.shell.check": ["aiohttp", "prompt_toolkit", *CHATS],
    "bot.shell.chat": ["aiohttp", *CHATS],
    "checks.registry": ["bot", "storage", "sqlmodel", "aiohttp", "rich", *CHATS],
    "storage.database": ["bot", "checks", "httpx", "aiohttp", *CHATS],
    "bot.cards.run": ["httpx", "aiohttp", "click", "rich", *CHATS],
}


@pytest.mark.parametrize("module", CASES)
def test_a_module_brings_in_only_what_it_is_for(module: str) -> None:
    code = f"import {module}, sys; print('\\n'.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    loaded = set(done.stdout.split())
    assert module in loaded
    assert [name for name in CASES[module] if name in loaded] == []


def test_help_and_version_load_nothing_of_the_program() -> None:
    code = "import sys, bot.cli; bot.cli.main(['--help']); bot.cli.main(['--version']); print('\\n'.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    loaded = set(done.stdout.split())
    assert {"bot", "bot.cli"} <= loaded
    assert {name for name in loaded if name.startswith(("bot.", "checks", "storage"))} == {"bot.cli"}
