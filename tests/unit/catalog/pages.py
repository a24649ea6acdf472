"""Catalogues as text for the tests, and what loading them says, without the folder that they stand in."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from bot.catalog.loader import load_catalog
from bot.catalog.model import Catalog, Item
from bot.catalog.problems import CatalogError

HEAD = """\
service: shop
environments: {prod: {}}
checklist:
  - section: Safety
    items:
"""


def page(*items: str, after: str = "") -> str:
    """A catalogue with these items, the first of them in line 6, and more top-level keys after them."""
    return HEAD + "".join(f"      - {item}\n" for item in items) + after


def one(way: str, after: str = "") -> str:
    """A catalogue whose one item, in line 6, is known like that."""
    return page(f"{{id: a, title: A, {way}}}", after=after)


PLAIN = one("attest: {}")


class Folder:
    """A folder of catalogue files; `readiness.yaml` is the one that is loaded."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.file = path / "readiness.yaml"

    def write(self, text: str | bytes, name: str = "readiness.yaml") -> Path:
        file = self.path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        return file

    def load(
        self, text: str, environ: Mapping[str, str] | None = None, overrides: Mapping[str, str] | None = None
    ) -> Catalog:
        self.write(text)
        return load_catalog(self.file, environ or {}, overrides)

    def mistakes(self, text: str | bytes, environ: Mapping[str, str] | None = None) -> list[str]:
        """The problems, each as it is printed ('readiness.yaml:6: key: message')."""
        self.write(text)
        with pytest.raises(CatalogError) as caught:
            load_catalog(self.file, environ or {})
        told = [str(problem).replace(f"{self.path}/", "") for problem in caught.value.problems]
        assert "\n".join(told) == str(caught.value).replace(f"{self.path}/", "")
        return told


def item(catalog: Catalog, item_id: str = "a", environment: str = "prod") -> Item:
    found = catalog.environments[environment].item(item_id)
    assert found is not None
    return found
