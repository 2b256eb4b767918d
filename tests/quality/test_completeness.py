"""The slot account: literal lines in, literal figures out, and an oracle that counts slot by slot."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quality.completeness import Account, DayLines, account, spans, station_account
from quality.periods import parts, whole
from quality.slot_line import better, empty_line, letter, patch
from quality.slot_state import BEST_FIRST, SLOT_STATES, SlotState
from quality.slots import slot_of, slots_per_day

DAY = date(2026, 5, 30)


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+07:00")


LONG_AFTER = at("2030-01-01T00:00")


def states(**given: int) -> dict[str, int]:
    return dict.fromkeys(SLOT_STATES, 0) | given


def hourly(line: str, **relayed: str) -> DayLines:
    assert len(line) == 24
    return DayLines(60, line, relayed)


def of_day(
    line: str, begin: str = "2026-05-30T00:00", end: str = "2026-05-31T00:00", **relayed: str
) -> Account:
    counted = spans(at(begin), at(end), LONG_AFTER, lambda _: 60)
    return account(counted, {DAY: hourly(line, **relayed)}, sorted(relayed))


def test_a_full_day_of_five_minutes_is_288_slots() -> None:
    counted = spans(at("2026-05-30T00:00"), at("2026-05-31T00:00"), LONG_AFTER, lambda _: 5)
    full = account(counted, {DAY: DayLines(5, "V" * 288)})
    assert full.expected == 288
    assert full.states == states(valid=288)
    assert (full.received_rate, full.valid_rate, full.effective_rate(), full.on_time_rate) == (1, 1, 1, 1)
    assert full.longest_gap_minutes == 0


def test_each_state_and_each_rate() -> None:
    counts = of_day("VVVVVvvvSSsFfCcEeRrM----", ministry="RRRRRRR-R---------------", copy="R" * 8 + "-" * 16)
    assert counts.expected == 24
    assert counts.states == states(
        valid=8,
        suspect=3,
        failed_check=2,
        calibrating=2,
        device_error=2,
        rejected=2,
        missing_value=1,
        absent=4,
    )
    assert counts.received == 20
    assert counts.received_rate == 20 / 24
    assert counts.valid_rate == 11 / 24
    assert counts.effective_rate() == 11 / 24
    # 5 V, 2 S, F, C, E, R, M came in time
    assert counts.on_time == 12
    assert counts.on_time_rate == 12 / 24
    assert counts.relayed == {"ministry": 8, "copy": 8}
    assert counts.relayed_rates == {"ministry": 8 / 11, "copy": 8 / 11}
    assert counts.longest_gap_minutes == 240


def test_stops_that_are_not_the_stations_fault() -> None:
    counts = Account(100, states(valid=50, failed_check=10, absent=20, planned_stop=15, our_outage=5), 40)
    assert counts.received == 60
    assert counts.received_rate == 0.6
    assert counts.valid_rate == 0.5
    assert counts.effective_rate() == 50 / 80


def test_no_rate_without_a_divisor() -> None:
    nothing = account([], {}, ["ministry"])
    assert nothing.states == states()
    assert (nothing.received_rate, nothing.valid_rate, nothing.effective_rate(), nothing.on_time_rate) == (
        None,
    ) * 4
    assert nothing.relayed_rates == {"ministry": None}
    assert nothing.relayed_rate is None
    only_stops = Account(5, states(planned_stop=5), 0)
    assert only_stops.received_rate == 0
    assert only_stops.effective_rate() is None


def test_nothing_came() -> None:
    counts = account(
        spans(at("2026-05-30T00:00"), at("2026-06-01T00:00"), LONG_AFTER, lambda _: 5), {}, ["m"]
    )
    assert counts.expected == 576
    assert counts.states == states(absent=576)
    assert (counts.received_rate, counts.effective_rate(), counts.on_time_rate) == (0, 0, 0)
    assert counts.relayed_rates == {"m": None}
    assert counts.longest_gap_minutes == 2880


def test_the_least_of_the_targets_is_the_relayed_rate() -> None:
    counts = of_day("V" * 24, ministry="R" * 24, copy="R" * 12 + "-" * 12)
    assert counts.relayed_rates == {"copy": 0.5, "ministry": 1.0}
    assert counts.relayed_rate == 0.5


def test_a_target_that_never_got_anything_is_at_zero() -> None:
    counted = spans(at("2026-05-30T00:00"), at("2026-05-31T00:00"), LONG_AFTER, lambda _: 60)
    assert account(counted, {DAY: hourly("V" * 24)}, ["new"]).relayed_rates == {"new": 0.0}


@pytest.mark.parametrize(
    ("begin", "end", "expected"),
    [
        ("2026-05-30T00:00", "2026-05-31T00:00", 24),
        ("2026-05-30T01:00", "2026-05-30T03:00", 2),
        ("2026-05-30T01:00:01", "2026-05-30T03:00", 1),
        ("2026-05-30T01:00", "2026-05-30T03:00:01", 3),
        ("2026-05-29T22:00", "2026-05-30T02:00", 4),
        ("2026-05-30T02:00", "2026-05-30T02:00", 0),
        ("2026-05-30T03:00", "2026-05-30T02:00", 0),
        ("2025-12-31T23:00", "2026-01-01T01:00", 2),
    ],
)
def test_the_slots_of_a_range_are_those_that_begin_in_it(begin: str, end: str, expected: int) -> None:
    counted = spans(at(begin), at(end), LONG_AFTER, lambda _: 60)
    assert account(counted, {}).expected == expected


def test_only_due_slots_are_expected() -> None:
    begin, end = at("2026-05-30T00:00"), at("2026-06-02T00:00")
    assert account(spans(begin, end, at("2026-05-30T00:59:59"), lambda _: 60), {}).expected == 0
    assert account(spans(begin, end, at("2026-05-30T01:00"), lambda _: 60), {}).expected == 1
    assert account(spans(begin, end, at("2026-06-01T12:30"), lambda _: 60), {}).expected == 60


def test_what_came_in_a_slot_that_is_not_due_waits() -> None:
    counted = spans(at("2026-05-30T00:00"), at("2026-05-31T00:00"), at("2026-05-30T02:30"), lambda _: 60)
    assert account(counted, {DAY: hourly("V" * 24)}).states == states(valid=2)


def test_the_longest_gap_goes_over_midnight() -> None:
    counted = spans(at("2026-05-29T00:00"), at("2026-06-01T00:00"), LONG_AFTER, lambda _: 60)
    days = {
        date(2026, 5, 29): hourly("V" * 20 + "----"),
        date(2026, 5, 31): hourly("---V" + "-" * 20),
    }
    # 4 h, a whole day, 3 h; the 20 h at the end are shorter
    assert account(counted, days).longest_gap_minutes == 31 * 60


def test_gaps_do_not_add_up_across_what_came() -> None:
    assert of_day("--V---V----VV-----VVVV--").longest_gap_minutes == 5 * 60
    assert of_day("V" + "-" * 22 + "V").longest_gap_minutes == 22 * 60
    assert of_day("-" * 23 + "m").longest_gap_minutes == 23 * 60


def test_a_gap_that_ended_is_not_carried_into_the_next_day() -> None:
    counted = spans(at("2026-05-30T00:00"), at("2026-06-01T00:00"), LONG_AFTER, lambda _: 60)
    days = {DAY: hourly("V" * 10 + "-" * 13 + "V"), date(2026, 5, 31): hourly("---" + "V" * 21)}
    assert account(counted, days).longest_gap_minutes == 13 * 60


def test_the_stations_gap_is_where_no_channel_came() -> None:
    counted = spans(at("2026-05-30T00:00"), at("2026-05-31T00:00"), LONG_AFTER, lambda _: 60)
    lines = ["--------VVVV------------", "VV----------f----VVVVVVV"]
    channels = [{DAY: hourly(line)} for line in lines]
    accounts = [account(counted, channel, ["m"]) for channel in channels]
    assert [one.longest_gap_minutes for one in accounts] == [12 * 60, 10 * 60]
    together = station_account(counted, accounts, channels)
    assert together.expected == 48
    assert together.states == states(valid=13, failed_check=1, absent=34)
    assert together.on_time == 13
    assert together.relayed == {"m": 0}
    assert together.longest_gap_minutes == 6 * 60


def test_a_station_without_channels_owes_nothing() -> None:
    counted = spans(at("2026-05-30T00:00"), at("2026-05-31T00:00"), LONG_AFTER, lambda _: 60)
    together = station_account(counted, [], [])
    assert (together.expected, together.longest_gap_minutes) == (0, 0)
    assert together.states == states()


def test_days_may_be_cut_differently() -> None:
    cuts = {DAY: 60, date(2026, 5, 31): 10}
    counted = spans(at("2026-05-30T00:00"), at("2026-06-01T00:00"), LONG_AFTER, cuts.__getitem__)
    days = {DAY: hourly("V" * 22 + "--"), date(2026, 5, 31): DayLines(10, "---" + "V" * 141)}
    counts = account(counted, days)
    assert counts.expected == 24 + 144
    assert counts.longest_gap_minutes == 150


def test_a_line_of_another_cut_counts_nothing() -> None:
    counted = spans(at("2026-05-30T00:00"), at("2026-05-31T00:00"), LONG_AFTER, lambda _: 5)
    assert account(counted, {DAY: hourly("V" * 24)}).states == states(absent=288)


def test_periods() -> None:
    begin, end = at("2025-12-30T12:00"), at("2026-02-01T00:00")
    assert whole(begin, end).label == "2025-12-30/2026-01-31"
    assert whole(at("2026-05-30T00:00"), at("2026-05-31T00:00")).label == "2026-05-30"
    assert whole(at("2026-05-30T00:00"), at("2026-05-31T00:00:01")).label == "2026-05-30/2026-05-31"
    assert [part.label for part in parts(begin, end, "month")] == ["2025-12", "2026-01"]
    days = list(parts(begin, at("2026-01-01T06:00"), "day"))
    assert [part.label for part in days] == ["2025-12-30", "2025-12-31", "2026-01-01"]
    assert [(part.begin.isoformat(), part.end.isoformat()) for part in days] == [
        ("2025-12-30T12:00:00+07:00", "2025-12-31T00:00:00+07:00"),
        ("2025-12-31T00:00:00+07:00", "2026-01-01T00:00:00+07:00"),
        ("2026-01-01T00:00:00+07:00", "2026-01-01T06:00:00+07:00"),
    ]
    assert list(parts(end, begin, "day")) == []


class Came(NamedTuple):
    """A reading, as an oracle and the lines both see it."""

    moment: datetime
    state: SlotState
    on_time: bool


def lines_of(readings: Sequence[Came], interval: int) -> dict[date, DayLines]:
    """The lines as the ledger would have kept them, reading by reading."""
    lines: dict[date, str] = {}
    for one in readings:
        day, slot = slot_of(one.moment, interval)
        line = lines.get(day, empty_line(slots_per_day(interval)))
        mark = letter(one.state, one.on_time)
        present = line[slot]
        lines[day] = patch(line, slot, slot + 1, {slot: mark if present == "-" else better(present, mark)})
    return {day: DayLines(interval, line) for day, line in lines.items()}


def oracle(
    channels: Sequence[Sequence[Came]], interval: int, begin: datetime, end: datetime, now: datetime
) -> Mapping[str, Any]:
    """Slot by slot, in minutes since a midnight in Vietnam, with none of the code under test."""
    origin = datetime(2023, 12, 31, 17, tzinfo=UTC)
    step = timedelta(minutes=interval)
    counts = dict.fromkeys(SLOT_STATES, 0)
    expected = on_time = gap = longest = 0
    start = origin
    while start < end:
        if start >= begin and start + step <= now:
            anything = False
            for readings in channels:
                expected += 1
                held = [one for one in readings if start <= one.moment < start + step]
                if not held:
                    counts["absent"] += 1
                    continue
                anything = True
                counts[min((one.state for one in held), key=BEST_FIRST.index)] += 1
                on_time += any(one.on_time for one in held)
            gap = 0 if anything else gap + interval
            longest = max(longest, gap)
        start += step
    return {"expected": expected, "states": counts, "on_time": on_time, "longest_gap_minutes": longest}


BEGIN = datetime(2023, 12, 31, 17, tzinfo=UTC)
"""A new year in Vietnam; within 65 days of it lie a leap day and two ends of months."""
NEAR = st.integers(0, 4400)


@given(
    interval=st.sampled_from([5, 6, 10, 32, 45, 60, 90, 480, 1440]),
    shift=st.integers(0, 65),
    arrivals=st.lists(
        st.tuples(
            st.booleans(),
            st.timedeltas(timedelta(0), timedelta(days=3)),
            st.sampled_from(BEST_FIRST),
            st.booleans(),
        ),
        max_size=60,
    ),
    begin=NEAR,
    length=NEAR,
    now=st.integers(0, 5000),
    seconds=st.integers(0, 59),
)
def test_an_oracle_that_counts_slot_by_slot_agrees(
    interval: int,
    shift: int,
    arrivals: list[tuple[bool, timedelta, SlotState, bool]],
    begin: int,
    length: int,
    now: int,
    seconds: int,
) -> None:
    base = BEGIN + timedelta(days=shift)
    channels = [
        [Came(base + age, state, on_time) for first, age, state, on_time in arrivals if first is wanted]
        for wanted in (True, False)
    ]
    start = base + timedelta(minutes=begin)
    stop = start + timedelta(minutes=length, seconds=seconds)
    at_now = base + timedelta(minutes=now)
    counted = spans(start, stop, at_now, lambda _: interval)
    lines = [lines_of(readings, interval) for readings in channels]
    accounts = [account(counted, days) for days in lines]
    for one, readings in zip(accounts, channels, strict=True):
        assert sum(one.states.values()) == one.expected
        expected = oracle([readings], interval, start, stop, at_now)
        assert {name: getattr(one, name) for name in expected} == expected
    expected = oracle(channels, interval, start, stop, at_now)
    together = station_account(counted, accounts, lines)
    assert {name: getattr(together, name) for name in expected} == expected
    # cut into days or months, the parts add up to the whole
    for by in ("day", "month"):
        cut = [
            account(spans(part.begin, part.end, at_now, lambda _: interval), lines[0])
            for part in parts(start, stop, by)
        ]
        assert sum(one.expected for one in cut) == accounts[0].expected
        assert sum(one.received for one in cut) == accounts[0].received
