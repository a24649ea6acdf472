"""Bytes on the network: name look-ups, sockets, one HTTP/1.1 exchange over a connection of its own.

Every leg is timed where it happens, in the callback of the event loop, so that a busy loop adds as little as it can.
What the bytes mean to a check belongs to its kind.
"""

from __future__ import annotations

import asyncio
import socket
from collections import deque
from dataclasses import dataclass, field
from time import perf_counter
from typing import TYPE_CHECKING, Any, cast

import h11

from checks.hosts import joined
from checks.model import ProbeError
from checks.threads import in_thread

if TYPE_CHECKING:
    import ssl

MEBIBYTE = 2**20
LONGEST_HEADER = 64 * 1024
_MOST_INFORMATIONAL = 20
_AT_ONCE = 8  # exchanges begun in one round of the loop; measured: 1 costs CPU, 100 costs a third more time
_STAGGER = 0.25  # seconds until the next address is tried beside a silent one (RFC 8305, section 5)
_NOT_TLS = frozenset({"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "PACKET_LENGTH_TOO_LONG", "RECORD_LAYER_FAILURE"})

Address = tuple[socket.AddressFamily, Any]


@dataclass(slots=True)
class Legs:
    """Seconds that each part took, one after the other; `total` is the whole exchange with its body."""

    lookup: float = 0.0
    connect: float = 0.0
    tls: float = 0.0
    first_byte: float = 0.0
    total: float = 0.0


@dataclass(slots=True)
class Answer:
    """What came back. `body` is as sent (perhaps compressed), cut at the limit when `truncated`."""

    status: int = 0
    reason: bytes = b""
    version: bytes = b""
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    body: bytes = b""
    truncated: bool = False
    legs: Legs = field(default_factory=Legs)
    peer: str = ""
    certificate: bytes | None = None


class Turns:
    """Lets a few exchanges begin in each round of the event loop, the others in the rounds after it.

    A hundred that begin at once march in step ever after: each waits for the handling of all others, and is
    measured slower than the service is. Nobody waits here for the network, only for the rounds of the loop.
    """

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._begun = 0

    async def mine(self) -> None:
        """Return when it is the caller's turn."""
        loop = asyncio.get_running_loop()
        if loop is not self._loop:  # the loop before has ended; whoever waited there is gone
            self._loop, self._begun = loop, 0
            self._waiting.clear()
        if self._begun == 0:
            loop.call_soon(self._next_round, loop)
        if self._begun < _AT_ONCE:
            self._begun += 1
            return
        turn: asyncio.Future[None] = loop.create_future()
        self._waiting.append(turn)
        await turn

    def _next_round(self, loop: asyncio.AbstractEventLoop) -> None:
        self._begun = 0
        while self._waiting and self._begun < _AT_ONCE:
            turn = self._waiting.popleft()
            if not turn.done():  # a cancelled one gave its turn away
                turn.set_result(None)
                self._begun += 1
        if self._begun:
            loop.call_soon(self._next_round, loop)


async def look_up(host: str, port: int) -> list[Address]:
    """Addresses of a host, best first. Raises socket.gaierror."""
    try:
        socket.inet_pton(socket.AF_INET, host)
    except OSError:
        pass
    else:
        return [(socket.AF_INET, (host, port))]
    found = await in_thread(lambda: socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
    return [(family, address) for family, _, _, _, address in found]


async def open_socket(addresses: list[Address]) -> socket.socket:
    """A connected socket to the first address that answers. Raises the first failure when none does."""
    if len(addresses) == 1:
        return await _connect(addresses[0])
    waiting, pending, failure = deque(addresses), set[asyncio.Task[socket.socket]](), None
    try:
        while waiting or pending:
            if waiting:
                pending.add(asyncio.create_task(_connect(waiting.popleft())))
            patience = _STAGGER if waiting else None
            done, pending = await asyncio.wait(pending, timeout=patience, return_when=asyncio.FIRST_COMPLETED)
            connected = [task.result() for task in done if task.exception() is None]
            for late in connected[1:]:
                late.close()
            if connected:
                return connected[0]
            failure = failure or next((task.exception() for task in done), None)
    finally:
        for task in pending:
            task.cancel()
    raise failure or OSError("the host name has no address")


async def _connect(address: Address) -> socket.socket:
    family, where = address
    opened = socket.socket(family, socket.SOCK_STREAM)
    try:
        opened.setblocking(False)
        await asyncio.get_running_loop().sock_connect(opened, where)
    except BaseException:
        opened.close()
        raise
    return opened


async def attach(
    factory: type[asyncio.BaseProtocol] | Any, opened: socket.socket, context: ssl.SSLContext | None, name: str
) -> asyncio.Transport:
    """Hand a connected socket to a protocol, over TLS when there is a context.

    Raises ProbeError, ssl.SSLError or OSError.
    """
    loop = asyncio.get_running_loop()
    if context is None:
        transport, _ = await loop.create_connection(factory, sock=opened)
        return transport
    import ssl

    try:
        transport, _ = await loop.create_connection(factory, sock=opened, ssl=context, server_hostname=name)
    except ssl.SSLError as reason:
        if reason.reason in _NOT_TLS:
            raise ProbeError("what listens there does not speak TLS") from None
        raise
    except ConnectionError:
        raise ProbeError("the other side closed the connection during the TLS handshake") from None
    return transport


async def exchange(
    host: str, port: int, request: h11.Request, content: bytes, context: ssl.SSLContext | None, limit: int
) -> Answer:
    """Send one request over a fresh connection and read the answer, at most `limit` bytes of its body.

    Cancelling closes the connection at once. Raises ProbeError, OSError or ssl.SSLError.
    """
    begun = perf_counter()
    speaker = _Speaker(request, content, limit)
    addresses = await look_up(host, port)
    found = perf_counter()
    if context is None and len(addresses) == 1:  # the short way: one call and no socket object
        where = addresses[0][1]
        transport, _ = await asyncio.get_running_loop().create_connection(lambda: speaker, where[0], port)
        connected, peer = speaker.made, joined(where[0], port)
    else:
        opened = await open_socket(addresses)
        connected, peer = perf_counter(), joined(*opened.getpeername()[:2])
        transport = await attach(lambda: speaker, opened, context, host.rstrip("."))
    try:
        answer = await speaker.done
    finally:
        transport.abort()
    answer.peer = peer
    answer.legs = Legs(
        lookup=found - begun,
        connect=connected - found,
        tls=speaker.made - connected if context is not None else 0.0,
        first_byte=speaker.first - speaker.made,
        total=speaker.last - begun,
    )
    return answer


class _Speaker(asyncio.Protocol):
    """Says one request and listens for the answer; `done` holds it, `made`, `first` and `last` are its moments."""

    made = first = last = 0.0

    def __init__(self, request: h11.Request, content: bytes, limit: int) -> None:
        self._conn = h11.Connection(h11.CLIENT, max_incomplete_event_size=LONGEST_HEADER)
        self._payload = self._conn.send(request) or b""
        if content:  # the end of a message without a body adds no bytes, and costs as much as a header
            self._payload += self._conn.send(h11.Data(data=content)) or b""
            self._payload += self._conn.send(h11.EndOfMessage()) or b""
        self._limit, self._size, self._informational = limit, 0, 0
        self._answer, self._body = Answer(), list[bytes]()
        self.done: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.made = perf_counter()
        cast("asyncio.Transport", transport).write(self._payload)
        tls = transport.get_extra_info("ssl_object")
        if tls is not None:
            self._answer.certificate = tls.getpeercert(binary_form=True)

    def data_received(self, data: bytes) -> None:
        if not self.first:
            self.first = perf_counter()
        if not self.done.done():
            self._take(data)

    def eof_received(self) -> None:
        self.connection_lost(None)

    def connection_lost(self, reason: Exception | None) -> None:
        if self.done.done():
            return
        if reason is not None:
            self._fail(reason)
        elif not self.first:
            self._fail(ProbeError("the other side closed the connection without an answer"))
        else:
            self._take(b"")

    def _take(self, data: bytes) -> None:
        conn = self._conn
        try:
            conn.receive_data(data)
            while True:
                event = conn.next_event()
                if event is h11.NEED_DATA:
                    return
                if self._over(event):
                    self._finish()
                    return
        except h11.ProtocolError as reason:
            self._fail(ProbeError(_protocol_sentence(str(reason), bool(self._answer.status))))

    def _over(self, event: Any) -> bool:
        kind = type(event)
        if kind is h11.Data:
            self._body.append(bytes(event.data))
            self._size += len(event.data)
            self._answer.truncated = self._size > self._limit
            return self._answer.truncated
        if kind is h11.InformationalResponse:
            self._informational += 1
            if self._informational > _MOST_INFORMATIONAL:
                raise h11.RemoteProtocolError("too many informational answers")
        if kind is h11.Response or event is h11.PAUSED or kind is h11.InformationalResponse:
            if event is not h11.PAUSED:
                self._answer.status, self._answer.reason = event.status_code, bytes(event.reason)
                self._answer.headers, self._answer.version = list(event.headers), bytes(event.http_version)
            return event is h11.PAUSED  # the protocol was switched: 101 was the answer
        return kind is h11.EndOfMessage or kind is h11.ConnectionClosed

    def _finish(self) -> None:
        self.last = perf_counter()
        self._answer.body = b"".join(self._body)[: self._limit]
        self.done.set_result(self._answer)

    def _fail(self, reason: Exception) -> None:
        self.done.set_exception(reason)


def _protocol_sentence(reason: str, begun: bool) -> str:
    if "buffer too long" in reason:
        return f"the header of the answer does not end: more than {LONGEST_HEADER // 1024} KiB of it came"
    if "without sending complete" in reason or "unexpectedly closed" in reason:
        return "the other side closed the connection in the middle of its answer"
    if "informational" in reason:
        return "it sends one provisional answer after the other and never a real one"
    return "the body of the answer is not valid HTTP" if begun else "the answer is not valid HTTP"
