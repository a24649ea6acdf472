"""A finished run for machines and for documents: JSON, JUnit and Markdown, all from the one view."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from xml.etree import ElementTree as ET

from bot.cards.environment import View
from bot.cards.model import plain
from bot.cards.run import next_step
from bot.platforms.console.render import LONE, clean
from bot.rules.states import Standing, State

# What XML 1.0 cannot hold at all, however it is escaped: https://www.w3.org/TR/xml/#charsets
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>#|!~])")


def as_json(view: View) -> str:
    """The object of `View.as_json`: a line for each field, and one for each item."""
    found = view.as_json()
    # Indenting is done here: json's own goes through every value in Python, a tenth of a second for 3,000 items.
    lines = [f'  "{key}": {_lines(value)}' for key, value in found.items()]
    return LONE.sub("\ufffd", "{\n" + ",\n".join(lines) + "\n}")


def _lines(value: object) -> str:
    if not isinstance(value, list) or not value:
        return json.dumps(value, ensure_ascii=False)
    return "[\n" + ",\n".join(f"    {json.dumps(entry, ensure_ascii=False)}" for entry in value) + "\n  ]"


def as_junit(view: View) -> str:
    """One test suite a section. What fails is a failure; what is not known, an error; what is waived, skipped."""
    root = ET.Element("testsuites", name=_xml(f"{view.catalog.service} {view.environment.name}"))
    by_section: dict[str, list[Standing]] = {}
    for standing in view.listed:
        by_section.setdefault(standing.item.section, []).append(standing)
    for section, standings in by_section.items():
        suite = ET.SubElement(root, "testsuite", name=_xml(section), tests=str(len(standings)))
        counts = {"failures": 0, "errors": 0, "skipped": 0}
        for standing in standings:
            kind = _case(suite, standing, view)
            if kind:
                counts[kind] += 1
        for name, count in counts.items():
            suite.set(name, str(count))
    for name in ("tests", "failures", "errors", "skipped"):
        root.set(name, str(sum(int(suite.get(name, "0")) for suite in root)))
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode")


def _case(suite: ET.Element, standing: Standing, view: View) -> str | None:
    item, result = standing.item, view.results.get(standing.item.id)
    seconds = f"{result.seconds:.3f}" if result else "0"
    case = ET.SubElement(suite, "testcase", classname=_xml(f"{view.environment.name}.{item.section}"),
                          name=_xml(f"{item.id}: {item.title}"), time=seconds)  # fmt: skip
    said = _xml(standing.sentence)
    if standing.state is State.WAIVED:
        ET.SubElement(case, "skipped", message=said)
        return "skipped"
    if standing.state is State.FAIL:
        ET.SubElement(case, "failure", message=said, type=item.level.value).text = said
        return "failures"
    if not standing.state.holds:
        ET.SubElement(case, "error", message=said, type=standing.state.value).text = said
        return "errors"
    if standing.state is State.WARN:
        ET.SubElement(case, "system-out").text = said
    return None


def as_markdown(view: View) -> str:
    """The verdict, the reasons and every item, as a document."""
    return "\n".join(_markdown(view)) + "\n"


def _markdown(view: View) -> Iterator[str]:
    verdict, name = view.verdict, view.environment.name
    decision = verdict.decision.spoken if verdict else "no verdict, the run was interrupted"
    yield f"# {_escape(view.catalog.service)} {_escape(name)}: {decision}"
    yield ""
    if verdict:
        release = f", release {_escape(view.run.release)}" if view.run and view.run.release else ""
        moment = view.now.astimezone(view.catalog.timezone)
        yield f"Score {verdict.score:.1f} of 10, {moment:%Y-%m-%d %H:%M %Z}{release}."
        yield ""
        yield f"**Next:** {_escape(plain(next_step(view)))}"
        yield ""
    for weight, title in (("blocks", "Blockers"), ("condition", "Conditions"), ("note", "Can follow")):
        reasons = [reason for reason in verdict.reasons if reason.weight == weight] if verdict else []
        if reasons:
            yield f"## {title}"
            yield ""
            for reason in reasons:
                owner = f" ({_escape(view.catalog.owner_title(reason.owner) or '')})" if reason.owner else ""
                yield f"- **{_escape(reason.title)}**, {reason.state}{owner}: {_escape(reason.evidence)}"
            yield ""
    yield "## Checklist"
    section = None
    for standing in view.listed:
        if standing.item.section != section:
            section = standing.item.section
            yield ""
            yield f"### {_escape(section)}"
            yield ""
            yield "| | Item | Level | State | Evidence |"
            yield "|---|---|---|---|---|"
        box = "☑" if standing.state.holds else "☐"
        cells = (box, _escape(standing.item.title), standing.item.level.value, standing.state.value)
        yield f"| {' | '.join(cells)} | {_escape(standing.sentence)} |"


def _escape(text: str) -> str:
    return _MARKDOWN.sub(r"\\\1", clean(text))


def _xml(text: str) -> str:
    return _NOT_XML.sub("", text)
