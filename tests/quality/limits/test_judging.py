"""Values against limits, by hand: the limit itself, multiples, warnings, runs; oxygen, units and NOx."""

from datetime import datetime
from typing import Any

import pytest

from quality.averages import HOUR
from quality.intervals import Intervals
from quality.limits.gas import at_reference, nitrogen_oxides
from quality.limits.judging import Found, Run, Warnings, hold_against, runs_of
from quality.limits.records import InForce, Words
from quality.limits.series import Measured, Period, Shares, hours_for, periods, why_not
from store.time_type import to_millis

STEPS = Warnings(50.0, 70.0)


def ms(text: str) -> int:
    return to_millis(datetime.fromisoformat(f"{text}+07:00"))


def limit(high: float | None = 74.25, low: float | None = None, **values: Any) -> InForce:
    words = Words("", "")
    return InForce(
        **{
            "parameter": "COD", "basis": "hour", "unit": "mg/L", "low": low, "high": high, "source": "table",
            "code": "Q", "column": "A", "table_low": low, "table_high": high, "factors": (),
            "oxygen_reference": None, "confirmed": True, "governs": True, "formula": words,
            "derivation": words, "problem": None,
        }
        | values
    )  # fmt: skip


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (74.25, Found("preparing", "max", 1.0)),  # exactly the limit is not above it
        (74.26, Found("exceeded", "max", 74.26 / 74.25)),
        (148.5, Found("exceeded", "max", 2.0)),
        (51.975, Found("preparing", "max", 0.7)),
        (51.97, Found("tendency", "max", 51.97 / 74.25)),
        (37.125, Found("tendency", "max", 0.5)),
        (37.12, None),
        (0.0, None),
        (-3.0, None),
    ],
)
def test_a_value_by_a_maximum(value: float, found: Found | None) -> None:
    got = hold_against(value, limit(), STEPS, over=True)
    assert got == (None if found is None else found._replace(multiple=pytest.approx(found.multiple)))


def test_what_conversions_add_to_the_last_digit_exceeds_nothing() -> None:
    assert hold_against(0.1 + 0.2, limit(0.3), STEPS, over=True) == Found(
        "preparing", "max", pytest.approx(1)
    )


def test_a_limit_of_nothing_is_exceeded_by_anything() -> None:
    assert hold_against(1e-12, limit(0.0), STEPS, over=True) == Found("exceeded", "max", None)
    assert hold_against(0.0, limit(0.0), STEPS, over=True) is None


def test_a_range_and_a_minimum_have_no_steps_before_them() -> None:
    acid = limit(9.0, 6.0)
    assert hold_against(9.0, acid, STEPS, over=True) is None
    assert hold_against(6.0, acid, STEPS, over=True) is None
    assert hold_against(9.5, acid, STEPS, over=True) == Found("exceeded", "max", pytest.approx(9.5 / 9))
    assert hold_against(4.0, acid, STEPS, over=True) == Found("exceeded", "min", 1.5)
    assert hold_against(0.0, acid, STEPS, over=True) == Found("exceeded", "min", None)
    assert hold_against(6.1, limit(None, 6.0), STEPS, over=True) is None
    assert hold_against(3.0, limit(None, 6.0), STEPS, over=True) == Found("exceeded", "min", 2.0)


def test_a_period_that_is_not_over_can_warn_and_not_exceed() -> None:
    assert hold_against(100.0, limit(), STEPS, over=False) == Found("preparing", "max", 100 / 74.25)


def hours(*values: float, first: str = "2026-05-30T10:00", of: InForce | None = None) -> list[Any]:
    start = ms(first)
    return [
        (Period(start + number * HOUR, start + (number + 1) * HOUR, value), of or limit(), STEPS)
        for number, value in enumerate(values)
        if value >= 0
    ]


def told(runs: list[Run]) -> list[tuple[Any, ...]]:
    start = ms("2026-05-30T10:00")
    return [
        (run.level, (run.start - start) // HOUR, (run.end - start) // HOUR, run.peak, run.going_on)
        for run in runs
    ]


def test_hours_in_a_row_are_one_run_with_its_peak() -> None:
    runs = runs_of(hours(80, 90, 85, 10, 80), "hour", ms("2026-06-01T00:00"))
    assert told(runs) == [("exceeded", 0, 3, 90, False), ("exceeded", 4, 5, 80, False)]
    assert (runs[0].periods, runs[0].peak_at, runs[0].multiple) == (3, ms("2026-05-30T11:00"), 90 / 74.25)


def test_an_hour_that_is_missing_parts_two_runs() -> None:
    runs = runs_of(hours(80, -1, 80), "hour", ms("2026-06-01T00:00"))
    assert told(runs) == [("exceeded", 0, 1, 80, False), ("exceeded", 2, 3, 80, False)]


def test_warnings_are_runs_of_their_own() -> None:
    runs = runs_of(hours(40, 41, 60, 80), "hour", ms("2026-06-01T00:00"))
    assert told(runs) == [
        ("tendency", 0, 2, 41, False), ("preparing", 2, 3, 60, False), ("exceeded", 3, 4, 80, False),
    ]  # fmt: skip


def test_a_run_goes_on_until_the_next_hour_is_over() -> None:
    values = hours(80, 90)
    assert told(runs_of(values, "hour", ms("2026-05-30T12:59")))[-1][-1] is True
    assert told(runs_of(values, "hour", ms("2026-05-30T13:00")))[-1][-1] is False
    # 12:00 runs and is below so far: nothing is decided yet
    values = hours(80, 90, 10)
    assert told(runs_of(values, "hour", ms("2026-05-30T12:50")))[-1][-1] is True
    assert told(runs_of(values, "hour", ms("2026-05-30T13:00")))[-1][-1] is False


def test_a_run_ends_with_the_month_and_where_the_limit_changes() -> None:
    values = hours(80, 80, 80, first="2026-05-31T22:00")
    runs = runs_of(values, "hour", ms("2026-07-01T00:00"))
    assert [(run.start, run.end) for run in runs] == [
        (ms("2026-05-31T22:00"), ms("2026-06-01T00:00")),
        (ms("2026-06-01T00:00"), ms("2026-06-01T01:00")),
    ]
    changed = [*hours(80), (hours(80, 80)[1][0], limit(70.0), STEPS)]
    assert [run.limit.high for run in runs_of(changed, "hour", ms("2026-07-01T00:00"))] == [74.25, 70.0]


def test_a_value_warns_by_the_steps_of_its_day() -> None:
    steps = (STEPS, Warnings(60, 70), Warnings(30, 40))
    judged = [(*one[:2], its) for one, its in zip(hours(40, 40, 40), steps, strict=True)]
    assert told(runs_of(judged, "hour", ms("2026-06-01T00:00"))) == [
        ("tendency", 0, 1, 40, False), ("preparing", 2, 3, 40, False),
    ]  # fmt: skip


def test_a_minimum_has_its_peak_below() -> None:
    (run,) = runs_of(hours(5, 3, 4, of=limit(None, 6.0)), "hour", ms("2026-07-01T00:00"))
    assert (run.side, run.peak, run.multiple) == ("min", 3, 2.0)


@pytest.mark.parametrize(
    ("oxygen", "value"),
    [
        (7.0, 100.0),
        (14.0, 200.0),
        (19.0, 700.0),
        (19.01, None),
        (21.0, None),
        (None, None),
        (0.0, 100 * 14 / 21),
    ],
)
def test_oxygen(oxygen: float | None, value: float | None) -> None:
    assert at_reference(100.0, oxygen, 7.0, 19.0) == (None if value is None else pytest.approx(value))


def test_nox_of_its_parts() -> None:
    assert nitrogen_oxides(30.006, "mg/Nm3", 10.0, "mg/Nm3", "mg/Nm3") == pytest.approx(56.006)
    # 100 ppm of NO are 122.72 mg/m3, as NO2 188.16: 100 x 46.006 / 24.45
    assert nitrogen_oxides(100.0, "ppm", 0.0, "mg/Nm3", "mg/Nm3") == pytest.approx(188.1636, abs=1e-4)
    assert nitrogen_oxides(1.0, "NTU", 0.0, "mg/Nm3", "mg/Nm3") is None


def test_ppm_is_held_against_mass_at_24_45_litres() -> None:
    sulphur = limit(500.0, parameter="SO2", unit="mg/Nm3")
    station = {"SO2": Measured("ppm", 64.066, {0: 100.0})}
    assert hours_for(sulphur, station, 19)[0] == pytest.approx(262.0286, abs=1e-4)  # 100 x 64.066 / 24.45


def test_hours_without_oxygen_are_not_evaluated() -> None:
    dust = limit(50.0, parameter="PM", unit="mg/Nm3", oxygen_reference=7.0)
    station = {
        "PM": Measured("mg/Nm3", None, {0: 40.0, HOUR: 40.0, 2 * HOUR: 40.0}),
        "O2": Measured("%V", None, {0: 14.0, HOUR: 19.5}),
    }
    assert hours_for(dust, station, 19.0) == {0: 80.0}
    assert why_not(dust, station) is None


def test_nox_is_derived_only_where_it_does_not_come_itself() -> None:
    nox = limit(850.0, parameter="NOx", unit="mg/Nm3")
    parts = {
        "NO": Measured("mg/Nm3", 30.006, {0: 30.006, HOUR: 1.0}),
        "NO2": Measured("mg/Nm3", 46.006, {0: 4.0}),
    }
    assert hours_for(nox, parts, 19) == {0: pytest.approx(50.006)}
    assert hours_for(nox, {**parts, "NOx": Measured("mg/Nm3", 46.006, {0: 7.0})}, 19) == {0: 7.0}
    assert why_not(nox, parts) is None


@pytest.mark.parametrize(
    ("given", "station", "words"),
    [
        ({}, {}, "the station does not measure COD"),
        ({}, {"COD": Measured("NTU", None, {})}, "the channel's unit 'NTU' does not convert to mg/L"),
        ({"oxygen_reference": 7.0}, {"COD": Measured("mg/L", None, {})}, "does not measure O2"),
        ({"basis": "instant", "oxygen_reference": 7.0}, {"COD": Measured("mg/L", None, {})}, "only hours"),
        ({"problem": Words("Kf is not known", "")}, {"COD": Measured("mg/L", None, {})}, "Kf is not known"),
    ],
)
def test_why_nothing_is_judged(given: dict[str, Any], station: dict[str, Measured], words: str) -> None:
    reason = why_not(limit(**given), station)
    assert reason is not None
    assert words in reason.en
    assert reason.vi or given.get("problem")


def test_a_day_and_eight_hours_need_three_quarters() -> None:
    start = ms("2026-05-30T00:00")
    values = {start + number * HOUR: float(number) for number in range(18)}
    day = 24 * HOUR
    assert list(periods("day", values, start, start + day, Intervals(5), Shares(75, 75))) == [
        Period(start, start + day, 8.5)
    ]
    del values[start]
    assert list(periods("day", values, start, start + day, Intervals(5), Shares(75, 75))) == []
    eight = {
        period.start: period.value
        for period in periods("8hour", values, start, start + day, Intervals(5), Shares(75, 75))
    }
    assert eight[start + HOUR] == 4.5
    assert start - HOUR not in eight
    assert eight[start + 12 * HOUR] == 14.5  # 12 … 17: six of eight
    assert start + 13 * HOUR not in eight
