"""The tcp kind: open, refused, silent and talkative ports."""

from __future__ import annotations

import contextlib
import socket

import pytest

from checks.model import Outcome
from checks.registry import build_check
from tests.checks.conftest import Measure, Observe
from tests.standins.greeter import greeter


async def test_an_open_port(measure: Measure) -> None:
    async with greeter(b"") as port:
        result = await measure(kind="tcp", host="127.0.0.1", port=str(port))
        assert (result.outcome, result.facts["open"], result.facts["banner"]) == (Outcome.PASS, True, "")
        assert (await measure(kind="tcp", host=f"localhost:{port}")).outcome is Outcome.PASS


async def test_a_refused_port_is_a_fact(measure: Measure, free_port: int) -> None:
    result = await measure(kind="tcp", host="127.0.0.1", port=free_port, expect="!open")
    assert (result.outcome, result.summary, result.facts["open"]) == (Outcome.PASS, "closed", False)
    result = await measure(kind="tcp", host="127.0.0.1", port=free_port)
    assert (result.outcome, result.summary) == (Outcome.FAIL, "open, was false")


@pytest.mark.parametrize(
    ("greeting", "hang_up", "banner"),
    [
        (b"220 mail.example ESMTP\r\nmore\r\n", False, "220 mail.example ESMTP"),
        (b"no end", True, "no end"),
        (b"x" * 5000, False, "x" * 1024),
        (b"", True, ""),
    ],
)
async def test_banners(observe: Observe, greeting: bytes, hang_up: bool, banner: str) -> None:
    async with greeter(greeting, hang_up=hang_up) as port:
        facts = (await observe(kind="tcp", host="127.0.0.1", port=port, read=True)).facts
    assert (facts["open"], facts["banner"]) == (True, banner)


@pytest.mark.parametrize(
    ("if_silent", "expected"),
    [("error", (Outcome.ERROR, "no answer within 0.4 s")), ("closed", (Outcome.PASS, "closed"))],
)
async def test_a_port_that_swallows_connections(
    measure: Measure, if_silent: str, expected: tuple[Outcome, str]
) -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full, contextlib.ExitStack() as waiting:
        address = full.getsockname()
        for _ in range(4):  # the queue is full after these: the next one gets no answer at all
            client = waiting.enter_context(socket.socket())
            client.setblocking(False)
            client.connect_ex(address)
        result = await measure(
            kind="tcp", host="127.0.0.1", port=address[1], timeout="400ms", if_silent=if_silent, expect="!open"
        )
    assert (result.outcome, result.summary) == expected


async def test_a_server_that_says_nothing(measure: Measure) -> None:
    async with greeter(b"") as port:
        result = await measure(kind="tcp", host="127.0.0.1", port=port, read=True, timeout="200ms")
    assert (result.outcome, result.facts["banner"]) == (Outcome.PASS, "")


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"host": "a"}, "tcp needs 'port', or a host written as host:port"),
        ({"host": "a:x"}, "'x' is not a port; it is a number from 1 to 65535"),
        ({"host": "a", "port": 70000}, "less than or equal to 65535"),
    ],
)
def test_mistakes(given: dict[str, object], sentence: str) -> None:
    with pytest.raises(ExceptionGroup) as caught:
        build_check({"kind": "tcp"} | given)
    assert sentence in str(caught.value.exceptions[0])


def test_host() -> None:
    assert build_check({"kind": "tcp", "host": "::1", "port": 22}).host == "[::1]:22"
