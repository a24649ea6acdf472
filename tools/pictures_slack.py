"""Pictures of what Slack would show: Block Kit to HTML that looks close to it, and that to PNG with headless Chromium.

    .venv/bin/python -m tools.pictures_slack [--chromium chromium] [--folder docs/pictures]

For people who change a card or its rendering and want to see it. Needs Chromium; no test needs this.
"""

from __future__ import annotations

import argparse
import html
import re
import subprocess
import tempfile
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from bot.cards.environment import View
from bot.cards.items import item_card
from bot.cards.run import environment_card
from bot.catalog.model import Attested, Catalog, Environment, Item, Level, Reported
from bot.commands.model import Ask
from bot.commands.registry import commands
from bot.platforms.slack.forms import Choices, form
from bot.platforms.slack.render import render
from bot.rules.states import stand
from bot.rules.verdict import changes, judge
from storage.records import Result, Run, RunState
from tests.unit.samples import CHECK, DAY, FRESH, NOW, TODAY, a_catalog, a_result, a_waiver, evidence

Json = dict[str, Any]
WIDTH = 720
MENTIONS = {"devops": "<!subteam^S0OPS|@devops>", "product": "<@U7|Paula>"}

# section, title, level, owner, outcome of its check (None: not known by one), what it saw, seconds
CHECKLIST = [
    ("Security", "HSTS headers configured", "critical", "devops", "fail",
     "headers['strict-transport-security'] is missing at https://shop.example.com", 0.182),
    ("Security", "HTTPS redirect", "critical", "devops", "pass", "301 to https", 0.094),
    ("Security", "CORS allows only our origins", "critical", "devops", "pass", "refused evil.example", 0.11),
    ("Infrastructure", "API answers in under 2 s", "critical", "devops", "fail", "p95 < 2.0, was 3.41", 4.6),
    ("Infrastructure", "Database reachable", "critical", "devops", "pass", "1 row", 0.02),
    ("Infrastructure", "Certificate valid for 14 days", "important", "devops", "warn", "days_left > 14, was 9", 0.3),
    ("Infrastructure", "Redis answers", "important", None, "pass", "PONG", 0.01),
    ("Payments", "Stripe webhook registered", "critical", "product", "pass", "1 endpoint", 0.4),
    ("Payments", "Unsigned webhooks are refused", "critical", "product", "pass", "400", 0.1),
    ("Data", "Backup restored at least once", "critical", "devops", None, "", 0.0),
    ("Data", "Index on orders.customer_id", "important", None, "pass", "orders_customer_id_idx", 0.03),
    ("Quality", "Unit tests green", "important", "product", None, "", 0.0),
    ("Quality", "No new errors in Sentry", "important", "product", "pass", "0 unresolved", 0.5),
    ("Communication", "Status page says all is well", "minor", None, "pass", "operational", 0.2),
]  # fmt: skip


def checklist(
    well: bool, measured: int = len(CHECKLIST)
) -> tuple[Catalog, Environment, tuple[Item, ...], list[Result]]:
    items, results = [], []
    for number, (section, title, level, owner, outcome, summary, seconds) in enumerate(CHECKLIST):
        word, report = Attested(("devops",), timedelta(days=30), "required"), Reported(timedelta(hours=24))
        way = CHECK if outcome else word if section == "Data" else report
        if well and not outcome:
            continue
        item_id = re.sub(r"\W+", "-", title.lower()).strip("-")[:40]
        items.append(Item(item_id, title, section, Level(level), way, owner))
        if outcome and number < measured:
            said = ("pass", "as expected") if well else (outcome, summary)
            results.append(a_result(said[0], item=item_id, summary=said[1], seconds=seconds))
    environment = Environment("prod", tuple(items))
    return a_catalog(environment=environment, release="a1b2c3d"), environment, tuple(items), results


def a_view(well: bool = False, live: int | None = None) -> View:
    catalog, environment, items, results = checklist(well, live if live is not None else len(CHECKLIST))
    standings = stand(items, evidence(*results), NOW, FRESH)
    verdict = judge(standings, "critical", TODAY)
    run = Run(
        id=42, environment="prod", state=RunState.RUNNING if live is not None else RunState.FINISHED, person="ana",
        name="Ana", items=[item.id for item in items if item.way is CHECK], shown=[], asked_at=NOW,
        started_at=NOW - timedelta(seconds=6.2), finished_at=NOW, release=catalog.release, done=len(results),
    )  # fmt: skip
    found = {result.item: result for result in results}
    before = {item.id: "pass" for item in items}
    view = View(catalog, environment, standings, NOW, verdict, found, run=run)
    return replace(view, verdict=None) if live is not None else replace(view, changes=changes(before, standings))


def pictures() -> dict[str, str]:
    """The body of each picture, by its name."""
    view = a_view()
    failing = view.standings[0]
    history = [a_result("fail", summary=CHECKLIST[0][5], seconds=0.2), a_result("pass", DAY, summary="as expected")]
    waived = evidence(*view.results.values(), *(a_waiver(item=s.item.id) for s in view.standings[9:12:2]))
    standings = stand(view.environment.items, waived, NOW, FRESH)
    mixed = replace(view, standings=standings, verdict=judge(standings, "critical", TODAY))
    waive = commands()["readiness", "waive"]
    missing = tuple(parameter for parameter in waive.parameters if parameter.name in ("reason", "until"))
    ask = Ask(waive, {"env": "prod", "item": failing.item.id}, missing)
    return {
        "slack-run-live": message(render(environment_card(a_view(live=9)), MENTIONS).blocks),
        "slack-no-go": message(render(environment_card(view), MENTIONS).blocks),
        "slack-waived": message(render(environment_card(mixed), MENTIONS).blocks),
        "slack-go": message(render(environment_card(a_view(well=True)), MENTIONS).blocks),
        "slack-item": message(render(item_card(view, failing, history), MENTIONS).blocks),
        "slack-waive-form": modal(form(ask, Choices.of(view.catalog, "prod"), "")),
    }


def markup(text: str) -> str:
    """mrkdwn as HTML, well enough for a picture."""
    dates = r"&lt;!date\^\d+\^[^|]*\|([^&]*)&gt;"
    shown = html.escape(html.unescape(text), quote=False).replace("&amp;lt;", "&lt;").replace("&amp;gt;", "&gt;")
    shown = re.sub(dates, r"\1", shown)
    shown = re.sub(r"&lt;(?:!subteam\^|@)\w+\|@?([^&]+)&gt;", r"<span class=mention>@\1</span>", shown)
    shown = re.sub(r"&lt;(https?:[^|&]+)\|([^&]+)&gt;", r'<a href="\1">\2</a>', shown)
    shown = re.sub(r"&lt;(https?:[^|&]+)&gt;", r'<a href="\1">\1</a>', shown)
    shown = re.sub(r"(?<!\w)`([^`\n]+)`(?!\w)", r"<code>\1</code>", shown)
    shown = re.sub(r"(?<!\w)\*(\S[^*\n]*?)\*(?!\w)", r"<b>\1</b>", shown)
    shown = re.sub(r"(?<!\w)_(\S[^_\n]*?)_(?!\w)", r"<i>\1</i>", shown)
    return shown.replace("\n", "<br>")


def text_of(value: Json) -> str:
    return markup(value["text"]) if value["type"] == "mrkdwn" else html.escape(value["text"])


def element(value: Json) -> str:
    kind, label = value["type"], value.get("text") or value.get("placeholder") or {"text": ""}
    shown = html.escape(label["text"])
    if kind == "button":
        return f'<span class="button {value.get("style", "")}">{shown}</span>'
    if kind.endswith("select"):
        chosen = value.get("initial_option", {}).get("text", {}).get("text")
        return f'<span class="button select">{html.escape(chosen) if chosen else shown}<span>⌄</span></span>'
    if kind == "datetimepicker":
        return '<span class="field half">📅 Select a date</span> <span class="field half">🕒 Select a time</span>'
    if kind == "checkboxes":
        return "".join(f"<div>☐ {html.escape(option['text']['text'])}</div>" for option in value["options"])
    tall = " tall" if value.get("multiline") else ""
    typed = value.get("initial_value")
    return f'<span class="field{tall}">{html.escape(typed) if typed else f"<em>{shown}</em>"}</span>'


def block(value: Json) -> str:
    kind = value["type"]
    if kind == "header":
        return f"<h1>{html.escape(value['text']['text'])}</h1>"
    if kind == "context":
        return f'<div class="context">{" ".join(map(text_of, value["elements"]))}</div>'
    if kind == "actions":
        return f'<div class="actions">{"".join(map(element, value["elements"]))}</div>'
    if kind == "input":
        optional = " <small>(optional)</small>" if value.get("optional") else ""
        hint = f'<div class="hint">{html.escape(value["hint"]["text"])}</div>' if value.get("hint") else ""
        label = html.escape(value["label"]["text"])
        return f'<div class="input"><label>{label}{optional}</label>{element(value["element"])}{hint}</div>'
    text = f"<div>{text_of(value['text'])}</div>" if value.get("text") else ""
    fields = "".join(f"<div>{text_of(field)}</div>" for field in value.get("fields", ()))
    fields = f'<div class="fields">{fields}</div>' if fields else ""
    accessory = f"<div>{element(value['accessory'])}</div>" if value.get("accessory") else ""
    return f'<div class="section"><div class="text">{text}{fields}</div>{accessory}</div>'


def message(blocks: list[Json]) -> str:
    inside = "".join(map(block, blocks))
    head = '<b>Readiness</b> <span class="app">APP</span> <span class="time">14:02</span>'
    return f'<div class="message"><div class="avatar">R</div><div class="body"><div>{head}</div>{inside}</div></div>'


def modal(view: Json) -> str:
    inside = "".join(map(block, view["blocks"]))
    buttons = (
        f'<div class="foot"><span class="button">{view["close"]["text"]}</span>'
        f'<span class="button go">{view["submit"]["text"]}</span></div>'
    )
    title = html.escape(view["title"]["text"])
    return f'<div class="modal"><div class="bar"><b>{title}</b><span>✕</span></div>{inside}{buttons}</div>'


STYLE = """
* { box-sizing: border-box } body { margin: 0; width: 720px; background: #fff; color: #1d1c1d;
  font: 15px/1.466 Lato, "Noto Color Emoji", sans-serif }
h1 { font-size: 18px; font-weight: 900; margin: 8px 0 4px } b { font-weight: 900 } i { color: #454245 }
.message { display: flex; gap: 8px; padding: 12px 20px 16px } .body { flex: 1 }
.avatar { width: 36px; height: 36px; border-radius: 6px; background: #1264a3; color: #fff; font-weight: 900;
  display: grid; place-items: center } .time { color: #616061; font-size: 12px; margin-left: 4px }
.app { background: #e8e8e8; color: #616061; font-size: 10px; font-weight: 700; border-radius: 2px; padding: 1px 3px }
.section { display: flex; gap: 16px; margin: 8px 0 } .text { flex: 1; min-width: 0; overflow-wrap: anywhere }
.fields { display: grid; grid-template-columns: 1fr 1fr; gap: 8px 16px } .fields:not(:first-child) { margin-top: 8px }
.context { color: #616061; font-size: 13px; margin: 8px 0 } .actions { display: flex; flex-wrap: wrap; gap: 8px;
  margin: 8px 0 } code { color: #e01e5a; background: #f6f6f6; border: 1px solid #e0e0e0; border-radius: 3px;
  font: 12px "DejaVu Sans Mono", monospace; padding: 2px 3px }
.button { display: inline-block; border: 1px solid #bbb; border-radius: 8px; padding: 0 12px; font-weight: 700;
  font-size: 13px; line-height: 34px; height: 36px; white-space: nowrap; max-width: 340px; overflow: hidden;
  text-overflow: ellipsis } .primary, .go { background: #007a5a; border-color: #007a5a; color: #fff }
.danger { background: #e01e5a; border-color: #e01e5a; color: #fff }
.select { min-width: 170px; font-weight: 400 } .select span { float: right; margin-left: 12px }
.mention { color: #1264a3; background: #e8f5fa; border-radius: 3px; padding: 0 2px } a { color: #1264a3 }
.modal { width: 520px; margin: 16px auto; border-radius: 10px; box-shadow: 0 0 0 1px #ddd, 0 8px 24px #0003;
  padding: 0 24px 20px } .bar { display: flex; justify-content: space-between; font-size: 20px; padding: 18px 0 }
.foot { display: flex; justify-content: flex-end; gap: 10px; margin-top: 24px } label { display: block;
  font-weight: 700; margin-bottom: 6px } small { color: #616061; font-weight: 400 }
.input { margin: 18px 0 } .field { display: block; border: 1px solid #868686; border-radius: 4px; padding: 8px 12px;
  min-height: 40px } .tall { height: 88px } .half { display: inline-block; width: 48% } em { color: #616061;
  font-style: normal } .hint { color: #616061; font-size: 13px; margin-top: 4px }
"""
FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--hide-scrollbars",
]  # fmt: skip


def shoot(chromium: str, body: str, target: Path) -> None:
    """A PNG as high as its content: the page's height is asked first, as text of its own title."""
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "page.html"
        measure = "<script>document.title = Math.ceil(document.body.getBoundingClientRect().height)</script>"
        source = f"<!doctype html><meta charset=utf-8><style>{STYLE}</style>{body}{measure}"
        page.write_text(source, "utf-8")
        base = [chromium, *FLAGS, f"--user-data-dir={folder}/profile"]
        dump = subprocess.run(
            [*base, f"--window-size={WIDTH},10", "--dump-dom", page.as_uri()],
            capture_output=True,
            text=True,
            check=True,
        )
        found = re.search(r"<title>(\d+)</title>", dump.stdout)
        height = int(found[1]) if found else 1200
        size = f"--window-size={WIDTH},{height}"
        subprocess.run([*base, size, f"--screenshot={target}", page.as_uri()], capture_output=True, check=True)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--chromium", default="chromium")
    options.add_argument("--folder", type=Path, default=Path("docs/pictures"))
    given = options.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    for name, body in pictures().items():
        shoot(given.chromium, body, (given.folder / f"{name}.png").resolve())


if __name__ == "__main__":
    main()
