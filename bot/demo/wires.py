"""What answers without HTTP: a name server for the shop's domain, and the port of its queue."""

from __future__ import annotations

import asyncio
from typing import cast

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.rrset

from bot.demo.web import DOMAIN

_TTL = 300
_BANNER = b"QUEUE 1.4 ready\r\n"
_RECORDS = {
    (DOMAIN, "A"): ["127.0.0.1"],
    (DOMAIN, "MX"): [f"10 mail.{DOMAIN}."],
    (DOMAIN, "TXT"): ['"v=spf1 mx -all"'],
    (f"_dmarc.{DOMAIN}", "TXT"): [f'"v=DMARC1; p=reject; rua=mailto:postmaster@{DOMAIN}"'],
    (f"mail.{DOMAIN}", "A"): ["127.0.0.1"],
}


class NameServer(asyncio.DatagramProtocol):
    """Authoritative for the shop's domain, and for nothing else."""

    def __init__(self) -> None:
        self.closed = asyncio.Event()

    def connection_lost(self, exc: Exception | None) -> None:
        self.closed.set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str | object, int]) -> None:
        try:
            asked = dns.message.from_wire(data)
        except dns.exception.DNSException:
            return  # not a question: nobody is there to be answered
        self._transport.sendto(_answer(asked).to_wire(), addr)


def _answer(asked: dns.message.Message) -> dns.message.Message:
    answer = dns.message.make_response(asked)
    answer.flags |= dns.flags.AA
    if len(asked.question) != 1:
        answer.set_rcode(dns.rcode.FORMERR)
        return answer
    question = asked.question[0]
    name = question.name.to_text(omit_final_dot=True).lower()
    kind = dns.rdatatype.to_text(question.rdtype)
    if not question.name.is_subdomain(dns.name.from_text(DOMAIN)):
        answer.set_rcode(dns.rcode.REFUSED)
    elif not any(known == name for known, _ in _RECORDS):
        answer.set_rcode(dns.rcode.NXDOMAIN)
    elif (name, kind) in _RECORDS:
        answer.answer.append(dns.rrset.from_text_list(question.name, _TTL, "IN", kind, _RECORDS[name, kind]))
    return answer


async def greet(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """The queue says who it is, as mail servers and databases do; more than that nobody asks of it here."""
    try:
        writer.write(_BANNER)
        await writer.drain()
    except ConnectionError:
        pass  # whoever connected has left again, as a check of the port does
    finally:
        writer.close()
