"""The presets of providers: what their APIs answer, in the shapes that their documentation gives."""

from __future__ import annotations

from typing import Any

from tests.presets.cases import BASE, ERROR, FAIL, PASS, WARN, Case, told
from tests.presets.standins import Answer, Nothing, Prometheus, Web

BEARER = {"Authorization": "Bearer t0ken"}
API = {"api": "{base}", "token": "t0ken"}


def statuspage(indicator: str) -> Web:
    page = {"page": {"id": "x", "name": "GitHub"}, "status": {"indicator": indicator, "description": "so so"}}
    return told("/api/v2/status.json", page)


STATUSPAGE = [
    Case("statuspage", PASS, statuspage("none"), BASE),
    Case("statuspage", WARN, statuspage("minor"), {"url": "{base}/"}, "minor"),
    Case("statuspage", FAIL, statuspage("critical"), BASE, "critical"),
    Case("statuspage", ERROR, Nothing(), BASE),
]

RUNS = "/repos/shop/api/actions/workflows/ci.yml/runs?branch={}&status=completed&per_page=1"


def runs(*conclusions: str, path: str = RUNS.format("main")) -> Web:
    listed = [{"id": 1, "status": "completed", "conclusion": conclusion} for conclusion in conclusions]
    return told(path, {"total_count": len(listed), "workflow_runs": listed}, needs=BEARER)


WORKFLOW = API | {"repo": "shop/api", "workflow": "ci.yml"}
OPEN = "/repos/shop/api/dependabot/alerts?state=open&severity=critical,high&per_page=1"
SCANNED = "/repos/shop/api/code-scanning/alerts?state=open&severity=critical&per_page=1"
ALERTS = API | {"repo": "shop/api"}
BY_COMMIT = RUNS.format("release/1%262").replace("&status", "&head_sha=abc&status")
GITHUB = [
    Case("github-workflow", PASS, runs("success"), WORKFLOW),
    Case(
        "github-workflow", PASS, runs("success", path=BY_COMMIT), WORKFLOW | {"branch": "release/1&2", "commit": "abc"}
    ),
    Case("github-workflow", FAIL, runs("failure"), WORKFLOW, "conclusion == 'success'"),
    Case("github-workflow", FAIL, runs(), WORKFLOW, "there is no entry 0"),
    Case("github-workflow", FAIL, runs("success"), WORKFLOW | {"token": "other"}, "was 401"),
    Case("github-workflow", ERROR, Nothing(), WORKFLOW),
    Case("github-alerts", PASS, told(OPEN, [], needs=BEARER), ALERTS),
    Case("github-alerts", FAIL, told(OPEN, [{"number": 1, "state": "open"}]), ALERTS, "json.size() == 0"),
    Case("github-alerts", FAIL, told(OPEN, {"message": "Dependabot alerts are disabled"}, 403), ALERTS, "disabled"),
    Case("github-alerts", ERROR, Nothing(), ALERTS),
    Case("github-code-scanning", PASS, told(SCANNED, [], needs=BEARER), ALERTS),
    Case("github-code-scanning", FAIL, told(SCANNED, [{"number": 4, "rule": {"id": "sql"}}]), ALERTS, "json.size()"),
    Case("github-code-scanning", ERROR, Nothing(), ALERTS),
]


def hooks(**different: Any) -> Web:
    hook = {
        "id": "we_1",
        "object": "webhook_endpoint",
        "enabled_events": ["charge.succeeded", "charge.failed"],
        "livemode": True,
        "status": "enabled",
        "url": "https://shop.example/hook",
    }
    listed = {"object": "list", "data": [hook | different], "has_more": False, "url": "/v1/webhook_endpoints"}
    return told("/v1/webhook_endpoints?limit=100", listed, needs=BEARER)


def account(charges: bool, payouts: bool) -> Web:
    return told("/v1/account", {"charges_enabled": charges, "payouts_enabled": payouts}, needs=BEARER)


STRIPE = {"api": "{base}", "key": "t0ken"}
HOOK = STRIPE | {"url": "https://shop.example/hook"}
STRIPES = [
    Case("stripe-webhook", PASS, hooks(), HOOK),
    Case("stripe-webhook", PASS, hooks(), HOOK | {"events": "charge.failed"}),
    Case("stripe-webhook", PASS, hooks(enabled_events=["*"]), HOOK | {"events": ["a", "b"]}),
    Case("stripe-webhook", PASS, hooks(livemode=False), HOOK | {"mode": "test"}),
    Case("stripe-webhook", FAIL, hooks(), HOOK | {"events": ["charge.failed", "refund.created"]}, "refund.created"),
    Case("stripe-webhook", FAIL, hooks(livemode=False), HOOK, "livemode"),
    Case("stripe-webhook", FAIL, hooks(status="disabled"), HOOK, "enabled"),
    Case("stripe-webhook", FAIL, hooks(), HOOK | {"url": "https://shop.example/other"}),
    Case("stripe-webhook", FAIL, hooks(), HOOK | {"url": "x' || true || 'y"}),
    Case("stripe-webhook", FAIL, hooks(), HOOK | {"key": "other"}, "was 401"),
    Case("stripe-webhook", ERROR, Nothing(), HOOK),
    Case("stripe-account", PASS, account(True, True), STRIPE),
    Case("stripe-account", WARN, account(True, False), STRIPE, "payouts_enabled"),
    Case("stripe-account", FAIL, account(False, True), STRIPE, "charges_enabled"),
    Case("stripe-account", ERROR, Nothing(), STRIPE),
]

ISSUES = (
    "/api/0/organizations/shop/issues/?project=-1{}&statsPeriod=24h"
    "&query=is:unresolved%20level:%5Berror,fatal%5D&limit=100"
)
SENTRY = API | {"org": "shop"}
DEPLOYMENTS = "/v6/deployments?projectId=shop&target=production{}&limit=1"
VERCEL = API | {"project": "shop"}


def deployed(state: str, team: str = "") -> Web:
    found = {"uid": "dpl_1", "readyState": state, "state": state, "meta": {"githubCommitSha": "abc"}}
    return told(DEPLOYMENTS.format(team), {"deployments": [found], "pagination": {"count": 1}}, needs=BEARER)


RAILWAY = {"api": "{base}", "project": "p", "environment": "e", "service": "s"}


def railway(status: str | None, **needs: str) -> Web:
    edges = [{"node": {"id": "d", "status": status}}] if status else []
    return Web({"POST /graphql/v2": Answer({"data": {"deployments": {"edges": edges}}})}, needs=needs)


HOSTS = [
    Case("sentry-errors", PASS, told(ISSUES.format(""), [], needs=BEARER), SENTRY),
    Case("sentry-errors", PASS, told(ISSUES.format("&environment=prod"), []), SENTRY | {"environment": "prod"}),
    Case("sentry-errors", PASS, told(ISSUES.format(""), [{"id": "1"}]), SENTRY | {"most": 1}),
    Case("sentry-errors", FAIL, told(ISSUES.format(""), [{"id": "1", "title": "boom"}]), SENTRY, "boom"),
    Case("sentry-errors", FAIL, told(ISSUES.format(""), []), SENTRY | {"org": "other"}, "was 404"),
    Case("sentry-errors", ERROR, Nothing(), SENTRY),
    Case("vercel-deployment", PASS, deployed("READY"), VERCEL),
    Case("vercel-deployment", PASS, deployed("READY", "&teamId=t1"), VERCEL | {"team": "t1", "commit": "abc"}),
    Case("vercel-deployment", FAIL, deployed("ERROR"), VERCEL, "ERROR"),
    Case("vercel-deployment", FAIL, deployed("READY"), VERCEL | {"commit": "def"}, "'def'"),
    Case("vercel-deployment", ERROR, Nothing(), VERCEL),
    Case("railway-deployment", PASS, railway("SUCCESS", Authorization="Bearer t0ken"), RAILWAY | {"token": "t0ken"}),
    Case(
        "railway-deployment",
        PASS,
        railway("SUCCESS", **{"Project-Access-Token": "own"}),
        RAILWAY | {"project_token": "own"},
    ),
    Case("railway-deployment", FAIL, railway("CRASHED"), RAILWAY | {"token": "t0ken"}, "CRASHED"),
    Case("railway-deployment", FAIL, railway(None), RAILWAY | {"token": "t0ken"}, "there is no entry 0"),
    Case("railway-deployment", ERROR, Nothing(), RAILWAY | {"token": "t0ken"}),
]

TAG = "/v2/namespaces/shop/repositories/api/tags/latest"
MANIFEST = "/v2/shop/api/manifests/v1"
HUB = {"api": "{base}", "namespace": "shop", "repository": "api"}
REGISTRY = {"registry": "{base}", "image": "shop/api", "tag": "v1"}


def tag(*sizes: int) -> Web:
    images = [{"architecture": "amd64", "os": "linux", "size": size, "status": "active"} for size in sizes]
    return told(TAG, {"name": "latest", "full_size": sum(sizes), "images": images})


def manifest(*sizes: int) -> Web:
    layers = [{"mediaType": "application/vnd.oci.image.layer.v1.tar+gzip", "size": size} for size in sizes]
    return told(MANIFEST, {"schemaVersion": 2, "config": {"size": 7023}, "layers": layers})


QUERY = '100 * avg(avg_over_time(up{job="che\'ck\\"out"}[86400s]))'
UP = {"url": "{base}", "job": "che'ck\"out", "window": "24h"}

MEASURED = [
    Case("image-size", PASS, tag(400_000_000, 499_999_999), HUB),
    Case("image-size", FAIL, tag(400_000_000, 500_000_001), HUB, "image.size"),
    Case("image-size", FAIL, tag(), HUB, "json.images.size()"),
    Case("image-size", PASS, tag(10), HUB | {"megabytes": 0.5}),
    Case("image-size", ERROR, Nothing(), HUB),
    Case("registry-image-size", PASS, manifest(250_000_000, 250_000_000), REGISTRY),
    Case("registry-image-size", FAIL, manifest(250_000_000, 250_000_001), REGISTRY, "layer.size"),
    Case("registry-image-size", FAIL, told(MANIFEST, {"manifests": []}), REGISTRY, "there is no 'layers'"),
    Case("registry-image-size", ERROR, Nothing(), REGISTRY),
    Case("prometheus-uptime", PASS, Prometheus(QUERY, "99.95"), UP),
    Case("prometheus-uptime", FAIL, Prometheus(QUERY, "99.8"), UP, "99.8"),
    Case("prometheus-uptime", PASS, Prometheus(QUERY, "99.8"), UP | {"percent": "99.5"}),
    Case("prometheus-uptime", ERROR, Prometheus(QUERY), UP),
    Case("prometheus-uptime", ERROR, Nothing(), UP),
]
