"""Table, JSON, JUnit and Markdown of one result, into a pipe and onto a terminal."""

from __future__ import annotations

import re
from collections.abc import Callable
from xml.etree import ElementTree as ET

import pytest

from tests.e2e.catalogues import bad, catalogue, good, item, web
from tests.e2e.program import CONTROL, Program
from tests.e2e.site import Site
from tests.e2e.terminal import Terminal, plain

KEYS = {"environment", "verdict", "score", "started_at", "finished_at", "reasons", "items"}
ITEM_KEYS = {"id", "title", "section", "level", "state", "outcome", "seconds", "summary", "facts", "owner"}
PEOPLE = {
    "people": {"ana": {"name": "Ana", "local": "ana"}},
    "roles": {"ops": {"title": "Ops Lead", "members": ["ana"]}},
}
HOSTILE = "Title \x1b[31mred\x1b[0m | <b> `x` & \u202eevil"


def shop(site: Site) -> str:
    """Every state that one run can show."""
    return catalogue(
        [
            good("fine", level="critical"),
            bad("broken", level="critical", owner="ops"),
            item("odd", {"kind": "http", "url": "http://127.0.0.1:1/"}, level="minor"),
            web("slow", site.url, expect=["status == 200"], needs=["broken"]),
            item("vouched", attest={"evidence": "required"}),
            item("pushed", report={"max_age": "1h"}),
            good("strange") | {"title": HOSTILE},
        ],
        **PEOPLE,
    )


def test_the_four_formats_tell_the_same(program: Program, site: Site) -> None:
    program.write(shop(site))
    done = program.run("run", "prod", "--format", "json")
    assert done.code == 1
    found = done.json
    assert found.keys() >= KEYS
    assert all(entry.keys() >= ITEM_KEYS for entry in found["items"])
    assert (found["environment"], found["verdict"]) == ("prod", "NO_GO")
    assert done.states == {
        "fine": "pass", "broken": "fail", "odd": "error", "slow": "blocked", "vouched": "pending", "pushed": "pending",
        "strange": "pass",
    }  # fmt: skip
    assert found["reasons"][0]["item"] == "broken"
    assert found["started_at"] < found["finished_at"]

    junit = ET.fromstring(program.run("status", "prod", "--format", "junit").out)
    counts = {name: junit.get(name) for name in ("tests", "failures", "errors", "skipped")}
    assert counts == {"tests": "7", "failures": "1", "errors": "4", "skipped": "0"}
    failing = [case.get("name") for case in junit.iter("testcase") if case.find("failure") is not None]
    assert failing == ["broken: Item broken"]

    document = program.run("status", "prod", "--format", "markdown").out
    assert document.startswith("# shop prod: NO-GO\n")
    assert document.count("\n| ☐ |") == 5
    assert document.count("\n| ☑ |") == 2
    assert f"Score {found['score']:.1f} of 10" in document

    table = program.run("status", "prod").out
    assert f"Score {found['score']:.1f} of 10" in table
    for entry in found["items"][:-1]:
        assert entry["title"] in table
        assert entry["title"] in document


@pytest.mark.parametrize("form", ["table", "json", "junit", "markdown"])
def test_a_pipe_gets_nothing_that_a_terminal_would_obey(program: Program, site: Site, form: str) -> None:
    program.write(shop(site))
    done = program.run("run", "prod", "--format", form)
    assert done.code == 1
    assert not CONTROL.search(done.out)
    assert done.err == ""
    assert "\u202e" not in done.out or form in ("json", "junit")


def test_help_and_refusals_in_a_pipe_have_no_control_codes(program: Program) -> None:
    program.write(catalogue([good("a")]))
    for words in (["help"], ["doctor"], ["history", "prod"], ["show", "prod", "a"], ["show", "prod", "b"], ["check"]):
        done = program.run(*words)
        assert not CONTROL.search(done.out + done.err), words


def test_a_terminal_gets_colours_unless_it_would_rather_not(
    program: Program, terminal: Callable[..., Terminal]
) -> None:
    program.write(catalogue([good("a")]))
    coloured, sober = terminal("run", "prod"), terminal("status", "prod", env={"NO_COLOR": "1"})
    assert (coloured.done(), sober.done()) == (0, 0) or sober.done() == 1
    colour = re.compile(r"\x1b\[[0-9;]*(3[0-7]|4[0-7]|9[0-7])[0-9;]*m")
    assert colour.search(coloured.raw)
    assert not colour.search(sober.raw)


def test_json_on_a_terminal_is_nothing_but_json(program: Program, terminal: Callable[..., Terminal]) -> None:
    program.write(catalogue([good("a")]))
    screen = terminal("run", "prod", "--format", "json")
    assert screen.done() == 0
    assert "\x1b" not in screen.screen.rest()


def test_a_terminal_shows_the_table_while_it_fills_in(
    program: Program, site: Site, terminal: Callable[..., Terminal]
) -> None:
    site.hung.add("/late")
    names = [f"quick-{number}" for number in range(5)]
    program.write(catalogue([*(web(name, site.url) for name in names), web("late", f"{site.url}/late", timeout="5s")]))
    screen = terminal("run", "prod")
    during = screen.sees("5 of 6")
    assert re.search(r"measuring", during)
    assert "NO-GO" not in during
    for name in names:
        assert f"✓ Item {name}" in during
    assert "… Item late" in during
    assert screen.done() == 0
    end = plain(screen.screen.rest())
    assert re.search(r"! Item late.*no answer within 5 s.*GO WITH CONDITIONS", end, re.DOTALL)
