"""What the end-to-end tests share: the program in a folder of its own, a web site, terminals, a real PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.e2e.program import NOTHING, Env, Program
from tests.e2e.site import Site
from tests.e2e.terminal import Terminal
from tests.storage.conftest import postgresql as postgresql
from tests.storage.conftest import postgresql_url as postgresql_url


@pytest.fixture
def program(tmp_path: Path) -> Iterator[Program]:
    """The program in an empty folder; what a test leaves running is ended."""
    made = Program(tmp_path / "place")
    yield made
    for running in made.started:
        running.end()


@pytest.fixture
def site() -> Iterator[Site]:
    made = Site()
    yield made
    made.close()


@pytest.fixture
def terminal(program: Program) -> Iterator[Callable[..., Terminal]]:
    """Starts the program in a terminal."""
    made: list[Terminal] = []

    def start(*words: str, rows: int = 40, env: Env = NOTHING) -> Terminal:
        made.append(Terminal(program, *words, rows=rows, env=env))
        return made[-1]

    yield start
    for each in made:
        each.end()
