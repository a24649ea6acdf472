"""The real program, from outside: `readiness` as a process in a folder of its own, with a catalogue of its own."""

from __future__ import annotations

import ctypes
import json
import os
import re
import resource
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.e2e.streams import Stream

BINARY = Path(sys.executable).with_name("readiness")
PATIENCE = 60.0  # seconds until a program is taken to hang; nothing waits for it that goes well
Limit = Callable[[], None]
Env = Mapping[str, str]
NOTHING: Env = {}
CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f\x80-\x9f]")


@dataclass(frozen=True)
class Done:
    """What a program left: exit code, standard output, standard error."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.out)
        return found

    @property
    def states(self) -> dict[str, str]:
        """State by item, of output in JSON."""
        return {item["id"]: item["state"] for item in self.json["items"]}

    def calm(self) -> Done:
        """Itself, when whatever it said is for people: no trace of Python in it."""
        assert "Traceback" not in self.err + self.out, self.err
        assert "fault of the program" not in self.err, self.err
        return self


class Running:
    """A program that is still running."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdout is not None
        assert process.stderr is not None
        self.process = process
        self.out, self.err = Stream(process.stdout.read1), Stream(process.stderr.read1)  # type: ignore[attr-defined]

    def say(self, text: str) -> None:
        """Write to its standard input."""
        assert self.process.stdin is not None
        self.process.stdin.write(text.encode())
        self.process.stdin.flush()

    def send(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def done(self, timeout: float = PATIENCE) -> Done:
        """Wait for its end."""
        if self.process.stdin is not None:
            self.process.stdin.close()
        try:
            code = self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise AssertionError(f"it does not end: {self.out.text}\n{self.err.text}") from None
        self.end()
        return Done(code, self.out.text, self.err.text)

    def end(self) -> None:
        """Make sure that it has ended, however the test went."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(PATIENCE)
        self.out.join()
        self.err.join()
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            if stream is not None:
                stream.close()


@dataclass
class Program:
    """A folder with a catalogue and a database, and the ways to start `readiness` in it."""

    folder: Path
    env: dict[str, str] = field(default_factory=dict)
    started: list[Running] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.env = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "LANG": "C.UTF-8",
            "USER": "ana",
            "DATABASE_URL": f"sqlite:///{self.file}",
        } | self.env

    @property
    def file(self) -> Path:
        """The SQLite file."""
        return self.folder / "var" / "readiness.db"

    def write(self, catalogue: str, name: str = "readiness.yaml") -> Path:
        """Put a file in the folder, all at once, as editors do."""
        target, fresh = self.folder / name, self.folder / f".{name}.new"
        fresh.write_text(catalogue)
        return fresh.replace(target)

    def begin(self, *words: str, stdin: bool = False, limits: Limit | None = None, env: Env = NOTHING) -> Running:
        """Start it and go on. limits: called in the process before it begins. env: more variables."""
        process = subprocess.Popen(
            [BINARY, *words], cwd=self.folder, env={**self.env, **env}, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            stdin=subprocess.PIPE if stdin else subprocess.DEVNULL, preexec_fn=limits,
        )  # fmt: skip
        running = Running(process)
        self.started.append(running)
        return running

    def run(self, *words: str, limits: Limit | None = None, env: Env = NOTHING) -> Done:
        """Start it and wait for its end."""
        return self.begin(*words, limits=limits, env=env).done()

    def rows(self, query: str, *values: object) -> list[dict[str, Any]]:
        """What the SQLite file says, read by another program than its own."""
        with closing(sqlite3.connect(self.file)) as connection:
            connection.row_factory = sqlite3.Row
            return [dict(row) for row in connection.execute(query, values)]

    @contextmanager
    def tampering(self) -> Iterator[sqlite3.Connection]:
        """The SQLite file in other hands."""
        with closing(sqlite3.connect(self.file)) as connection, connection:
            yield connection


def largest_file(size: int) -> Limit:
    """For `limits`: no file may grow beyond `size` bytes, as on a disk that is full."""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

    return limit


def ordinary() -> None:
    """For `limits`: a user whom the permissions of files bind, also when the tests run as root."""
    if os.getuid() == 0:
        for capability in (1, 2):  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH
            ctypes.CDLL(None).prctl(24, capability, 0, 0, 0)  # PR_CAPBSET_DROP
