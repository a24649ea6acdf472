"""The tls kind: certificates of every sort, read and judged."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from checks.hosts import ascii_host, split_host
from checks.kinds.tls import name_matches
from checks.model import Outcome
from tests.checks.conftest import Measure, Observe
from tests.standins.authorities import Authority, self_signed, tls_server
from tests.standins.greeter import greeter


async def test_a_good_certificate(measure: Measure, observe: Observe, tmp_path: Path) -> None:
    authority = Authority.in_folder(tmp_path)
    async with tls_server(authority.certificate("localhost", "127.0.0.1")) as port:
        for host in ("localhost", "127.0.0.1"):
            result = await measure(kind="tls", host=f"{host}:{port}", ca_file="ca.pem")
            assert result.outcome is Outcome.PASS, result.summary
        facts = (await observe(kind="tls", host="localhost", port=str(port), ca_file="ca.pem")).facts
    assert facts["not_after"] > datetime.now(UTC)
    assert (facts["chain_error"], facts["protocol"], set(facts["sans"])) == ("", "TLSv1.3", {"localhost", "127.0.0.1"})
    assert facts["cipher"].startswith("TLS_")
    assert "trustme" in facts["issuer"]


async def test_an_authority_nobody_knows(observe: Observe, tmp_path: Path) -> None:
    async with tls_server(Authority.in_folder(tmp_path).certificate("localhost")) as port:
        facts = (await observe(kind="tls", host="localhost", port=port)).facts
    assert (facts["chain_valid"], facts["hostname_valid"]) == (False, True)
    assert facts["chain_error"] == "unable to get local issuer certificate"


async def test_an_expired_certificate(measure: Measure, tmp_path: Path) -> None:
    authority = Authority.in_folder(tmp_path)
    async with tls_server(authority.certificate("localhost", expired=True)) as port:
        result = await measure(kind="tls", host="localhost", port=port, ca_file="ca.pem")
    assert result.outcome is Outcome.FAIL
    assert result.facts["days_left"] == pytest.approx(-3, abs=0.1)
    assert result.facts["chain_error"] == "certificate has expired"
    assert "days_left > 0, was -3" in result.summary


async def test_a_self_signed_certificate(observe: Observe, tmp_path: Path) -> None:
    async with tls_server(self_signed(tmp_path, "localhost")) as port:
        facts = (await observe(kind="tls", host="localhost", port=port)).facts
    assert (facts["chain_valid"], facts["hostname_valid"]) == (False, True)
    assert "self" in facts["chain_error"]
    assert facts["subject"] == facts["issuer"] == "CN=nobody"


async def test_a_certificate_for_somebody_else(measure: Measure, tmp_path: Path) -> None:
    authority = Authority.in_folder(tmp_path)
    async with tls_server(authority.certificate("other.example")) as port:
        result = await measure(kind="tls", host="localhost", port=port, ca_file="ca.pem")
        assert (result.outcome, result.summary) == (Outcome.FAIL, "hostname_valid, was false")
        named = await measure(kind="tls", host="localhost", port=port, ca_file="ca.pem", server_name="other.example")
        assert named.outcome is Outcome.PASS


async def test_no_tls_there(measure: Measure, free_port: int) -> None:
    async with greeter(b"220 mail.example ESMTP\r\n") as port:
        result = await measure(kind="tls", host="127.0.0.1", port=port)
        assert (result.outcome, result.summary) == (Outcome.ERROR, "what listens there does not speak TLS")
    async with greeter(b"", hang_up=True) as port:
        result = await measure(kind="tls", host="127.0.0.1", port=port)
        assert result.summary == "the other side closed the connection during the TLS handshake"
    async with greeter(b"") as port:
        result = await measure(kind="tls", host="127.0.0.1", port=port, timeout="100ms")
        assert result.summary == "no answer within 0.1 s"
    result = await measure(kind="tls", host="127.0.0.1", port=free_port)
    assert result.summary == "connection refused: nothing listens there"


@pytest.mark.parametrize(
    ("name", "dns", "addresses", "fits"),
    [
        ("a.example.com", ["*.example.com"], [], True),
        ("A.Example.com.", ["*.EXAMPLE.com"], [], True),
        ("example.com", ["*.example.com"], [], False),
        ("a.b.example.com", ["*.example.com"], [], False),
        ("example.com", ["*.com"], [], False),
        ("foo.example.com", ["f*.example.com"], [], False),
        ("127.0.0.1", ["127.0.0.1"], [], False),
        ("127.0.0.1", [], ["127.0.0.1"], True),
        ("::1", [], ["0:0:0:0:0:0:0:1"], True),
        ("10.0.0.1", ["*.0.0.1"], [], False),
        (ascii_host("bücher.example"), ["xn--bcher-kva.example"], [], True),
        ("example.com", [], [], False),
    ],
)
def test_names(name: str, dns: list[str], addresses: list[str], fits: bool) -> None:
    assert name_matches(name, dns, addresses) is fits


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("example.com", ("example.com", None)),
        ("example.com:8443", ("example.com", 8443)),
        ("[::1]:443", ("::1", 443)),
        ("::1", ("::1", None)),
        ("[::1]", ("::1", None)),
    ],
)
def test_hosts(text: str, parts: tuple[str, int | None]) -> None:
    assert split_host(text) == parts


@pytest.mark.parametrize("text", ["", "https://a/", "a b", "a:0", "a:x", "a:70000", "[::1", "[::1]x"])
def test_what_is_no_host(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not a (host|port)"):
        split_host(text)
