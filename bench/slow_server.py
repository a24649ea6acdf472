"""A lean HTTP server that answers every request after a while; a process of its own, so that it slows nobody down.

`python -m bench.slow_server [SECONDS]` prints its port and serves on loopback until its standard input closes.
"""

from __future__ import annotations

import asyncio
import sys
from typing import cast

BODY = b'{"ok": true}'
ANSWER = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\nConnection: close\r\n\r\n" % len(BODY)
) + BODY


class _Slow(asyncio.Protocol):
    """Answers once, `delay` seconds after the end of the request's header, and closes."""

    def __init__(self, delay: float) -> None:
        self._delay = delay

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        if data.endswith(b"\r\n\r\n"):
            asyncio.get_running_loop().call_later(self._delay, self._answer)

    def _answer(self) -> None:
        if self._transport.is_closing():
            return
        self._transport.write(ANSWER)
        self._transport.close()


async def serve(delay: float) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Slow(delay), "127.0.0.1", 0, backlog=4096)
    print(server.sockets[0].getsockname()[1], flush=True)
    closed = asyncio.Event()
    loop.add_reader(sys.stdin.fileno(), closed.set)
    await closed.wait()
    loop.remove_reader(sys.stdin.fileno())


if __name__ == "__main__":
    import uvloop

    uvloop.run(serve(float(sys.argv[1]) if len(sys.argv) > 1 else 0.05))
