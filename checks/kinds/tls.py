"""Read a server's certificate and judge it: its chain, its names and how long it still holds."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import AfterValidator, Field

from checks.hosts import as_address, ascii_host, joined, split_host, valid_host
from checks.model import Context, Kind, Observation, Params, ProbeError
from checks.wire import Address, attach, look_up, open_socket

if TYPE_CHECKING:
    from cryptography import x509

_DAY = 86400.0


class TlsParams(Params):
    """host may carry a port. server_name: the name to ask for and to check, when it is not the host."""

    host: Annotated[str, AfterValidator(valid_host)]
    port: int = Field(443, ge=1, le=65535)
    server_name: Annotated[str, AfterValidator(valid_host)] | None = None
    ca_file: Path | None = None

    @property
    def target(self) -> tuple[str, int]:
        """Host and port to connect to."""
        host, port = split_host(self.host)
        return ascii_host(host), port or self.port


async def probe(params: TlsParams, context: Context) -> Observation:
    """Raises ProbeError, OSError or ssl.SSLError when there is no certificate to read.

    The chain is verified by the handshake itself; only when it is not trusted, a second handshake reads the
    certificate without verification, so that it can still be described.
    """
    host, port = params.target
    name = ascii_host(params.server_name or host).rstrip(".")
    ca_file = context.folder / params.ca_file if params.ca_file else None
    addresses = await look_up(host, port)
    chain_error = ""
    try:
        seen = await _handshake(addresses, name, context.connections.ssl(ca_file=ca_file, check_name=False))
    except ssl.SSLCertVerificationError as refused:
        chain_error = refused.verify_message or "it is not trusted"
        seen = await _handshake(addresses, name, context.connections.ssl(verify=False))
    return Observation(_facts(seen, name, chain_error))


async def _handshake(addresses: list[Address], name: str, settings: ssl.SSLContext) -> Any:
    opened = await open_socket(addresses)
    transport = await attach(asyncio.Protocol, opened, settings, name)
    try:
        return transport.get_extra_info("ssl_object")
    finally:
        transport.abort()


def _facts(seen: Any, name: str, chain_error: str) -> dict[str, Any]:
    from cryptography import x509

    der = seen.getpeercert(binary_form=True)
    if der is None:
        raise ProbeError("the server shows no certificate")
    try:
        certificate = x509.load_der_x509_certificate(der)
        dns, addresses = _names(certificate)
        issuer, subject = certificate.issuer.rfc4514_string(), certificate.subject.rfc4514_string()
    except ValueError:
        raise ProbeError("the server's certificate cannot be read: it is malformed") from None
    ends = certificate.not_valid_after_utc
    return {
        "days_left": (ends - datetime.now(UTC)).total_seconds() / _DAY,
        "not_after": ends,
        "hostname_valid": name_matches(name, dns, addresses),
        "chain_valid": not chain_error,
        "chain_error": chain_error,
        "issuer": issuer,
        "subject": subject,
        "sans": dns + addresses,
        "protocol": seen.version() or "",
        "cipher": (seen.cipher() or ("",))[0],
    }


def _names(certificate: x509.Certificate) -> tuple[list[str], list[str]]:
    """The host names and the addresses that a certificate is for."""
    from cryptography import x509

    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return [], []
    return names.get_values_for_type(x509.DNSName), [str(ip) for ip in names.get_values_for_type(x509.IPAddress)]


def name_matches(name: str, dns: list[str], addresses: list[str]) -> bool:
    """Whether a certificate is for `name` (RFC 6125): '*' stands for one whole first label, never for an address."""
    address = as_address(name)
    if address is not None:
        return any(as_address(each) == address for each in addresses)
    wanted = name.lower().rstrip(".")
    _, _, parent = wanted.partition(".")
    for each in dns:
        held = each.lower().rstrip(".")
        if held == wanted or (held.startswith("*.") and "." in parent and held[2:] == parent):
            return True
    return False


def evidence(facts: Mapping[str, Any]) -> str:
    """'valid for 42 days, TLSv1.3'."""
    days = facts["days_left"]
    lasts = f"valid for {days:.0f} days" if days >= 0 else f"expired {-days:.0f} days ago"
    return f"{lasts}, {facts['protocol']}"


KIND = Kind(
    name="tls",
    summary="Read a server's certificate and judge it.",
    params=TlsParams,
    facts={
        "days_left": "days until the certificate ends, negative when it has ended",
        "not_after": "the moment when it ends",
        "hostname_valid": "whether it is for this host",
        "chain_valid": "whether it leads to a trusted authority and is in force",
        "chain_error": "why not; empty when it does",
        "issuer": "who issued it",
        "subject": "whom it was issued to",
        "sans": "the names and addresses that it is for",
        "protocol": "the version of TLS that was agreed on, such as TLSv1.3",
        "cipher": "the cipher that was agreed on",
    },
    probe=probe,
    evidence=evidence,
    expect=("chain_valid", "hostname_valid", "days_left > 0"),
    host=lambda params: joined(*params.target),
)
