"""The whole program from outside: 3,000 checks with recording and progress against curl, and how long help takes."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Final

from bench.http_checks import AT_ONCE, curl, slow_server
from bench.rows import Row

CHECKS: Final = 3000
ROUNDS: Final = 3
READINESS: Final = str(Path(sys.executable).with_name("readiness"))


def catalog(folder: Path, port: int, count: int) -> Path:
    """A catalogue of `count` HTTP checks against the slow server, all at once at one host."""
    items = "\n".join(
        f"      - {{id: c{number}, title: Check {number}, check: {{kind: http, url: '{{web}}/{number}'}}}}"
        for number in range(count)
    )
    path = folder / "readiness.yaml"
    path.write_text(
        f"service: bench\nenvironments: {{prod: {{vars: {{web: 'http://127.0.0.1:{port}'}}}}}}\n"
        f"limits: {{concurrency: {AT_ONCE}, per_host: {AT_ONCE}}}\n"
        f"checklist:\n  - section: All\n    items:\n{items}\n"
    )
    return path


def run(folder: Path, config: Path, *, watched: bool) -> float:
    """Seconds that `readiness run prod` takes; watched: in a terminal, with the live table."""
    environ = {**os.environ, "DATABASE_URL": f"sqlite:///{folder}/{perf_counter()}.db", "TERM": "xterm-256color"}
    argv = [READINESS, "run", "prod", "--config", str(config)]
    begun = perf_counter()
    if not watched:
        subprocess.run([*argv, "--format", "json"], env=environ, stdout=subprocess.DEVNULL, check=True)
        return perf_counter() - begun
    ours, theirs = pty.openpty()
    with subprocess.Popen(argv, env=environ, stdin=theirs, stdout=theirs, stderr=theirs) as process:
        os.close(theirs)
        threading.Thread(target=_drain, args=(ours,), daemon=True).start()
        process.wait()
    seconds = perf_counter() - begun
    os.close(ours)
    return seconds


def _drain(terminal: int) -> None:
    try:
        while os.read(terminal, 65536):
            pass
    except OSError:  # the other end has closed
        return


def _once(argv: list[str]) -> float:
    begun = perf_counter()
    subprocess.run(argv, check=True, stdout=subprocess.DEVNULL)
    return perf_counter() - begun


def main() -> list[Row]:
    """Measure; about 40 seconds."""
    with slow_server() as port, tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        config = catalog(folder, port, CHECKS)
        rounds = [
            (curl(port, CHECKS)[0], run(folder, config, watched=False), run(folder, config, watched=True))
            for _ in range(ROUNDS)
        ]
    curls, piped, watched = (median(column) for column in zip(*rounds, strict=True))
    help_time, bare = [], []
    for _ in range(15):
        bare.append(_once([sys.executable, "-c", "pass"]))
        help_time.append(_once([READINESS, "--help"]))
    return [
        Row(f"{CHECKS} checks, whole process with recording, against curl", piped / curls, 2.5),
        Row("  the same, watched in a terminal", watched / curls, 2.5),
        Row("  the same, ours", piped, None, "s"),
        Row("readiness --help, against python -c pass", median(help_time) / median(bare), 4.0),
        Row("  the same, ours", median(help_time) * 1000, None, "ms"),
    ]


if __name__ == "__main__":
    for row in main():
        print(f"{row.name:70} {row.value:8.2f} {row.unit:4} limit {row.limit}")
