"""Units: spellings that mean one unit, figures that convert, and what is left unconverted."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quality.units import convert, unit_key


@pytest.mark.parametrize(
    ("value", "source", "target", "expected"),
    [
        (41.8, "mg/L", "mg/l", 41.8),
        (1013.25, "hPa", "kPa", 101.325),
        (101.325, "kPa", "hPa", 1013.25),
        (1.0, "atm", "mmHg", 760.0),
        (1.0, "bar", "mbar", 1000.0),
        (760.0, "mmHg", "Pa", 101325.0),
        (1.0, "g/L", "ug/L", 1e6),
        (1.0, "mg/L", "mg/m3", 1000.0),
        (5.0, "mg/m3", "mg/Nm3", 5.0),
        (5.0, "µg/m³", "ug/Nm^3", 5.0),
        (5.0, "μg/m3", "mg/m3", 0.005),
        (3.0, "ng/m3", "ug/m3", 0.003),
        (1.0, "%V", "ppm", 10000.0),
        (20.9, "%", "%V", 20.9),
        (1.0, "ppm", "ppb", 1000.0),
        (24.0, "m3/d", "m3/h", 1.0),
        (24.0, "m³/ngày đêm", "m3/h", 1.0),
        (1.0, "m3/s", "m3/h", 3600.0),
        (1.0, "L/s", "m3/h", 3.6),
        (25.0, "°C", "K", 298.15),
        (25.0, "℃", "oC", 25.0),
        (212.0, "oF", "C", 100.0),
        (-40.0, "C", "F", -40.0),
        (0.0, "K", "oC", -273.15),
        (1.0, "mS/cm", "uS/cm", 1000.0),
        (4.2, "FNU", "NTU", 4.2),
        (4.2, "ftu", "FNU", 4.2),
        (36.0, "km/h", "m/s", 10.0),
        (1.0, "kW/m2", "w/m²", 1000.0),
        (90.0, "Degree", "°", 90.0),
        (15.0, "PtCo", "Pt-Co", 15.0),
        (3.0, "Bq / m³", "bq/m3", 3.0),
        (3.0, "", "", 3.0),
    ],
)
def test_convertible(value: float, source: str, target: str, expected: float) -> None:
    assert convert(value, source, target, None) == pytest.approx(expected, rel=1e-12, abs=1e-12)


def test_powers_of_ten_leave_no_binary_tail() -> None:
    assert convert(41.8, "ug/L", "mg/L", None) == 0.0418
    assert convert(1013.25, "hPa", "kPa", None) == 101.325


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("oC", "mg/L"), ("ppm", "mg/m3"), ("bananas", "mg/L"), ("mg/L", "bananas"), ("m3/h", "Nm3/h"),
        ("", "mg/L"), ("uS/cm", "mg/L"), ("MPN/100ml", "CFU/100ml"),
    ],
)  # fmt: skip
def test_what_is_not_known_is_not_guessed(source: str, target: str) -> None:
    assert convert(1.0, source, target, None) is None


def test_gas_at_25_degrees_and_one_atmosphere() -> None:
    assert convert(1.0, "ppm", "mg/m3", 24.45) == pytest.approx(1.0)
    assert convert(1.0, "ppb", "ug/m3", 48.9) == pytest.approx(2.0)
    assert convert(10.0, "ppm", "mg/Nm3", 64.066) == pytest.approx(26.2028629856)
    assert convert(26.2028629856, "mg/Nm3", "ppm", 64.066) == pytest.approx(10.0)
    assert convert(1.0, "%V", "g/m3", 24.45) == pytest.approx(10.0)
    assert convert(1.0, "ppm", "mg/m3", 0.0) is None
    assert convert(1.0, "ppm", "oC", 64.0) is None


@pytest.mark.parametrize("mu", ["\u00b5", "\u03bc", "u", "U"])
def test_micro_in_every_spelling(mu: str) -> None:
    assert unit_key(f"{mu}S/cm") == "us/cm"


_CONVERTIBLE = [
    ("mg/L", "ug/m3"), ("ppm", "mg/Nm3"), ("m3/d", "L/s"), ("kPa", "mmHg"), ("oC", "oF"), ("oC", "K"),
    ("uS/cm", "S/m"), ("knots", "m/s"), ("mW/cm2", "W/m2"),
]  # fmt: skip


@given(st.sampled_from(_CONVERTIBLE), st.floats(-1e9, 1e9))
def test_there_and_back(pair: tuple[str, str], value: float) -> None:
    there = convert(value, *pair, 46.006)
    assert there is not None
    back = convert(there, *reversed(pair), 46.006)  # type: ignore[misc]  # mypy loses a reversed pair's length
    assert back == pytest.approx(value, rel=1e-9, abs=1e-6)


@given(st.text(max_size=20))
def test_any_text_is_a_unit_equal_to_itself(text: str) -> None:
    assert convert(1.5, text, text, None) == 1.5
    assert unit_key(unit_key(text)) == unit_key(text) or not text.isascii()
