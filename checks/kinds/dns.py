"""Look names up in DNS, at the system's resolvers or at several that ought to agree."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, field_validator, model_validator

from checks.hosts import as_address, ascii_host, joined, split_host, valid_host
from checks.model import Context, Kind, Observation, Params, ProbeError
from checks.threads import in_thread
from checks.wire import look_up

if TYPE_CHECKING:
    import dns.message

_PORT = 53
_TRIES = 2  # UDP loses packets
_HOSTS = frozenset({"CNAME", "MX", "NS", "PTR", "SRV"})  # records that end in a name, shown without its last dot
_TYPES = frozenset(
    {"A", "AAAA", "CAA", "CNAME", "DNSKEY", "DS", "HTTPS", "MX", "NS", "PTR", "SOA", "SRV", "SVCB", "TLSA", "TXT"}
)


def _as_list(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def _record_type(text: str) -> str:
    if text.upper() not in _TYPES:
        raise ValueError(f"{text!r} is not a type of record; there are {', '.join(sorted(_TYPES))}")
    return text.upper()


class DnsParams(Params):
    """name and type, or lookups: a label for each 'TYPE name'. nameservers: 'host' or 'host:port', all are asked."""

    name: str | None = None
    type: Annotated[str, AfterValidator(_record_type)] = "A"
    lookups: dict[str, str] = Field(default_factory=dict)
    nameservers: Annotated[list[Annotated[str, AfterValidator(valid_host)]], BeforeValidator(_as_list)] = Field(
        default_factory=list
    )

    @field_validator("lookups")
    @classmethod
    def _lookups(cls, value: dict[str, str]) -> dict[str, str]:
        for label, text in value.items():
            if len(text.split()) != 2:
                raise ValueError(f"{label}: write the type and the name, for example 'MX example.com', not {text!r}")
            _record_type(text.split()[0])
        return value

    @model_validator(mode="after")
    def _either(self) -> DnsParams:
        if bool(self.name) == bool(self.lookups):
            raise ValueError("dns takes a 'name' or 'lookups', one of them")
        return self

    @property
    def questions(self) -> dict[str, tuple[str, str]]:
        """Label -> type and name."""
        if self.name:
            return {f"{self.type} {self.name}": (self.type, self.name)}
        pairs = {label: text.split() for label, text in self.lookups.items()}
        return {label: (kind.upper(), name) for label, (kind, name) in pairs.items()}


@dataclass(frozen=True)
class Found:
    """What one nameserver says: the records as text, the response code, seconds that it may be kept."""

    records: tuple[str, ...]
    rcode: str
    ttl: int | None


async def probe(params: DnsParams, context: Context) -> Observation:
    """That a name does not exist is a fact. Raises ProbeError when a nameserver does not answer."""
    asked = {label: asyncio.create_task(_ask(params, context, *pair)) for label, pair in params.questions.items()}
    try:
        found = {label: await task for label, task in asked.items()}
    finally:
        for task in asked.values():
            task.cancel()
        await asyncio.gather(*asked.values(), return_exceptions=True)
    first = {label: several[0] for label, several in found.items()}
    everything = [one for several in found.values() for one in several]
    ttls = [one.ttl for one in everything if one.ttl is not None]
    return Observation(
        {
            "records": [record for one in first.values() for record in one.records],
            "rcode": next((one.rcode for one in everything if one.rcode != "NOERROR"), "NOERROR"),
            "ttl": min(ttls, default=None),
            "agree": all(
                (set(one.records), one.rcode) == (set(several[0].records), several[0].rcode)
                for several in found.values()
                for one in several
            ),
            "answers": {label: list(one.records) for label, one in first.items()},
            "missing": [label for label, one in first.items() if not one.records] if params.lookups else [],
        }
    )


async def _ask(params: DnsParams, context: Context, kind: str, name: str) -> list[Found]:
    """The answers of all nameservers that the check names; otherwise of the first resolver that has one."""
    query = _query(kind, name)
    if params.nameservers:
        return list(await asyncio.gather(*(_query_one(each, query, context.timeout) for each in params.nameservers)))
    resolvers = list(context.nameservers) or await in_thread(_of_the_system)
    failure: Exception = ProbeError("the system knows no nameserver")
    answer = None
    for resolver in resolvers:
        try:
            answer = await _query_one(resolver, query, context.timeout / len(resolvers))
        except (ProbeError, OSError) as reason:
            failure = reason
            continue
        if answer.rcode in ("NOERROR", "NXDOMAIN"):
            return [answer]
    if answer is None:
        raise failure
    return [answer]


def _of_the_system() -> list[str]:
    import dns.resolver

    try:
        resolver = dns.resolver.Resolver()
    except dns.resolver.NoResolverConfiguration:
        return []
    return [joined(str(server), resolver.port) for server in resolver.nameservers]


def _query(kind: str, name: str) -> dns.message.QueryMessage:
    import dns.exception
    import dns.message
    import dns.name
    import dns.reversename

    try:
        address = as_address(name) if kind == "PTR" else None
        asked = dns.reversename.from_address(name) if address else dns.name.from_text(ascii_host(name))
    except (dns.exception.DNSException, ValueError):
        raise ProbeError(f"{name!r} is not a name that DNS can hold") from None
    return dns.message.make_query(asked, kind, use_edns=0, payload=1232)


async def _query_one(nameserver: str, query: dns.message.QueryMessage, timeout: float) -> Found:
    import dns.asyncbackend
    import dns.asyncquery
    import dns.exception

    host, port = split_host(nameserver)
    _, address = (await look_up(ascii_host(host), port or _PORT))[0]
    backend = dns.asyncbackend.get_backend("asyncio")
    for _ in range(_TRIES):
        try:
            answer, _ = await dns.asyncquery.udp_with_fallback(
                query, address[0], timeout=timeout * 0.9 / _TRIES, port=address[1], backend=backend
            )
        except dns.exception.Timeout:
            continue
        except (dns.exception.DNSException, EOFError):
            raise ProbeError(f"the nameserver {nameserver} answers something that is not DNS") from None
        return _read(answer, query)
    raise ProbeError(f"the nameserver {nameserver} does not answer within {timeout:g} s")


def _read(answer: dns.message.Message, query: dns.message.QueryMessage) -> Found:
    import dns.rcode
    import dns.rdatatype

    wanted = query.question[0].rdtype
    sets = [rrset for rrset in answer.answer if rrset.rdtype == wanted]
    kind = dns.rdatatype.to_text(wanted)
    records = sorted({_text(kind, record) for rrset in sets for record in rrset})
    return Found(tuple(records), dns.rcode.to_text(answer.rcode()), min((rrset.ttl for rrset in sets), default=None))


def _text(kind: str, record: Any) -> str:
    if kind == "TXT":
        return b"".join(record.strings).decode("utf-8", errors="replace")
    written = str(record.to_text())
    return written.removesuffix(".") if kind in _HOSTS else written


def evidence(facts: Mapping[str, Any]) -> str:
    """'93.184.216.34', 'NXDOMAIN' or '3 records, the nameservers differ'."""
    records = facts["records"]
    if not records:
        return str(facts["rcode"]) if facts["rcode"] != "NOERROR" else "no record"
    said = ", ".join(records) if len(records) <= 2 else f"{len(records)} records"
    return said if facts["agree"] else f"{said}, the nameservers differ"


def _host(params: DnsParams) -> str | None:
    if not params.nameservers:
        return None
    host, port = split_host(params.nameservers[0])
    return joined(host, port or _PORT)


KIND = Kind(
    name="dns",
    summary="Look names up in DNS.",
    params=DnsParams,
    facts={
        "records": "the records as text, of all look-ups",
        "rcode": "the response code, such as NOERROR or NXDOMAIN; of several the first that is not NOERROR",
        "ttl": "seconds that the answer may be kept, the shortest; null when there is none",
        "agree": "whether all nameservers say the same",
        "answers": "the records of each look-up by its label",
        "missing": "the labels of the look-ups that found nothing",
    },
    probe=probe,
    evidence=evidence,
    expect=("rcode == 'NOERROR' && size(records) > 0", "size(missing) == 0"),
    host=_host,
)
