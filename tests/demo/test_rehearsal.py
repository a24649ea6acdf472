"""`readiness demo` from outside, as `make demo` starts it: NO-GO, GO, and what it says to type next is true."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from bot.demo.ports import DEFAULTS

ROOT = Path(__file__).parents[2]


def environment(tmp_path: Path) -> dict[str, str]:
    """A bare one, where everything that could lead the rehearsal elsewhere does."""
    return {
        "PATH": os.environ["PATH"], "HOME": str(tmp_path), "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/elsewhere",
        "READINESS_CONFIG": "missing.yaml", "READINESS_LEDGER_KEY": "another", "PORT": "1",
        "http_proxy": "http://127.0.0.1:1", "https_proxy": "http://127.0.0.1:1",
    }  # fmt: skip


def command(folder: Path, *more: str) -> list[str]:
    return [sys.executable, "-m", "bot.cli", "demo", "--folder", str(folder), *more]


def play(tmp_path: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(tmp_path / "the work"), cwd=ROOT, env=environment(tmp_path), stdin=subprocess.DEVNULL,
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip


def next_lines(output: str) -> list[str]:
    """The commands under 'What to type next'."""
    told = output.partition("What to type next")[2].splitlines()
    return [line.strip() for line in told if line.startswith("  ") and not line.startswith("   ")]


def typed(line: str, tmp_path: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        line, shell=True, cwd=ROOT, env={"PATH": os.environ["PATH"], "HOME": str(tmp_path)},
        stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip


def test_it_goes_from_no_go_to_go(tmp_path: Path) -> None:
    done = play(tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr == ""
    assert "\x1b" not in done.stdout
    first, second = (done.stdout.index(verdict) for verdict in ("shop demo: NO-GO", "shop demo: GO\n"))
    assert first < done.stdout.index("repairing") < second
    assert "Score 10.0 of 10" in done.stdout[second:]
    assert "days_left >= 14, was 2.0" in done.stdout
    assert "The ledger is whole: 8 entries" in done.stdout
    assert f"everything that it keeps is in {tmp_path / 'the work'}" in done.stdout


def test_what_it_says_to_type_next_can_be_typed(tmp_path: Path) -> None:
    lines = next_lines(play(tmp_path).stdout)
    assert 3 <= len(lines) <= 4
    status, verify = lines[:2]
    told = typed(status, tmp_path)
    assert (told.returncode, "shop demo: GO" in told.stdout) == (0, True), told.stdout + told.stderr
    told = typed(verify, tmp_path)
    assert (told.returncode, "whole: 8 entries" in told.stdout) == (0, True), told.stdout + told.stderr


@pytest.fixture
def taken() -> Iterator[None]:
    """The usual ports, held by this test as far as nobody else holds them."""
    with ExitStack() as held:
        for name, port in DEFAULTS.items():
            kind = socket.SOCK_DGRAM if name == "dns" else socket.SOCK_STREAM
            holder = held.enter_context(socket.socket(socket.AF_INET, kind))
            try:
                holder.bind(("127.0.0.1", port))
            except OSError:
                continue
            if kind == socket.SOCK_STREAM:
                holder.listen()
        yield


@pytest.mark.usefixtures("taken")
def test_it_works_where_its_ports_are_taken(tmp_path: Path) -> None:
    done = play(tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "it uses others" in done.stdout


def test_kept_open_it_can_be_measured_from_another_terminal(tmp_path: Path) -> None:
    with subprocess.Popen(
        command(tmp_path / "work", "--keep"), cwd=ROOT, env=environment(tmp_path), stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    ) as demo:  # fmt: skip
        assert demo.stdout is not None
        output = ""
        for line in demo.stdout:
            output += line
            if "stays open until Ctrl-C" in line:
                break
        try:
            told = typed(next_lines(output)[0], tmp_path)
        finally:
            demo.send_signal(signal.SIGINT)
        rest = demo.stdout.read()
    assert told.returncode == 0, output + told.stdout + told.stderr
    assert "shop demo: GO" in told.stdout
    assert (demo.returncode, rest) == (0, "")


def test_a_folder_that_is_not_its_own_is_refused_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "the work").mkdir()
    (tmp_path / "the work" / "thesis.txt").write_text("finished")
    done = play(tmp_path)
    assert done.returncode == 3
    assert done.stdout == ""
    assert "--folder" in done.stderr
    assert "Traceback" not in done.stderr
    assert (tmp_path / "the work" / "thesis.txt").exists()
