"""Reading YAML: what is no catalogue at all is one sentence, and nothing can hang, fell or fill the machine."""

from __future__ import annotations

from itertools import pairwise

import pytest

from bot.catalog.loader import load_catalog
from bot.catalog.problems import CatalogError
from tests.unit.catalog.pages import PLAIN, Folder, item, one, page

TOO_DEEP = "readiness.yaml:1: not valid YAML: it is nested too deeply"

WRONG: dict[str, tuple[str | bytes, str]] = {
    "nothing at all": ("", "1: it is empty; it needs at least service, environments and checklist"),
    "only a comment": ("# soon\n", "1: it is empty; it needs at least service, environments and checklist"),
    "a list": ("- a\n- b\n", "1: it must be a mapping (service: …, environments: …, checklist: …)"),
    "a text": ("hello\n", "1: it must be a mapping (service: …, environments: …, checklist: …)"),
    "another encoding": ("service: shop\ntimezone: Zürich\n".encode("latin-1"),
                         "2: it is not UTF-8 from here on; save it as UTF-8"),
    "too much": (b"# " + b"x" * 5_000_000, "1: it is larger than 5 MB"),
    "a key that is there twice": (
        PLAIN + "service: other\n", "7: service: it is written twice; the first is in line 1"),
    "a key of an item that is there twice": (
        page("{id: a, title: A, title: B, attest: {}}"), "6: title: it is written twice; the first is in line 6"),
    "a tag": (PLAIN.replace("title: A", "title: !!python/name:os.system A"),
              "6: A: the tag tag:yaml.org,2002:python/name:os.system is not used here; write plain text"),
    "a tag of their own": (PLAIN.replace("title: A", "title: !mine A"),
                           "6: A: the tag !mine is not used here; write plain text"),
    "a merge of a text": (PLAIN + "contacts: [{<<: hello, name: x}]\n", "7: <<: it can only merge mappings"),
    "an alias that holds itself": (
        "service: &a [*a]\n", "1: not valid YAML: it is nested too deeply, or an alias holds itself"),
    "brackets without end": ("a: " + "[" * 100_000, "1: not valid YAML: it is nested too deeply"),
    "dashes without end": ("a:\n " + "- " * 100_000, "1: not valid YAML: it is nested too deeply"),
    "indents without end": ("".join(" " * n + "a:\n" for n in range(500)),
                            "1: not valid YAML: it is nested too deeply"),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_what_is_no_catalogue_is_told_in_one_line(folder: Folder, case: str) -> None:
    written, told = WRONG[case]
    assert folder.mistakes(written) == [f"readiness.yaml:{told}"]


@pytest.mark.parametrize("written", ["a: [1, 2", "a: 'x", "a: b: c", "a: {b", "\ta: 1", "a: *nobody", "a: @x", "%"])
def test_text_that_is_no_yaml_is_told_with_its_line(folder: Folder, written: str) -> None:
    (told,) = folder.mistakes("service: shop\n" + written)
    assert told.startswith(("readiness.yaml:2: not valid YAML: ", "readiness.yaml:3: not valid YAML: "))


def test_a_second_document_is_not_read_over(folder: Folder) -> None:
    (told,) = folder.mistakes(PLAIN + "---\nservice: other\n")
    assert "not valid YAML" in told


def test_a_control_character_is_refused(folder: Folder) -> None:
    (told,) = folder.mistakes(PLAIN.replace("title: A", 'title: "a\x07b"'))
    assert "not valid YAML" in told


def test_half_a_character_is_refused(folder: Folder) -> None:
    (told,) = folder.mistakes(PLAIN.replace("title: A", r'title: "\ud800"'))
    assert told.startswith("readiness.yaml:6: title: ")


def test_aliases_that_multiply_end_soon_and_in_one_line(folder: Folder) -> None:
    names = "abcdefghi"
    lines = [f"a: &a [{', '.join('x' * 9)}]"]
    lines += [f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]" for before, name in pairwise(names)]
    (told,) = folder.mistakes("\n".join(lines))
    assert told.endswith("its aliases stand for more than a catalogue can hold")


def test_aliases_that_nest_ever_deeper_are_refused(folder: Folder) -> None:
    lines = ["a0: &a0 [x]", *(f"a{n}: &a{n} [*a{n - 1}]" for n in range(1, 200))]
    assert folder.mistakes("\n".join(lines)) == [f"{TOO_DEEP}, or an alias holds itself"]


def test_a_file_that_is_not_there_says_how_to_name_it(folder: Folder) -> None:
    with pytest.raises(
        CatalogError, match=r"there is no such file; name yours with --config FILE, or in READINESS_CON"
    ):
        load_catalog(folder.file, {})


def test_a_folder_in_the_place_of_the_file_is_told(folder: Folder) -> None:
    folder.file.mkdir()
    with pytest.raises(CatalogError, match="it cannot be read: Is a directory"):
        load_catalog(folder.file, {})


def test_a_byte_order_mark_is_no_mistake(folder: Folder) -> None:
    folder.write(b"\xef\xbb\xbf" + PLAIN.encode())
    assert load_catalog(folder.file, {}).service == "shop"


def test_windows_line_ends_are_no_mistake_and_count_as_one_line(folder: Folder) -> None:
    folder.write(PLAIN.replace("\n", "\r\n"))
    assert load_catalog(folder.file, {}).service == "shop"
    assert folder.mistakes(PLAIN.replace("title", "titel").replace("\n", "\r\n"))[0].startswith("readiness.yaml:6:")


def test_addresses_without_quotes_stand_in_braces(folder: Folder) -> None:
    """The parser in C refuses this, and DESIGN's own example has it."""
    written = one("check: {kind: http, url: '{web}/a'}").replace(
        "{prod: {}}", "{prod: {vars: {web: https://x.example}}}"
    )
    assert "https://x.example/a" in str(item(folder.load(written)).way)


def test_a_merge_key_brings_what_is_not_there_and_own_keys_win(folder: Folder) -> None:
    written = page(
        "&first {id: a, title: A, level: critical, attest: {}}",
        "{<<: *first, id: b, level: minor}",
        "{id: c, <<: [{title: C}, *first]}",
    )
    catalog = folder.load(written)
    assert [(i.id, i.title, i.level.value) for i in catalog.environments["prod"].items] == [
        ("a", "A", "critical"), ("b", "A", "minor"), ("c", "C", "critical"),
    ]  # fmt: skip


def test_an_alias_stands_for_the_same_thing_again(folder: Folder) -> None:
    written = page("{id: a, title: A, attest: &word {valid_for: 3d}}", "{id: b, title: B, attest: *word}")
    catalog = folder.load(written)
    assert item(catalog, "a").way == item(catalog, "b").way


@pytest.mark.parametrize("word", ["yes", "on", "no", "2026", "1.5", "0x1F", "~x", "1:30", "012"])
def test_a_word_stays_the_word_that_was_written_where_text_is_wanted(folder: Folder, word: str) -> None:
    catalog = folder.load(PLAIN + f"roles: {{r: {{slack: ['{word}']}}}}\nnotify: {{sms: '{word}'}}\n")
    assert catalog.roles["r"].slack == {word}
    assert catalog.notify["sms"] == word
