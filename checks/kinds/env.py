"""Is a setting there, and is it strong: from the environment of the process or from a dotenv file."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import field_validator

from checks.model import Context, Kind, Observation, Params, ProbeError


class EnvParams(Params):
    """file: a dotenv file to look in instead of the environment."""

    name: str
    file: Path | None = None

    @field_validator("name")
    @classmethod
    def _name(cls, value: str) -> str:
        if not value or "=" in value or "\x00" in value or value != value.strip():
            raise ValueError(f"{value!r} is not the name of a variable")
        return value


async def probe(params: EnvParams, context: Context) -> Observation:
    """Raises ProbeError when there is a file and it cannot be read."""
    settings = context.environ if params.file is None else _dotenv(context.folder / params.file)
    value = settings.get(params.name) or ""
    return Observation({"present": bool(value), "length": len(value), "entropy": entropy(value), "value": value})


def _dotenv(path: Path) -> Mapping[str, str | None]:
    from dotenv import dotenv_values

    try:
        with path.open(encoding="utf-8") as stream:
            return dotenv_values(stream=stream, interpolate=False)
    except FileNotFoundError:
        raise ProbeError(f"there is no file {path.name} in {path.parent}") from None
    except IsADirectoryError:
        raise ProbeError(f"{path} is a folder, not a file") from None
    except UnicodeDecodeError:
        raise ProbeError(f"{path.name} is not text in UTF-8") from None


def entropy(text: str) -> float:
    """Bits: Shannon's entropy of the characters, times their number ('aaaa' has none, a random key about 5 each)."""
    counts = Counter(text).values()
    return sum(-count * math.log2(count / len(text)) for count in counts) if len(counts) > 1 else 0.0


def evidence(facts: Mapping[str, Any]) -> str:
    """'set, 32 characters' or 'not set'."""
    return f"set, {facts['length']} characters" if facts["present"] else "not set"


KIND = Kind(
    name="env",
    summary="Look at a setting of the environment or of a dotenv file.",
    params=EnvParams,
    facts={
        "present": "whether it is set to something",
        "length": "its number of characters",
        "entropy": "bits of randomness in all",
        "value": "its value (never shown)",
    },
    probe=probe,
    evidence=evidence,
    expect=("present",),
    hidden=frozenset({"value"}),
)
