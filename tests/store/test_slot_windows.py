"""Marked hours as stretches of slots: joined where they meet, widened to whole slots, never past a day."""

from datetime import UTC, date, datetime, timedelta

import pytest

from quality.intervals import Intervals
from store.slots.dirty_hours import Mark
from store.slots.windows import Window, windows_of

MIDNIGHT = datetime(2026, 5, 29, 17, tzinfo=UTC)
"""00:00 of 30 May 2026 in Vietnam."""
DAY = date(2026, 5, 30)


def marks(*hours: int, station_id: int = 1) -> list[Mark]:
    whole = timedelta(minutes=59, seconds=59)
    starts = [MIDNIGHT + timedelta(hours=hour) for hour in hours]
    return [Mark(station_id, start, start, start + whole) for start in starts]


@pytest.mark.parametrize(
    ("interval", "hours", "stretches"),
    [
        (5, (0,), [(0, 12)]),
        (5, (10, 8, 9), [(96, 132)]),
        (5, (0, 2, 23), [(0, 12), (24, 36), (276, 288)]),
        (60, (3, 5, 6), [(3, 4), (5, 7)]),
        (45, (1,), [(1, 3)]),
        (45, (1, 2), [(1, 4)]),
        (480, (0, 9), [(0, 2)]),
        (480, (0, 17), [(0, 1), (2, 3)]),
        (1440, (7, 20), [(0, 1)]),
    ],
)
def test_hours_become_slots(interval: int, hours: tuple[int, ...], stretches: list[tuple[int, int]]) -> None:
    assert windows_of(marks(*hours), {1: Intervals(interval)}, set()) == [
        Window(1, DAY, interval, first, last) for first, last in stretches
    ]


def test_only_the_slots_that_hold_what_changed() -> None:
    at = MIDNIGHT + timedelta(hours=3)
    one = [Mark(1, at, at + timedelta(minutes=5), at + timedelta(minutes=14, seconds=59))]
    assert windows_of(one, {1: Intervals(5)}, set()) == [Window(1, DAY, 5, 37, 39)]
    both = [*one, Mark(1, at, at + timedelta(minutes=10), at + timedelta(minutes=15))]
    assert windows_of(both, {1: Intervals(5)}, set()) == [Window(1, DAY, 5, 37, 40)]
    assert windows_of(one, {1: Intervals(45)}, set()) == [Window(1, DAY, 45, 4, 5)]


def test_days_and_stations_are_apart() -> None:
    asked = [*marks(23, 24, station_id=2), *marks(0)]
    assert windows_of(asked, {1: Intervals(60), 2: Intervals(30)}, set()) == [
        Window(1, DAY, 60, 0, 1),
        Window(2, DAY, 30, 46, 48),
        Window(2, date(2026, 5, 31), 30, 0, 2),
    ]


def test_a_day_that_is_cut_otherwise_is_counted_whole() -> None:
    assert windows_of(marks(3, 9), {1: Intervals(5)}, {(1, DAY)}) == [Window(1, DAY, 5, 0, 288)]


def test_a_window_holds_its_first_moment_and_its_last() -> None:
    window = Window(1, DAY, 5, 12, 24)
    assert window.begin.isoformat() == "2026-05-30T01:00:00+07:00"
    assert window.end.isoformat() == "2026-05-30T01:59:59.999000+07:00"
