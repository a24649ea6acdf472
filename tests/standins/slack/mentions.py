"""Whom a text would really notify: the control sequences of mrkdwn, and the elements of rich text that mention.

https://docs.slack.dev/messaging/formatting-message-text: `<@U..>`, `<!subteam^S..>`, `<!here>`, `<!channel>`,
`<!everyone>`; `&`, `<` and `>` are escaped as `&amp;`, `&lt;`, `&gt;`. plain_text objects are shown as they are.
Sequences within back-ticks are counted too: whether Slack spares them is not documented.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

_SEQUENCE = re.compile(r"<([^<>]+)>")
_BARE = re.compile(r"(?<![\w@])@(here|channel|everyone)\b")
_BROADCASTS = ("here", "channel", "everyone")


@dataclass
class Mentions:
    """users and groups by id, broadcasts by name. bare: "@channel" as written, which Slack may parse or not."""

    users: set[str] = field(default_factory=set)
    groups: set[str] = field(default_factory=set)
    broadcasts: set[str] = field(default_factory=set)
    bare: set[str] = field(default_factory=set)

    def __bool__(self) -> bool:
        return bool(self.users or self.groups or self.broadcasts)

    def read(self, text: str, verbatim: bool = False) -> Mentions:
        """Adds what a mrkdwn text mentions."""
        for inner in _SEQUENCE.findall(text):
            name = inner.partition("|")[0]
            if re.fullmatch(r"@[UW]\w+", name):
                self.users.add(name[1:])
            elif name.startswith("!subteam^"):
                self.groups.add(name[len("!subteam^") :])
            elif name.startswith("!") and name[1:] in (*_BROADCASTS, "group"):
                self.broadcasts.add("channel" if name == "!group" else name[1:])
        if not verbatim:
            self.bare.update(_BARE.findall(_SEQUENCE.sub("", text)))
        return self

    def walk(self, value: Any) -> Mentions:
        """Adds what blocks mention."""
        if isinstance(value, list):
            for each in value:
                self.walk(each)
            return self
        if not isinstance(value, dict):
            return self
        kind = value.get("type")
        if kind in ("mrkdwn", "markdown") and isinstance(value.get("text"), str):
            self.read(value["text"], value.get("verbatim") is True)
        elif kind == "user":
            self.users.add(str(value.get("user_id")))
        elif kind == "usergroup":
            self.groups.add(str(value.get("usergroup_id")))
        elif kind == "broadcast":
            self.broadcasts.add(str(value.get("range")))
        for inner in value.values():
            self.walk(inner)
        return self


def mentions_of(text: str | None, blocks: Any, bare_counts: bool = False) -> Mentions:
    found = Mentions().read(text or "").walk(blocks)
    if bare_counts:
        found.broadcasts |= found.bare
    return found


def unescaped(text: str) -> str:
    """What a reader sees of the three characters that are escaped."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
