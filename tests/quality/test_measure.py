"""From a channel's number back to the number of a logger's line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quality.channel import Channel
from quality.measure import as_written
from quality.units import convert


@pytest.mark.parametrize(
    ("channel", "factor", "molar_mass", "value", "unit", "text"),
    [
        ("mg/L", 1.0, None, 40.5, "mg/L", "40.5"),
        ("mg/L", 1.0, None, 40.5, "µg/L", "40500"),
        ("mg/L", 1000.0, None, 40.5, "mg/L", "0.0405"),
        ("mg/L", 1.0, None, 40.0, "", "40"),
        ("", 1.0, None, 0.0, "mg/L", "0"),
        ("mg/L", 1.0, None, 2.5, "kWh", "2.5"),
        ("oC", 1.0, None, 25.0, "K", "298.15"),
        ("mg/Nm3", 1.0, 64.06, 64.06, "ppm", "24.45"),
        ("", 1.0, None, 1e-07, "", "0.0000001"),
        ("", 1.0, None, 123456789012.0, "", "123456789000"),
    ],
)
def test_as_a_logger_would_write_it(
    channel: str, factor: float, molar_mass: float | None, value: float, unit: str, text: str
) -> None:
    assert as_written(value, Channel("x", channel, factor, molar_mass=molar_mass), unit) == text


@given(
    value=st.floats(min_value=-1e6, max_value=1e6, allow_subnormal=False).filter(lambda x: abs(x) > 1e-6),
    unit=st.sampled_from(["mg/L", "µg/L", "g/m3", "ng/l"]),
    factor=st.sampled_from([0.1, 1.0, 2.0, 1000.0]),
)
def test_read_again_it_is_the_same_number(value: float, unit: str, factor: float) -> None:
    text = as_written(value, Channel("x", "mg/L", factor), unit)
    again = convert(float(text), unit, "mg/L", None)
    assert again is not None
    assert again * factor == pytest.approx(value, rel=1e-9)
