"""Limits in force, by hand: factors, dates, permits, and the words that explain them."""

from datetime import date
from typing import Any

import pytest

from quality.figures import Figure, Figures
from quality.limits.in_force import BadFactorsError, limits_in_force, read_factors
from quality.limits.records import Binding, InForce, Permit, TableLimit

EVER = date(1970, 1, 1)
DAY = date(2026, 5, 30)
QCVN40 = "QCVN 40:2011/BTNMT"


def seeded() -> Figures:
    rows = [
        ("Kq", "river", None, 50, 0.9), ("Kq", "river", 50, 200, 1.0), ("Kq", "river", 200, 500, 1.1),
        ("Kq", "river", 500, None, 1.2), ("Kq", "lake", None, 1e7, 0.6), ("Kq", "lake", 1e7, 1e8, 0.8),
        ("Kq", "lake", 1e8, None, 1.0), ("Kq", "coast", None, None, 1.3),
        ("Kq", "protected_coast", None, None, 1.0), ("Kf", "", None, 50, 1.2), ("Kf", "", 50, 500, 1.1),
        ("Kf", "", 500, 5000, 1.0), ("Kf", "", 5000, None, 0.9), ("Kp", "", None, 20000, 1.0),
        ("Kp", "", 20000, 100000, 0.9), ("Kp", "", 100000, None, 0.8),
        *(("Kv", str(zone), None, None, value) for zone, value in enumerate((0.6, 0.8, 1.0, 1.2, 1.4), 1)),
    ]  # fmt: skip
    return Figures(
        Figure(name, case, above, up_to, value, EVER, None, "recalled")
        for name, case, above, up_to, value in rows
    )


def row(parameter: str = "COD", high: float | None = 75.0, **values: Any) -> TableLimit:
    return TableLimit(
        **{
            "id": 1, "code": QCVN40, "column": "A", "station_kind": "wastewater", "parameter": parameter,
            "unit": "mg/L", "low": None, "high": high, "basis": "day", "factors": "Kq*Kf",
            "valid_from": date(2012, 2, 15), "valid_to": date(2031, 12, 31), "confidence": "seen",
            "applies_to": "existing",
        }
        | values
    )  # fmt: skip


def binding(**values: Any) -> Binding:
    return Binding(**{"id": 1, "code": QCVN40, "column": "A", "valid_from": EVER, "valid_to": None} | values)


def permit(high: float | None, **values: Any) -> Permit:
    return Permit(
        **{
            "id": 1, "parameter": "COD", "basis": "day", "unit": "mg/L", "low": None, "high": high,
            "permit": "123/GPMT-BTNMT", "oxygen_reference": None, "valid_from": EVER, "valid_to": None,
        }
        | values
    )  # fmt: skip


def on(
    day: date = DAY,
    rows: tuple[TableLimit, ...] = (row(),),
    bindings: tuple[Binding, ...] = (binding(kq=0.9, kf=1.1),),
    permits: tuple[Permit, ...] = (),
    kind: str = "wastewater",
) -> list[InForce]:
    return limits_in_force(rows, bindings, permits, seeded(), day, kind=kind, molar_masses={})


def test_a_limit_is_derived_in_words_of_both_languages() -> None:
    (limit,) = on()
    assert (limit.high, limit.low, limit.basis) == (74.25, None, "day")
    assert limit.formula == ("75 × Kq 0.9 × Kf 1.1 = 74.25 mg/L", "75 × Kq 0,9 × Kf 1,1 = 74,25 mg/L")
    assert limit.derivation.en == (
        "QCVN 40:2011/BTNMT, column A: COD 75 × Kq 0.9 × Kf 1.1 = 74.25 mg/L; Kq given; Kf given"
    )
    assert limit.derivation.vi == (
        "QCVN 40:2011/BTNMT, cột A: COD 75 × Kq 0,9 × Kf 1,1 = 74,25 mg/L; Kq được khai báo; Kf được khai báo"
    )
    assert limit.confirmed


def test_factors_come_from_the_river_and_the_discharge_and_are_told_to_be_unconfirmed() -> None:
    (limit,) = on(bindings=(binding(receiving_water="river", river_flow=40.0, discharge=300.0),))
    assert limit.high == 74.25
    assert not limit.confirmed
    assert "Kq: river of 40 m3/s; Kf: discharge 300 m3/day" in limit.derivation.en
    assert "chưa được xác nhận: bảng hệ số Kq, Kf" in limit.derivation.vi


@pytest.mark.parametrize(
    ("given", "factor"),
    [
        ({"receiving_water": "river", "river_flow": 50.0}, 0.9),
        ({"receiving_water": "river", "river_flow": 50.1}, 1.0),
        ({"receiving_water": "river", "river_flow": 200.0}, 1.0),
        ({"receiving_water": "river", "river_flow": 500.0}, 1.1),
        ({"receiving_water": "river", "river_flow": 500.1}, 1.2),
        ({"receiving_water": "lake", "lake_volume": 1e7}, 0.6),
        ({"receiving_water": "lake", "lake_volume": 1e8}, 0.8),
        ({"receiving_water": "lake", "lake_volume": 1.1e8}, 1.0),
        ({"receiving_water": "coast"}, 1.3),
        ({"receiving_water": "protected_coast"}, 1.0),
    ],
)
def test_kq(given: dict[str, Any], factor: float) -> None:
    (limit,) = on(bindings=(binding(kf=1.0, **given),), rows=(row(high=100.0),))
    assert limit.factors == (("Kq", factor), ("Kf", 1.0))
    assert limit.high == pytest.approx(100 * factor)


@pytest.mark.parametrize(
    ("discharge", "factor"),
    [(50.0, 1.2), (50.5, 1.1), (500.0, 1.1), (501.0, 1.0), (5000.0, 1.0), (5001.0, 0.9)],
)
def test_kf(discharge: float, factor: float) -> None:
    (limit,) = on(bindings=(binding(kq=1.0, discharge=discharge),))
    assert dict(limit.factors)["Kf"] == factor


@pytest.mark.parametrize(
    ("gas_flow", "zone", "high"),
    [(20000.0, "1", 120.0), (20001.0, "3", 180.0), (100000.0, "5", 252.0), (100001.0, "2", 128.0)],
)
def test_kp_and_kv(gas_flow: float, zone: str, high: float) -> None:
    dust = row("PM", 200.0, station_kind="stack", factors="Kp*Kv", basis="hour", unit="mg/Nm3")
    (limit,) = on(rows=(dust,), bindings=(binding(gas_flow=gas_flow, zone=zone),), kind="stack")
    assert limit.high == high


def test_what_is_missing_for_a_factor_is_said_and_nothing_is_guessed() -> None:
    (limit,) = on(bindings=(binding(kq=0.9),))
    assert (limit.high, limit.low) == (None, None)
    assert limit.problem is not None
    assert limit.problem.en == "Kf is not known: neither Kf nor the discharge is given"
    assert limit.problem.vi == "chưa xác định được Kf: chưa khai báo Kf hoặc lưu lượng xả thải"


@pytest.mark.parametrize("parameter", ["pH", "Temp", "Color", "coliform"])
def test_no_factor_ever_applies_to_these(parameter: str) -> None:
    (limit,) = on(rows=(row(parameter, 40.0, factors="Kq*Kf"),))
    assert (limit.high, limit.factors) == (40.0, ())


def test_a_limit_of_nothing_is_a_limit() -> None:
    (limit,) = on(rows=(row(high=0.0, factors=""),))
    assert (limit.high, limit.problem, limit.formula.en) == (0.0, None, "0 mg/L")


def test_a_range_and_a_minimum() -> None:
    acid = row("pH", 9.0, low=6.0, unit="", factors="")
    oxygen = row("DO", None, low=6.0, factors="")
    first, second = on(rows=(acid, oxygen))
    assert (first.parameter, first.low, first.formula.en) == ("DO", 6.0, "≥ 6 mg/L")
    assert (second.parameter, second.low, second.high, second.formula.en) == ("pH", 6.0, 9.0, "6 … 9")


def test_each_day_has_the_limit_of_that_day() -> None:
    rows = (
        row("PM2.5", 50.0, factors="", valid_from=date(2023, 9, 12), valid_to=date(2025, 12, 31)),
        row("PM2.5", 45.0, factors="", valid_from=date(2026, 1, 1), valid_to=None),
    )
    assert [limit.high for limit in on(date(2023, 9, 11), rows)] == []
    assert [limit.high for limit in on(date(2023, 9, 12), rows)] == [50.0]
    assert [limit.high for limit in on(date(2025, 12, 31), rows)] == [50.0]
    assert [limit.high for limit in on(date(2026, 1, 1), rows)] == [45.0]


def test_a_binding_is_dated_too() -> None:
    bindings = (
        binding(kq=1.0, kf=1.0, valid_to=date(2026, 5, 29)),
        binding(kq=0.9, kf=1.0, valid_from=DAY),
    )
    assert [limit.high for limit in on(date(2026, 5, 29), bindings=bindings)] == [75.0]
    assert [limit.high for limit in on(DAY, bindings=bindings)] == [67.5]


def test_existing_and_new_facilities() -> None:
    rows = (row(high=75.0, factors=""), row(high=60.0, factors="", applies_to="new"))
    assert [limit.high for limit in on(rows=rows)] == [75.0]
    assert [limit.high for limit in on(rows=rows, bindings=(binding(facility="new"),))] == [60.0]
    assert on(rows=rows, kind="stack") == []


def test_the_stricter_of_standard_and_permit_governs() -> None:
    stricter, table = on(permits=(permit(50.0),))
    assert (stricter.source, stricter.high, stricter.governs) == ("permit", 50.0, True)
    assert stricter.derivation.vi == "Giấy phép môi trường 123/GPMT-BTNMT: 50 mg/L"
    assert (table.source, table.governs) == ("table", False)
    table, laxer = on(permits=(permit(80.0),))
    assert (table.source, table.governs, laxer.source, laxer.governs) == ("table", True, "permit", False)


def test_a_permit_in_another_unit_is_compared_in_one() -> None:
    first, second = on(permits=(permit(50000.0, unit="ug/L"),))
    assert (first.source, second.governs) == ("permit", False)


def test_two_limits_of_which_each_is_stricter_on_one_side_both_govern() -> None:
    rows = (row("pH", 9.0, low=6.0, unit="", factors=""),)
    found = on(rows=rows, permits=(permit(9.5, parameter="pH", low=6.5, unit=""),))
    assert [limit.governs for limit in found] == [True, True]


def test_a_standard_whose_derivation_fails_does_not_govern_over_a_permit() -> None:
    found = on(bindings=(binding(),), permits=(permit(80.0),))
    assert [(limit.source, limit.governs) for limit in found] == [("permit", True), ("table", True)]


def test_an_override_of_the_basis_and_the_reference_oxygen() -> None:
    dust = row("PM", 40.0, factors="O2ref=7", basis="hour", confidence="single_source", unit="mg/Nm3")
    (limit,) = on(rows=(dust,))
    assert (limit.oxygen_reference, limit.confirmed, limit.basis) == (7.0, False, "hour")
    assert "C × (21 − 7) ÷ (21 − O2)" in limit.derivation.en
    assert "the limit is from one source only, not confirmed" in limit.derivation.en
    (limit,) = on(rows=(dust,), bindings=(binding(oxygen_reference=11.0, basis="day"),))
    assert (limit.oxygen_reference, limit.basis) == (11.0, "day")


@pytest.mark.parametrize("text", ["Kx", "Kq*Kq", "O2ref=21", "O2ref=-1", "O2ref=x", "Kq+Kf"])
def test_factors_that_mean_nothing(text: str) -> None:
    with pytest.raises(BadFactorsError):
        read_factors(text)


def test_factors_that_mean_something() -> None:
    assert read_factors("") == ((), None)
    assert read_factors("Kp*Kv;O2ref=7") == (("Kp", "Kv"), 7.0)
