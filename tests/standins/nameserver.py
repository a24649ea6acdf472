"""A nameserver on loopback UDP that knows what it is told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset

Zone = dict[str, list[str]]  # "TYPE name" -> records as text; a name that is nowhere does not exist


class _Server(asyncio.DatagramProtocol):
    def __init__(self, zone: Zone, ttl: int) -> None:
        self._zone, self._ttl = zone, ttl

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, address: Any) -> None:
        query = dns.message.from_wire(data)
        question = query.question[0]
        name = question.name.to_text(omit_final_dot=True).lower()
        if name.startswith("silent."):
            return
        if name.startswith("garbage."):
            self._transport.sendto(b"\x00\x01what is this", address)
            return
        answer = dns.message.make_response(query)
        answer.flags |= dns.flags.RA
        if name.startswith("broken."):
            answer.set_rcode(dns.rcode.SERVFAIL)
        elif not any(key.split()[1] == name for key in self._zone):
            answer.set_rcode(dns.rcode.NXDOMAIN)
        kind = dns.rdatatype.to_text(question.rdtype)
        self._add(answer, question.name.to_text(), name, kind)
        self._transport.sendto(answer.to_wire(), address)

    def _add(self, answer: dns.message.Message, owner: str, name: str, kind: str) -> None:
        alias = self._zone.get(f"CNAME {name}")
        if alias and kind != "CNAME":
            answer.answer.append(dns.rrset.from_text(owner, self._ttl, "IN", "CNAME", alias[0]))
            self._add(answer, alias[0], alias[0].rstrip("."), kind)
        elif records := self._zone.get(f"{kind} {name}"):
            answer.answer.append(dns.rrset.from_text(owner, self._ttl, "IN", kind, *records))


@asynccontextmanager
async def nameserver(zone: Zone, ttl: int = 300) -> AsyncIterator[str]:
    """'127.0.0.1:port' of a nameserver that answers from the zone."""
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(lambda: _Server(zone, ttl), ("127.0.0.1", 0))
    try:
        yield f"127.0.0.1:{transport.get_extra_info('sockname')[1]}"
    finally:
        transport.close()
