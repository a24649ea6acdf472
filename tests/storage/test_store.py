"""What a unit of work offers, the same on every database."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from storage.database import Database
from storage.errors import Conflict
from storage.records import Attestation, NaiveTime, Report, Run, RunState, Waiver
from storage.store import Store
from tests.storage.samples import NOW, a_row, a_run, at


def add_run(database: Database, environment: str = "prod") -> int:
    with database.write() as store:
        run = store.runs.add(a_run(environment))
    assert run.id is not None
    return run.id


def add_results(database: Database, *rows: dict[str, object], environment: str = "prod") -> int:
    run_id = add_run(database, environment)
    with database.write() as store:
        store.results.add(run_id, rows)
    return run_id


def attestation(item: str, at_: datetime = NOW) -> Attestation:
    return Attestation(environment="prod", item=item, person="ana", name="Ana", at=at_, until=at_ + timedelta(days=30))


def waiver(item: str) -> Waiver:
    return Waiver(environment="prod", item=item, person="bo", name="Bo", reason="known", at=NOW, until=at(3600))


def report(item: str, key: str, outcome: str = "pass") -> Report:
    return Report(environment="prod", item=item, outcome=outcome, key=key, at=NOW)


def test_a_touched_subject_counts_its_revisions(database: Database) -> None:
    with database.write() as store:
        assert store.revision("run:1") == 0
        assert [store.touch("run:1", NOW), store.touch("run:1", at(1)), store.touch("run:2", NOW)] == [1, 2, 1]
    with database.read() as store:
        assert store.revision("run:1") == 2


def test_times_come_back_aware_in_utc(database: Database) -> None:
    paris = timezone(timedelta(hours=2))
    with database.write() as store:
        run = store.runs.add(Run(environment="prod", person="ana", name="Ana", asked_at=NOW.astimezone(paris)))
    with database.read() as store:
        found = store.runs.get(run.id or 0)
    assert found is not None
    assert found.asked_at == NOW
    assert found.asked_at.utcoffset() == timedelta(0)


def test_a_naive_time_is_refused_and_nothing_is_written(database: Database) -> None:
    naive = NOW.replace(tzinfo=None)
    with pytest.raises(NaiveTime), database.write() as store:
        store.touch("run:1", naive)
    with pytest.raises(NaiveTime), database.write() as store:
        store.record("ana", "run", "run:1", {}, naive)
    with pytest.raises(NaiveTime), database.read() as store:
        store.posts.behind(["slack"], naive)
    with database.read() as store:
        assert store.revision("run:1") == 0


def test_records_outlive_their_transaction_and_changing_them_changes_nothing(database: Database) -> None:
    run_id = add_run(database)
    with database.write() as store:
        run = store.runs.get(run_id)
        assert run is not None
        run.verdict = "GO"
    assert run.items == ["a", "b"]
    with database.read() as store:
        assert [found.verdict for found in store.runs.recent("prod", 5)] == [None]


def test_an_exception_undoes_everything(database: Database) -> None:
    def fail(store: Store) -> None:
        store.runs.add(a_run())
        store.touch("run:1", NOW)
        store.record("ana", "run", "run:1", {}, NOW)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), database.write() as store:
        fail(store)
    with database.read() as store:
        assert store.runs.recent("prod", 5) == []
        assert store.head() is None
        assert store.revision("run:1") == 0


def test_the_oldest_queued_run_is_claimed_once(database: Database) -> None:
    first, second = add_run(database), add_run(database, "staging")
    with database.write() as store:
        claimed = store.runs.claim("one", at(5), at(35))
        assert claimed is not None
        assert (claimed.id, claimed.state, claimed.claimed_by) == (first, "running", "one")
        assert (claimed.started_at, claimed.claimed_until) == (at(5), at(35))
    with database.write() as store:
        other = store.runs.claim("two", at(6), at(36))
        assert other is not None
        assert other.id == second
        assert store.runs.claim("three", at(7), at(37)) is None
        assert [run.id for run in store.runs.running()] == [first, second]


def test_only_the_owner_renews_and_finishes(database: Database) -> None:
    run_id = add_run(database)
    with database.write() as store:
        assert not store.runs.finish(run_id, "one", verdict="GO")
        store.runs.claim("one", NOW, at(30))
        assert not store.runs.renew(run_id, "two", at(60))
        assert store.runs.renew(run_id, "one", at(60))
        assert not store.runs.finish(run_id, "two", verdict="GO")
        assert store.runs.finish(run_id, "one", verdict="NO_GO", score=4.5, finished_at=at(9), reasons=[{"item": "a"}])
        assert not store.runs.finish(run_id, "one", verdict="GO")
        assert not store.runs.renew(run_id, "one", at(90))
        assert not store.runs.interrupt(run_id, at(10))
    with database.read() as store:
        run = store.runs.latest("prod")
    assert run is not None
    assert (run.state, run.verdict, run.score, run.reasons) == ("finished", "NO_GO", 4.5, [{"item": "a"}])


def test_a_run_is_interrupted_from_queued_or_running(database: Database) -> None:
    queued, running = add_run(database), add_run(database)
    with database.write() as store:
        assert store.runs.interrupt(queued, at(1))
        assert store.runs.claim("one", NOW, at(30)) is not None
        assert store.runs.interrupt(running, at(2))
        assert not store.runs.interrupt(running, at(3))
        assert not store.runs.finish(running, "one", verdict="GO")
        assert store.runs.latest("prod") is None
        latest = store.runs.latest("prod", [RunState.FINISHED, RunState.INTERRUPTED])
        assert latest is not None
        assert (latest.id, latest.finished_at) == (running, at(2))
        assert [run.id for run in store.runs.recent("prod", 1)] == [running]


def test_results_are_counted_and_come_back_whole(database: Database) -> None:
    facts = {"status": 200, "body": "é\x00\ud800 ☃", "nan": float("nan"), "nested": [float("inf"), {"a": None}]}
    run_id = add_results(database, a_row("a", facts=facts, attempts=3), a_row("b", summary="nul \x00", blocked_by="a"))
    with database.write() as store:
        store.results.add(run_id, [a_row("c")])
        store.results.add(run_id, [])
    with database.read() as store:
        a, b, c = store.results.of_run(run_id)
        run = store.runs.get(run_id)
    assert run is not None
    assert run.done == 3
    assert (a.item, a.environment, a.attempts, a.blocked_by, a.at) == ("a", "prod", 3, None, NOW)
    assert a.facts["status"] == 200
    assert (a.facts["body"], a.facts["nan"]) == ("é\ufffd\ufffd ☃", "nan")
    assert a.facts["nested"] == ["inf", {"a": None}]
    assert (b.summary, b.blocked_by, c.facts) == ("nul \ufffd", "a", {})


def test_a_result_that_is_there_already_is_a_conflict_and_undoes_its_batch(database: Database) -> None:
    run_id = add_results(database, a_row("a"))
    with pytest.raises(Conflict), database.write() as store:
        store.results.add(run_id, [a_row("b"), a_row("a")])
    with pytest.raises(Conflict), database.write() as store:
        store.results.add(run_id + 1, [a_row("b")])
    with database.read() as store:
        assert [result.item for result in store.results.of_run(run_id)] == ["a"]
        assert getattr(store.runs.get(run_id), "done", None) == 1


def test_the_latest_result_of_an_item_is_the_last_that_was_measured(database: Database) -> None:
    add_results(database, a_row("a"), a_row("b"), a_row("c", blocked_by="a"))
    add_results(database, a_row("a", 1, outcome="fail"), a_row("b", 1, blocked_by="a"))
    add_results(database, a_row("b", outcome="fail"), environment="staging")
    with database.read() as store:
        latest = store.results.latest("prod", ["a", "b", "c", "unheard-of", "a"])
        assert {item: (result.outcome, result.at) for item, result in latest.items()} == {
            "a": ("fail", at(1)),
            "b": ("pass", NOW),
        }
        assert store.results.latest("prod", []) == {}
        assert [result.blocked_by for result in store.results.history("prod", "b", 5)] == ["a", None]
        assert len(store.results.history("prod", "b", 1)) == 1


def test_forgetting_keeps_the_latest_of_each_item_and_the_latest_measured(database: Database) -> None:
    for second in range(4):
        blocked = "a" if second >= 2 else None
        rows = [a_row("a", second), a_row("b", second, blocked_by=blocked), a_row(f"once-{second}", second)]
        add_results(database, *rows)
    with database.write() as store:
        store.record("ana", "run", "run:1", {}, NOW)
        assert store.results.forget(at(100), limit=2) == 2
        assert store.results.forget(at(100)) == 3
        assert store.results.forget(at(100)) == 0
        assert [result.at for result in store.results.history("prod", "a", 9)] == [at(3)]
        assert [result.at for result in store.results.history("prod", "b", 9)] == [at(3), at(1)]
        assert len(store.results.latest("prod", ["a", "b", *(f"once-{second}" for second in range(4))])) == 6
        assert len(store.runs.recent("prod", 9)) == 4


def test_forgetting_leaves_what_is_young(database: Database) -> None:
    for second in range(3):
        add_results(database, a_row("a", second))
    with database.write() as store:
        assert store.results.forget(at(1)) == 1


def test_what_people_vouched_for_stands_until_withdrawn(database: Database) -> None:
    with database.write() as store:
        old = store.people.add(attestation("a"))
        new = store.people.add(attestation("a", at(1)))
        store.people.add(attestation("b"))
        excepted = store.people.add(waiver("a"))
        assert None not in (old.id, new.id)
    with database.write() as store:
        assert {item: found.id for item, found in store.people.attestations("prod").items()} == {
            "a": new.id,
            "b": (new.id or 0) + 1,
        }
        assert store.people.withdraw(Attestation, "prod", "a", "cy", at(9)) == [old.id, new.id]
        assert store.people.withdraw(Attestation, "prod", "a", "cy", at(9)) == []
        assert set(store.people.attestations("prod")) == {"b"}
        assert store.people.waivers("prod")["a"].id == excepted.id
        assert store.people.attestations("staging") == {}


def test_reports_are_known_by_their_key(database: Database) -> None:
    with database.write() as store:
        store.people.add(report("tests", "build-1"))
        second = store.people.add(report("tests", "build-2", "fail"))
    with database.read() as store:
        assert {item: found.outcome for item, found in store.people.reports("prod").items()} == {"tests": "fail"}
        found = store.people.report_by_key("prod", "tests", "build-2")
        assert found is not None
        assert found.id == second.id
        assert store.people.report_by_key("prod", "tests", "build-3") is None
    with pytest.raises(Conflict), database.write() as store:
        store.people.add(report("tests", "build-1"))


def test_counts(database: Database) -> None:
    add_run(database)
    add_run(database)
    with database.write() as store:
        store.runs.claim("one", NOW, at(9))
        store.touch("run:1", NOW)
        store.posts.add("run:1", "slack", "C1")
        store.record("ana", "run", "run:1", {}, NOW)
        counts = store.counts()
    assert (counts.runs, counts.posts_behind, counts.ledger) == ({"running": 1, "queued": 1}, 1, 1)
