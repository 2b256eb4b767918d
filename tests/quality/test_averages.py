"""Averages by hand: literal values in, literal means out, and what is too little for one."""

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quality.averages import (
    HOUR,
    NOTHING,
    Part,
    Spread,
    day_expects,
    enough,
    hour_expects,
    hour_of_slot,
    mean_of,
    of_days,
    of_hours,
    of_readings,
    vector_mean,
)
from quality.slots import day_start, slots_per_day
from store.time_type import to_millis

INTERVALS = [minutes for minutes in range(1, 1441) if 1440 % minutes == 0]


def ms(clock: str, day: str = "2026-05-30") -> int:
    return to_millis(datetime.fromisoformat(f"{day}T{clock}+07:00"))


def test_an_hour_of_three_readings() -> None:
    values = [(7.5, ms("10:05")), (7.0, ms("10:00")), (8.0, ms("10:10"))]
    assert of_readings(values, 5, "mean") == Spread(3, 7.5, 7.0, ms("10:00"), 8.0, ms("10:10"))


def test_several_readings_of_one_slot_are_one_slot_and_all_of_them_count_in_the_mean() -> None:
    values = [(1.0, ms("10:00")), (3.0, ms("10:02")), (8.0, ms("10:05"))]
    assert of_readings(values, 5, "mean") == Spread(2, 4.0, 1.0, ms("10:00"), 8.0, ms("10:05"))


def test_an_extreme_is_told_with_the_first_time_it_was_read() -> None:
    values = [(2.0, ms("10:20")), (5.0, ms("10:15")), (5.0, ms("10:05")), (2.0, ms("10:10"))]
    spread = of_readings(values, 5, "mean")
    assert (spread.low_at, spread.high_at) == (ms("10:10"), ms("10:05"))


def test_nothing_has_no_mean_and_zero_is_a_value() -> None:
    assert of_readings([], 5, "mean") == NOTHING == Spread(0, None)
    assert of_readings([(0.0, ms("10:00"))], 5, "mean").mean == 0.0


@pytest.mark.parametrize(
    ("count", "expected", "percent", "is_enough"),
    [
        (9, 12, 75, True),  # exactly 75 %
        (8, 12, 75, False),
        (18, 24, 75, True),
        (17, 24, 75, False),
        (6, 8, 75, True),
        (5, 8, 75, False),
        (274, 365, 75, True),
        (273, 365, 75, False),
        (1, 1, 75, True),
        (0, 0, 75, False),
        (0, 12, 0, False),
        (1, 12, 0, True),
        (11, 12, 100, False),
        (12, 12, 100, True),
    ],
)
def test_exactly_the_percentage_is_enough(count: int, expected: int, percent: float, is_enough: bool) -> None:
    assert enough(count, expected, percent) is is_enough


@pytest.mark.parametrize(
    ("angles", "mean"),
    [
        ((350.0, 10.0), 0.0),
        ((350.0, 20.0), 5.0),
        ((90.0,), 90.0),
        ((0.0, 90.0), 45.0),
        ((180.0, 270.0), 225.0),
        ((359.0, 1.0, 0.0), 0.0),
        ((10.0, 20.0, 30.0), 20.0),
    ],
)
def test_directions_are_added_as_vectors(angles: tuple[float, ...], mean: float) -> None:
    assert vector_mean(angles) == pytest.approx(mean, abs=1e-9)


def test_opposite_winds_have_no_mean_direction_and_no_wind_has_an_extreme() -> None:
    assert vector_mean((0.0, 180.0)) is None
    assert vector_mean((45.0, 135.0, 225.0, 315.0)) is None
    spread = of_readings([(350.0, ms("10:00")), (10.0, ms("10:05"))], 5, "direction")
    assert spread.slots == 2
    assert (spread.low, spread.low_at, spread.high, spread.high_at) == (None, None, None, None)


@given(st.lists(st.floats(0, 360), min_size=1, max_size=30))
def test_a_direction_is_never_360(angles: list[float]) -> None:
    mean = vector_mean(angles)
    assert mean is None or 0 <= mean < 360


def hour(mean: float | None, slots: int = 12, expected: int = 12) -> Part:
    return Part(expected, Spread(slots, mean, mean, ms("10:00"), mean, ms("10:00")) if slots else NOTHING)


def test_a_day_is_the_mean_of_its_hours_that_have_one() -> None:
    # 8 of 12 slots are too little: that hour's 99 is not in the mean, but its readings are in the extremes
    spread = of_hours([hour(10.0), hour(20.0, slots=9), hour(99.0, slots=8)], "mean", 75)
    assert (spread.mean, spread.hours, spread.slots, spread.high) == (15.0, 2, 29, 99.0)
    assert spread.total is None


def test_a_flow_totals_what_was_measured_and_nothing_for_gaps() -> None:
    # 40 m3/h for a whole hour, 60 for half an hour, 30 for an hour: 40 + 30 + 30; hours without readings: 0
    parts = [hour(40.0), hour(60.0, slots=6), hour(30.0), hour(None, slots=0)]
    spread = of_hours(parts, "total", 75)
    assert spread.total == 100.0
    assert (spread.mean, spread.hours) == (35.0, 2)


def test_a_flow_without_readings_has_no_total() -> None:
    assert of_hours([hour(None, slots=0)], "total", 75).total is None


def test_a_month_is_the_mean_of_its_days_that_have_one() -> None:
    days = [
        (Spread(288, 10.0, hours=24, total=240.0), True),
        (Spread(100, 40.0, hours=8, total=320.0), False),
    ]
    spread = of_days([*days, (Spread(288, 20.0, hours=24, total=480.0), True)], "total")
    assert (spread.mean, spread.hours, spread.total) == (15.0, 2, 1040.0)


def test_numbers_that_only_a_fault_makes_do_not_break_the_mean() -> None:
    assert mean_of([1.7e308, 1.7e308], "mean") == 1.7e308
    assert of_hours([hour(1.7e308), hour(1.7e308)], "total", 75).total is None


@pytest.mark.parametrize(("interval", "counts"), [(5, [12, 12]), (1, [60, 60]), (60, [1, 1]), (120, [1, 0])])
def test_slots_that_begin_in_an_hour(interval: int, counts: list[int]) -> None:
    assert [hour_expects(ms("10:00"), interval), hour_expects(ms("11:00"), interval)] == counts


@pytest.mark.parametrize("interval", INTERVALS)
def test_the_hours_of_a_day_expect_its_slots(interval: int) -> None:
    begin = to_millis(day_start(date(2026, 1, 1)))
    expected = [hour_expects(begin + number * HOUR, interval) for number in range(24)]
    assert sum(expected) == slots_per_day(interval)
    assert sum(1 for count in expected if count) == day_expects(interval)
    starts = [begin + slot * interval * 60_000 for slot in range(slots_per_day(interval))]
    found = [0] * 24
    for start in starts:
        found[(start - begin) // HOUR] += 1
        last = start + timedelta(minutes=interval) // timedelta(milliseconds=1) - 1
        assert hour_of_slot(start, interval) == hour_of_slot(last, interval) == start // HOUR * HOUR
    assert found == expected


@given(st.permutations([(0.1, 0), (0.2, 1), (0.3, 2), (1e16, 3), (-1e16, 4), (0.7, 5)]))
def test_no_order_gives_another_last_digit(values: list[tuple[float, int]]) -> None:
    in_order = of_readings(sorted(values, key=lambda pair: pair[1]), 5, "mean")
    assert of_readings(values, 5, "mean") == in_order
