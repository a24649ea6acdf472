"""The rich_text block: sections, lists, preformatted text and quotes of styled pieces.

https://docs.slack.dev/reference/block-kit/blocks/rich-text-block.
"""

from __future__ import annotations

from tests.standins.slack.shapes import (
    Check,
    Report,
    Shape,
    address,
    anything,
    boolean,
    items,
    kinds,
    one_of,
    string,
    whole,
)  # fmt: skip

_styles: dict[str, Check] = dict.fromkeys(
    ("bold", "italic", "strike", "code", "underline", "highlight", "client_highlight", "unlink"), boolean
)
style = Shape({}, _styles)


def _piece(must: dict[str, Check], may: dict[str, Check] | None = None) -> Shape:
    return Shape({"type": anything} | must, {"style": style} | (may or {}))


PIECES: dict[str, Check] = {
    "text": _piece({"text": string()}),
    "link": _piece({"url": address()}, {"text": string(), "unsafe": boolean}),
    "emoji": _piece({"name": string()}, {"unicode": string(), "skin_tone": whole(1, 6)}),
    "user": _piece({"user_id": string()}),
    "usergroup": _piece({"usergroup_id": string()}),
    "channel": _piece({"channel_id": string()}),
    "broadcast": _piece({"range": one_of("here", "channel", "everyone")}),
    "date": _piece({"timestamp": whole(0, 10**11), "format": string()}, {"url": address(), "fallback": string()}),
    "color": _piece({"value": string()}),
    "team": _piece({"team_id": string()}),
}


def _pieces(report: Report) -> dict[str, Check]:
    return PIECES


_line = items(kinds(_pieces), 1000, 0)
_bordered: dict[str, Check] = {"border": whole(0, 1)}
_section = Shape({"type": anything, "elements": _line})
_sections = items(kinds(lambda report: {"rich_text_section": _section}), 1000)
_parts: dict[str, Check] = {
    "rich_text_section": _section,
    "rich_text_preformatted": Shape({"type": anything, "elements": _line}, _bordered | {"language": string()}),
    "rich_text_quote": Shape({"type": anything, "elements": _line}, _bordered),
    "rich_text_list": Shape(
        {"type": anything, "style": one_of("bullet", "ordered"), "elements": _sections},
        _bordered | {"indent": whole(0, 8), "offset": whole(0, 10**6)},
    ),
}
rich_text = Shape({"type": anything, "elements": items(kinds(lambda report: _parts), 1000)}, {"block_id": string(255)})
