"""Text as Slack's mrkdwn: what comes from outside shows as it was typed, and notifies nobody.

Slack has no escape for `*`, `_`, `~` and the back-tick. What its clients show untouched is the fallback of a date that
cannot be formatted (the way of jsx-slack: https://github.com/yhatt/jsx-slack, docs/about-escape-and-exact-mode.md);
where even that cannot stand (in a link, in code, in a text full of them) a similar character stands in.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from bot.cards.model import Button, Code, Line, Link, Mark, Moment, OwnerMention, Row, Strong, Word, plain
from bot.platforms.slack import limits

Json = dict[str, Any]

SIGNS = {
    Mark.PASS: "✅", Mark.WARN: "⚠️", Mark.FAIL: "❌", Mark.ERROR: "❗", Mark.PENDING: "⚪", Mark.STALE: "🕒",
    Mark.BLOCKED: "⛔", Mark.WAIVED: "📝", Mark.RUNNING: "⏳", Mark.NONE: "•",
}  # fmt: skip
_LINE = 72  # characters of head and detail that stand on one line
_INDENT = "\u2003\u2003"

# Control characters of either set, those that turn the direction of text around, and those that nobody sees. The
# joiners U+200C and U+200D stay: Persian and many emoji need them.
_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u00ad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]")
_LONE = re.compile("[\ud800-\udfff]")
# Marks upon one another: no language needs more than six, and more would cover the lines above.
_MARKS = (
    "[\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u0610-\u061a\u064b-\u065f\u06d6-\u06ed\u0e34-\u0e3a\u0e47-\u0e4e"
    "\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]"
)
_STACKED = re.compile(f"({_MARKS}{{6}}){_MARKS}+")
_MARKERS = re.compile("[*_~`＊＿｀]+")
_SIMILAR = str.maketrans({"*": "∗", "_": "ˍ", "~": "∼", "`": "ˋ", "＊": "∗", "＿": "ˍ", "｀": "ˋ"})
_MOST_EXACT = 10  # runs of markers that are shown exactly; each costs 25 characters
_EMOJI = re.compile(r":(?=[\w+'-]*[a-zA-Z][\w+'-]*:)")
_BROADCAST = re.compile(r"@(?=(?:here|channel|everyone|group)\b)", re.IGNORECASE)
_GLUE = "\u2060"  # word joiner: takes no room
_SEAM = "\u200b"  # zero-width space: lets emphasis begin or end within a word
_MENTION = re.compile(r"<(?:@[UW][A-Z0-9]+|!subteam\^S[A-Z0-9]+)(?:\|[^<>|]*)?>")
_ADDRESS = re.compile(r"https?://[^\s/]", re.IGNORECASE)


def size(text: str) -> int:
    """How long Slack may find it: UTF-16 units."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def clean(text: str) -> str:
    """`text` on one line, without anything that does not show."""
    if text.isascii() and text.isprintable():
        return text
    text = _UNSAFE.sub("", re.sub(r"[\t\n\v\f\r\x85\u2028\u2029]+", " ", text))
    return _STACKED.sub(r"\1", _LONE.sub("\ufffd", text))


def cut(text: str, most: int) -> str:
    """At most so long, with an ellipsis where something is left out."""
    if size(text) <= most:
        return text
    return text[: _fitting(text, lambda part: size(part) < most)].rstrip() + "…"


def _fitting(text: str, fits: Callable[[str], bool]) -> int:
    """How much of the text's beginning fits, without taking a character apart."""
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if fits(text[:middle]) else (low, middle - 1)
    while low and low < len(text) and (unicodedata.combining(text[low]) or text[low] in "\u200d\ufe0f" or
                                       text[low - 1] == "\u200d"):  # fmt: skip
        low -= 1
    while low and not fits(text[:low]):
        low -= 1
    space = text.rfind(" ", max(0, low - 30), low)
    return space + 1 if space > 0 and low < len(text) and text[low] != " " else low


def entities(text: str) -> str:
    """The three characters that Slack wants written so: https://docs.slack.dev/messaging/formatting-message-text."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def quiet(text: str) -> str:
    """Without emoji from colons, and without what looks like calling everybody."""
    return _BROADCAST.sub(f"@{_GLUE}", _EMOJI.sub(f":{_GLUE}", text))


def escape(text: str) -> str:
    """Outside text for mrkdwn, so that it shows as it was typed."""
    text = entities(quiet(clean(text)))
    if text.startswith(("&gt;", "＞")):  # would be a quotation
        text = "\u00ad" + text
    if len(_MARKERS.findall(text)) > _MOST_EXACT:
        return text.translate(_SIMILAR)
    return _MARKERS.sub(_exact, text)


def _exact(found: re.Match[str]) -> str:
    run, start, end, whole = found[0], found.start(), found.end(), found.string
    inside = start > 0 and end < len(whole) and (whole[start - 1] + whole[end]).isascii()
    if len(run) == 1 and run in "*_~" and inside and whole[start - 1].isalnum() and whole[end].isalnum():
        return run  # within a word it marks nothing: api_key, 2*3
    return f"<!date^00000000^{{_}}|{run}>"


def similar(text: str) -> str:
    """Outside text for where no sequence can stand: in a link or a date."""
    return entities(quiet(clean(text))).translate(_SIMILAR).replace("|", "ǀ")


def link(text: str, url: str) -> str:
    """A link to http or https; anything else, and what pretends to lead elsewhere, shows its address."""
    url, label = clean(url).strip(), clean(text).strip()
    target = entities(re.sub(r"[|<>\s\"`]", lambda found: f"%{ord(found[0]):02X}", url))
    if not _ADDRESS.match(url) or size(target) > limits.URL:
        return escape(f"{label} ({url})" if label and label != url else url)
    if not label or label == url or _ADDRESS.match(label):
        return f"<{target}>"
    return f"<{target}|{similar(label)}>"


def moment(word: Moment) -> str:
    """The time in the reader's own zone."""
    if not math.isfinite(word.at) or not 0 < word.at <= limits.LATEST:
        return escape(word.text)
    return f"<!date^{int(word.at)}^{{date_short_pretty}} {{time}}|{similar(word.text) or 'a time'}>"


def mention(word: OwnerMention, mentions: Mapping[str, str]) -> str:
    """Who should look here: only users and groups that the catalogue names for that owner."""
    known = mentions.get(word.key, "")
    called = [found[0] for found in _MENTION.finditer(known)]
    return " ".join(called) if called and not _MENTION.sub("", known).strip(" ,") else _marked(word.title, "*")


def _marked(text: str, marker: str) -> str:
    """With its emphasis; Slack wants no space within the markers."""
    text = clean(text)
    inner = text.strip()
    if not inner:
        return text
    before, after = text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]
    shown = entities(inner.replace("`", "ˋ").replace("｀", "ˋ")) if marker == "`" else escape(inner)
    return f"{before}{marker}{shown}{marker}{after}"


def _word(word: Word, mentions: Mapping[str, str]) -> str:
    if isinstance(word, str):
        return escape(word)
    if isinstance(word, Strong):
        return _marked(word.text, "*")
    if isinstance(word, Code):
        return _marked(word.text, "`")
    if isinstance(word, Link):
        return link(word.text, word.url)
    return moment(word) if isinstance(word, Moment) else mention(word, mentions)


def _join(text: str, word: Word, rendered: str) -> str:
    """One behind the other, with room for emphasis to begin or end."""
    if not text or not rendered or isinstance(word, Link | Moment):
        return text + rendered
    ends, begins = text[-1], rendered[0]
    touching = (ends in "*`" and (begins.isalnum() or begins in "*`")) or (begins in "*`" and ends.isalnum())
    return f"{text}{_SEAM if touching else ''}{rendered}"


def fit(line: Line, mentions: Mapping[str, str], most: int) -> tuple[str, Line]:
    """As much of the line as fits, and what is left of it."""
    text = ""
    for index, word in enumerate(line):
        whole = _join(text, word, _word(word, mentions))
        if size(whole) > most:
            return _broken(text, word, line[index + 1 :], mentions, most)
        text = whole
    return text, ()


def _broken(text: str, word: Word, others: Line, mentions: Mapping[str, str], most: int) -> tuple[str, Line]:
    """What fits of the word at which there was no more room; what cannot be taken apart waits whole."""
    if not isinstance(word, str | Strong | Code):
        if text:
            return text, (word, *others)
        word = word.title if isinstance(word, OwnerMention) else word.text

    def joined(part: Word) -> str:
        return _join(text, part, _word(part, mentions))

    head, tail = _split(word, lambda part: size(joined(part)) <= most)
    return joined(head), (*((tail,) if tail else ()), *others)


def _split(word: str | Strong | Code, fits: Callable[[Word], bool]) -> tuple[str | Strong | Code, Word | None]:
    whole = clean(word if isinstance(word, str) else word.text)

    def part(text: str) -> str | Strong | Code:
        return text if isinstance(word, str) else replace(word, text=text)

    # Markup never makes a text shorter, so that nothing beyond the longest text can fit.
    kept = _fitting(whole[: limits.SECTION], lambda text: fits(part(text)))
    tail = whole[kept:].lstrip()
    return part(whole[:kept]), part(tail) if tail else None


def markup(line: Line, mentions: Mapping[str, str], most: int = limits.SECTION) -> str:
    """The line as mrkdwn, cut with an ellipsis where it does not fit."""
    text, rest = fit(line, mentions, most)
    return f"{fit(line, mentions, most - 1)[0].rstrip()}…" if rest else text


def row_text(row: Row, mentions: Mapping[str, str], most: int, *, two_lines: bool = False) -> str:
    """A row of a listing: one line; two where its detail is long, or always (beside a button there is room)."""
    head = markup(row.head, mentions, most * 2 // 3).strip()
    aside = f"  ·  {escape(cut(clean(row.aside), limits.OPTION))}" if row.aside.strip() else ""
    room = max(limits.SHORT_ROW // 2, most - size(head) - size(aside))
    detail = markup(row.detail, mentions, room).strip()
    if not detail:
        return f"{SIGNS[row.mark]}  {head}{aside}"
    together = not two_lines and len(plain(row.head)) + len(plain(row.detail)) <= _LINE
    return f"{SIGNS[row.mark]}  {head}{aside}" + (f"  –  {detail}" if together else f"\n{_INDENT}{detail}")


def spoken(text: str) -> str:
    """Outside text for a message's `text`, which is read out and shown in notifications, never empty."""
    return cut(entities(quiet(clean(text))), limits.MESSAGE).strip() or "Readiness"


def plain_text(text: str, most: int) -> Json:
    """A text object without markup, cut to fit."""
    return {"type": "plain_text", "text": cut(quiet(clean(text)).strip(), most), "emoji": True}


def mrkdwn(text: str) -> Json:
    """A text object of finished markup. verbatim: Slack looks for no names or addresses of its own in it."""
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def button_element(button: Button, about: str = "") -> Json:
    """A button; its value is the command that clicking it types. about: what it is for, if its place does not say."""
    label = clean(button.label).strip() or "Do it"
    shown: Json = {
        "type": "button", "action_id": "do-0", "value": button.command,
        "text": plain_text(f"{label}: {about}" if about else label, limits.BUTTON),
    }  # fmt: skip
    if button.style != "plain":
        shown["style"] = button.style
    if button.confirm is not None:
        shown["confirm"] = {
            "title": plain_text(f"{cut(label, limits.CONFIRM_TITLE - 1)}?", limits.CONFIRM_TITLE),
            "text": plain_text(clean(button.confirm).strip() or "Do it now?", limits.CONFIRM_TEXT),
            "confirm": plain_text(label, limits.CONFIRM_BUTTON),
            "deny": plain_text("Cancel", limits.CONFIRM_BUTTON),
        }
        if button.style == "danger":
            shown["confirm"]["style"] = "danger"
    return shown


def cost(blocks: Iterable[Any]) -> int:
    """What blocks count against the budget of a message."""
    return sum(_texts(block) + limits.CONTAINER for block in blocks)


def _texts(value: Any) -> int:
    if isinstance(value, list):
        return sum(map(_texts, value))
    if isinstance(value, dict):
        own = sum(size(inner) for name, inner in value.items() if name in ("text", "value") and isinstance(inner, str))
        return own + sum(_texts(inner) for inner in value.values() if isinstance(inner, dict | list))
    return 0
