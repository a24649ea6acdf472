"""Ask a web address, once or many times, and see what answers and how fast."""

from __future__ import annotations

import asyncio
import json
import math
import re
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlencode

from pydantic import AfterValidator, BeforeValidator, Field, field_validator, model_validator

from checks.model import Context, Kind, Observation, Params, ProbeError
from checks.sentences import explain
from checks.web import DEFAULT_HEADERS, Manner, Page, ask, basic, host_of, json_of, text_of, visit, web_address

_METHOD = re.compile(r"[A-Z][A-Z-]*")
_COOKIE_VALUE = re.compile(r"=[^;]*")


def _as_list(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


Url = Annotated[str, AfterValidator(web_address)]
Texts = Annotated[list[str], BeforeValidator(_as_list)]

with warnings.catch_warnings():
    # `json` is what everybody calls it; that it hides a deprecated method of pydantic's is meant.
    warnings.filterwarnings("ignore", message='Field name "json"')

    class HttpParams(Params):
        """samples: how often each address is asked, `concurrency` at a time. max_body: bytes that are read."""

        url: Url
        paths: Texts = Field(default_factory=list)
        method: str = "GET"
        headers: dict[str, str] = Field(default_factory=dict)
        body: str | None = None
        json: Any = None
        form: dict[str, str] | None = None
        bearer: str | None = None
        basic: str | None = None
        follow: bool = True
        verify: bool = True
        ca_file: Path | None = None
        samples: int = Field(1, ge=1, le=1000)
        concurrency: int = Field(1, ge=1, le=100)
        max_body: int = Field(2**20, ge=0, le=64 * 2**20)

        @field_validator("method")
        @classmethod
        def _method(cls, value: str) -> str:
            if not _METHOD.fullmatch(value.upper()):
                raise ValueError(f"{value!r} is not a method of HTTP; write for example GET or POST")
            return value.upper()

        @model_validator(mode="after")
        def _one_of_each(self) -> HttpParams:
            given = self.model_fields_set
            for group in (("body", "json", "form"), ("bearer", "basic")):
                several = [name for name in group if name in given and getattr(self, name) is not None]
                if len(several) > 1:
                    raise ValueError(f"{' and '.join(several)} exclude each other")
            if self.basic is not None and ":" not in self.basic:
                raise ValueError("basic is written as user:password")
            if self.paths and "?" in self.url:
                raise ValueError("an address with a query has no paths")
            return self

        @property
        def urls(self) -> list[str]:
            """Every address to ask."""
            return [f"{self.url.rstrip('/')}/{path.lstrip('/')}" for path in self.paths] or [self.url]


async def probe(params: HttpParams, context: Context) -> Observation:
    """Raises ProbeError when no sample was answered, OSError and ssl.SSLError when the only one failed."""
    ca_file = context.folder / params.ca_file if params.ca_file else None
    manner = Manner(params.follow, params.verify, ca_file, params.max_body)
    content, headers = _said(params)
    requests = [ask(params.method, url, headers, content, params.max_body) for url in params.urls]
    if len(requests) * params.samples == 1:
        return Observation(_facts([await visit(context.connections, requests[0], manner)], 0))
    failures: list[Exception] = []
    answers: dict[int, Page] = {}
    numbered = enumerate(request for request in requests for _ in range(params.samples))

    async def worker() -> None:
        for number, request in numbered:
            try:
                async with asyncio.timeout(context.timeout):
                    answers[number] = await visit(context.connections, request, manner)
            except Exception as reason:
                failures.append(reason)

    async with asyncio.TaskGroup() as group:
        for _ in range(params.concurrency):
            group.create_task(worker())
    pages = [answers[number] for number in sorted(answers)]
    if not pages:
        raise ProbeError(f"none of {len(failures)} was answered: {explain(failures[0])}")
    return Observation(_facts(pages, len(failures)))


def _said(params: HttpParams) -> tuple[bytes | None, dict[str, str]]:
    """The body and the headers of the requests; what the check states wins over what follows from it."""
    headers = dict(DEFAULT_HEADERS)
    content = None
    if params.body is not None:
        content = params.body.encode()
    elif "json" in params.model_fields_set and params.json is not None:
        content, headers["content-type"] = json.dumps(params.json).encode(), "application/json"
    elif params.form is not None:
        content, headers["content-type"] = urlencode(params.form).encode(), "application/x-www-form-urlencoded"
    if params.bearer is not None:
        headers["authorization"] = f"Bearer {params.bearer}"
    if params.basic is not None:
        headers["authorization"] = basic(params.basic)
    return content, headers | {name.lower(): value for name, value in params.headers.items()}


def _facts(pages: list[Page], failed: int) -> dict[str, Any]:
    page = next((page for page in pages if not 200 <= page.response.status_code < 400), pages[0])
    statuses = [page.response.status_code for page in pages] + [0] * failed
    bad = sum(1 for status in statuses if status >= 500 or status == 0)
    good = 200 <= page.response.status_code < 400
    times = sorted(page.seconds for page in pages)
    text = text_of(page)
    legs = page.legs
    return {
        "status": 0 if failed and good else page.response.status_code,
        "seconds": pages[0].seconds,
        "headers": _shown_headers(page),
        "body": text,
        "json": None if page.truncated else json_of(text),
        "url": page.url,
        "redirects": page.redirects,
        "size": _size(page),
        "truncated": page.truncated,
        "p50": _percentile(times, 0.50),
        "p95": _percentile(times, 0.95),
        "max": times[-1],
        "statuses": statuses,
        "error_rate": bad / len(statuses),
        "legs": {"lookup": legs.lookup, "connect": legs.connect, "tls": legs.tls, "first_byte": legs.first_byte},
        "peer": page.response.extensions["peer"],
        "cookies": page.cookies,
    }


def _shown_headers(page: Page) -> dict[str, str]:
    """All headers, set-cookie with its attributes and without its values."""
    if not page.cookies:
        return page.headers
    return page.headers | {"set-cookie": ", ".join(_COOKIE_VALUE.sub("=•••", each, count=1) for each in page.cookies)}


def _size(page: Page) -> int:
    """Bytes of the body; what the server announces when it was not all read."""
    announced = page.headers.get("content-length", "")
    partial = page.truncated or page.response.request.method == "HEAD"
    return int(announced) if partial and announced.isdigit() else len(page.body)


def _percentile(ordered: list[float], share: float) -> float:
    """The smallest value that `share` of all values do not exceed."""
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def evidence(facts: Mapping[str, Any]) -> str:
    """'200 in 0.05 s'; of many also how many, the 95th percentile and what failed."""
    said = f"{facts['status']} in {_brief(facts['seconds'])}"
    if (count := len(facts["statuses"])) > 1:
        said += f", p95 {_brief(facts['p95'])} of {count}"
    if count > 1 and facts["error_rate"]:
        said += f", {facts['error_rate']:.0%} failed"
    return said


def _brief(seconds: float) -> str:
    return f"{seconds:.2f} s" if seconds >= 0.01 else f"{seconds:.1g} s"


KIND = Kind(
    name="http",
    summary="Ask a web address, once or many times.",
    params=HttpParams,
    facts={
        "status": "the status; of several answers the first that is not 200 to 399; 0 when only some were answered",
        "seconds": "time of the first answer, redirects included",
        "headers": "headers by name in small letters, several of one name joined with ', '",
        "body": "the body as text",
        "json": "what the body holds as JSON; null when it is none",
        "url": "the address that answered, after redirects",
        "redirects": "the addresses gone through before it",
        "size": "bytes of the body, unpacked",
        "truncated": "whether the body was longer than max_body",
        "p50": "the median time in seconds",
        "p95": "the time in seconds that 95 of 100 answers did not exceed",
        "max": "the longest time in seconds",
        "statuses": "the status of each answer, in order, then a 0 for each that did not come",
        "error_rate": "share of requests with no answer or a status of 500 and more, 0 to 1",
        "legs": "seconds for lookup, connect, tls and first_byte of the last exchange",
        "peer": "host:port that answered",
        "cookies": "each cookie as it was set (never shown)",
    },
    probe=probe,
    evidence=evidence,
    expect=("status >= 200 && status < 400",),
    host=lambda params: host_of(params.url),
    rounds=lambda params: math.ceil(len(params.urls) * params.samples / params.concurrency),
    hidden=frozenset({"cookies"}),
)
