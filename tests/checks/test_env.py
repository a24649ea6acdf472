"""The env kind: the process's environment and dotenv files."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from hypothesis import given, strategies

from checks.kinds.env import entropy
from checks.model import Context, Outcome, Result
from checks.registry import build_check
from checks.runner import Limits, Runner
from tests.checks.conftest import Measure


async def _look(context: Context, **written: object) -> Result:
    environ = {"KEY": "s3cr3t-Value", "EMPTY": ""}
    own = dataclasses.replace(context, environ=environ)
    return await Runner(Limits(), own).check(build_check({"kind": "env"} | written))


async def test_a_setting_is_there_and_not_shown(context: Context) -> None:
    result = await _look(context, name="KEY", expect=["present", "length == 12", "value.startsWith('s3')"])
    assert (result.outcome, result.summary) == (Outcome.PASS, "set, 12 characters")
    assert set(result.facts) == {"present", "length", "entropy"}
    broken = await _look(context, name="KEY", expect="value == ''")
    assert (broken.outcome, broken.summary) == (Outcome.FAIL, "value == '', was hidden")
    assert "s3cr3t" not in str(broken)


@pytest.mark.parametrize("name", ["EMPTY", "ABSENT"])
async def test_a_setting_is_not_there(context: Context, name: str) -> None:
    result = await _look(context, name=name)
    assert (result.outcome, result.facts["length"], result.facts["entropy"]) == (Outcome.FAIL, 0, 0.0)


async def test_a_dotenv_file(measure: Measure, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text('# settings\nexport KEY="a b"\nRAW=${KEY}\nBARE\n', encoding="utf-8")
    assert (await measure(kind="env", name="KEY", file=".env", expect="value == 'a b'")).outcome is Outcome.PASS
    assert (await measure(kind="env", name="RAW", file=".env", expect="value == '${KEY}'")).outcome is Outcome.PASS
    assert (await measure(kind="env", name="BARE", file=".env")).outcome is Outcome.FAIL
    assert (await measure(kind="env", name="PATH", file=".env")).outcome is Outcome.FAIL


async def test_a_file_that_cannot_be_read(measure: Measure, tmp_path: Path) -> None:
    result = await measure(kind="env", name="KEY", file="no.env")
    assert (result.outcome, result.summary) == (Outcome.ERROR, f"there is no file no.env in {tmp_path}")
    assert "is a folder" in (await measure(kind="env", name="KEY", file=".")).summary
    (tmp_path / "bad.env").write_bytes(b"KEY=\xff\xfe")
    assert (await measure(kind="env", name="KEY", file="bad.env")).summary == "bad.env is not text in UTF-8"


@pytest.mark.parametrize("name", ["", "A=B", " A"])
def test_mistakes(name: str) -> None:
    with pytest.raises(ExceptionGroup) as caught:
        build_check({"kind": "env", "name": name})
    assert "is not the name of a variable" in str(caught.value.exceptions[0])


@given(strategies.text())
def test_entropy_is_between_none_and_the_most(text: str) -> None:
    assert 0 <= entropy(text) <= len(text) * 21


def test_entropy() -> None:
    assert entropy("aaaa") == 0
    assert entropy("abcd") == pytest.approx(8)
