"""`readiness chat`: the bot in a terminal, at a pipe and at a real pseudo-terminal."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from tests.e2e.catalogues import bad, catalogue, good, item
from tests.e2e.program import CONTROL, Program
from tests.e2e.terminal import Terminal

ITEMS = [good("fine"), bad("broken"), item("word", attest={"evidence": "required"})]


@pytest.fixture
def talk(program: Program, terminal: Callable[..., Terminal]) -> Terminal:
    """A chat in a terminal, at its prompt."""
    program.write(catalogue(ITEMS))
    screen = terminal("chat")
    screen.sees("Ctrl-D leaves")
    screen.sees("›")
    return screen


def test_each_line_of_a_pipe_is_answered_before_the_next(program: Program) -> None:
    program.write(catalogue(ITEMS))
    running = program.begin("chat", stdin=True)
    running.say("/readiness run prod\n/readiness status prod\n/readiness staus prod\n99\n/readiness attest prod word\n")
    running.say("/readiness attest prod word --evidence https://wiki.example/w\n/quit\n/readiness help\n")
    done = running.done().calm()
    assert done.code == 0
    answers = [
        "shop prod: GO WITH CONDITIONS.*Run #1", "shop prod: GO WITH CONDITIONS", "There is no /readiness staus",
        "Did you mean /readiness status", "There is no button 99", "evidence missing. Usage: /readiness attest",
        "vouches for “Item word”",
    ]  # fmt: skip
    assert re.search(".*".join(answers), done.out, re.DOTALL), done.out
    assert "Commands" not in done.out, "what comes after /quit is not read"
    assert not CONTROL.search(done.out)
    assert done.err == ""


def test_the_end_of_a_pipe_is_the_end_of_the_chat(program: Program) -> None:
    program.write(catalogue(ITEMS))
    done = program.run("chat")
    assert (done.code, done.out, done.err) == (0, "", "")


def test_a_button_in_a_pipe_is_pressed_by_its_number(program: Program) -> None:
    program.write(catalogue(ITEMS))
    running = program.begin("chat", stdin=True)
    running.say("/readiness show prod word\n")
    shown = running.out.wait_for(r"\[(\d+)\] History")
    running.say(f"{shown[1]}\n")
    running.out.wait_for("› /readiness history prod word.*history of Item word")
    assert running.done().code == 0


def test_help_run_and_buttons_at_a_terminal(talk: Terminal, program: Program) -> None:
    at = talk.enter("/readiness help")
    talk.sees(r"/readiness waive.*Except an item", at)
    at = talk.enter("/readiness run prod")
    verdict = talk.sees(r"GO WITH CONDITIONS.*Show all items", at)
    number = re.search(r"\[(\d+)\] Re-run failed", verdict)
    assert number
    at = talk.enter(number[1])
    again = talk.sees(r"Run #2.*Show all items", at)
    assert "/readiness run prod --only failing" in again
    at = talk.enter("77")
    talk.sees("There is no button 77 above", at)
    assert [row["state"] for row in program.rows("SELECT state FROM run")] == ["finished", "finished"]


def test_what_is_missing_is_asked_for(talk: Terminal, program: Program) -> None:
    at = talk.enter("/readiness attest prod word")
    talk.sees(r"evidence \(.*\): ", at)
    at = talk.enter("")
    talk.sees("Left; nothing was changed", at)
    assert program.rows("SELECT * FROM attestation") == []
    at = talk.enter("/readiness attest prod word")
    talk.sees(r"evidence \(.*\): ", at)
    at = talk.enter("https://wiki.example/w")
    talk.sees("vouches for “Item word”", at)
    (row,) = program.rows("SELECT evidence FROM attestation")
    assert row["evidence"] == "https://wiki.example/w"


def test_a_slip_of_the_finger_gets_the_nearest_word_and_a_way_on(talk: Terminal) -> None:
    at = talk.enter("/readiness rnu prod")
    talk.sees("Did you mean /readiness run", at)
    at = talk.enter("/readiness run prdo")
    talk.sees("did you mean 'prod'", at)
    at = talk.enter("hello")
    talk.sees("There is no command /hello", at)


def test_ctrl_c_stays_and_ctrl_d_leaves(talk: Terminal) -> None:
    talk.type("/readiness run pr\x03")
    at = talk.enter("/readiness history prod")
    talk.sees("Nothing has been run in prod yet.*›", at)
    talk.type("\x04")
    assert talk.done(10) == 0


def test_the_tab_key_completes_what_the_catalogue_has(talk: Terminal) -> None:
    at = talk.type("/readiness show prod bro")
    talk.sees("broken", at)
    at = talk.enter("\t")
    talk.sees("Item broken: pending", at)


def test_an_edit_of_the_catalogue_is_told(talk: Terminal, program: Program) -> None:
    at = len(talk.raw)
    program.write(catalogue([*ITEMS, good("fine")]))
    talk.sees(
        r"readiness.yaml was edited and has 1 mistake; the\s+last\s+good\s+one\s+is\s+in\s+force.*used\s+twice", at
    )
    at = talk.enter("/readiness status prod")
    talk.sees("NO-GO|GO WITH CONDITIONS", at)
    program.write(catalogue([*ITEMS, good("new")]))
    talk.sees("The catalogue was read again and is in force", at)
    at = talk.enter("/readiness show prod new")
    talk.sees("Item new: pending", at)
