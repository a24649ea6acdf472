"""A demo empties its folder, so it must be sure that the folder is its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.demo.workplace import NotOurs, workplace


def test_it_is_made_and_emptied_again(tmp_path: Path) -> None:
    folder = tmp_path / "var" / "demo"
    with workplace(folder):
        (folder / "shop.db").write_text("old")
        (folder / "more").mkdir()
        (folder / "more" / "file").write_text("old")
    with workplace(folder):
        assert [entry.name for entry in folder.iterdir()] == [".readiness-demo"]


def test_a_folder_with_something_of_somebody_elses_is_refused(tmp_path: Path) -> None:
    (tmp_path / "readiness.db").write_text("precious")
    with pytest.raises(NotOurs, match="--folder"), workplace(tmp_path):
        pass
    assert (tmp_path / "readiness.db").read_text() == "precious"


def test_what_a_link_leads_to_is_not_emptied(tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "file").write_text("kept")
    folder = tmp_path / "demo"
    with workplace(folder):
        (folder / "link").symlink_to(precious)
    with workplace(folder):
        assert not (folder / "link").exists()
    assert (precious / "file").read_text() == "kept"


@pytest.mark.parametrize("name", ["a?b", "a#b", "a%20b"])
def test_a_name_that_no_address_can_hold_is_refused_untouched(tmp_path: Path, name: str) -> None:
    with pytest.raises(NotOurs, match="--folder"), workplace(tmp_path / name):
        pass
    assert list(tmp_path.iterdir()) == []


def test_two_demos_never_share_one(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    with workplace(folder), pytest.raises(NotOurs, match="Another demo"), workplace(folder):
        pass
