"""Run a program that the catalogue names: no shell, little environment, and nothing of it left running."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from time import perf_counter
from typing import Any, cast

from pydantic import Field, field_validator

from checks.model import Context, Kind, Observation, Params, ProbeError
from checks.web import json_of

LONGEST_OUTPUT = 64 * 1024
_PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR")
_PATIENCE = 1.0  # seconds for the pipes to close after the group was killed; who left the group may hold them


class CommandParams(Params):
    """argv: the program and its arguments. cwd: relative to the catalogue's folder. input: text for its stdin."""

    argv: list[str] = Field(min_length=1)
    cwd: Path | None = None
    env: dict[str, str] = Field(default_factory=dict)
    input: str | None = None

    @field_validator("argv", mode="before")
    @classmethod
    def _argv(cls, value: Any) -> Any:
        if isinstance(value, str):
            raise ValueError("argv is a list: the program, then each argument by itself; there is no shell")
        return value

    @field_validator("argv")
    @classmethod
    def _sound(cls, value: list[str]) -> list[str]:
        if not value[0] or any("\x00" in part for part in value):
            raise ValueError("argv begins with the program, and holds no NUL characters")
        return value


class _Watcher(asyncio.SubprocessProtocol):
    """Keeps the beginning of what the program writes; the rest is read and dropped, so that it is never held up."""

    def __init__(self) -> None:
        self.output = {1: bytearray(), 2: bytearray()}
        self.exited, self.closed = asyncio.Event(), asyncio.Event()

    def pipe_data_received(self, fd: int, data: bytes) -> None:
        kept = self.output[fd]
        kept += data[: LONGEST_OUTPUT - len(kept)]

    def process_exited(self) -> None:
        self.exited.set()

    def connection_lost(self, reason: Exception | None) -> None:
        self.closed.set()


async def probe(params: CommandParams, context: Context) -> Observation:
    """Raises ProbeError when the program cannot be started. Cancelling kills it with everything that it started."""
    environment = {name: context.environ[name] for name in _PASSED_ON if name in context.environ} | params.env
    folder = context.folder / (params.cwd or ".")
    program = _found(params.argv[0], folder, environment.get("PATH", os.defpath))
    begun = perf_counter()
    try:
        transport, watcher = await asyncio.get_running_loop().subprocess_exec(
            _Watcher,
            program,
            *params.argv[1:],
            stdin=asyncio.subprocess.PIPE if params.input is not None else asyncio.subprocess.DEVNULL,
            cwd=folder,
            env=environment,
            start_new_session=True,
        )
    except OSError as reason:
        raise ProbeError(f"{params.argv[0]!r} cannot be started: {reason.strerror or 'the system refuses'}") from None
    try:
        _feed(transport, params.input)
        await watcher.exited.wait()
    finally:
        await _put_away(transport, watcher)
    return Observation(_facts(transport.get_returncode(), watcher, perf_counter() - begun))


def _found(name: str, folder: Path, path: str) -> str:
    if not folder.is_dir():
        raise ProbeError(f"there is no folder {folder} to run {name!r} in")
    if "/" in name:
        program = folder / name
        if not program.is_file():
            raise ProbeError(f"there is no program {name!r}")
        if not os.access(program, os.X_OK):
            raise ProbeError(f"{name!r} may not be run: it is not executable")
        return str(program)
    program_found = shutil.which(name, path=path)
    if program_found is None:
        raise ProbeError(f"there is no program {name!r} on the PATH")
    return program_found


def _feed(transport: asyncio.SubprocessTransport, text: str | None) -> None:
    if text is not None:
        stdin = cast("asyncio.WriteTransport", transport.get_pipe_transport(0))
        stdin.write(text.encode())
        stdin.close()


async def _put_away(transport: asyncio.SubprocessTransport, watcher: _Watcher) -> None:
    """Kill the whole group, gather the last output, and leave neither a zombie nor an open pipe."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(transport.get_pid(), signal.SIGKILL)
    with suppress(TimeoutError):
        async with asyncio.timeout(_PATIENCE):
            await watcher.exited.wait()
            await watcher.closed.wait()
    transport.close()


def _facts(code: int | None, watcher: _Watcher, seconds: float) -> dict[str, Any]:
    stdout, stderr = (bytes(watcher.output[fd]).decode("utf-8", errors="replace") for fd in (1, 2))
    return {"exit_code": code, "stdout": stdout, "stderr": stderr, "json": json_of(stdout), "seconds": seconds}


def evidence(facts: Mapping[str, Any]) -> str:
    """'exit code 0 in 0.2 s', and the last line that a failing program wrote."""
    said = f"exit code {facts['exit_code']} in {facts['seconds']:.2g} s"
    lines = (facts["stderr"] or facts["stdout"]).strip().splitlines()
    return f"{said}: {lines[-1][:120]}" if facts["exit_code"] and lines else said


KIND = Kind(
    name="command",
    summary="Run a program, without a shell.",
    params=CommandParams,
    facts={
        "exit_code": "its exit code; minus the number of the signal that ended it",
        "stdout": "what it wrote, the first 64 KiB",
        "stderr": "what it wrote to standard error, the first 64 KiB",
        "json": "what stdout holds as JSON; null when it is none",
        "seconds": "how long it ran",
    },
    probe=probe,
    evidence=evidence,
    expect=("exit_code == 0",),
    catalogue_only=True,
)
