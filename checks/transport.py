"""The connections of this process: TLS settings made once, and an HTTP client that never reuses a connection.

A check measures what a new visitor meets, so each request has a connection of its own, timed leg by leg. Pools,
proxies from the environment, redirects and retries do not belong here.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from checks.model import ProbeError

if TYPE_CHECKING:
    import ssl

    import httpx

    from checks.http_transport import FreshTransport
    from checks.wire import Turns

_Key = tuple[bool, Path | None]


class Connections:
    """Shared TLS settings and HTTP clients; cheap to make, everything inside is made when it is first asked for.

    ca_file: PEM file of the authorities to trust instead of the system's, unless a check names its own.
    """

    def __init__(self, ca_file: Path | None = None) -> None:
        self._ca_file = ca_file
        self._contexts: dict[tuple[_Key, bool], ssl.SSLContext] = {}
        self._transports: dict[_Key, FreshTransport] = {}
        self._clients: dict[_Key, httpx.AsyncClient] = {}
        self._turns: Turns | None = None

    def ssl(self, verify: bool = True, ca_file: Path | None = None, check_name: bool = True) -> ssl.SSLContext:
        """The TLS settings for these choices, always the same object. Raises ProbeError for an unfit `ca_file`.

        check_name: False verifies the chain of certificates without the host's name.
        """
        key = self._key(verify, ca_file), check_name
        if key not in self._contexts:
            context = _context(*key[0])
            context.check_hostname = verify and check_name
            self._contexts[key] = context
        return self._contexts[key]

    def client(self, verify: bool = True, ca_file: Path | None = None) -> httpx.AsyncClient:
        """The shared client for these choices. It follows no redirects, reads no environment and has no time limit."""
        import httpx

        key = self._key(verify, ca_file)
        if key not in self._clients:
            transport = self._transport(*key)
            self._clients[key] = httpx.AsyncClient(transport=transport, trust_env=False, timeout=None)  # noqa: S113
        return self._clients[key]

    async def send(self, request: httpx.Request, verify: bool = True, ca_file: Path | None = None) -> httpx.Response:
        """What `client().send` does without the client's share of the work (cookies, hooks, logging).

        `request.extensions["limit"]` is the most bytes of the body that are read. The response's body is there, its
        extensions are those of `FreshTransport`. Raises ProbeError, OSError or ssl.SSLError.
        """
        transport = self._transport(*self._key(verify, ca_file))
        response = await transport.handle_async_request(request)
        response.request = request
        return response

    def warm(self) -> None:
        """Load what would otherwise be part of the first measurement: modules, and the system's authorities."""
        self._transport(True, None)
        self.ssl()

    async def aclose(self) -> None:
        """Close the clients. What is asked for afterwards is made anew."""
        clients = list(self._clients.values())
        self._clients.clear()
        self._transports.clear()
        for client in clients:
            await client.aclose()

    def _key(self, verify: bool, ca_file: Path | None) -> _Key:
        return (True, ca_file or self._ca_file) if verify else (False, None)

    def _transport(self, verify: bool, ca_file: Path | None) -> FreshTransport:
        key = (verify, ca_file)
        if key not in self._transports:
            from checks.http_transport import FreshTransport
            from checks.wire import Turns

            self._turns = self._turns or Turns()
            self._transports[key] = FreshTransport(lambda: self.ssl(verify, ca_file), self._turns)
        return self._transports[key]


def _context(verify: bool, ca_file: Path | None) -> ssl.SSLContext:
    import ssl

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.set_alpn_protocols(["http/1.1"])
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return context
    try:
        if ca_file is not None:
            context.load_verify_locations(cafile=ca_file)
        else:
            _trust_the_system(context)
    except FileNotFoundError:
        raise ProbeError(f"there is no file {ca_file} with certificates to trust") from None
    except ssl.SSLError:
        raise ProbeError(f"{ca_file} holds no certificates in PEM form") from None
    return context


def _trust_the_system(context: ssl.SSLContext) -> None:
    """The system's authorities; those of certifi where there are none, as in small containers."""
    import ssl

    paths = ssl.get_default_verify_paths()  # honours SSL_CERT_FILE and SSL_CERT_DIR
    context.load_default_certs()
    folder = Path(paths.capath) if paths.capath else None
    if not context.cert_store_stats()["x509_ca"] and not (folder and folder.is_dir() and any(folder.iterdir())):
        import certifi

        context.load_verify_locations(cafile=certifi.where())
