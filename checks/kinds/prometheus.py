"""Ask Prometheus (or what speaks its API) a question in PromQL."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlencode

from pydantic import AfterValidator, Field

from checks.model import Context, Kind, Observation, Params, ProbeError
from checks.web import DEFAULT_HEADERS, Manner, ask, host_of, json_of, text_of, visit, web_address

_LIMIT = 8 * 2**20  # bytes of an answer


class PrometheusParams(Params):
    """url: where Prometheus is, without /api. query: PromQL, evaluated now."""

    url: Annotated[str, AfterValidator(web_address)]
    query: str = Field(min_length=1)
    headers: dict[str, str] = Field(default_factory=dict)
    bearer: str | None = None
    verify: bool = True
    ca_file: Path | None = None


async def probe(params: PrometheusParams, context: Context) -> Observation:
    """Raises ProbeError when there is no answer that makes sense, OSError or ssl.SSLError when there is none."""
    headers = DEFAULT_HEADERS | ({"authorization": f"Bearer {params.bearer}"} if params.bearer else {})
    headers |= {name.lower(): value for name, value in params.headers.items()}
    ca_file = context.folder / params.ca_file if params.ca_file else None
    address = f"{params.url.rstrip('/')}/api/v1/query?{urlencode({'query': params.query})}"
    page = await visit(context.connections, ask("GET", address, headers, limit=_LIMIT), _manner(params, ca_file))
    status = page.response.status_code
    if status in (401, 403):
        raise ProbeError(f"Prometheus refuses the credentials ({status})")
    answer = json_of(text_of(page))
    if not isinstance(answer, dict) or "status" not in answer:
        cut = ", or more of it than 8 MiB" if page.truncated else ""
        raise ProbeError(f"what answers there is not Prometheus{cut} (status {status})")
    if answer["status"] != "success":
        raise ProbeError(f"Prometheus refuses the query: {answer.get('error', 'it does not say why')}")
    try:
        return Observation(_facts(answer["data"]))
    except (KeyError, TypeError, ValueError, IndexError):
        raise ProbeError("the answer of Prometheus cannot be understood") from None


def _manner(params: PrometheusParams, ca_file: Path | None) -> Manner:
    return Manner(verify=params.verify, ca_file=ca_file, limit=_LIMIT)


def _facts(data: Mapping[str, Any]) -> dict[str, Any]:
    kind, result = data["resultType"], data["result"]
    series: list[dict[str, Any]]
    if kind in ("scalar", "string"):
        series = [{"labels": {}, "value": _number(result[1])}]
    elif kind == "vector":
        series = [{"labels": each["metric"], "value": _number(_sample(each)[1])} for each in result]
    else:
        series = [{"labels": each["metric"], "value": _number(each["values"][-1][1])} for each in result]
    return {"value": series[0]["value"] if series else None, "series": series, "count": len(series)}


def _sample(each: Mapping[str, Any]) -> Any:
    return each.get("value", (0, "NaN"))  # a native histogram is no number


def _number(text: str) -> float | None:
    """Prometheus writes numbers as text; what is not one (NaN) is null, so that no comparison holds by accident."""
    try:
        number = float(text)
    except ValueError:
        return None
    return None if math.isnan(number) else number


def evidence(facts: Mapping[str, Any]) -> str:
    """'0.998' or '3 series, the first 0.998'."""
    if not facts["count"]:
        return "no series"
    value = "no number" if facts["value"] is None else f"{facts['value']:.6g}"
    return value if facts["count"] == 1 else f"{facts['count']} series, the first {value}"


KIND = Kind(
    name="prometheus",
    summary="Ask Prometheus a question in PromQL.",
    params=PrometheusParams,
    facts={
        "value": "the number of the only or the first series; null when there is none",
        "series": "each series: its labels and its value",
        "count": "how many series there are",
    },
    probe=probe,
    evidence=evidence,
    expect=("count > 0",),
    host=lambda params: host_of(params.url),
)
