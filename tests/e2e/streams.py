"""What a process writes, gathered while it runs, so that a test can wait for words instead of for time."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from time import monotonic

_PATIENCE = 45.0


class Stream:
    """Reads in a thread until there is no more. `text` is all that came so far."""

    def __init__(
        self,
        read: Callable[[int], bytes],
        on_bytes: Callable[[bytes], None] | None = None,
        readable: Callable[[str], str] = str,
    ) -> None:
        """on_bytes: told of all that comes. readable: what of a text a person would see."""
        self._read, self._on_bytes, self._readable = read, on_bytes, readable
        self._data = bytearray()
        self._news = threading.Condition()
        self._over = False
        self._thread = threading.Thread(target=self._gather, daemon=True)
        self._thread.start()

    def _gather(self) -> None:
        while True:
            try:
                data = self._read(65536)
            except (OSError, ValueError):  # the other end of a terminal has gone
                data = b""
            with self._news:
                self._data += data
                self._over = not data
                self._news.notify_all()
            if not data:
                return
            if self._on_bytes:
                self._on_bytes(data)

    @property
    def text(self) -> str:
        with self._news:
            return self._data.decode(errors="replace")

    def wait_for(self, pattern: str, after: int = 0, timeout: float = _PATIENCE) -> re.Match[str]:
        """Wait until `pattern` is in what came beyond `after` characters."""
        end = monotonic() + timeout
        with self._news:
            while True:
                text = self._readable(self._data.decode(errors="replace")[after:])
                found = re.search(pattern, text, re.DOTALL)
                if found:
                    return found
                left = end - monotonic()
                if self._over or left <= 0:
                    raise AssertionError(f"{pattern!r} never came: {text[-3000:]}")
                self._news.wait(left)

    def rest(self) -> str:
        """Everything, once the writer has ended."""
        self.join()
        return self.text

    def join(self) -> None:
        self._thread.join(_PATIENCE)
