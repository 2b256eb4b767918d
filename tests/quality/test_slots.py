"""Slots: days from midnight in Vietnam, labels by start, due when over."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parsers.vietnam_time import VN
from quality.slots import (
    DAY_MINUTES,
    day_of,
    day_start,
    first_slot_from,
    slot_of,
    slot_of_millis,
    slot_start,
    slots_due,
    slots_per_day,
)

DAY = date(2026, 5, 30)
INTERVALS = [minutes for minutes in range(1, DAY_MINUTES + 1) if DAY_MINUTES % minutes == 0]


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def test_a_day_of_five_minute_slots_has_288() -> None:
    assert slots_per_day(5) == 288
    assert slots_per_day(1440) == 1


@pytest.mark.parametrize("interval", [0, -5, 7, 11, 1441, 2880])
def test_an_interval_must_fill_the_day(interval: int) -> None:
    with pytest.raises(ValueError, match=str(interval)):
        slots_per_day(interval)


@pytest.mark.parametrize(
    ("moment", "interval", "slot"),
    [
        ("2026-05-30T00:00:00+07:00", 5, (DAY, 0)),
        ("2026-05-29T17:00:00+00:00", 5, (DAY, 0)),
        ("2026-05-29T16:59:59+00:00", 5, (date(2026, 5, 29), 287)),
        ("2026-05-30T23:59:59.999+07:00", 5, (DAY, 287)),
        ("2026-05-30T10:17:31+07:00", 5, (DAY, 123)),
        ("2026-05-30T10:19:59.999999+07:00", 5, (DAY, 123)),
        ("2026-05-30T10:20:00+07:00", 5, (DAY, 124)),
        ("2025-12-31T17:00:00+00:00", 60, (date(2026, 1, 1), 0)),
        ("2024-02-29T23:00:00+07:00", 60, (date(2024, 2, 29), 23)),
        ("2026-05-30T23:59:00+07:00", 1440, (DAY, 0)),
    ],
)
def test_a_time_off_the_grid_belongs_to_the_slot_that_contains_it(
    moment: str, interval: int, slot: tuple[date, int]
) -> None:
    assert slot_of(at(moment), interval) == slot


def test_labels_are_starts_in_vietnam_time() -> None:
    assert slot_start(DAY, 123, 5).isoformat() == "2026-05-30T10:15:00+07:00"
    assert day_start(DAY).isoformat() == "2026-05-30T00:00:00+07:00"


def test_the_edges_of_a_range_fall_on_slots() -> None:
    assert first_slot_from(at("2026-05-30T10:15:00+07:00"), DAY, 5) == 123
    assert first_slot_from(at("2026-05-30T10:15:00.001+07:00"), DAY, 5) == 124
    assert first_slot_from(at("2026-05-01T00:00:00+07:00"), DAY, 5) == 0
    assert first_slot_from(at("2026-06-30T00:00:00+07:00"), DAY, 5) == 288


def test_a_slot_is_due_when_it_is_over() -> None:
    assert slots_due(at("2026-05-30T00:04:59.999+07:00"), DAY, 5) == 0
    assert slots_due(at("2026-05-30T00:05:00+07:00"), DAY, 5) == 1
    assert slots_due(at("2026-05-30T17:00:00+00:00"), DAY, 5) == 288
    assert slots_due(at("2026-05-29T00:00:00+00:00"), DAY, 5) == 0


@given(
    st.timedeltas(timedelta(0), timedelta(days=40_000)),
    st.sampled_from(INTERVALS),
)
def test_every_moment_lies_in_exactly_one_slot(age: timedelta, interval: int) -> None:
    moment = datetime(1990, 1, 1, tzinfo=UTC) + age
    day, index = slot_of(moment, interval)
    assert 0 <= index < slots_per_day(interval)
    start = slot_start(day, index, interval)
    assert start <= moment < start + timedelta(minutes=interval)
    assert day == day_of(moment) == moment.astimezone(VN).date()
    # due: exactly the slots before the one that contains the moment
    assert slots_due(moment, day, interval) == index
    assert first_slot_from(start, day, interval) == index
    millis = (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)
    assert slot_of_millis(millis, interval) == (day, index)
