"""Connect to a port: is it open, how fast, and what does it say first."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from time import perf_counter
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, model_validator

from checks.hosts import ascii_host, joined, split_host, valid_host
from checks.model import Context, Kind, Observation, Params
from checks.wire import attach, look_up, open_socket

_LONGEST_BANNER = 1024
_PATIENCE = 0.8  # of the timeout: silence has to be noticed before the runner ends the probe


class TcpParams(Params):
    """host may carry the port. read: whether to wait for the first line that the server says by itself.

    if_silent: what it means when nothing answers at all. A firewall that drops what it forbids looks the same as a
    network that is down, so 'error' unless the catalogue says that silence there means 'closed'.
    """

    host: Annotated[str, AfterValidator(valid_host)]
    port: int | None = Field(None, ge=1, le=65535)
    read: bool = False
    if_silent: Literal["error", "closed"] = "error"

    @model_validator(mode="after")
    def _port_somewhere(self) -> TcpParams:
        if self.port is None and split_host(self.host)[1] is None:
            raise ValueError("tcp needs 'port', or a host written as host:port")
        return self

    @property
    def target(self) -> tuple[str, int]:
        """Host and port to connect to."""
        host, port = split_host(self.host)
        return ascii_host(host), port or self.port or 0


class _Listener(asyncio.Protocol):
    """Keeps what comes until the end of the first line; `over` is set then."""

    def __init__(self) -> None:
        self.heard = b""
        self.over = asyncio.Event()

    def data_received(self, data: bytes) -> None:
        self.heard += data[:_LONGEST_BANNER]
        if b"\n" in self.heard or len(self.heard) >= _LONGEST_BANNER:
            self.over.set()

    def connection_lost(self, reason: Exception | None) -> None:
        self.over.set()


async def probe(params: TcpParams, context: Context) -> Observation:
    """A refused connection is a fact. Raises OSError when the host cannot be found or reached.

    A server that says nothing within half the timeout has the banner ''.
    """
    begun = perf_counter()
    addresses = await look_up(*params.target)
    silence = None if params.if_silent == "error" else context.timeout * _PATIENCE
    try:
        async with asyncio.timeout(silence):
            opened = await open_socket(addresses)
    except (ConnectionRefusedError, ConnectionResetError):
        return Observation({"open": False, "seconds": perf_counter() - begun, "banner": ""})
    except TimeoutError:
        if params.if_silent == "error":
            raise
        return Observation({"open": False, "seconds": perf_counter() - begun, "banner": ""})
    seconds = perf_counter() - begun
    if not params.read:
        opened.close()
        return Observation({"open": True, "seconds": seconds, "banner": ""})
    listener = _Listener()
    transport = await attach(lambda: listener, opened, None, "")
    try:
        async with asyncio.timeout(context.timeout / 2):
            await listener.over.wait()
    except TimeoutError:
        pass
    finally:
        transport.abort()
    banner = listener.heard[:_LONGEST_BANNER].split(b"\n", 1)[0].decode("utf-8", errors="replace").strip()
    return Observation({"open": True, "seconds": seconds, "banner": banner})


def evidence(facts: Mapping[str, Any]) -> str:
    """'open after 0.012 s' or 'closed'."""
    if not facts["open"]:
        return "closed"
    said = f", says {facts['banner']!r}" if facts["banner"] else ""
    return f"open after {facts['seconds']:.2g} s{said}"


KIND = Kind(
    name="tcp",
    summary="Connect to a port.",
    params=TcpParams,
    facts={
        "open": "whether something accepts connections there; false when it is refused",
        "seconds": "seconds until that was known, the look-up of the name included",
        "banner": "the first line that the server says, with read: true",
    },
    probe=probe,
    evidence=evidence,
    expect=("open",),
    host=lambda params: joined(*params.target),
)
