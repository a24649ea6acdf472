"""What a visitor gets from an address: redirects followed, the body unpacked and never longer than its limit.

Used by the kinds that speak HTTP. Opening connections belongs to `transport`, judging to the kinds.
"""

from __future__ import annotations

import base64
import json
import re
import zlib
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from checks.model import ProbeError

if TYPE_CHECKING:
    import httpx

    from checks.transport import Connections
    from checks.wire import Legs

MOST_REDIRECTS = 10
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w.:-]+)", re.IGNORECASE)
_PORTS = {"http": 80, "https": 443}
# What may be said to a host that a redirect leads to; everything else may be a secret meant for the first host.
_HARMLESS = frozenset({"accept", "accept-encoding", "accept-language", "content-type", "user-agent"})
DEFAULT_HEADERS = {"accept": "*/*", "accept-encoding": "gzip, deflate", "user-agent": "readiness"}


@dataclass(slots=True)
class Page:
    """The answer at the end of all redirects. `seconds` is the time of all exchanges; `body` is unpacked.

    headers: by name in small letters, several of one name joined with ', ', without set-cookie, which is in `cookies`.
    """

    response: httpx.Response
    headers: dict[str, str]
    cookies: list[str]
    url: str
    body: bytes
    truncated: bool
    seconds: float
    legs: Legs
    redirects: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Manner:
    """How to ask. limit: the most bytes of the body that are read and unpacked."""

    follow: bool = True
    verify: bool = True
    ca_file: Path | None = None
    limit: int = 2**20


@lru_cache(4096)
def web_address(text: str) -> str:
    """`text` when it is an address that can be asked. Raises ValueError with a sentence."""
    try:
        parts = urlsplit(text)
        if parts.scheme.lower() not in _PORTS:
            raise ValueError(f"{_bare(text)!r} must begin with http:// or https://")
        if not parts.hostname or parts.port == 0 or re.search(r"[\s\x00-\x1f\x7f]", parts.netloc + parts.path):
            raise ValueError(f"{_bare(text)!r} is not a web address")
    except ValueError as reason:
        if "address" in str(reason) or "begin" in str(reason):
            raise
        raise ValueError(f"{_bare(text)!r} is not a web address") from None
    return text


def _bare(text: str) -> str:
    return re.sub(r"//[^/@]*@", "//", text)


@lru_cache(4096)
def host_of(url: str) -> str | None:
    """'host:port' of an address, for the limit per host; None when it has none."""
    try:
        parts = urlsplit(url)
        port = parts.port or _PORTS.get(parts.scheme.lower())
    except ValueError:
        return None
    return f"{parts.hostname}:{port}" if parts.hostname else None


def basic(credentials: str) -> str:
    """The value of the header for 'user:password'."""
    return "Basic " + base64.b64encode(credentials.encode()).decode()


@lru_cache(4096)
def _parsed(url: str) -> httpx.URL:
    import httpx

    try:
        return httpx.URL(url)
    except httpx.InvalidURL:
        raise ProbeError(f"{_bare(url)!r} is not a web address") from None


def ask(
    method: str, url: str, headers: dict[str, str], content: bytes | None = None, limit: int = 2**20
) -> httpx.Request:
    """A request, ready to be sent. Credentials in the address become a header. Raises ProbeError."""
    import httpx

    address = _parsed(url)
    if address.userinfo:
        headers = {"authorization": basic(f"{address.username}:{address.password}")} | headers
        address = address.copy_with(username=None, password=None)
    try:
        return httpx.Request(method, address, headers=headers, content=content, extensions={"limit": limit})
    except (UnicodeEncodeError, ValueError):
        raise ProbeError("a header or the method holds characters that HTTP does not allow") from None


async def visit(connections: Connections, request: httpx.Request, manner: Manner) -> Page:
    """Send it and follow where it leads. Raises ProbeError, OSError or ssl.SSLError.

    A redirect to another host is sent no credentials, no cookies and none of the check's own headers.
    """
    redirects: list[str] = []
    seconds, jar = 0.0, None
    while True:
        response = await connections.send(request, manner.verify, manner.ca_file)
        seconds += response.extensions["legs"].total
        location = response.headers.get("location") if manner.follow and response.status_code in _REDIRECTS else None
        if location is None:
            return _page(request, response, redirects, seconds, manner)
        redirects.append(str(request.url))
        if len(redirects) > MOST_REDIRECTS:
            raise ProbeError(_no_end(redirects))
        if jar is None:
            import httpx

            jar = httpx.Cookies()
        jar.extract_cookies(response)
        request = _next(request, response.status_code, location)
        jar.set_cookie_header(request)


def _no_end(redirects: list[str]) -> str:
    if len(set(redirects)) < len(redirects):
        seen = list(dict.fromkeys(redirects))
        return f"it redirects in a circle: {' -> '.join([*seen[:3], '…' if len(seen) > 3 else seen[0]])}"
    return f"it redirects more than {MOST_REDIRECTS} times"


def _next(request: httpx.Request, status: int, location: str) -> httpx.Request:
    import httpx

    try:
        url = request.url.join(location)
        web_address(str(url))
    except (httpx.InvalidURL, ValueError):
        raise ProbeError(f"it redirects to {_bare(location)[:200]!r}, which is not a web address") from None
    changes = status == 303 or (status in (301, 302) and request.method == "POST")
    method = "GET" if changes and request.method != "HEAD" else request.method
    kept = {name: value for name, value in request.headers.items() if name not in ("host", "cookie", "content-length")}
    if not _same_host(request.url, url):
        kept = {name: value for name, value in kept.items() if name in _HARMLESS}
    if method != request.method:
        kept.pop("content-type", None)
    content = request.content if method == request.method else None
    limit = request.extensions["limit"]
    bare = url.copy_with(username=None, password=None) if url.userinfo else url
    return httpx.Request(method, bare, headers=kept, content=content or None, extensions={"limit": limit})


def _same_host(before: httpx.URL, after: httpx.URL) -> bool:
    """Also when plain HTTP is upgraded on the usual ports."""
    ports = [url.port or _PORTS[url.scheme] for url in (before, after)]
    if before.host != after.host:
        return False
    if before.scheme == after.scheme:
        return ports[0] == ports[1]
    return before.scheme == "http" and ports == [80, 443]


def _page(
    request: httpx.Request, response: httpx.Response, redirects: list[str], seconds: float, manner: Manner
) -> Page:
    stream: Any = response.stream
    body, truncated = b"".join(stream), response.extensions["truncated"]
    headers, cookies = _headers(response)
    encoding = headers.get("content-encoding")
    if encoding and body:
        body, cut = _unpacked(body, encoding, manner.limit, truncated)
        truncated = truncated or cut
    legs = response.extensions["legs"]
    return Page(response, headers, cookies, str(request.url), body, truncated, seconds, legs, redirects)


def _headers(response: httpx.Response) -> tuple[dict[str, str], list[str]]:
    headers: dict[str, str] = {}
    cookies: list[str] = []
    for raw_name, raw_value in response.headers.raw:
        name, value = raw_name.decode("latin-1").lower(), _header_text(raw_value)
        if name == "set-cookie":
            cookies.append(value)
        else:
            headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers, cookies


def _header_text(value: bytes) -> str:
    """UTF-8 where it is that, as some servers send it; otherwise one character for each byte (RFC 9110, 5.5)."""
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return value.decode("latin-1")


def _unpacked(body: bytes, encoding: str, limit: int, partial: bool) -> tuple[bytes, bool]:
    """The body without its compression, and whether more than `limit` bytes were in it (a bomb is not unpacked)."""
    for name in reversed([part.strip().lower() for part in encoding.split(",")]):
        if name not in ("gzip", "x-gzip", "deflate"):
            return body, False
        bits = -15 if name == "deflate" and (body[0] & 0x0F) != 8 else 47
        unpacker = zlib.decompressobj(bits)
        try:
            body = unpacker.decompress(body, limit + 1)
        except zlib.error:
            raise ProbeError(f"the body is said to be {name}, and is not") from None
        if len(body) > limit or not (unpacker.eof or partial):
            return body[:limit], True
    return body, False


def text_of(page: Page) -> str:
    """The body as text in the character set that the header names, UTF-8 when it names none."""
    named = _CHARSET.search(page.headers.get("content-type", ""))
    try:
        return page.body.decode(named[1] if named else "utf-8", errors="replace")
    except LookupError:
        return page.body.decode("utf-8", errors="replace")


def json_of(text: str) -> Any:
    """What JSON the text holds; None when it holds none."""
    if not text[:64].lstrip(" \t\r\n\ufeff")[:1] or text.lstrip(" \t\r\n\ufeff")[0] not in '{["-0123456789tfn':
        return None
    try:
        return json.loads(text.lstrip("\ufeff"), parse_constant=_refuse)
    except (ValueError, RecursionError):
        return None


def _refuse(constant: str) -> None:
    raise ValueError(constant)
