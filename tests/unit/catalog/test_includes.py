"""`include:`: several files are one catalogue; errors name the file that they are in."""

from __future__ import annotations

import pytest

from tests.unit.catalog.pages import PLAIN, Folder, page

MORE = "checklist:\n  - section: Speed\n    items:\n      - {id: b, title: B, needs: [a], attest: {by: [devops]}}\n"


def test_lists_and_mappings_of_included_files_are_joined(folder: Folder) -> None:
    folder.write(MORE, "parts/speed.yaml")
    folder.write("roles: {devops: {}}\nenvironments: {staging: {}}\n", "people.yaml")
    catalog = folder.load(PLAIN + "roles: {product: {}}\ninclude: [parts/speed.yaml, people.yaml]\n")
    assert list(catalog.roles) == ["product", "devops"]
    assert {name: [i.id for i in found.items] for name, found in catalog.environments.items()} == {
        "prod": ["a", "b"],
        "staging": ["a", "b"],
    }
    assert [file.name for file in catalog.files] == ["readiness.yaml", "speed.yaml", "people.yaml"]


def test_one_file_may_be_named_without_a_list_and_include_further_ones(folder: Folder) -> None:
    folder.write("include: deeper.yaml\n", "parts/more.yaml")
    folder.write("roles: {devops: {}}\n", "parts/deeper.yaml")
    assert list(folder.load(PLAIN + "include: parts/more.yaml\n").roles) == ["devops"]


def test_a_mistake_in_an_included_file_names_that_file(folder: Folder) -> None:
    folder.write("roles:\n  devops: {titel: x}\n", "more.yaml")
    assert folder.mistakes(PLAIN + "include: more.yaml\n") == [
        "more.yaml:2: titel: a role has no key 'titel'; did you mean 'title'?"
    ]


def test_mistakes_of_all_files_are_told_at_once(folder: Folder) -> None:
    folder.write(MORE.replace("needs: [a]", "needs: [c]"), "more.yaml")
    told = folder.mistakes(PLAIN.replace("title", "titel") + "include: more.yaml\n")
    assert [line.split(": ")[0] for line in told] == ["more.yaml:4", "more.yaml:4", "readiness.yaml:6"]


@pytest.mark.parametrize(
    ("files", "line"),
    [
        ({"readiness.yaml": "include: readiness.yaml\n"},
         "readiness.yaml:7: include: 'readiness.yaml' includes itself"),
        ({"readiness.yaml": "include: b.yaml\n", "b.yaml": "include: readiness.yaml\n"},
         "b.yaml:1: include: 'readiness.yaml' includes itself"),
        ({"readiness.yaml": "include: b.yaml\n", "b.yaml": "include: ./c.yaml\n",
          "c.yaml": "include: ../{folder}/b.yaml\n"},
         "c.yaml:1: include: '../{folder}/b.yaml' includes itself"),
    ],
)  # fmt: skip
def test_a_circle_of_includes_is_told_once(folder: Folder, files: dict[str, str], line: str) -> None:
    for name, text in files.items():
        folder.write(text.replace("{folder}", folder.path.name), name)
    told = folder.mistakes(PLAIN + files["readiness.yaml"])
    assert told == [line.replace("{folder}", folder.path.name) + " in a circle"]


def test_a_file_that_is_not_there_is_the_only_thing_told_though_much_refers_to_it(folder: Folder) -> None:
    written = page("{id: a, title: A, owner: devops, needs: [b], attest: {by: [devops]}}")
    assert folder.mistakes(written + "include: [people.yaml]\n") == [
        "readiness.yaml:7: include: there is no file 'people.yaml' beside readiness.yaml"
    ]


def test_an_included_file_that_is_no_yaml_is_the_only_thing_told(folder: Folder) -> None:
    folder.write("roles: [", "people.yaml")
    (told,) = folder.mistakes(page("{id: a, title: A, owner: devops, attest: {}}") + "include: people.yaml\n")
    assert told.startswith("people.yaml:1: not valid YAML")


def test_other_mistakes_are_still_told_beside_a_missing_file(folder: Folder) -> None:
    told = folder.mistakes(PLAIN.replace("title", "titel") + "include: people.yaml\n")
    assert [line.split(": ")[1] for line in told] == ["titel", "include"]


def test_nothing_is_overridden_a_key_in_two_files_is_told_with_both_places(folder: Folder) -> None:
    folder.write("service: other\nroles:\n  devops: {}\n", "more.yaml")
    assert folder.mistakes(PLAIN + "roles: {devops: {}}\ninclude: more.yaml\n") == [
        f"more.yaml:1: service: it is written twice; the first is at {folder.path}/readiness.yaml:1".replace(
            f"{folder.path}/", ""
        ),
        "more.yaml:3: devops: it is written twice; the first is at readiness.yaml:7",
    ]


def test_what_cannot_be_a_file_name_is_told(folder: Folder) -> None:
    assert folder.mistakes(PLAIN + "include: [{a: b}]\n") == [
        "readiness.yaml:7: include: it takes the names of files, as text"
    ]


def test_more_than_a_hundred_files_are_refused(folder: Folder) -> None:
    for number in range(120):
        folder.write(f"contacts: [{{name: c{number}}}]\n", f"{number}.yaml")
    told = folder.mistakes(PLAIN + f"include: [{', '.join(f'{number}.yaml' for number in range(120))}]\n")
    assert told == ["readiness.yaml:7: include: more than 100 files are included"]
