"""When something ends: spans, days and times in the team's zone; never guessed, never past."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.commands.grammar import parse_until
from bot.commands.model import Misunderstood
from tests.unit.samples import NOW, a_catalog


def until(text: str, zone: str = "Europe/Paris", now: datetime = NOW) -> datetime:
    return parse_until(text, a_catalog(timezone=ZoneInfo(zone)), now)


def why(text: str, zone: str = "Europe/Paris") -> str:
    with pytest.raises(Misunderstood) as caught:
        until(text, zone)
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2d", NOW + timedelta(days=2)),
        (" 1h30m ", NOW + timedelta(hours=1, minutes=30)),
        ("2026-03-28", datetime(2026, 3, 28, 23, tzinfo=UTC)),
        ("2026-12-31", datetime(2026, 12, 31, 23, tzinfo=UTC)),
        ("20261231", datetime(2026, 12, 31, 23, tzinfo=UTC)),
        ("2026-07-01", datetime(2026, 7, 1, 22, tzinfo=UTC)),
        ("2026-12-31 18:00", datetime(2026, 12, 31, 17, tzinfo=UTC)),
        ("2026-12-31T18:00", datetime(2026, 12, 31, 17, tzinfo=UTC)),
        ("2026-12-31 18:00+05:00", datetime(2026, 12, 31, 13, tzinfo=UTC)),
        ("2026-12-31T18:00Z", datetime(2026, 12, 31, 18, tzinfo=UTC)),
        ("2026-10-25 02:30+01:00", datetime(2026, 10, 25, 1, 30, tzinfo=UTC)),
        ("2026-10-25", datetime(2026, 10, 25, 23, tzinfo=UTC)),
        ("9999-12-30", datetime(9999, 12, 30, 23, tzinfo=UTC)),
    ],
)
def test_a_time_to_come_is_understood_in_the_zone_of_the_team(text: str, moment: datetime) -> None:
    found = until(text)
    assert found == moment
    assert found.tzinfo is UTC


@pytest.mark.parametrize("text", ["2026-10-25 02:30", "2026-10-25 02:00", "2027-03-28 02:30", "2026-03-29T02:00"])
def test_an_hour_that_is_there_twice_or_not_at_all_is_refused(text: str) -> None:
    assert why(text) == (
        f"{text!r} is ambiguous or missing on that day, the clocks change; add the offset, for example +01:00."
    )


def test_the_end_of_a_day_whose_midnight_the_clocks_skip_is_still_its_end() -> None:
    # Beirut goes from 00:00 to 01:00 on 29 March 2026.
    assert until("2026-03-28", "Asia/Beirut") == datetime(2026, 3, 28, 22, tzinfo=UTC)


@pytest.mark.parametrize("text", ["0s", "2026-03-27", "2026-03-28 12:59", "2020-01-01 00:00Z", "0001-01-01"])
def test_the_past_and_this_very_moment_are_refused(text: str) -> None:
    assert "in the past" in why(text) or "out of reach" in why(text)


@pytest.mark.parametrize("text", ["tomorrow", "12:30", "2026-13-01", "2026-02-30", "5", "-2d", "2026", "31.12.2026"])
def test_what_is_no_time_is_told_with_what_to_write(text: str) -> None:
    assert why(text) == f"{text!r} is not a time; write 2d, 8h, 2026-12-31 or '2026-12-31 18:00' (Europe/Paris)."


@pytest.mark.parametrize(
    ("text", "zone"),
    [
        ("9999-12-31", "Europe/Paris"),
        ("9999-12-31", "America/Los_Angeles"),
        ("9999-12-31 23:59", "America/Los_Angeles"),
        ("9999-12-31 23:59-12:00", "UTC"),
        ("0001-01-01 00:00", "Asia/Tokyo"),
        ("0001-01-01 00:00+14:00", "UTC"),
    ],
)
def test_the_ends_of_the_calendar_are_refused_with_a_sentence(text: str, zone: str) -> None:
    said = why(text, zone)
    assert "out of reach" in said or "in the past" in said


def test_a_span_of_more_than_a_century_is_refused() -> None:
    assert "not a time" in why("99999w")
    assert until("36525d") == NOW + timedelta(days=36525)
