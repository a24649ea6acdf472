"""Logs: one line an event, a sentence and a machine-readable key, without secrets. JSON unless a person is watching."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Callable
from datetime import UTC, datetime

_STANDARD = frozenset(logging.LogRecord("", 0, "", 0, "", (), None).__dict__) | {"message", "asctime", "taskName"}


class Lines(logging.Formatter):
    """redact: takes secrets out of a text; it is asked for each line, because secrets change with the catalogue."""

    def __init__(self, redact: Callable[[str], str], *, as_json: bool) -> None:
        super().__init__()
        self._redact, self._as_json = redact, as_json

    def format(self, record: logging.LogRecord) -> str:
        moment = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        extra = {key: value for key, value in record.__dict__.items() if key not in _STANDARD}
        key = extra.pop("key", record.name)
        trace = self.formatException(record.exc_info) if record.exc_info else None
        if self._as_json:
            line = {
                "at": moment,
                "level": record.levelname.lower(),
                "key": key,
                "message": record.getMessage(),
                **extra,
            }
            return self._redact(json.dumps(line | ({"trace": trace} if trace else {}), default=str, ensure_ascii=False))
        details = " ".join(f"{name}={value}" for name, value in extra.items())
        text = f"{moment[11:19]} {record.levelname.lower():7} {record.getMessage()}" + (
            f" ({details})" if details else ""
        )
        return self._redact(f"{text}\n{trace}" if trace else text)


def set_up_logging(
    redact: Callable[[str], str], form: str, level: int = logging.INFO, *, faults_only: bool = False
) -> None:
    """Log to standard error. form: 'json', 'text', or '' to choose by whether a person is watching.

    faults_only: only what comes with a trace, for programs that tell everything else in their own words.
    """
    handler = logging.StreamHandler(sys.stderr)
    if faults_only:
        handler.addFilter(lambda record: bool(record.exc_info))
    as_json = form == "json" or (form == "" and not sys.stderr.isatty())
    handler.setFormatter(Lines(redact, as_json=as_json))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    logging.getLogger("aiohttp.access").setLevel(logging.WARNING)
