"""The value cell by itself."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parsers.number import NotANumberError, is_missing, number_of


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("7.12", 7.12), ("0", 0.0), ("0.00", 0.0), ("-1.60", -1.6), ("+7.5", 7.5), ("007", 7.0), ("5.", 5.0),
        (".5", 0.5), (",5", 0.5), ("5,", 5.0), ("24,19", 24.19), ("1,234", 1.234), ("1e3", 1000.0),
        ("1.5E-2", 0.015), ("2,5e+1", 25.0), ("1e308", 1e308), ("1e-999", 0.0), ("1" * 300, float("1" * 300)),
    ],
)  # fmt: skip
def test_numbers(text: str, value: float) -> None:
    assert number_of(text) == value
    assert not is_missing(text)


@pytest.mark.parametrize(
    "text",
    [
        "", "-", "+", ".", ",", "e5", "1e", "1e+", "1.2.3", "1,234.5", "1.234,5", "1,2,3", "12 345", " 1",
        "1 ", "1\n", "0x1F", "inf", "Infinity", "-inf", "nan", "1e999", "-1e999", "9" * 400, "1_000", "٧",
        "１", "²", "7.1mg", "--5", "+-5", "1e5.0", "0b1", "1d", "1'000", "−5", "5%", "<0.1",
    ],
)  # fmt: skip
def test_what_is_no_number(text: str) -> None:
    with pytest.raises(NotANumberError):
        number_of(text)


@pytest.mark.parametrize(
    "word", ["", "-", "---", "nan", "NaN", "NAN", "null", "NULL", "Null", "None", "none"]
)
def test_words_for_missing(word: str) -> None:
    assert is_missing(word)


@pytest.mark.parametrize(
    "word", ["--", "----", "n/a", "N/A", "na", "nil", "0", "0.00", "missing", "#N/A", " -"]
)
def test_other_words_are_not_missing(word: str) -> None:
    assert not is_missing(word)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_float_is_read_back(value: float) -> None:
    assert number_of(repr(value)) == value
    assert number_of(repr(value).replace(".", ",")) == value
