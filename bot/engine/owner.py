"""Which process owns a claim, and whether it still lives: a run whose process died is not running any more."""

from __future__ import annotations

import os
import platform
import uuid
from pathlib import Path


def this_process() -> str:
    """'host/pid/birth/random': enough for a process on the same machine to tell whether this one is alive."""
    return f"{_host()}/{os.getpid()}/{_birth(os.getpid())}/{uuid.uuid4().hex[:8]}"


def is_dead(owner: str) -> bool | None:
    """True when the process is surely gone, False when it is surely there, None when this machine cannot tell."""
    try:
        host, pid_text, birth, _ = owner.rsplit("/", 3)
        pid = int(pid_text)
    except ValueError:
        return None
    if host != _host():
        return None
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return bool(birth) and _birth(pid) != birth


def _host() -> str:
    """The machine and its boot: after a restart of the machine every earlier process is gone."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()[:8]
    except OSError:
        boot = ""
    return f"{platform.node()}:{boot}:{_namespace()}".replace("/", "_")


def _namespace() -> str:
    """Process ids mean nothing outside their namespace: two containers may share a host name."""
    try:
        return str(Path("/proc/self/ns/pid").readlink()).strip("pid:[]")
    except OSError:
        return ""


def _birth(pid: int) -> str:
    """When a process began, in the kernel's ticks: pids are used again."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[19]
    except (OSError, IndexError):
        return ""
