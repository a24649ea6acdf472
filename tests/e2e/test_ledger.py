"""The record proves itself: whatever is done to the ledger behind the program's back is found and named."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from tests.e2e.catalogues import bad, catalogue, good, item
from tests.e2e.program import Program

ALLOWED = {
    "people": {"ana": {"local": "ana"}},
    "roles": {"ops": {"members": ["ana"]}},
    "permissions": {"waive": ["ops"]},
}
COLUMNS = ("at", "actor", "verb", "subject", "data", "prev_hash", "hash")


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder where some commands were given."""
    program = Program(tmp_path_factory.mktemp("ledger") / "place")
    program.write(catalogue([good("a"), bad("b"), item("c", attest={"evidence": "required"})], **ALLOWED))
    assert program.run("run", "prod").code == 0
    assert program.run("waive", "prod", "b", "--reason", "it’s known – really", "--until", "2d").code == 0
    assert program.run("attest", "prod", "c", "--evidence", "https://wiki.example/c").code == 0
    assert program.run("revoke", "prod", "b").code == 0
    return program.folder


@pytest.fixture
def ledger(recorded: Path, tmp_path: Path) -> Program:
    """A copy of it, to be tampered with."""
    shutil.copytree(recorded, tmp_path / "place")
    return Program(tmp_path / "place")


def head(program: Program) -> str:
    return str(program.rows("SELECT hash FROM ledger ORDER BY id DESC LIMIT 1")[0]["hash"])


def found(program: Program, says: str, *words: str) -> None:
    done = program.run("ledger", "verify", *words).calm()
    assert done.code == 1
    assert re.search(says, done.err), done.err
    assert done.out == ""


def test_the_untouched_ledger_is_whole(ledger: Program) -> None:
    done = ledger.run("ledger", "verify", "--expect", head(ledger)[:8])
    assert done.code == 0
    assert "5 entries" in done.out
    assert head(ledger) in done.out
    verbs = [row["verb"] for row in ledger.rows("SELECT verb FROM ledger ORDER BY id")]
    assert verbs == ["run.asked", "run.finished", "waived", "attested", "revoked"]


def test_one_flipped_byte_in_any_column_of_any_entry_is_found(ledger: Program) -> None:
    """One process for each column; the entries go through the same code as the program's, in this one."""
    from storage.database import Database

    database = Database(ledger.env["DATABASE_URL"])
    for row in ledger.rows("SELECT * FROM ledger"):
        for column in COLUMNS:
            raw = str(row[column]).encode()
            for place in (0, len(raw) // 2, len(raw) - 1):
                flipped = raw[:place] + bytes([raw[place] ^ 1]) + raw[place + 1 :]
                change = f"UPDATE ledger SET {column} = CAST(? AS TEXT) WHERE id = ?"
                with ledger.tampering() as other:
                    other.execute(change, (flipped, row["id"]))
                with database.read() as store:
                    verdict = store.ledger.verify()
                assert verdict.problem, (row["id"], column, place)
                assert verdict.entry in (row["id"], row["id"] + 1)
                with ledger.tampering() as other:
                    other.execute(change, (raw, row["id"]))
    database.close()
    assert ledger.run("ledger", "verify").code == 0


@pytest.mark.parametrize("column", COLUMNS)
def test_the_program_names_the_entry_that_was_changed(ledger: Program, column: str) -> None:
    with ledger.tampering() as other:
        (value,) = other.execute(f"SELECT CAST({column} AS BLOB) FROM ledger WHERE id = 3").fetchone()
        flipped = value[:-1] + bytes([value[-1] ^ 1])
        other.execute(f"UPDATE ledger SET {column} = CAST(? AS TEXT) WHERE id = 3", (flipped,))
    found(ledger, "Entry 3 (was changed|does not follow)")
    doctor = ledger.run("doctor")
    assert doctor.code == 2
    assert "Entry 3" in doctor.out


def test_a_changed_number_is_found(ledger: Program) -> None:
    with ledger.tampering() as other:
        other.execute("UPDATE ledger SET id = 7 WHERE id = 5")
    found(ledger, "Entry 5 is missing")


@pytest.mark.parametrize(("entry", "says"), [(1, "Entry 1 is missing"), (3, "Entry 3 is missing")])
def test_a_deleted_entry_is_found(ledger: Program, entry: int, says: str) -> None:
    with ledger.tampering() as other:
        other.execute("DELETE FROM ledger WHERE id = ?", (entry,))
    found(ledger, says)


def test_a_swapped_pair_is_found(ledger: Program) -> None:
    with ledger.tampering() as other:
        for before, after in ((2, -1), (3, 2), (-1, 3)):
            other.execute("UPDATE ledger SET id = ? WHERE id = ?", (after, before))
    found(ledger, "Entry 2 does not follow")


def test_a_cut_tail_is_found_against_a_head_that_was_seen(ledger: Program) -> None:
    seen = head(ledger)
    with ledger.tampering() as other:
        other.execute("DELETE FROM ledger WHERE id >= 4")
    assert ledger.run("ledger", "verify").code == 0, "by itself the rest is a whole chain"
    found(ledger, "the end of the ledger was cut off", "--expect", seen)
    found(ledger, f"No entry has the hash {seen[:8]}", "--expect", seen[:8])


def test_an_emptied_ledger_is_found_against_a_head_that_was_seen(ledger: Program) -> None:
    seen = head(ledger)
    with ledger.tampering() as other:
        other.execute("DELETE FROM ledger")
    found(ledger, "the end of the ledger was cut off", "--expect", seen)


def test_the_export_is_lines_of_json_that_anybody_can_verify(ledger: Program) -> None:
    from hashlib import sha256

    lines = [json.loads(line) for line in ledger.run("ledger", "export").out.splitlines()]
    assert [line["id"] for line in lines] == [1, 2, 3, 4, 5]
    before = "0" * 64
    for line in lines:
        assert line["prev_hash"] == before
        columns = [line[name] for name in ("id", "at", "actor", "verb", "subject", "data", "prev_hash")]
        text = json.dumps(columns, ensure_ascii=False, separators=(",", ":"))
        before = line["hash"]
        assert sha256(text.encode()).hexdigest() == before
    assert json.loads(lines[2]["data"])["reason"] == "it’s known – really"


def test_a_key_seals_what_follows_and_nobody_without_it_can_forge(ledger: Program) -> None:
    key = {"READINESS_LEDGER_KEY": "a key that only the bot has"}
    assert ledger.run("waive", "prod", "b", "--reason", "x", "--until", "1d", env=key).code == 0
    assert ledger.run("ledger", "verify", env=key).code == 0
    found(ledger, "Entry 6 was changed.*READINESS_LEDGER_KEY")
    wrong = ledger.run("ledger", "verify", env={"READINESS_LEDGER_KEY": "another"})
    assert wrong.code == 1
    # Somebody with the database and without the key goes on as if there were none.
    assert ledger.run("revoke", "prod", "b").code == 0
    forged = ledger.run("ledger", "verify", env=key)
    assert forged.code == 1
    assert "Entry 7 was forged" in forged.err
