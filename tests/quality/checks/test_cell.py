"""The `checks` cell: what each check becomes, and what is refused with the check's name."""

import pytest

from quality.checks.cell import (
    NO_CHECKS,
    ChecksTextError,
    Companion,
    Comparison,
    FlatLine,
    Limit,
    read_checks,
)


def test_the_contracts_own_example() -> None:
    checks = read_checks("zero;negative;flat_line=12;rate_of_change=50%;compare<=1.0*PM10")
    assert checks[:7] == (
        4, 4, FlatLine(12, 4), Limit(50.0, True, 3), None, (Comparison("<=", 1.0, "PM10", 4),), (),
    )  # fmt: skip
    assert checks.text == "zero;negative;flat_line=12;rate_of_change=50%;compare<=1.0*PM10"
    assert checks.need_neighbours
    assert checks.named_parameters == ("PM10",)


def test_every_check_may_say_how_grave_it_is() -> None:
    text = "zero:suspect;flat_line=3:suspect;rate_of_change=2:fail;spike=5%:fail;compare>NO:suspect"
    text += ";companion=O2:fail"
    checks = read_checks(text)
    assert checks.text == text
    assert checks.zero == 3
    assert checks.flat_line == FlatLine(3, 3)
    assert checks.rate_of_change == Limit(2.0, False, 4)
    assert checks.spike == Limit(5.0, True, 4)
    assert checks.comparisons == (Comparison(">", 1.0, "NO", 3),)
    assert checks.companions == (Companion("O2", 4),)


def test_nothing_is_no_check() -> None:
    assert read_checks("") == read_checks(" ; ") == NO_CHECKS
    assert not NO_CHECKS.need_neighbours
    assert not read_checks("zero;negative").need_neighbours


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("flat_line=1", "flat_line: '1' is not a count of equal values (2 to 10000)"),
        ("flat_line=0", "flat_line: '0' is not a count"),
        ("flat_line=10001", "flat_line: '10001' is not a count"),
        ("flat_line=" + "9" * 5000, "flat_line: "),
        ("flat_line=٣", "flat_line: '٣' is not a count"),
        ("rate_of_change=0", "rate_of_change: '0' is not above 0"),
        ("rate_of_change=-1%", "rate_of_change: '-1%' is not above 0"),
        ("spike=nan", "spike: 'nan' is not a number"),
        ("spike=1e999", "spike: '1e999' is not a number"),
        ("compare<=0*COD", "compare: a factor of 0 compares with nothing"),
        ("compare<=-1*COD", "compare: a factor of -1 compares with nothing"),
        ("zero;flat_line=3;zero:suspect", "zero stands there twice"),
        ("compare<=2*COD;compare<=3*COD", "compare<= with COD stands there twice"),
        ("zero:grave", "zero: 'grave' is neither fail nor suspect"),
        ("flat_line=12:", "flat_line=12: '' is neither fail nor suspect"),
        ("flatline=12", "'flatline=12' is no check; known are zero, negative, flat_line=N"),
    ],
)
def test_what_is_refused(text: str, message: str) -> None:
    with pytest.raises(ChecksTextError) as refused:
        read_checks(text)
    assert str(refused.value).startswith(message)
