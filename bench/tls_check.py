"""Our tls check against `openssl s_client`, and against `check_http -C` where that is installed.

Both read the same certificate from the same server on loopback. `python -m bench.tls_check`.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Final

import trustme
import uvloop

from bench.rows import Row
from checks.model import Context, Outcome
from checks.registry import build_check
from checks.runner import Limits, Runner
from checks.transport import Connections

ROUNDS: Final = 30
_S_CLIENT: Final = ("openssl", "s_client", "-servername", "localhost", "-connect")
_CHECK_HTTP: Final = "/usr/lib/nagios/plugins/check_http"


def _serve(folder: Path) -> tuple[subprocess.Popen[str], int]:
    """A TLS server in a process of its own, with a certificate for localhost; and its port."""
    code = (
        "import asyncio, ssl, sys\n"
        "async def main():\n"
        "    settings = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)\n"
        "    settings.load_cert_chain(sys.argv[1])\n"
        "    server = await asyncio.start_server(lambda r, w: w.close(), '127.0.0.1', 0, ssl=settings)\n"
        "    print(server.sockets[0].getsockname()[1], flush=True)\n"
        "    await asyncio.to_thread(sys.stdin.read)\n"
        "asyncio.run(main())\n"
    )
    server = subprocess.Popen(
        [sys.executable, "-c", code, str(folder / "server.pem")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert server.stdout is not None
    return server, int(server.stdout.readline())


def _program(*argv: str) -> float:
    """Median seconds of one run of a program."""
    times = []
    for _ in range(ROUNDS):
        begun = perf_counter()
        subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
        times.append(perf_counter() - begun)
    return median(times)


async def _ours(port: int, authority: Path) -> float:
    """Median seconds of one check through the runner, after the first."""
    check = build_check({"kind": "tls", "host": "localhost", "port": port, "ca_file": str(authority)})
    runner = Runner(Limits(), Context(10.0, Connections(), Path()))
    times = []
    for _ in range(ROUNDS + 1):
        begun = perf_counter()
        result = await runner.check(check)
        times.append(perf_counter() - begun)
        assert result.outcome is Outcome.PASS, result.summary
    return median(times[1:])


def _measured(measure: Callable[[int, Path], float]) -> float:
    with tempfile.TemporaryDirectory() as name:
        folder, ca = Path(name), trustme.CA()
        ca.cert_pem.write_to_path(folder / "ca.pem")
        ca.issue_cert("localhost").private_key_and_cert_chain_pem.write_to_path(folder / "server.pem")
        server, port = _serve(folder)
        with server:
            try:
                return measure(port, folder / "ca.pem")
            finally:
                assert server.stdin is not None
                server.stdin.close()


def main() -> list[Row]:
    """Measure; a few seconds."""
    ours = _measured(lambda port, authority: uvloop.run(_ours(port, authority)))
    # As people call it, s_client loads the system's authorities each time; ours are loaded once for all checks.
    plain = _measured(lambda port, _: _program(*_S_CLIENT, f"localhost:{port}"))
    spared = _measured(lambda port, ca: _program(*_S_CLIENT, f"localhost:{port}", "-CAfile", str(ca)))
    rows = [
        Row("one TLS check, against openssl s_client", ours / plain, 0.1),
        Row("  the same, against s_client with our one authority only", ours / spared, None),
        Row("  the same, ours", ours * 1000, None, "ms"),
    ]
    program = shutil.which("check_http") or (_CHECK_HTTP if Path(_CHECK_HTTP).exists() else None)
    if program:
        nagios = _measured(lambda port, _: _program(program, "-H", "localhost", "-p", str(port), "--sni", "-C", "1"))
        rows.append(Row("one TLS check, against check_http -C", ours / nagios, 0.4))
    return rows


if __name__ == "__main__":
    for row in main():
        print(f"{row.name:70} {row.value:8.3f} {row.unit:4} limit {row.limit}")
