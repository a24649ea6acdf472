"""Host names as people write them and as the network wants them."""

from __future__ import annotations

import ipaddress


def split_host(text: str) -> tuple[str, int | None]:
    """'host', 'host:443', '[::1]:443' or '::1' -> host and port. Raises ValueError with a sentence."""
    written = text.strip()
    host, port = written, ""
    if written.startswith("["):
        host, bracket, rest = written[1:].partition("]")
        if not bracket or (rest and not rest.startswith(":")):
            raise ValueError(f"{written!r} is not a host; write for example example.com or [::1]:443")
        port = rest.removeprefix(":")
    elif written.count(":") == 1:
        host, _, port = written.partition(":")
    if not host or "/" in host or any(mark.isspace() for mark in host):
        raise ValueError(f"{written!r} is not a host; write for example example.com or example.com:443")
    if not port:
        return host, None
    if not (port.isascii() and port.isdigit()) or not 0 < int(port) < 65536:
        raise ValueError(f"{port!r} is not a port; it is a number from 1 to 65535")
    return host, int(port)


def ascii_host(host: str) -> str:
    """The name as DNS and certificates carry it: 'bücher.example' -> 'xn--bcher-kva.example'. Raises ValueError."""
    if host.isascii():
        return host
    import idna

    try:
        return idna.encode(host, uts46=True).decode("ascii")
    except idna.IDNAError:
        raise ValueError(f"{host!r} is not a host name") from None


def valid_host(text: str) -> str:
    """`text` when it is a host, with or without a port. Raises ValueError with a sentence."""
    ascii_host(split_host(text)[0])
    return text.strip()


def as_address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """The IP address that `host` is; None when it is a name."""
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def joined(host: str, port: int) -> str:
    """'host:port', with brackets around an IPv6 address."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
