"""Secrets never leave: the one place that takes them out of text and of facts."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote, quote_plus

MASK = "•••"
_CREDENTIALS = re.compile(r"(?<=://)[^/\s@'\"<>]*:[^/\s'\"<>]*@")
_SHORT = 4  # characters; a shorter secret is only replaced where it stands alone, or no text would survive


class Redactor:
    """Replaces every known secret, in the forms that it travels in, and credentials inside URLs."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        forms: set[str] = set()
        for secret in secrets:
            for value in {secret, secret.strip()} - {""}:
                forms |= _forms(value)
        long = sorted((form for form in forms if len(form) >= _SHORT), key=len, reverse=True)
        short = sorted((form for form in forms if len(form) < _SHORT), key=len, reverse=True)
        parts = [re.escape(form) for form in long] + [rf"(?<!\w){re.escape(form)}(?!\w)" for form in short]
        self._pattern = re.compile("|".join(parts)) if parts else None

    def text(self, text: str) -> str:
        """`text` without secrets."""
        if self._pattern is not None:
            text = self._pattern.sub(MASK, text)
        return _CREDENTIALS.sub(f"{MASK}@", text) if "://" in text else text

    def facts(self, facts: Mapping[str, Any]) -> Mapping[str, Any]:
        """Facts without secrets, whole; as they are when there is no secret."""
        return facts if self._pattern is None else {name: self.value(value) for name, value in facts.items()}

    def value(self, value: Any) -> Any:
        """The same for a value of JSON's kinds; keys are cleaned too."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Mapping):
            return {self.text(str(key)): self.value(inner) for key, inner in value.items()}
        if isinstance(value, (list, tuple)):
            return [self.value(inner) for inner in value]
        return value


def _forms(secret: str) -> set[str]:
    """A secret as it may be echoed: in a URL, inside JSON, as Basic credentials."""
    forms = {secret, quote(secret, safe=""), quote(secret), quote_plus(secret), json.dumps(secret)[1:-1]}
    if len(secret) >= _SHORT:
        forms |= _in_base64(secret.encode())
    if len(secret) > 40 or "\n" in secret:  # a key in PEM: each of its lines gives it away
        forms |= {line.strip() for line in secret.splitlines() if len(line.strip()) >= 16}
    return forms


def _in_base64(secret: bytes) -> set[str]:
    """What a secret looks like inside something encoded (Basic credentials), wherever in it the secret begins."""
    forms = set()
    for before in range(3):
        whole = base64.b64encode(b"\0" * before + secret)
        # The first letters are shared with what stands before, the last with what comes behind.
        certain = whole[-(-before * 8 // 6) : (before + len(secret)) * 8 // 6].decode()
        forms |= {certain, certain.replace("+", "-").replace("/", "_")}
    return forms
