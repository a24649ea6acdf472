"""From a line to a command with its words, as people type them."""

from __future__ import annotations

import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.commands.grammar import parse, split, values
from bot.commands.model import Misunderstood, Refused
from tests.unit.samples import CHECK, NOW, a_catalog, an_item

CATALOG = a_catalog(
    [an_item("hsts", CHECK), an_item("Fast", CHECK, section="Speed"), an_item("fast", CHECK, section="Other things")]
)


def given_of(line: str) -> dict[str, object]:
    return dict(parse(line).given)


def why(line: str) -> str:
    with pytest.raises(Misunderstood) as caught:
        values(parse(line), CATALOG, NOW)
    return str(caught.value)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("a b  c\t d\n", ["a", "b", "c", "d"]),
        ('a "b c" d', ["a", "b c", "d"]),
        ("a 'b c' d", ["a", "b c", "d"]),
        ("--note='b c'", ["--note=b c"]),
        ('--note="b c"', ["--note=b c"]),
        ('""', [""]),
        ("“b c”", ["b c"]),
        ("„b c“ x", ["b c", "x"]),
        ("«b c»", ["b c"]),
        ("‘b c’", ["b c"]),
        ("it isn't done", ["it", "isn't", "done"]),
        ("it isn't and wasn't --until 2d", ["it", "isn't", "and", "wasn't", "--until", "2d"]),
        ("it isn’t and wasn’t", ["it", "isn’t", "and", "wasn’t"]),
        ("l'équipe n'est pas prête", ["l'équipe", "n'est", "pas", "prête"]),
        ('"it isn\'t"', ["it isn't"]),
        ("'it isn't done'", ["it isn't done"]),
        ('"the “proxy” is"', ["the “proxy” is"]),
        ('5" disk', ['5"', "disk"]),
        ("'open", ["'open"]),
        ("—until 2d", ["--until", "2d"]),
        ("–until=2d", ["--until=2d"]),
        ("a — b", ["a", "—", "b"]),
        ('"—a"', ["—a"]),
        ("a\x00b", ["a", "b"]),
        (r"C:\new\table", [r"C:\new\table"]),
        ("# not a comment", ["#", "not", "a", "comment"]),
        ("", []),
    ],
)
def test_a_line_is_split_as_its_author_meant_it(line: str, words: list[str]) -> None:
    assert split(line) == words


@given(st.lists(st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=20), max_size=6))
def test_what_a_shell_quotes_comes_back_as_it_was(words: list[str]) -> None:
    words = [word for word in words if not word.startswith(("—", "–"))]
    quoted = " ".join(word if word.isalnum() else shlex.quote(word) for word in words)
    assert split(quoted) == words


@pytest.mark.parametrize(
    "line", ["/readiness run prod", "readiness run prod", "/Readiness RUN prod", " readiness  run prod"]
)
def test_the_slash_and_capitals_of_a_command_do_not_matter(line: str) -> None:
    assert parse(line).command.words == "readiness run"
    assert given_of(line)["env"] == "prod"


@pytest.mark.parametrize("line", ["readiness", "/readiness"])
def test_a_family_alone_is_its_help(line: str) -> None:
    assert parse(line).command.words == "readiness help"


@pytest.mark.parametrize(
    ("line", "given_words"),
    [
        ("waive prod hsts --reason because --until 2d", ("because", "2d")),
        ("waive prod hsts --reason=because --until=2d", ("because", "2d")),
        ("waive --until 2d --reason because prod hsts", None),
        ("waive --until 2d prod hsts --reason it isn't up", ("it isn't up", "2d")),
        ("waive prod hsts --reason the proxy is replaced --until 2d", ("the proxy is replaced", "2d")),
        ("waive prod hsts --reason=the proxy is replaced --until=2d", ("the proxy is replaced", "2d")),
        ("waive prod hsts —reason “the proxy, replaced” –until 2d", ("the proxy, replaced", "2d")),
        ("waive --env prod --item hsts --reason a=b --until=2d", ("a=b", "2d")),
        ("waive prod hsts --REASON x --Until 2d", ("x", "2d")),
    ],
)
def test_options_may_stand_anywhere_in_either_form(line: str, given_words: tuple[str, str] | None) -> None:
    if given_words is None:  # a text without quotes takes all that follows it
        assert [p.name for p in parse(f"readiness {line}").missing] == ["env", "item"]
        return
    found = given_of(f"readiness {line}")
    assert (found["env"], found["item"], found["reason"], found["until"]) == ("prod", "hsts", *given_words)


@pytest.mark.parametrize(
    ("line", "missing"),
    [
        ("waive", ["env", "item", "reason", "until"]),
        ("waive prod hsts", ["reason", "until"]),
        ("waive prod hsts --reason '  ' --until 2d", ["reason"]),
        ("waive prod hsts --reason= --until 2d", ["reason"]),
        ("run ''", ["env"]),
        ("status prod", []),
    ],
)
def test_what_is_missing_or_blank_is_known_as_missing(line: str, missing: list[str]) -> None:
    assert [parameter.name for parameter in parse(f"readiness {line}").missing] == missing


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("", "Nothing was typed. Try /readiness help."),
        ("   \x00 ", "Nothing was typed. Try /readiness help."),
        ("/readines run prod", "There is no command /readines; did you mean 'readiness'?"),
        ("readiness rnu prod", "There is no /readiness rnu. Did you mean /readiness run?"),
        (
            "readiness zzz",
            "There is no /readiness zzz. There are: run, status, show, attest, ",
        ),
        (
            "readiness run prod --onyl failing",
            "/readiness run has no --onyl; did you mean 'only'? Usage: /readiness run",
        ),
        ("readiness run prod --only", "--only needs a value: only what was not well the last time."),
        ("readiness status prod hsts", "I don't know what to do with 'hsts'. Usage: /readiness status ENV"),
        ("readiness status prd", "There is no environment 'prd'; did you mean 'prod'?"),
        ("readiness show prod hst", "prod has no item 'hst'; did you mean 'hsts'?"),
        ("readiness run prod hst", "prod has no item or section 'hst'; did you mean 'hsts'?"),
        ("readiness run prod --only Failed", "--only cannot be 'Failed'; did you mean 'failing'?"),
        ("readiness show prod Speed", "prod has no item 'Speed'"),
        ("readiness attest prod hsts --took 4", "'4' is not a duration; write for example 10s, 5m, 24h or 30d."),
        ("readiness attest prod hsts --note " + "x" * 3001, "note is longer than 3000 characters."),
        ("readiness run " + "x" * 10_000, "That line is longer than 10000 characters."),
    ],
)
def test_what_is_not_understood_is_told_with_the_nearest_right_word(line: str, said: str) -> None:
    assert why(line).startswith(said)


def selected(line: str) -> object:
    return values(parse(line), CATALOG, NOW)["item"]


@pytest.mark.parametrize(
    ("line", "ids"),
    [
        ("readiness run prod", ()),
        ("readiness run prod hsts", ("hsts",)),
        ("readiness run prod HSTS hsts", ("hsts",)),
        ("readiness run prod speed", ("Fast",)),
        ('readiness run prod "other things" hsts', ("fast", "hsts")),
        ("readiness run prod Fast", ("Fast",)),
        ("readiness run prod fast", ("fast",)),
        ("readiness run prod --item hsts", ("hsts",)),
        ("readiness run prod --item 'hsts fast'", ("hsts", "fast")),
        ("readiness show prod Fast", "Fast"),
        ("readiness show prod fast", "fast"),
    ],
)
def test_items_are_named_by_their_ids_or_their_sections(line: str, ids: object) -> None:
    assert selected(line) == ids


LINES = st.one_of(
    st.text(max_size=200),
    st.lists(
        st.one_of(
            st.sampled_from(
                ["readiness", "/readiness", "run", "waive", "attest", "help", "show", "prod", "hsts", "--reason",
                 "--until", "--note=", "--took", "--only", "failing", "2d", "'", '"', "“", "--", "—", "-", "9999-12-31",
                 "1e9d"]
            ),
            st.text(max_size=8),
        ),
        max_size=12,
    ).map(" ".join),
)  # fmt: skip


@given(LINES)
def test_any_line_is_understood_or_refused_with_a_sentence(line: str) -> None:
    try:
        parsed = parse(line)
        if not parsed.missing:
            values(parsed, CATALOG, NOW)
    except Refused as reason:
        said = str(reason)
    else:
        said = parsed.command.usage()
    assert said
