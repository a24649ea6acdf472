"""Every preset, right and wrong and out of reach: one row each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from checks.model import Outcome
from tests.presets.standins import Answer, Environment, Listener, Names, Nothing, Web, World

PASS, WARN, FAIL, ERROR = Outcome.PASS, Outcome.WARN, Outcome.FAIL, Outcome.ERROR


@dataclass(frozen=True)
class Case:
    """What is written, with `{base}` and the like from the world; what must come of it, and what must be said."""

    preset: str
    outcome: Outcome
    world: World
    given: Mapping[str, Any] = field(default_factory=dict)
    says: str = ""


def page(headers: Mapping[str, str], status: int = 200, path: str = "/") -> Web:
    return Web({f"GET {path}": Answer(status=status, headers=headers, text="hello")})


def told(path: str, json: Any, status: int = 200, **more: Any) -> Web:
    return Web({f"GET {path}": Answer(json, status)}, **more)


SAFE = {
    "Content-Security-Policy": "default-src 'self'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
BASE = {"url": "{base}"}
PAGES = [
    Case("security-headers", PASS, page(SAFE), BASE),
    Case("security-headers", WARN, page(SAFE | {"X-Powered-By": "Express"}), BASE, "x-powered-by"),
    Case("security-headers", FAIL, page(SAFE | {"Content-Security-Policy": "default-src *"}), BASE, "x-frame-options"),
    Case("security-headers", FAIL, page({}), BASE, "there is no 'content-security-policy'"),
    Case("security-headers", FAIL, page(SAFE | {"Referrer-Policy": "unsafe-url"}), BASE, "referrer-policy"),
    Case("security-headers", ERROR, Nothing(), BASE, "refused"),
    Case("cors-locked", PASS, page({}), BASE),
    Case("cors-locked", PASS, page({"Access-Control-Allow-Origin": "https://app.example.com"}, 403), BASE),
    Case("cors-locked", FAIL, page({"Access-Control-Allow-Origin": "*"}), BASE, "access-control-allow-origin"),
    Case("cors-locked", FAIL, page({"Access-Control-Allow-Origin": "ECHO"}), BASE, "foreign-origin.invalid"),
    Case("cors-locked", FAIL, page({}, 404), BASE, "was 404"),
    Case("cors-locked", ERROR, Nothing(), BASE),
    Case("cors-allows", PASS, page({"Access-Control-Allow-Origin": "ECHO"}), BASE | {"origin": "https://a.b"}),
    Case("cors-allows", WARN, page({"Access-Control-Allow-Origin": "*"}), BASE | {"origin": "https://a.b"}),
    Case("cors-allows", FAIL, page({"Access-Control-Allow-Origin": "x"}), BASE | {"origin": "https://a.b"}),
    Case("cors-allows", ERROR, Nothing(), BASE | {"origin": "https://a.b"}),
    Case("rate-limited", PASS, Web({"GET /": Answer(text="x")}, after=10), BASE),
    Case("rate-limited", FAIL, Web({"GET /": Answer(text="x")}, after=60), BASE, "429 in statuses"),
    Case("rate-limited", PASS, Web({"POST /": Answer(text="x")}, after=2), BASE | {"method": "POST", "requests": 3}),
    Case("rate-limited", ERROR, Nothing(), BASE),
    Case("debug-routes-off", PASS, Web({"GET /debug": Answer({}, 403)}), BASE),
    Case("debug-routes-off", FAIL, Web({"GET /.env": Answer(text="KEY=1")}), BASE, "200"),
    Case("debug-routes-off", FAIL, Web({"GET /a": Answer(text="x")}), BASE | {"paths": ["/a", "/b"]}),
    Case("debug-routes-off", ERROR, Nothing(), BASE),
    Case("https-redirect", PASS, page({"Location": "https://shop.example/"}, 308), {"host": "{host}"}),
    Case("https-redirect", PASS, page({"Location": "https://shop.example/"}, 301), {"host": "http://{host}/shop"}),
    Case("https-redirect", WARN, page({"Location": "https://shop.example/"}, 302), {"host": "{host}"}),
    Case("https-redirect", FAIL, page({"Location": "http://www.shop.example/"}, 301), {"host": "{host}"}, "location"),
    Case("https-redirect", FAIL, page({}), {"host": "{host}"}, "was 200"),
    Case("https-redirect", ERROR, Nothing(), {"host": "{host}"}),
]

HOOK = {"id": "evt_readiness_probe", "type": "readiness.probe"}
FORGED = {"url": "{base}/hook", "header": "Stripe-Signature"}
WEBHOOKS = [
    Case("unsigned-webhook-refused", PASS, Web({"POST /hook": Answer({}, 400)}, body=HOOK), {"url": "{base}/hook"}),
    Case("unsigned-webhook-refused", PASS, Web({"POST /hook": Answer({}, 200)}, needs={"X-Sign": "ok"}), FORGED),
    Case("unsigned-webhook-refused", FAIL, Web({"POST /hook": Answer({}, 200)}), FORGED, "was 200"),
    Case("unsigned-webhook-refused", FAIL, Web({}), FORGED, "was 404"),
    Case("unsigned-webhook-refused", ERROR, Nothing(), FORGED),
]


def hsts(value: str) -> Web:
    return Web({"GET /": Answer(text="x", headers={"Strict-Transport-Security": value})}, tls=True)


def healthy(json: Any, status: int = 200) -> Web:
    return told("/health", json, status)


TRUSTING = {"url": "{base}", "ca_file": "{ca}"}
TLS = {"host": "127.0.0.1", "port": "{port}", "ca_file": "{ca}"}
OWN = [
    Case("hsts", PASS, hsts('max-age="31536000" ; includeSubDomains'), TRUSTING),
    Case("hsts", WARN, hsts("max-age=31536000"), TRUSTING),
    Case("hsts", PASS, hsts("includeSubDomains; Max-Age=86400"), TRUSTING | {"max_age": "1d"}),
    Case("hsts", FAIL, hsts("max-age=3600"), TRUSTING, "31536000"),
    Case("hsts", FAIL, Web({"GET /": Answer(text="x")}, tls=True), TRUSTING, "there is no 'strict-transport-security'"),
    Case("hsts", FAIL, page({"Strict-Transport-Security": "max-age=31536000"}), BASE, "https://"),
    Case("hsts", ERROR, Nothing(), BASE),
    Case("healthy", PASS, healthy({"status": "UP"}), BASE),
    Case("healthy", PASS, healthy({"db": "fine"}), BASE),
    Case("healthy", PASS, Web({"GET /up?full=1": Answer(text="fine")}), BASE | {"path": "/up?full=1"}),
    Case("healthy", FAIL, healthy({"status": "down"}), BASE, "down"),
    Case("healthy", FAIL, healthy({"status": "ok"}, 503), BASE, "was 503"),
    Case("healthy", FAIL, healthy({"status": "ok"}), BASE | {"within": "0.001ms"}, "seconds"),
    Case("healthy", ERROR, Nothing(), BASE),
    Case("tls-expiry", PASS, Listener(tls="127.0.0.1"), TLS),
    Case("tls-expiry", WARN, Listener(tls="127.0.0.1"), TLS | {"warn_days": 400000}, "days_left"),
    Case("tls-expiry", FAIL, Listener(tls="127.0.0.1"), TLS | {"days": 400000}, "days_left"),
    Case("tls-expiry", FAIL, Listener(tls="shop.example"), TLS, "hostname_valid"),
    Case("tls-expiry", FAIL, Listener(tls="127.0.0.1"), {"host": "https://127.0.0.1", "port": "{port}"}, "chain_valid"),
    Case("tls-expiry", ERROR, Nothing(), {"host": "127.0.0.1", "port": "{port}"}),
]

STRONG = "JWT_SECRET=q8Zt2vLr0WnXc5Yb1Ks7Md4Hf9Gj3Pa6\n"
SECRET = {"name": "JWT_SECRET", "file": "{file}"}
ENVIRONMENT = [
    Case("strong-secret", PASS, Environment(STRONG), SECRET),
    Case("strong-secret", FAIL, Environment("JWT_SECRET=secret\n"), SECRET, "length"),
    Case("strong-secret", FAIL, Environment(f"JWT_SECRET={'changeme' * 5}\n"), SECRET, "entropy"),
    Case("strong-secret", FAIL, Environment("OTHER=1\n"), SECRET, "present"),
    Case("strong-secret", ERROR, Nothing(), SECRET),
    Case("stripe-live-keys", PASS, Environment("STRIPE_SECRET_KEY=sk_live_51x\n"), {"file": "{file}"}),
    Case("stripe-live-keys", PASS, Environment("PUB=pk_live_51x\n"), {"file": "{file}", "name": "PUB"}),
    Case("stripe-live-keys", FAIL, Environment("STRIPE_SECRET_KEY=sk_test_51x\n"), {"file": "{file}"}, "hidden"),
    Case("stripe-live-keys", ERROR, Nothing(), {"file": "{file}"}),
]

ZONE = {
    "MX shop.example": ["10 mail.shop.example."],
    "TXT shop.example": ['"v=spf1 include:mail.example -all"', '"google-site-verification=x"'],
    "TXT _dmarc.shop.example": ['"v=DMARC1; p=reject"'],
    "TXT k1._domainkey.shop.example": ['"v=DKIM1; k=rsa; p=MIGf" "MA0G"'],
}
MAIL = {"domain": "shop.example", "nameservers": ["{nameserver}"]}
NAMES = [
    Case("email-dns", PASS, Names(ZONE), MAIL | {"selector": "k1"}),
    Case("email-dns", PASS, Names(ZONE), MAIL | {"domain": "https://shop.example/"}),
    Case("email-dns", WARN, Names(ZONE | {"TXT _dmarc.shop.example": ['"v=DMARC1; p=none"']}), MAIL, "quarantine"),
    Case("email-dns", FAIL, Names(ZONE | {"MX shop.example": []}), MAIL, "answers.mx"),
    Case("email-dns", FAIL, Names(ZONE | {"TXT shop.example": ['"v=spf1 -all"', '"v=spf1 ~all"']}), MAIL, "spf"),
    Case("email-dns", FAIL, Names(ZONE | {"TXT shop.example": ['"v=spf1 mx +all"']}), MAIL, "spf"),
    Case("email-dns", FAIL, Names(ZONE | {"TXT shop.example": ['"v=spf1 all"']}), MAIL, "spf"),
    Case("email-dns", FAIL, Names(ZONE | {"TXT _dmarc.shop.example": []}), MAIL, "dmarc"),
    Case("email-dns", FAIL, Names(ZONE), MAIL | {"selector": "k2"}, "dkim"),
    Case("email-dns", ERROR, Nothing(), MAIL | {"timeout": "500ms"}, "does not answer"),
]
