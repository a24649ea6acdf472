"""Circles in `needs`: each told once, at the first of its items, however large."""

from __future__ import annotations

from tests.unit.catalog.pages import Folder, one, page


def test_a_circle_of_two_is_told_once_at_its_first_item(folder: Folder) -> None:
    items = [f"{{id: {key}, title: T, needs: [{need}], attest: {{}}}}" for key, need in ("xa", "ab", "ba")]
    assert folder.mistakes(page(*items)) == ["readiness.yaml:7: needs: a circle: a needs b needs a"]


def test_a_circle_of_three_is_told_once_wherever_one_enters_it(folder: Folder) -> None:
    items = [f"{{id: {key}, title: T, needs: [{need}], attest: {{}}}}" for key, need in ("xc", "ab", "bc", "ca")]
    assert folder.mistakes(page(*items)) == ["readiness.yaml:7: needs: a circle: a needs b needs c needs a"]


def test_an_item_that_needs_itself_is_a_circle(folder: Folder) -> None:
    assert folder.mistakes(one("needs: [a], attest: {}")) == ["readiness.yaml:6: needs: a circle: a needs a"]


def test_two_circles_are_two_mistakes(folder: Folder) -> None:
    items = [f"{{id: {key}, title: T, needs: [{need}], attest: {{}}}}" for key, need in ("ab", "ba", "cd", "dc")]
    assert len(folder.mistakes(page(*items))) == 2


def test_a_circle_of_five_thousand_is_found_and_told_briefly(folder: Folder) -> None:
    count = 5000
    items = [f"{{id: i{n}, title: T, needs: [i{(n + 1) % count}], attest: {{}}}}" for n in range(count)]
    (told,) = folder.mistakes(page(*items))
    assert told == (
        "readiness.yaml:6: needs: a circle: i0 needs i1 needs i2 needs i3 needs i4 needs i5 needs i6 needs i7 "
        "needs … (4992 more) needs i0"
    )


def test_a_chain_of_five_thousand_needs_is_no_circle(folder: Folder) -> None:
    items = [f"{{id: i{n}, title: T, needs: [i{n + 1}], attest: {{}}}}" for n in range(4999)]
    catalog = folder.load(page(*items, "{id: i4999, title: T, attest: {}}"))
    assert len(catalog.environments["prod"].items) == 5000
