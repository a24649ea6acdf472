"""httpx's extension point over `wire`: importing it imports httpx, so `transport` does so only when it is needed."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import h11
import httpx

from checks.model import ProbeError
from checks.wire import MEBIBYTE, Turns, exchange

if TYPE_CHECKING:
    import ssl

_DEFAULT_PORTS = {"http": 80, "https": 443}


class FreshTransport(httpx.AsyncBaseTransport):
    """A fresh connection for each request, closed after it.

    The request's extension `limit` is the most bytes of the body that are read (1 MiB when left out). The response's
    extensions: `legs` (wire.Legs), `peer` ('host:port'), `certificate` (DER or None), `truncated` (bool),
    `http_version` and `reason_phrase` (bytes, as httpx expects them). The body is already there.
    """

    def __init__(self, context: Callable[[], ssl.SSLContext], turns: Turns) -> None:
        self._context, self._turns = context, turns

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Raises ProbeError, OSError or ssl.SSLError."""
        url = request.url
        secure = url.scheme == "https"
        if not secure and url.scheme != "http":
            raise ProbeError(f"an address begins with http:// or https://, not {url.scheme}://")
        content = await request.aread()
        headers = [(name, value) for name, value in request.headers.raw if name.lower() != b"connection"]
        upgrade = "upgrade" in request.headers
        headers.append((b"Connection", b"upgrade" if upgrade else b"close"))
        try:
            said = h11.Request(method=request.method, target=url.raw_path, headers=headers)
        except h11.LocalProtocolError:
            raise ProbeError("the method, the address or a header holds characters that HTTP does not allow") from None
        context = self._context() if secure else None
        await self._turns.mine()
        answer = await exchange(
            url.raw_host.decode("ascii"),
            url.port or _DEFAULT_PORTS[url.scheme],
            said,
            content,
            context,
            request.extensions.get("limit", MEBIBYTE),
        )
        return httpx.Response(
            answer.status,
            headers=answer.headers,
            stream=httpx.ByteStream(answer.body),
            extensions={
                "legs": answer.legs,
                "peer": answer.peer,
                "certificate": answer.certificate,
                "truncated": answer.truncated,
                "http_version": b"HTTP/" + answer.version,
                "reason_phrase": answer.reason,
            },
        )
