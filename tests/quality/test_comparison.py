"""An export beside our readings: each known fault of the other program is named, the rest is unexplained."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from parsers.vietnam_time import VN
from quality.comparison.comparing import Comparison, Difference, Part, compare
from quality.comparison.sides import OurReading, Theirs
from quality.comparison.stretches import Stretch, stretches
from quality.intervals import Intervals

DAY = datetime(2026, 5, 30, tzinfo=VN)
FIVE = timedelta(minutes=5)
EVERY_FIVE = Intervals(5)
PLAIN = OurReading("COD", "41.8", 41.8, 41.8, "mg/L", "00", True, False, False)


def at(hour: int, minute: int) -> datetime:
    return DAY.replace(hour=hour, minute=minute)


def cell(value: float | None) -> Theirs:
    text = "" if value is None else f"{value:.10g}"
    return Theirs(value, len(text.partition(".")[2]), text)


def run(
    theirs: dict[datetime, dict[str, float | None]],
    ours: dict[tuple[datetime, str], OurReading],
    rejected: set[datetime] | None = None,
    parameters: tuple[str, ...] = ("COD", "pH"),
    days: int = 1,
    intervals: Intervals = EVERY_FIVE,
) -> Comparison:
    table = {label: {name: cell(value) for name, value in row.items()} for label, row in theirs.items()}
    unread = (rejected or set()).__contains__
    return compare(table, ours, parameters, intervals, DAY, DAY + timedelta(days=days), unread)


def one(theirs: float | None, ours: OurReading | None, **more: Any) -> str | None:
    """The explanation of one value at 10:15, between neighbours that agree; None where it agrees."""
    times = [at(10, 10), at(10, 20)]
    table: dict[datetime, dict[str, float | None]] = {time: {"COD": 41.8, "pH": 7.12} for time in times}
    table[at(10, 15)] = {"COD": theirs, "pH": 7.12}
    mine = {(time, name): PLAIN._replace(value=value, raw=value, text=str(value))
            for time in (*times, at(10, 15)) for name, value in (("COD", 41.8), ("pH", 7.12))}  # fmt: skip
    if ours is None:
        del mine[at(10, 15), "COD"]
    else:
        mine[at(10, 15), "COD"] = ours
    differences = run(table, mine, **more).differences
    assert {(one.at, one.parameter) for one in differences} <= {(at(10, 15), "COD")}
    return differences[0].explanation if differences else None


@pytest.mark.parametrize(
    ("theirs", "ours", "explanation"),
    [
        (41.8, PLAIN, None),
        (41.83, PLAIN._replace(value=41.8349), None),  # rounded to as many digits as its column has
        (None, None, None),
        (None, PLAIN._replace(value=None, text="---"), None),
        (None, PLAIN._replace(status="02"), None),
        (0, PLAIN._replace(value=0.0, text="0.00", status="02"), "error_read_as_zero"),
        (0, PLAIN._replace(value=None, text="---", status="02"), "error_read_as_zero"),
        (41.8, PLAIN._replace(status="02"), "error_read_as_measurement"),
        (41.8, PLAIN._replace(status="01"), "calibration_read_as_measurement"),
        (0, PLAIN._replace(value=None, text="---"), "missing_read_as_zero"),
        (0, PLAIN._replace(text="41,8"), "no_number_read_as_zero"),
        (0, PLAIN, "unexplained"),
        (3, PLAIN._replace(value=None, text="---"), "unexplained"),
        (43, PLAIN._replace(others=(42.0, 43.0)), "later_value_taken"),
        (0.0418, PLAIN._replace(raw=0.0418), "not_converted"),
        (41.8, PLAIN._replace(value=3.0, raw=3.0, text="3", several_times=True), "several_times_joined"),
        (9, PLAIN, "unexplained"),
        (None, PLAIN._replace(symbol="Vinyl chloride"), "line_lost_to_space"),
        (None, PLAIN._replace(unit=""), "line_lost_to_empty_unit"),
        (None, PLAIN, "unexplained"),
        (41.8, None, "not_received_here"),
    ],
)
def test_each_difference_of_one_value(
    theirs: float | None, ours: OurReading | None, explanation: str
) -> None:
    assert one(theirs, ours) == explanation


def test_a_value_that_was_not_read_here() -> None:
    assert one(41.8, None, rejected={at(10, 15)}) == "rejected_here"
    assert one(0, None, rejected={at(10, 15)}) == "no_number_read_as_zero"


def test_small_values_are_no_zeros() -> None:
    """7.00 that a workbook writes as 7 is two decimals, like its column; 0 beside 0.004 is rounded too."""
    table = {
        at(1, 0): {"COD": 7.0},
        at(1, 5): {"COD": 7.12},
        at(1, 10): {"COD": 0.0},
        at(1, 15): {"COD": 0.0},
    }
    ours = {
        (at(1, 0), "COD"): 6.998,
        (at(1, 5), "COD"): 7.118,
        (at(1, 10), "COD"): 0.004,
        (at(1, 15), "COD"): 0.4,
    }
    found = run(table, {key: PLAIN._replace(value=value) for key, value in ours.items()})
    assert (found.compared, found.same) == (4, 3)
    assert [(difference.at, difference.explanation) for difference in found.differences] == [
        (at(1, 15), "unexplained")
    ]


@pytest.mark.parametrize(
    ("ours", "explanation"),
    [
        (PLAIN._replace(late_file=True), "late_file_skipped"),
        (PLAIN._replace(several_times=True), "several_times_joined"),
        (PLAIN, "absent_there"),
    ],
)
def test_a_time_that_they_do_not_have(ours: OurReading, explanation: str) -> None:
    times = [at(10, minute) for minute in (10, 15, 20)]
    table = {time: {"COD": 41.8} for time in times if time != times[1]}
    found = run(table, {(time, "COD"): ours if time == times[1] else PLAIN for time in times})
    assert found.differences == [Difference(times[1], "COD", "", "41.8", "00", explanation)]
    # an empty row is as absent as none
    found = run({**table, times[1]: {"COD": None}}, {(times[1], "COD"): ours, (times[0], "COD"): PLAIN})
    assert [one.explanation for one in found.differences if one.at == times[1]] == [explanation]


def day_of(slots: list[int], days: int = 2) -> dict[datetime, dict[str, float | None]]:
    return {
        DAY + timedelta(days=day) + slot * FIVE: {"COD": float(slot)} for day in range(days) for slot in slots
    }


def whole(days: int = 2) -> dict[tuple[datetime, str], OurReading]:
    return {
        (DAY + timedelta(days=day) + slot * FIVE, "COD"): PLAIN._replace(value=float(slot))
        for day in range(days) for slot in range(288)
    }  # fmt: skip


@pytest.mark.parametrize(("missing", "clock"), [(0, "00:00"), (287, "23:55")])
def test_287_slots(missing: int, clock: str) -> None:
    table = day_of([slot for slot in range(288) if slot != missing])
    found = run(table, whole(), days=2)
    assert [(f"{one.at:%d %H:%M}", one.explanation) for one in found.differences] == [
        (f"30 {clock}", "slot_287"), (f"31 {clock}", "slot_287"),
    ]  # fmt: skip
    assert (found.compared, found.same, found.parts[0].shift) == (576, 574, timedelta())


def test_a_slot_that_is_there_on_other_days_is_not_the_287th() -> None:
    table = day_of(list(range(288)))
    del table[DAY]
    assert [one.explanation for one in run(table, whole(), days=2).differences] == ["absent_there"]


def test_labels_at_the_end_of_a_slot() -> None:
    table = {label + FIVE: row for label, row in day_of(list(range(288)), 1).items()}
    found = run(table, whole(1))
    assert (found.parts, found.same) == ([Part(DAY, DAY + timedelta(days=1), FIVE, False, FIVE)], 288)


@pytest.mark.parametrize("at_end", [False, True])
@pytest.mark.parametrize(("before", "after"), [(60, 5), (5, 60), (30, 15)])
def test_each_day_is_compared_by_its_own_interval(before: int, after: int, at_end: bool) -> None:
    """Rows of either interval, labelled by slots' beginnings or ends: nothing differs, nothing is lost."""
    second = DAY + timedelta(days=1)
    ours = {
        (begin + timedelta(minutes=minutes * slot), "COD"): PLAIN._replace(value=float(slot))
        for begin, minutes in ((DAY, before), (second, after)) for slot in range(1440 // minutes)
    }  # fmt: skip
    length = {DAY.date(): before, second.date(): after}
    table: dict[datetime, dict[str, float | None]] = {
        at + at_end * timedelta(minutes=length[at.date()]): {"COD": one.value}
        for (at, _), one in ours.items()
    }
    intervals = Intervals(after, ((second.date(), before),))
    found = run(table, ours, days=2, intervals=intervals, parameters=("COD",))
    assert [(part.interval.seconds // 60, part.hourly, bool(part.shift)) for part in found.parts] == [
        (before, False, at_end), (after, False, at_end),
    ]  # fmt: skip
    assert (found.compared, found.differences) == (len(ours), [])
    assert [found.step_at(DAY), found.step_at(second)] == [part.interval for part in found.parts]


def test_only_the_days_that_are_measured_oftener_hold_means() -> None:
    second = DAY + timedelta(days=1)
    ours = {(DAY + timedelta(hours=hour), "COD"): PLAIN._replace(value=float(hour)) for hour in range(24)}
    ours |= {(second + slot * FIVE, "COD"): PLAIN._replace(value=float(slot % 12)) for slot in range(288)}
    table: dict[datetime, dict[str, float | None]] = {
        DAY + timedelta(hours=hour): {"COD": float(hour) if hour < 24 else 5.5} for hour in range(48)
    }
    found = run(table, ours, days=2, intervals=Intervals(5, ((second.date(), 60),)), parameters=("COD",))
    assert [(part.hourly, part.step) for part in found.parts] == [
        (False, timedelta(hours=1)), (True, timedelta(hours=1)),
    ]  # fmt: skip
    assert (found.same, found.differences) == (48, [])


def hours(*values: float) -> dict[datetime, dict[str, float | None]]:
    return {DAY + timedelta(hours=hour + 1): {"COD": value} for hour, value in enumerate(values)}


def test_hourly_means_labelled_by_the_hours_end() -> None:
    ours = {
        (DAY + timedelta(hours=hour) + slot * FIVE, "COD"): PLAIN._replace(value=10.0 * (hour + 1) + slot % 2)
        for hour in range(5) for slot in range(12)
    }  # fmt: skip

    def spoil(hour: int, slots: int, **changes: Any) -> None:
        for slot in range(slots):
            key = (DAY + timedelta(hours=hour) + slot * FIVE, "COD")
            ours[key] = ours[key]._replace(valid=False, **changes)

    spoil(1, 2, value=None, status="02")
    spoil(2, 2, value=90.0, status="01")
    spoil(3, 6, value=None, status="02")
    zeros = sum(20.0 + slot % 2 for slot in range(2, 12)) / 12
    everything = (2 * 90.0 + sum(30.0 + slot % 2 for slot in range(2, 12))) / 12
    table = hours(10.5, round(zeros, 2), round(everything, 2), 40.5, 50.5)
    found = run(table, ours, parameters=("COD",))
    assert found.parts[0][3:] == (True, timedelta(hours=1))
    assert (found.compared, found.same) == (5, 2)
    assert [(one.at.hour, one.explanation) for one in found.differences] == [
        (1, "mean_with_zeros"), (2, "mean_with_status_lines"), (3, "too_few_for_a_mean"),
    ]  # fmt: skip
    assert found.differences[2].ours == "40.5 (6)"


def test_stretches_put_together_what_follows_one_another() -> None:
    def made(minute: int, explanation: Any = "absent_there", parameter: str = "COD") -> Difference:
        return Difference(at(1, minute), parameter, "", str(minute), "00", explanation)

    differences = [made(5, parameter="pH"), made(0), made(5), made(15), made(30), made(35, "slot_287")]
    part = Part(DAY, DAY + timedelta(days=1), FIVE, False, timedelta())
    found = stretches(Comparison([part], differences=differences))
    assert found == [
        Stretch("COD", at(1, 0), at(1, 15), 3, "absent_there", "", "0"),
        Stretch("COD", at(1, 30), at(1, 30), 1, "absent_there", "", "30"),
        Stretch("COD", at(1, 35), at(1, 35), 1, "slot_287", "", "35"),
        Stretch("pH", at(1, 5), at(1, 5), 1, "absent_there", "", "5"),
    ]
