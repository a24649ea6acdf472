"""Catalogues for the end-to-end tests, as a team would write them, only shorter."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any


def catalogue(items: Iterable[Mapping[str, Any]], **more: Any) -> str:
    """A catalogue with one environment and one section; JSON is YAML too."""
    sections = [{"section": "All", "items": list(items)}]
    return json.dumps({"service": "shop", "environments": {"prod": {}}, "checklist": sections} | more, indent=1)


def item(name: str, check: Mapping[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    """An item that is known by a check, or by what `more` says."""
    return {"id": name, "title": f"Item {name}", **({"check": dict(check)} if check else {}), **more}


def good(name: str, **more: Any) -> dict[str, Any]:
    """An item that passes at once."""
    return item(name, {"kind": "env", "name": "PATH"}, **more)


def bad(name: str, **more: Any) -> dict[str, Any]:
    """An item that fails at once."""
    return item(name, {"kind": "env", "name": "NOT_SET_ANYWHERE"}, **more)


def web(name: str, url: str, **more: Any) -> dict[str, Any]:
    """An item that asks a web address."""
    options: dict[str, Any] = {
        key: more.pop(key) for key in ("headers", "expect", "basic", "bearer", "timeout") if key in more
    }
    return item(name, {"kind": "http", "url": url, **options}, **more)
