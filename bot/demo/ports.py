"""Where the demo listens: the ports that its catalogue names, or free ones where those are taken."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

HOST: Final = "127.0.0.1"
# As in readiness.yaml beside this file; a test compares the two.
DEFAULTS: Final = {
    "plain": 8701, "web": 8702, "inside": 8703, "prometheus": 8704, "payments": 8705, "queue": 8706, "dns": 8707,
    "admin": 8708,
}  # fmt: skip
_SILENT: Final = frozenset({"dns", "admin"})  # UDP, and a port that is bound for nobody to open


def variables(ports: Mapping[str, int]) -> dict[str, str]:
    """Ports by name as variables of the catalogue."""
    return {
        "plain": f"http://{HOST}:{ports['plain']}",
        "web": f"https://{HOST}:{ports['web']}",
        "web_port": str(ports["web"]),
        "inside": f"http://{HOST}:{ports['inside']}",
        "prometheus": f"http://{HOST}:{ports['prometheus']}",
        "payments": f"http://{HOST}:{ports['payments']}",
        "queue_port": str(ports["queue"]),
        "dns": f"{HOST}:{ports['dns']}",
        "admin_port": str(ports["admin"]),
    }


@dataclass(frozen=True)
class Doors:
    """The sockets of the service, bound already: nobody can take a port between choosing and using it."""

    sockets: dict[str, socket.socket]

    def port(self, name: str) -> int:
        return int(self.sockets[name].getsockname()[1])

    @property
    def moved(self) -> bool:
        """Whether any is another than the catalogue says."""
        return any(self.port(name) != port for name, port in DEFAULTS.items())

    def variables(self) -> dict[str, str]:
        """The addresses as variables of the catalogue."""
        return variables({name: self.port(name) for name in DEFAULTS})

    def close(self) -> None:
        for opened in self.sockets.values():
            opened.close()


def open_doors() -> Doors:
    """Bind every port of the service. Raises OSError when loopback itself is not to be had."""
    doors = Doors({})
    try:
        for name, port in DEFAULTS.items():
            doors.sockets[name] = _opened(name, port)
    except BaseException:
        doors.close()
        raise
    return doors


def _opened(name: str, port: int) -> socket.socket:
    try:
        return _bound(name, port)
    except OSError:
        return _bound(name, 0)


def _bound(name: str, port: int) -> socket.socket:
    opened = socket.socket(socket.AF_INET, socket.SOCK_DGRAM if name == "dns" else socket.SOCK_STREAM)
    try:
        opened.setblocking(False)
        if name in _SILENT:
            opened.bind((HOST, port))
        else:
            # So that ports which the last demo left a moment ago count as free. Two that only bind could then share
            # a port, hence listening at once: whoever connects waits in the queue until the service takes it.
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            opened.bind((HOST, port))
            opened.listen(128)
    except BaseException:
        opened.close()
        raise
    return opened
