"""Each check by itself: what passes, what does not, and what lies exactly on the limit."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parsers.records import Reading
from parsers.vietnam_time import VN
from quality.channel import Channel
from quality.judge import judge
from quality.verdict import Flag, Verdict, flags_from_json, flags_to_json

AT = datetime(2026, 5, 30, 10, 15, tzinfo=VN)
ARRIVED = datetime(2026, 5, 30, 3, 16, tzinfo=UTC)
FIVE_MINUTES = timedelta(minutes=5)
COD = Channel(parameter="COD", unit="mg/L")


def reading(value: float | None = 41.8, **given: Any) -> Reading:
    fields: dict[str, Any] = {
        "line": 1, "symbol": "COD", "text": "" if value is None else str(value), "value": value,
        "unit": "mg/L", "measured_at": AT, "status": "00",
    }  # fmt: skip
    return Reading(**(fields | given))


def verdict(one: Reading, channel: Channel | None = COD, received_at: datetime = ARRIVED) -> Verdict:
    return judge(one, channel, received_at, FIVE_MINUTES)


def rules(found: Verdict) -> list[tuple[str, int]]:
    return [(flag.rule, flag.code) for flag in found.flags]


def test_a_reading_without_a_fault() -> None:
    assert verdict(reading()) == Verdict(41.8, (), True)


def test_zero_and_negative_numbers_are_numbers() -> None:
    assert verdict(reading(0.0)) == Verdict(0.0, (), True)
    assert verdict(reading(-1.6)) == Verdict(-1.6, (), True)


def test_missing_is_never_zero() -> None:
    assert verdict(reading(None, text="---")) == Verdict(
        None, (Flag("missing", 9, "a number", "---"),), False
    )


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_what_is_no_finite_number_is_missing(value: float) -> None:
    found = verdict(reading(value), COD._replace(device_max=10.0))
    assert found.value is None
    assert rules(found) == [("missing", 9)]
    assert not found.valid


@pytest.mark.parametrize(
    ("status", "rule"),
    [("01", "calibrating"), ("02", "device_error"), ("03", "status_unknown"), ("", "status_unknown")],
)
def test_every_status_but_00_fails_and_keeps_its_number(status: str, rule: str) -> None:
    found = verdict(reading(status=status))
    assert found == Verdict(41.8, (found.flags[0],), False)
    assert rules(found) == [(rule, 4)]
    assert found.flags[0].evidence == status


def test_a_device_error_without_a_number_is_both() -> None:
    assert rules(verdict(reading(None, status="02"))) == [("missing", 9), ("device_error", 4)]


def test_undeclared_keeps_the_number_as_it_came() -> None:
    found = verdict(reading(7.1, symbol="Xyz", unit="parsec"), None)
    assert found == Verdict(7.1, (Flag("undeclared", 4, "a symbol declared for the station", "Xyz"),), False)


RANGED = COD._replace(device_min=0.0, device_max=500.0, usual_min=10.0, usual_max=100.0)


@pytest.mark.parametrize("value", [10.0, 10.001, 55.0, 99.999, 100.0])
def test_inside_both_ranges_limits_included(value: float) -> None:
    assert verdict(reading(value), RANGED) == Verdict(value, (), True)


@pytest.mark.parametrize("value", [0.0, 9.999, 100.001, 500.0])
def test_outside_the_usual_range_is_suspect_and_valid(value: float) -> None:
    found = verdict(reading(value), RANGED)
    assert found == Verdict(value, (Flag("gross_range", 3, "10 … 100", f"{value:g}"),), True)


@pytest.mark.parametrize("value", [-0.001, 500.001, -1e300, 1e300])
def test_outside_the_device_range_fails(value: float) -> None:
    found = verdict(reading(value), RANGED)
    assert found == Verdict(value, (Flag("gross_range", 4, "0 … 500", f"{value:.10g}"),), False)


def test_one_sided_ranges() -> None:
    low, high = COD._replace(device_min=0.0), COD._replace(usual_max=14.0)
    assert verdict(reading(-1.0), low).flags == (Flag("gross_range", 4, "≥ 0", "-1"),)
    assert verdict(reading(1e9), low).flags == ()
    assert verdict(reading(15.0), high).flags == (Flag("gross_range", 3, "≤ 14", "15"),)
    assert verdict(reading(-1e9), high).flags == ()


def test_a_calibrating_value_out_of_range_says_both() -> None:
    found = verdict(reading(900.0, status="01"), RANGED)
    assert rules(found) == [("calibrating", 4), ("gross_range", 4)]


def test_ranges_are_in_the_channels_unit_after_conversion_and_factor() -> None:
    channel = COD._replace(factor=2.0, device_max=0.2)
    assert verdict(reading(100.0, unit="ug/L"), channel) == Verdict(0.2, (), True)
    assert rules(verdict(reading(100.1, unit="ug/L"), channel)) == [("gross_range", 4)]


def test_a_convertible_unit_is_converted() -> None:
    assert verdict(reading(41800.0, unit="µg/l")) == Verdict(41.8, (), True)
    assert verdict(reading(41.8, unit="MG/l")) == Verdict(41.8, (), True)


def test_gas_converts_by_its_molar_mass() -> None:
    so2 = Channel(parameter="SO2", unit="mg/Nm3", molar_mass=64.066)
    found = verdict(reading(10.0, unit="ppm"), so2)
    assert found.value == pytest.approx(10 * 64.066 / 24.45)
    assert found.flags == ()
    assert rules(verdict(reading(10.0, unit="ppm"), so2._replace(molar_mass=None))) == [("unit_mismatch", 4)]


def test_an_unconvertible_unit_keeps_the_number_and_fails() -> None:
    found = verdict(reading(7.0, unit="oC"), RANGED._replace(factor=100.0))
    assert found == Verdict(700.0, (Flag("unit_mismatch", 4, "mg/L", "oC"),), False)


def test_a_missing_value_in_a_wrong_unit_is_both() -> None:
    assert rules(verdict(reading(None, unit="oC"))) == [("missing", 9), ("unit_mismatch", 4)]


def test_an_empty_unit_never_mismatches() -> None:
    assert verdict(reading(41.8, unit="")) == Verdict(41.8, (), True)
    assert verdict(reading(41.8, unit="bananas"), Channel("pH")) == Verdict(41.8, (), True)


def test_a_factor_alone() -> None:
    assert verdict(reading(2.0), COD._replace(factor=0.5)) == Verdict(1.0, (), True)


def test_a_number_too_large_after_conversion_is_out_of_range_not_missing() -> None:
    found = verdict(reading(1e308), COD._replace(factor=1e3))
    assert found.value is None
    assert rules(found) == [("gross_range", 4)]


def test_five_minutes_ahead_pass_and_a_second_more_does_not() -> None:
    assert verdict(reading(), received_at=AT - timedelta(minutes=5)) == Verdict(41.8, (), True)
    found = verdict(reading(), received_at=AT - timedelta(minutes=5, seconds=6))
    assert found == Verdict(41.8, (Flag("clock_future", 4, "at most 5 min ahead", "5.1 min ahead"),), False)
    late = verdict(reading(), received_at=AT - timedelta(minutes=5, milliseconds=1))
    assert rules(late) == [("clock_future", 4)]


def test_late_by_years_is_no_fault() -> None:
    assert verdict(reading(), received_at=AT + timedelta(days=4000)) == Verdict(41.8, (), True)


def test_the_arrivals_zone_does_not_matter() -> None:
    assert verdict(reading(), received_at=ARRIVED.astimezone(VN)) == verdict(reading())


def test_clean_readings_share_one_empty_tuple() -> None:
    assert verdict(reading()).flags is verdict(reading(3.0)).flags


@given(
    value=st.none() | st.floats(),
    unit=st.sampled_from(["", "mg/L", "ug/l", "oC", "ppm", "xyz"]),
    status=st.sampled_from(["00", "01", "02", "03", ""]),
    ahead=st.integers(-10_000, 10_000),
    limits=st.tuples(*[st.none() | st.floats(allow_nan=False)] * 4),
    factor=st.floats(allow_nan=False, allow_infinity=False),
)
def test_valid_means_number_status_00_and_nothing_failing(
    value: float | None,
    unit: str,
    status: str,
    ahead: int,
    limits: tuple[float | None, float | None, float | None, float | None],
    factor: float,
) -> None:
    channel = Channel("COD", "mg/L", factor, *limits, molar_mass=30.0)
    one = reading(value, unit=unit, status=status, measured_at=ARRIVED + timedelta(seconds=ahead))
    found = verdict(one, channel)
    assert found.valid == (
        found.value is not None and status == "00" and all(flag.code < 4 for flag in found.flags)
    )
    assert found.value is None or abs(found.value) < float("inf")
    assert len({flag.rule for flag in found.flags}) == len(found.flags)
    assert flags_from_json(flags_to_json(found.flags)) == found.flags


def test_flags_as_json() -> None:
    flags = (Flag("gross_range", 4, "0 … 14", "17.2"), Flag("missing", 9))
    assert flags_to_json(flags) == '[["gross_range",4,"0 … 14","17.2"],["missing",9,"",""]]'
    assert flags_from_json('[["gross_range",4,"0 … 14","17.2"],["missing",9,"",""]]') == flags
    assert flags_to_json(()) is None
    assert flags_from_json(None) == ()
