"""The command kind: real programs, ended whole."""

from __future__ import annotations

import asyncio
import dataclasses
import os
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from checks.model import Context, Outcome
from checks.registry import build_check
from checks.runner import Limits, Runner
from tests.checks.conftest import Measure, Observe

PYTHON = sys.executable


async def test_output_and_exit_code(observe: Observe, tmp_path: Path) -> None:
    code = "import sys, os; print(os.getcwd()); print('oops', file=sys.stderr); sys.exit(3)"
    facts = (await observe(kind="command", argv=[PYTHON, "-c", code])).facts
    assert (facts["exit_code"], facts["stdout"].strip(), facts["stderr"]) == (3, str(tmp_path), "oops\n")
    assert facts["json"] is None


async def test_input_json_and_folder(observe: Observe, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    code = "import sys, json, os; print(json.dumps({'got': sys.stdin.read(), 'in': os.path.basename(os.getcwd())}))"
    facts = (await observe(kind="command", argv=[PYTHON, "-c", code], input="héllo", cwd="in")).facts
    assert facts["json"] == {"got": "héllo", "in": "in"}


async def test_little_of_the_environment_is_passed_on(context: Context) -> None:
    environ = {"PATH": os.environ["PATH"], "SECRET": "x", "LANG": "C.UTF-8"}
    own = dataclasses.replace(context, environ=environ)
    code = "import os, json; print(json.dumps(dict(os.environ)))"
    check = build_check({"kind": "command", "argv": [PYTHON, "-c", code], "env": {"MINE": "1"}})
    seen = (await check.kind.probe(check.params, own)).facts["json"]
    assert seen.keys() - {"LC_CTYPE"} == {"PATH", "LANG", "MINE"}


async def test_there_is_no_shell(observe: Observe, context: Context) -> None:
    facts = (await observe(kind="command", argv=["echo", "$HOME; ls", "*"], env={"PATH": "/bin:/usr/bin"})).facts
    assert facts["stdout"] == "$HOME; ls *\n"


async def test_output_is_cut_and_never_held_up(observe: Observe) -> None:
    code = "import sys; sys.stdout.write('x' * 3_000_000); sys.stderr.write('y' * 3_000_000)"
    facts = (await observe(kind="command", argv=[PYTHON, "-c", code])).facts
    assert (facts["exit_code"], len(facts["stdout"]), len(facts["stderr"])) == (0, 65536, 65536)


async def test_a_program_that_does_not_read_its_input(observe: Observe) -> None:
    facts = (await observe(kind="command", argv=[PYTHON, "-c", ""], input="x" * 1_000_000)).facts
    assert facts["exit_code"] == 0


def _runs(pid: int) -> bool:
    """A zombie that nobody has buried yet does not."""
    with suppress(FileNotFoundError, ProcessLookupError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


async def _gone(pid: int) -> bool:
    """Whether the process ends within five seconds."""
    for _ in range(500):
        if not _runs(pid):
            return True
        await asyncio.sleep(0.01)
    return False


TREE = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
open("pid", "w").write(f"{child.pid} ")
LAST
"""


async def test_on_timeout_the_whole_group_is_killed(measure: Measure, tmp_path: Path) -> None:
    result = await measure(
        kind="command", argv=[PYTHON, "-c", TREE.replace("LAST", "time.sleep(600)")], timeout="700ms"
    )
    assert (result.outcome, result.summary) == (Outcome.ERROR, "no answer within 0.7 s")
    assert result.seconds < 3
    assert await _gone(int((tmp_path / "pid").read_text()))


async def test_what_a_program_leaves_running_is_killed(observe: Observe, tmp_path: Path) -> None:
    facts = (await observe(kind="command", argv=[PYTHON, "-c", TREE.replace("LAST", "print('done')")])).facts
    assert (facts["exit_code"], facts["stdout"]) == (0, "done\n")
    assert await _gone(int((tmp_path / "pid").read_text()))


async def test_a_failing_program_shows_its_last_line(measure: Measure) -> None:
    argv = [PYTHON, "-c", "import sys; sys.exit('it broke')"]
    result = await measure(kind="command", argv=argv, expect="exit_code == 1")
    assert result.outcome is Outcome.PASS
    assert result.summary.endswith(": it broke")


async def test_what_cannot_be_started(measure: Measure, tmp_path: Path) -> None:
    (tmp_path / "plain").write_text("no program")
    cases = {
        "no-such-program-here": "there is no program 'no-such-program-here' on the PATH",
        "./absent": "there is no program './absent'",
        "./plain": "'./plain' may not be run: it is not executable",
    }
    for program, sentence in cases.items():
        result = await measure(kind="command", argv=[program])
        assert (result.outcome, result.summary) == (Outcome.ERROR, sentence)
    (tmp_path / "plain").chmod(0o755)
    # The loop of asyncio refuses a file that is no program; that of uvloop has it read by sh, as execvp does.
    assert (await measure(kind="command", argv=["./plain"])).outcome in (Outcome.ERROR, Outcome.FAIL)
    assert "there is no folder" in (await measure(kind="command", argv=["ls"], cwd="nowhere")).summary


@pytest.mark.parametrize("argv", ["echo hello", [], [""], ["a\0b"]])
def test_mistakes(argv: object) -> None:
    with pytest.raises(ExceptionGroup):
        build_check({"kind": "command", "argv": argv})


def test_only_from_a_catalogue() -> None:
    assert build_check({"kind": "command", "argv": ["true"]}).kind.catalogue_only


async def test_many_at_once(context: Context) -> None:
    check = build_check({"kind": "command", "argv": [PYTHON, "-S", "-c", "print(1)"]})
    runner = Runner(Limits(), context)
    results = await asyncio.gather(*(runner.check(check) for _ in range(12)))
    assert [result.outcome for result in results] == [Outcome.PASS] * 12
