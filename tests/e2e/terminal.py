"""The program in a terminal: a real pseudo-terminal with a person's keys, and what stands on its screen over time."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import subprocess
import termios
from collections.abc import Mapping

from tests.e2e.program import BINARY, PATIENCE, Program
from tests.e2e.streams import Stream

_ESCAPES = re.compile(r"\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b\[[0-?]*[ -/]*[@-~]|\x1b[@-Z\\-_=>78]|\x1b[()][A-Z0-9]")
_WHERE = b"\x1b[6n"  # the program asks where the cursor is, and waits until the terminal has told


def plain(text: str) -> str:
    """What was written to a terminal, without what only moves and colours."""
    return _ESCAPES.sub("", text).replace("\r", "")


class Terminal:
    """A program whose standard streams are a terminal of 120 columns."""

    def __init__(self, program: Program, *words: str, rows: int, env: Mapping[str, str]) -> None:
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, 120, 0, 0))

        def take_terminal() -> None:
            os.setsid()
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)

        self.process = subprocess.Popen(
            [BINARY, *words], cwd=program.folder, env=program.env | {"TERM": "xterm-256color", **env},
            stdin=slave, stdout=slave, stderr=slave, preexec_fn=take_terminal,
        )  # fmt: skip
        os.close(slave)
        self.screen = Stream(lambda size: os.read(self._master, size), self._answer, plain)

    def _answer(self, data: bytes) -> None:
        if _WHERE in data:
            os.write(self._master, b"\x1b[1;1R")

    @property
    def raw(self) -> str:
        return self.screen.text

    def type(self, text: str) -> int:
        """Press keys; gives how much had been written before, to look at what comes after."""
        before = len(self.raw)
        os.write(self._master, text.encode())
        return before

    def enter(self, text: str) -> int:
        return self.type(f"{text}\r")

    def sees(self, pattern: str, after: int = 0) -> str:
        """Wait until it is on the screen; gives what was written since, readable."""
        self.screen.wait_for(pattern, after)
        return plain(self.raw[after:])

    def done(self, timeout: float = PATIENCE) -> int:
        """Wait for its end; gives the exit code."""
        try:
            return self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"it does not end: {plain(self.raw)[-3000:]}") from None

    def end(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(PATIENCE)
        self.screen.join()
        os.close(self._master)
