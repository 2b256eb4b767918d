"""Eras: what holds between two changes of checks or of the interval, and how neighbours lie across one."""

from datetime import date, datetime

from quality.checks.cell import read_checks
from quality.checks.eras import EVER, Era, eras_of
from quality.checks.neighbours import Series
from quality.checks.stretch import Stretch
from quality.intervals import Intervals

MINUTE = 60_000
CHANGE = round(datetime.fromisoformat("2026-07-01T00:00+07:00").timestamp() * 1000)
FIVE_THEN_HOUR = Intervals(60, ((date(2026, 7, 1), 5),))
HOUR_THEN_FIVE = Intervals(5, ((date(2026, 7, 1), 60),))


def flagged(intervals: Intervals, text: str, *points: tuple[float, float]) -> list[int]:
    """Which of (minutes after the change, value) are flagged."""
    times = [CHANGE + round(minute * MINUTE) for minute, _ in points]
    series = Series(times, [value for _, value in points])
    eras = eras_of([(0, read_checks(text))], intervals)
    stretch = Stretch(series, times[0], times[-1], -(10**13), 10**13, eras)
    assert stretch.lacking() == (False, False)
    return sorted(stretch.findings().flags)


def test_both_checks_and_interval_cut_time() -> None:
    loose, tight = read_checks("spike=9"), read_checks("spike=3;neighbours=6;flat_line=4")
    later = CHANGE + 90 * MINUTE
    assert eras_of([(7, loose), (later, tight)], FIVE_THEN_HOUR).each == (
        Era(EVER, 5 * MINUTE, 15 * MINUTE, loose),
        Era(CHANGE, 60 * MINUTE, 180 * MINUTE, loose),
        Era(later, 60 * MINUTE, 360 * MINUTE, tight),
    )
    eras = eras_of([(7, loose), (later, tight)], FIVE_THEN_HOUR)
    assert [eras.at(time).since for time in (0, CHANGE - 1, CHANGE, later - 1, later)] == [
        EVER, EVER, CHANGE, CHANGE, later,
    ]  # fmt: skip
    assert eras.longest_run == 4


def test_the_reach_is_of_the_eras_around() -> None:
    eras = eras_of([(0, read_checks("spike=9"))], FIVE_THEN_HOUR)
    assert eras.reach(CHANGE - 500 * MINUTE, CHANGE - 181 * MINUTE) == 15 * MINUTE
    assert eras.reach(CHANGE - 500 * MINUTE, CHANGE - 180 * MINUTE) == 180 * MINUTE, "its next may be behind"
    assert eras.reach(CHANGE, CHANGE) == 180 * MINUTE
    assert eras_of([(0, read_checks(""))], HOUR_THEN_FIVE).reach(CHANGE, CHANGE) == 15 * MINUTE


def test_the_later_of_two_decides_whether_they_are_neighbours() -> None:
    alike = "flat_line=2"
    assert flagged(FIVE_THEN_HOUR, alike, (-15, 7), (0, 7)) == [0, 1]
    assert flagged(FIVE_THEN_HOUR, alike, (-20, 7), (-4, 7)) == [], "still five minutes"
    assert flagged(FIVE_THEN_HOUR, alike, (-5, 7), (175, 7)) == [0, 1]
    assert flagged(FIVE_THEN_HOUR, alike, (-5, 7), (176, 7)) == []
    assert flagged(HOUR_THEN_FIVE, alike, (-180, 7), (-5, 7)) == [0, 1]
    assert flagged(HOUR_THEN_FIVE, alike, (-60, 7), (0, 7)) == []


def test_a_change_is_per_interval_of_its_time() -> None:
    rate = "rate_of_change=4"
    assert flagged(FIVE_THEN_HOUR, rate, (-15, 0), (-5, 9)) == [1], "4.5 in each of two intervals"
    assert flagged(FIVE_THEN_HOUR, rate, (60, 0), (180, 9)) == [1]
    assert flagged(FIVE_THEN_HOUR, rate, (60, 0), (240, 9)) == []


def test_a_spike_needs_a_neighbour_in_the_next_era() -> None:
    assert flagged(FIVE_THEN_HOUR, "spike=3", (-10, 1), (-5, 9), (60, 1)) == [1]
    assert flagged(HOUR_THEN_FIVE, "spike=3", (-120, 1), (-60, 9), (0, 1)) == []


def test_how_far_neighbours_lie_apart_is_the_channels() -> None:
    pair = ((300, 7.0), (320, 7.0))
    assert flagged(Intervals(5), "flat_line=2", *pair) == []
    assert flagged(Intervals(5), "flat_line=2;neighbours=4", *pair) == [0, 1]
    assert flagged(Intervals(5), "flat_line=2;neighbours=1", (300, 7.0), (305, 7.0), (311, 7.0)) == [0, 1]
