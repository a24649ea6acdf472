"""The catalogue in force: edits are taken, wrong ones leave the last good one and say so."""

from __future__ import annotations

import os

import pytest

from bot.catalog.current import CurrentCatalog
from bot.catalog.problems import CatalogError
from tests.unit.catalog.pages import PLAIN, Folder

OTHER = PLAIN.replace("service: shop", "service: other")
WRONG = PLAIN.replace("title", "titel")


@pytest.fixture
def current(folder: Folder) -> CurrentCatalog:
    folder.write(PLAIN)
    return CurrentCatalog(folder.file, {})


def test_a_wrong_catalogue_at_the_start_is_an_error(folder: Folder) -> None:
    folder.write(WRONG)
    with pytest.raises(CatalogError):
        CurrentCatalog(folder.file, {})


def test_nothing_is_new_while_no_file_changes(current: CurrentCatalog) -> None:
    before = current.catalog
    assert not current.look()
    assert current.catalog is before
    assert current.notice is None


def test_an_edit_is_taken(folder: Folder, current: CurrentCatalog) -> None:
    folder.write(OTHER)
    assert current.look()
    assert current.catalog.service == "other"
    assert current.notice is None
    assert not current.look()


def test_a_new_file_of_the_same_size_and_time_in_its_stead_is_taken(folder: Folder, current: CurrentCatalog) -> None:
    status = folder.file.stat()
    new = folder.write(PLAIN.replace("service: shop", "service: mall"), "new.yaml")
    os.utime(new, ns=(status.st_atime_ns, status.st_mtime_ns))
    new.replace(folder.file)
    assert current.look()
    assert current.catalog.service == "mall"


def test_a_wrong_edit_leaves_the_last_good_one_in_force_and_says_so(folder: Folder, current: CurrentCatalog) -> None:
    folder.write(WRONG)
    assert current.look()
    assert current.catalog.service == "shop"
    assert current.notice is not None
    assert current.notice.replace(f"{folder.path}/", "") == (
        "readiness.yaml was edited and has 1 mistake; the last good one is in force. "
        "First: readiness.yaml:6: titel: an item has no key 'titel'; did you mean 'title'?"
    )
    assert not current.look()


def test_several_mistakes_are_counted(folder: Folder, current: CurrentCatalog) -> None:
    folder.write(WRONG.replace("service", "sevice"))
    current.look()
    assert "has 2 mistakes" in (current.notice or "")


def test_what_is_mended_is_in_force_again(folder: Folder, current: CurrentCatalog) -> None:
    folder.write(WRONG)
    current.look()
    folder.write(OTHER)
    assert current.look()
    assert (current.catalog.service, current.notice) == ("other", None)


def test_an_edit_that_is_taken_back_ends_the_notice(folder: Folder, current: CurrentCatalog) -> None:
    folder.write(WRONG)
    current.look()
    folder.write(PLAIN)
    assert current.look()
    assert current.notice is None


def test_an_edit_of_an_included_file_counts(folder: Folder) -> None:
    folder.write("roles: {devops: {}}\n", "people.yaml")
    folder.write(PLAIN + "include: people.yaml\n")
    current = CurrentCatalog(folder.file, {})
    folder.write("roles: {devops: {}, product: {}}\n", "people.yaml")
    assert current.look()
    assert list(current.catalog.roles) == ["devops", "product"]


def test_a_newly_included_file_that_is_wrong_is_read_again_when_it_is_mended(
    folder: Folder, current: CurrentCatalog
) -> None:
    folder.write("roles: [\n", "people.yaml")
    folder.write(PLAIN + "include: people.yaml\n")
    assert current.look()
    assert "people.yaml" in (current.notice or "")
    folder.write("roles: {devops: {}}\n", "people.yaml")
    assert current.look()
    assert (list(current.catalog.roles), current.notice) == (["devops"], None)


def test_an_included_file_that_was_missing_is_noticed_when_it_comes(folder: Folder, current: CurrentCatalog) -> None:
    folder.write(PLAIN + "include: people.yaml\n")
    assert current.look()
    assert "there is no file 'people.yaml'" in (current.notice or "")
    folder.write("roles: {devops: {}}\n", "people.yaml")
    assert current.look()
    assert (list(current.catalog.roles), current.notice) == (["devops"], None)


def test_a_file_that_is_removed_leaves_the_last_good_one_in_force(folder: Folder, current: CurrentCatalog) -> None:
    folder.file.unlink()
    assert current.look()
    assert current.catalog.service == "shop"
    assert "there is no such file" in (current.notice or "")
    assert not current.look()
    folder.write(PLAIN)
    assert current.look()
    assert current.notice is None


def test_overrides_stay_through_an_edit(folder: Folder) -> None:
    written = PLAIN.replace("attest: {}", "check: {kind: http, url: '{web}'}")
    folder.write(written)
    current = CurrentCatalog(folder.file, {}, {"web": "http://x"})
    folder.write(written.replace("service: shop", "service: other"))
    assert current.look()
    assert (current.catalog.service, current.notice) == ("other", None)


def test_no_secret_is_in_the_notice(folder: Folder) -> None:
    folder.write(PLAIN)
    current = CurrentCatalog(folder.file, {"TOKEN": "s3cr3t-value"})
    folder.write(PLAIN.replace("attest: {}", "attest: {valid_for: '${TOKEN}'}"))
    current.look()
    assert "s3cr3t" not in (current.notice or "s3cr3t")
