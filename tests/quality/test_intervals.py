"""Dated intervals: which one holds on a day, and when another begins."""

from datetime import date, datetime

from quality.intervals import Intervals, Since

MAY, JUNE, JULY = date(2026, 5, 1), date(2026, 6, 1), date(2026, 7, 1)
TWICE = Intervals(60, ((MAY, 5), (JULY, 15)))


def millis(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1000)


def test_a_day_has_the_interval_in_force_then() -> None:
    days = ("2020-01-01", "2026-04-30", "2026-05-01", "2026-06-30", "2026-07-01", "2030-01-01")
    assert [TWICE.on(date.fromisoformat(day)) for day in days] == [5, 5, 15, 15, 60, 60]
    assert Intervals(10).on(MAY) == 10


def test_a_day_begins_at_midnight_in_vietnam() -> None:
    assert TWICE.at(millis("2026-06-30T23:59:59.999+07:00")) == 15
    assert TWICE.at(millis("2026-07-01T00:00:00+07:00")) == 60
    assert TWICE.at(millis("2026-06-30T17:00:00+00:00")) == 60


def test_the_history_is_told_from_ever_on() -> None:
    assert TWICE.history == (Since(None, 5), Since(MAY, 15), Since(JULY, 60))
    assert Intervals(5).history == (Since(None, 5),)
    assert TWICE.all == {5, 15, 60}


def test_changes_lie_behind_the_first_day_and_up_to_the_last() -> None:
    assert TWICE.changes(date(2026, 4, 30), JULY) == (MAY, JULY)
    assert TWICE.changes(MAY, date(2026, 6, 30)) == ()
    assert TWICE.changes(JUNE, JULY) == (JULY,)
