"""Which checks a run makes, what it says about the others, and that it always ends."""

from __future__ import annotations

import json
from collections.abc import Callable
from time import perf_counter

import pytest

from tests.e2e.catalogues import bad, catalogue, good, item, web
from tests.e2e.program import Program
from tests.e2e.site import Answer, Site
from tests.e2e.terminal import Terminal, plain


def sections(**by_name: list[dict[str, object]]) -> str:
    listed = [{"section": name, "items": items} for name, items in by_name.items()]
    return json.dumps({"service": "shop", "environments": {"prod": {}}, "checklist": listed})


def measured(program: Program, run: int) -> list[str]:
    """What that run measured."""
    rows = program.rows("SELECT item FROM result WHERE run_id = ? AND attempts > 0", run)
    return sorted(row["item"] for row in rows)


@pytest.fixture
def shop(program: Program) -> Program:
    program.write(
        sections(
            Front=[good("page"), good("cart", needs=["api"])],
            Back=[good("api", needs=["db"]), good("db"), bad("queue")],
        )
    )
    return program


@pytest.mark.parametrize(
    ("words", "made", "listed"),
    [
        ([], ["api", "cart", "db", "page", "queue"], ["page", "cart", "api", "db", "queue"]),
        (["page"], ["page"], ["page"]),
        (["cart"], ["api", "cart", "db"], ["cart"]),
        (["front"], ["api", "cart", "db", "page"], ["page", "cart"]),
        (["Back", "page"], ["api", "db", "page", "queue"], ["page", "api", "db", "queue"]),
    ],
)
def test_items_and_sections_are_chosen_with_what_they_need(
    shop: Program, words: list[str], made: list[str], listed: list[str]
) -> None:
    done = shop.run("run", "prod", *words, "--format", "json")
    assert measured(shop, 1) == made
    assert [entry["id"] for entry in done.json["items"]] == listed
    assert done.json["verdict"] == "GO_WITH_CONDITIONS", "the verdict is about all of them"


def test_only_what_was_not_well_is_measured_again(shop: Program) -> None:
    assert shop.run("run", "prod").code == 0
    done = shop.run("run", "prod", "--only", "failing", "--format", "json", env={"NOT_SET_ANYWHERE": "now it is"})
    assert measured(shop, 2) == ["queue"]
    assert (done.json["verdict"], done.states) == ("GO", {"queue": "pass"})
    assert done.json["changes"] == [{"item": "queue", "before": "fail", "after": "pass"}]
    nothing = shop.run("run", "prod", "--only", "failing").calm()
    assert nothing.code == 2
    assert "/readiness run prod" in nothing.err


def test_what_needs_something_unwell_is_blocked_and_not_measured(program: Program, site: Site) -> None:
    word = item("word", attest={"evidence": "optional"})
    program.write(
        catalogue(
            [
                bad("db"), web("api", f"{site.url}/api", needs=["db"]), web("page", f"{site.url}/page", needs=["api"]),
                word, web("after", f"{site.url}/after", needs=["word"], level="critical"),
            ]
        )
    )  # fmt: skip
    done = program.run("run", "prod", "--format", "json")
    assert done.code == 1
    assert done.states == {"db": "fail", "api": "blocked", "page": "blocked", "word": "pending", "after": "blocked"}
    assert site.asked == []
    program.run("attest", "prod", "word", "--note", "seen")
    site.answers["/after"] = lambda _: Answer()
    assert program.run("run", "prod", "after").code == 0
    assert [asked.path for asked in site.asked] == ["/after"]


def test_a_run_that_takes_too_long_ends_by_itself_with_no_go(program: Program, site: Site) -> None:
    site.hung.add("/never")
    stuck = [web(f"stuck-{number}", f"{site.url}/never", timeout="5m", level="critical") for number in range(4)]
    limits = {"run": "1s", "concurrency": 3}
    program.write(catalogue([good("fine", level="critical"), *stuck], limits=limits))
    begun = perf_counter()
    done = program.run("run", "prod", "--format", "json")
    assert perf_counter() - begun < 30
    assert (done.code, done.json["verdict"]) == (1, "NO_GO")
    assert done.states == {"fine": "pass"} | dict.fromkeys((f"stuck-{number}" for number in range(4)), "error")
    assert "the 1 s for the whole run were up" in done.json["items"][1]["summary"]


def test_another_value_for_a_variable_counts_for_this_time_only(program: Program, site: Site) -> None:
    program.write(
        json.dumps(
            {
                "service": "shop",
                "environments": {"prod": {"vars": {"web": site.url}}},
                "checklist": [{"section": "S", "items": [web("page", "{web}/", level="critical")]}],
            }
        )
    )
    assert program.run("run", "prod", "--var", "web=http://127.0.0.1:1").code == 1
    assert program.run("run", "prod").code == 0


def test_a_thousand_items_on_a_terminal_do_not_slow_the_checks(
    program: Program, site: Site, terminal: Callable[..., Terminal]
) -> None:
    items = [web(f"item-{number:04}", site.url) for number in range(1000)]
    program.write(catalogue(items, limits={"concurrency": 50, "per_host": 50}))
    assert program.run("db", "upgrade").code == 0

    def took(run: int) -> float:
        (row,) = program.rows(
            "SELECT (julianday(finished_at) - julianday(started_at)) * 86400 AS seconds FROM run WHERE id = ?", run
        )
        return float(row["seconds"])

    assert program.run("run", "prod", "--format", "json").code == 0
    screen = terminal("run", "prod")
    assert screen.done(120) == 0
    assert program.run("run", "prod", "--format", "json").code == 0
    into_pipe, on_screen = min(took(1), took(3)), took(2)
    print(f"1,000 checks: {into_pipe:.2f} s into a pipe, {on_screen:.2f} s on a terminal")
    shown = plain(screen.screen.rest())
    assert "of 1000" in shown
    assert "Items 1000 pass" in shown
    # A loose guard: the machine of a test is shared. It was between 1.0 and 1.45 times.
    assert on_screen < 1.5 * into_pipe + 0.5
