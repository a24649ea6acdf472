"""The catalogue in force: read again when its files change; a wrong edit leaves the last good one in force."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from pathlib import Path

from bot.catalog.loader import load_catalog
from bot.catalog.model import Catalog
from bot.catalog.problems import CatalogError

log = logging.getLogger(__name__)
_Stamp = dict[Path, tuple[int, int, int]]


class CurrentCatalog:
    """Holds the catalogue that commands and runs use. `look` is cheap: call it every second or two, off the loop."""

    def __init__(self, path: Path, environ: Mapping[str, str], overrides: Mapping[str, str] | None = None) -> None:
        """Reads the catalogue; raises CatalogError, for at the start there is no last good one."""
        self._path, self._environ, self._overrides = path, environ, dict(overrides or {})
        before = _stamp([path])
        self.catalog: Catalog = load_catalog(path, environ, self._overrides)
        self.problems: tuple[str, ...] = ()
        # As they were before they were read: an edit in between is noticed the next time.
        self._stamp = _stamp(self.catalog.files) | before

    @property
    def notice(self) -> str | None:
        """What everybody should know while the file on disk is wrong; None while it is in force."""
        if not self.problems:
            return None
        count = len(self.problems)
        return (
            f"{self._path.name} was edited and has {count} mistake{'s' if count > 1 else ''}; "
            f"the last good one is in force. First: {self.problems[0]}"
        )

    def look(self) -> bool:
        """Read the files again if they changed. True when there is something new to say (good or bad)."""
        before = _stamp(self._stamp)
        if before == self._stamp:
            return False
        try:
            catalog = load_catalog(self._path, self._environ, self._overrides)
        except CatalogError as wrong:
            self.problems = tuple(str(problem) for problem in wrong.problems)
            self._stamp = _stamp(wrong.files) | before
            log.error("The catalogue was edited and is wrong; the last good one stays in force.",
                      extra={"key": "catalog.refused", "problems": self.problems})  # fmt: skip
            return True
        self.catalog, self.problems = catalog, ()
        now = _stamp(catalog.files)
        self._stamp = now | {file: stamp for file, stamp in before.items() if file in now}
        log.info("The catalogue was edited and is in force.", extra={"key": "catalog.read"})
        return True


def _stamp(files: Iterable[Path]) -> _Stamp:
    """What changes when a file does: editors write in place or put a new file in its stead."""
    found = {}
    for file in files:
        try:
            status = file.stat()
        except OSError:
            found[file] = (0, 0, 0)
        else:
            found[file] = (status.st_mtime_ns, status.st_size, status.st_ino)
    return found
