"""The http kind against a server that behaves and one that does not."""

from __future__ import annotations

import asyncio
import base64
import resource
import socket
from pathlib import Path

import httpx
import pytest

from checks.model import CheckMistake, Context, Outcome
from checks.registry import build_check
from checks.transport import Connections
from tests.checks.conftest import Measure, Observe
from tests.standins.authorities import Authority, tls_server
from tests.standins.greeter import greeter
from tests.standins.unruly import Unruly, unruly_server


async def test_all_facts_are_there(observe: Observe, unruly: Unruly) -> None:
    check = build_check({"kind": "http", "url": unruly.url("/json")})
    facts = (await observe(kind="http", url=unruly.url("/json"))).facts
    assert set(facts) == set(check.kind.facts)
    assert (facts["status"], facts["json"], facts["size"]) == (200, {"ok": True, "n": [1, 2]}, 25)
    assert facts["headers"]["content-type"] == "application/json"
    assert facts["peer"] == f"127.0.0.1:{unruly.port}"
    assert 0 < facts["legs"]["first_byte"] <= facts["seconds"] == facts["p50"] == facts["p95"] == facts["max"]
    assert (facts["redirects"], facts["statuses"], facts["error_rate"], facts["truncated"]) == ([], [200], 0.0, False)
    assert check.kind.evidence({**facts, "seconds": 0.0512}) == "200 in 0.05 s"


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("/teapot", "the answer is not valid HTTP"),
        ("/middle", "the other side closed the connection in the middle of its answer"),
        ("/nothing", "the other side closed the connection without an answer"),
        ("/endless-header", "the header of the answer does not end: more than 64 KiB of it came"),
        ("/provisional", "it sends one provisional answer after the other and never a real one"),
        ("/not-gzip", "the body is said to be gzip, and is not"),
        ("/farther/1", "it redirects more than 10 times"),
        ("/mailto", "it redirects to 'mailto:root@example.com', which is not a web address"),
    ],
)
async def test_what_cannot_be_measured(measure: Measure, unruly: Unruly, path: str, sentence: str) -> None:
    result = await measure(kind="http", url=unruly.url(path))
    assert (result.outcome, result.summary) == (Outcome.ERROR, sentence)


async def test_a_circle_of_redirects_is_named(measure: Measure, unruly: Unruly) -> None:
    result = await measure(kind="http", url=unruly.url("/circle"))
    circle = " -> ".join(unruly.url(path) for path in ("/circle", "/circle2", "/circle"))
    assert (result.outcome, result.summary) == (Outcome.ERROR, f"it redirects in a circle: {circle}")


@pytest.mark.parametrize("path", ["/huge", "/endless-chunks"])
async def test_a_body_without_end_is_cut(observe: Observe, unruly: Unruly, path: str) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    facts = (await observe(kind="http", url=unruly.url(path))).facts
    assert facts["truncated"]
    assert len(facts["body"]) == 2**20
    assert facts["size"] == (100 * 2**20 if path == "/huge" else 2**20)
    assert unruly.sent < 30 * 2**20
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 30 * 1024


async def test_a_bomb_is_not_unpacked(observe: Observe, unruly: Unruly) -> None:
    facts = (await observe(kind="http", url=unruly.url("/bomb"), max_body=1000)).facts
    assert (facts["truncated"], len(facts["body"])) == (True, 1000)


@pytest.mark.parametrize(
    ("path", "body", "json"),
    [
        ("/gzip", "unpacked" * 100, None),
        ("/latin", "déjà", None),
        ("/old", "until the end", None),
        ("/hints", "real", None),
        ("/bad-json", '{"ok": tru', None),
        ("/nan", '{"ok": NaN}', None),
    ],
)
async def test_bodies(observe: Observe, unruly: Unruly, path: str, body: str, json: object) -> None:
    facts = (await observe(kind="http", url=unruly.url(path))).facts
    assert (facts["status"], facts["body"], facts["json"]) == (200, body, json)


async def test_headers_sent_twice_are_joined(observe: Observe, unruly: Unruly) -> None:
    assert (await observe(kind="http", url=unruly.url("/twice"))).facts["headers"]["via"] == "a, b"


async def test_an_upgrade_is_an_answer(observe: Observe, unruly: Unruly) -> None:
    headers = {"Upgrade": "websocket"}
    assert (await observe(kind="http", url=unruly.url("/switch"), headers=headers)).facts["status"] == 101


async def test_a_cookie_is_judged_and_not_shown(measure: Measure, unruly: Unruly) -> None:
    expect = ["headers['set-cookie'].contains('Secure')", "cookies[0].contains('topsecret123')"]
    result = await measure(kind="http", url=unruly.url("/cookie"), expect=expect)
    assert result.outcome is Outcome.PASS
    assert "topsecret123" not in str(result)
    failed = await measure(kind="http", url=unruly.url("/cookie"), expect="size(cookies) == 2")
    assert (failed.outcome, failed.summary) == (Outcome.FAIL, "size(cookies) == 2, was hidden")


@pytest.mark.parametrize(
    ("given", "content_type", "sent"),
    [
        ({"body": "plain"}, None, "plain"),
        ({"json": {"a": [1]}}, "application/json", '{"a": [1]}'),
        ({"form": {"a": "1 2", "b": "é"}}, "application/x-www-form-urlencoded", "a=1+2&b=%C3%A9"),
    ],
)
async def test_what_is_sent(
    observe: Observe, unruly: Unruly, given: dict[str, object], content_type: str | None, sent: str
) -> None:
    facts = (await observe(kind="http", url=unruly.url("/echo"), method="post", **given)).facts
    assert (facts["json"]["method"], facts["json"]["body"]) == ("POST", sent)
    assert facts["json"]["headers"].get("content-type") == content_type
    assert facts["json"]["headers"]["connection"] == "close"


async def test_credentials(observe: Observe, unruly: Unruly) -> None:
    ana = "Basic " + base64.b64encode(b"ana:pw").decode()
    for given, sent in [({"bearer": "t0k"}, "Bearer t0k"), ({"basic": "ana:pw"}, ana)]:
        facts = (await observe(kind="http", url=unruly.url("/echo"), **given)).facts
        assert facts["json"]["headers"]["authorization"] == sent
    facts = (await observe(kind="http", url=unruly.url("/echo").replace("//", "//ana:pw@"))).facts
    assert facts["json"]["headers"]["authorization"] == ana
    assert "pw" not in facts["url"]


async def test_a_redirect_takes_no_secrets_to_another_host(observe: Observe, unruly: Unruly) -> None:
    async with unruly_server() as other:
        unruly.elsewhere = other.url("/echo")
        facts = (
            await observe(
                kind="http",
                url=unruly.url("/elsewhere"),
                bearer="t0k",
                headers={"X-Api-Key": "k3y", "Cookie": "sid=1", "Accept": "a/b"},
            )
        ).facts
    assert facts["redirects"] == [unruly.url("/elsewhere")]
    assert facts["url"] == other.url("/echo")
    sent = facts["json"]["headers"]
    assert not {"authorization", "x-api-key", "cookie"} & set(sent)
    assert sent["accept"] == "a/b"


async def test_a_redirect_on_the_same_host_keeps_them(observe: Observe, unruly: Unruly) -> None:
    url = unruly.url("/see-other")
    facts = (await observe(kind="http", url=url, method="POST", body="x", bearer="t0k")).facts
    sent = facts["json"]
    assert (sent["method"], sent["body"], sent["headers"]["authorization"]) == ("GET", "", "Bearer t0k")
    assert sent["headers"]["cookie"] == "step=one"


async def test_redirects_are_not_followed_when_not_wanted(observe: Observe, unruly: Unruly) -> None:
    facts = (await observe(kind="http", url=unruly.url("/circle"), follow=False)).facts
    assert (facts["status"], facts["headers"]["location"]) == (302, "/circle2")


async def test_paths_are_all_asked_and_one_bad_answer_shows(measure: Measure, unruly: Unruly) -> None:
    result = await measure(kind="http", url=unruly.url(), paths=["/json", "missing"])
    assert (result.outcome, result.summary) == (Outcome.FAIL, "status >= 200 && status < 400, was 404")
    assert result.facts["statuses"] == [200, 404]


async def test_samples(observe: Observe, unruly: Unruly) -> None:
    facts = (await observe(kind="http", url=unruly.url("/"), samples="12", concurrency="4")).facts
    assert facts["statuses"] == [200] * 12
    assert len(unruly.asked) == 12
    assert unruly.most <= 4
    assert facts["p50"] <= facts["p95"] <= facts["max"]


async def test_some_samples_without_an_answer(measure: Measure, unruly: Unruly) -> None:
    result = await measure(kind="http", url=unruly.url("/flaky"), samples=4, expect="error_rate <= 0.5")
    assert (result.outcome, result.facts["statuses"], result.facts["error_rate"]) == (
        Outcome.PASS,
        [200, 200, 0, 0],
        0.5,
    )
    assert "50% failed" in result.summary
    result = await measure(kind="http", url=unruly.url("/flaky"), samples=4)
    assert (result.outcome, result.summary) == (Outcome.FAIL, "status >= 200 && status < 400, was 0")


async def test_no_sample_with_an_answer(measure: Measure, unruly: Unruly) -> None:
    result = await measure(kind="http", url=unruly.url("/nothing"), samples=3)
    assert result.outcome is Outcome.ERROR
    assert result.summary == "none of 3 was answered: the other side closed the connection without an answer"


async def test_a_server_that_never_answers(measure: Measure, unruly: Unruly) -> None:
    result = await measure(kind="http", url=unruly.url("/silent"), timeout="100ms")
    assert (result.outcome, result.summary) == (Outcome.ERROR, "no answer within 0.1 s")
    async with asyncio.timeout(5):
        await unruly.left.wait()
    assert unruly.connected == 0


async def test_nothing_listens(measure: Measure, free_port: int) -> None:
    result = await measure(kind="http", url=f"http://127.0.0.1:{free_port}/")
    assert (result.outcome, result.summary) == (Outcome.ERROR, "connection refused: nothing listens there")


async def test_a_name_that_does_not_exist(measure: Measure) -> None:
    result = await measure(kind="http", url="http://no-such-host.invalid/", timeout="5s")
    assert (result.outcome, result.summary) == (Outcome.ERROR, "the host name does not resolve")


async def test_a_name_with_several_addresses(observe: Observe, unruly: Unruly) -> None:
    facts = (await observe(kind="http", url=f"http://localhost:{unruly.port}/")).facts
    assert facts["status"] == 200
    assert facts["legs"]["lookup"] > 0


async def test_tls_is_verified(measure: Measure, tmp_path: Path) -> None:
    authority = Authority.in_folder(tmp_path)
    async with tls_server(authority.certificate("localhost")) as port:
        url = f"https://localhost:{port}/"
        refused = await measure(kind="http", url=url)
        assert refused.outcome is Outcome.ERROR
        assert refused.summary.startswith("the certificate is not trusted: ")
        for given in ({"ca_file": "ca.pem"}, {"verify": False}):
            result = await measure(kind="http", url=url, **given)
            assert result.outcome is Outcome.PASS, result.summary
            assert result.facts["legs"]["tls"] > 0  # type: ignore[index, call-overload, operator]
        assert (await measure(kind="http", url=url, ca_file="no.pem")).summary.endswith("with certificates to trust")


async def test_what_does_not_speak_tls(measure: Measure) -> None:
    async with greeter(b"HTTP/1.1 400 Bad Request\r\n\r\n") as port:
        result = await measure(kind="http", url=f"https://127.0.0.1:{port}/")
    assert (result.outcome, result.summary) == (Outcome.ERROR, "what listens there does not speak TLS")


async def test_the_client_is_shared_and_gives_legs_and_certificate(tmp_path: Path) -> None:
    authority = Authority.in_folder(tmp_path)
    connections = Connections(authority.file)
    async with tls_server(authority.certificate("localhost")) as port:
        client = connections.client()
        assert client is connections.client()
        response = await client.get(f"https://localhost:{port}/")
        assert (response.text, response.extensions["peer"]) == ("ok", f"127.0.0.1:{port}")
        assert response.extensions["certificate"][:1] == b"\x30"
        assert response.extensions["legs"].total > 0
    await connections.aclose()


async def test_cancelling_closes_the_connection(context: Context, unruly: Unruly) -> None:
    request = httpx.Request("GET", unruly.url("/silent"))
    task = asyncio.create_task(context.connections.send(request))
    async with asyncio.timeout(5):
        await unruly.came.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await unruly.left.wait()


async def test_cancelling_during_the_handshake_closes_the_connection(context: Context) -> None:
    heard, gone = asyncio.Event(), asyncio.Event()

    async def mute(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        heard.set()
        await reader.read()
        gone.set()
        writer.close()

    server = await asyncio.start_server(mute, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    task = asyncio.create_task(context.connections.send(httpx.Request("GET", f"https://127.0.0.1:{port}/")))
    async with asyncio.timeout(5):
        await heard.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await gone.wait()
    server.close()


@pytest.mark.parametrize(
    ("given", "key", "sentence"),
    [
        ({"url": "example.com"}, "url", "url: 'example.com' must begin with http:// or https://"),
        ({"url": "http://"}, "url", "url: 'http://' is not a web address"),
        ({"url": "http://a b/"}, "url", "url: 'http://a b/' is not a web address"),
        ({"url": "http://a:x/"}, "url", "url: 'http://a:x/' is not a web address"),
        ({"url": "http://u:pw@/"}, "url", "url: 'http:///' is not a web address"),
        ({"url": "http://a/", "method": "GE T"}, "method", "not a method of HTTP"),
        ({"url": "http://a/", "body": "x", "json": {}}, "", "body and json exclude each other"),
        ({"url": "http://a/", "bearer": "x", "basic": "a:b"}, "", "bearer and basic exclude each other"),
        ({"url": "http://a/", "basic": "ana"}, "", "basic is written as user:password"),
        ({"url": "http://a/?q", "paths": ["b"]}, "", "an address with a query has no paths"),
        ({"url": "http://a/", "samples": 0}, "samples", "greater than or equal to 1"),
    ],
)
def test_mistakes(given: dict[str, object], key: str, sentence: str) -> None:
    with pytest.raises(ExceptionGroup) as caught:
        build_check({"kind": "http"} | given)
    (mistake,) = caught.value.exceptions
    assert isinstance(mistake, CheckMistake)
    assert mistake.key == key
    assert sentence in str(mistake)
    assert "pw" not in str(mistake)


async def test_a_header_that_http_cannot_carry(measure: Measure, unruly: Unruly) -> None:
    for headers in ({"X-Evil": "a\r\nB: c"}, {"X Y": "z"}):
        result = await measure(kind="http", url=unruly.url(), headers=headers)
        assert result.outcome is Outcome.ERROR
        assert "characters that HTTP does not allow" in result.summary
    assert not unruly.asked


def test_rounds_and_hosts() -> None:
    check = build_check({"kind": "http", "url": "https://example.com/x", "samples": 20, "concurrency": 3})
    assert check.kind.rounds(check.params) == 7
    assert check.host == "example.com:443"


async def test_addresses_are_tried_in_turn(unruly: Unruly, free_port: int) -> None:
    from checks.wire import open_socket

    opened = await open_socket(
        [(socket.AF_INET, ("127.0.0.1", free_port)), (socket.AF_INET, ("127.0.0.1", unruly.port))]
    )
    assert opened.getpeername()[1] == unruly.port
    opened.close()
    with pytest.raises(ConnectionRefusedError):
        await open_socket([(socket.AF_INET, ("127.0.0.1", free_port))] * 2)
