"""The dns kind against nameservers on loopback."""

from __future__ import annotations

import dataclasses

import pytest

from checks.model import Context, Outcome
from checks.registry import build_check
from checks.runner import Limits, Runner
from tests.checks.conftest import Measure, Observe
from tests.standins.nameserver import Zone, nameserver

ZONE: Zone = {
    "A example.com": ["192.0.2.1", "192.0.2.2"],
    "MX example.com": ["10 mail.example.com."],
    "TXT example.com": ['"v=spf1 " "-all"'],
    "CNAME www.example.com": ["example.com."],
    "PTR 1.2.0.192.in-addr.arpa": ["example.com."],
    "A broken.example.com": [],
    "A xn--bcher-kva.example": ["192.0.2.9"],
}


@pytest.mark.parametrize(
    ("name", "kind", "records"),
    [
        ("example.com", "A", ["192.0.2.1", "192.0.2.2"]),
        ("EXAMPLE.com.", "a", ["192.0.2.1", "192.0.2.2"]),
        ("example.com", "MX", ["10 mail.example.com"]),
        ("example.com", "TXT", ["v=spf1 -all"]),
        ("www.example.com", "A", ["192.0.2.1", "192.0.2.2"]),
        ("www.example.com", "CNAME", ["example.com"]),
        ("192.0.2.1", "PTR", ["example.com"]),
        ("bücher.example", "A", ["192.0.2.9"]),
    ],
)
async def test_records(observe: Observe, name: str, kind: str, records: list[str]) -> None:
    async with nameserver(ZONE) as server:
        facts = (await observe(kind="dns", name=name, type=kind, nameservers=server)).facts
    assert (facts["records"], facts["rcode"], facts["ttl"], facts["agree"]) == (records, "NOERROR", 300, True)
    assert list(facts["answers"].values()) == [records]


async def test_a_name_that_does_not_exist_is_a_fact(measure: Measure) -> None:
    async with nameserver(ZONE) as server:
        result = await measure(kind="dns", name="no.example.com", nameservers=[server])
        assert (result.outcome, result.facts["rcode"], result.facts["ttl"]) == (Outcome.FAIL, "NXDOMAIN", None)
        result = await measure(kind="dns", name="no.example.com", nameservers=[server], expect="rcode == 'NXDOMAIN'")
        assert (result.outcome, result.summary) == (Outcome.PASS, "NXDOMAIN")
        result = await measure(kind="dns", name="example.com", type="AAAA", nameservers=[server])
        assert (result.outcome, result.facts["rcode"], result.facts["records"]) == (Outcome.FAIL, "NOERROR", [])
        result = await measure(kind="dns", name="broken.example.com", nameservers=[server])
        assert result.facts["rcode"] == "SERVFAIL"


async def test_lookups(measure: Measure) -> None:
    lookups = {"mail": "MX example.com", "spf": "TXT example.com", "v6": "AAAA example.com"}
    async with nameserver(ZONE) as server:
        result = await measure(kind="dns", lookups=lookups, nameservers=[server])
        assert (result.outcome, result.summary) == (Outcome.FAIL, "size(missing) == 0, was ['v6']")
        assert result.facts["answers"] == {"mail": ["10 mail.example.com"], "spf": ["v=spf1 -all"], "v6": []}
        del lookups["v6"]
        assert (await measure(kind="dns", lookups=lookups, nameservers=[server])).outcome is Outcome.PASS


async def test_nameservers_that_differ(measure: Measure) -> None:
    async with nameserver(ZONE) as one, nameserver({"A example.com": ["192.0.2.1"]}) as other:
        result = await measure(kind="dns", name="example.com", nameservers=[one, other], expect="agree")
    assert (result.outcome, result.summary) == (Outcome.FAIL, "agree, was false")


async def test_the_resolvers_of_the_context_stand_in_for_one_another(context: Context, free_port: int) -> None:
    check = build_check({"kind": "dns", "name": "example.com"})
    async with nameserver(ZONE) as server:
        own = dataclasses.replace(context, nameservers=(f"127.0.0.1:{free_port}", server))
        result = await Runner(Limits(timeout=1.0), own).check(check)
    assert (result.outcome, result.facts["records"]) == (Outcome.PASS, ["192.0.2.1", "192.0.2.2"])


async def test_a_nameserver_that_is_silent_or_mad(measure: Measure) -> None:
    async with nameserver(ZONE) as server:
        result = await measure(kind="dns", name="silent.example", nameservers=[server], timeout="200ms")
        assert result.outcome is Outcome.ERROR
        assert result.summary == f"the nameserver {server} does not answer within 0.2 s"
        result = await measure(kind="dns", name="garbage.example", nameservers=[server], timeout="200ms")
        assert result.outcome is Outcome.ERROR


async def test_a_name_that_dns_cannot_hold(measure: Measure) -> None:
    result = await measure(kind="dns", name="a..b", nameservers=["127.0.0.1"])
    assert (result.outcome, result.summary) == (Outcome.ERROR, "'a..b' is not a name that DNS can hold")


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({}, "dns takes a 'name' or 'lookups', one of them"),
        ({"name": "a", "lookups": {"x": "A b"}}, "dns takes a 'name' or 'lookups', one of them"),
        ({"name": "a", "type": "AX"}, "'AX' is not a type of record"),
        ({"lookups": {"x": "example.com"}}, "x: write the type and the name, for example 'MX example.com'"),
        ({"name": "a", "nameservers": ["b:x"]}, "'x' is not a port"),
    ],
)
def test_mistakes(given: dict[str, object], sentence: str) -> None:
    with pytest.raises(ExceptionGroup) as caught:
        build_check({"kind": "dns"} | given)
    assert sentence in str(caught.value.exceptions[0])


def test_host() -> None:
    assert build_check({"kind": "dns", "name": "a", "nameservers": "192.0.2.53"}).host == "192.0.2.53:53"
    assert build_check({"kind": "dns", "name": "a"}).host is None
