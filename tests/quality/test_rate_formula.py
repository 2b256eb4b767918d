"""The effective rate's formula: literal counts, and texts that are none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quality.rate_formula import DEFAULT, NAMES, FormulaError, checked, rate


def counts(**given_: int) -> dict[str, int]:
    return dict.fromkeys(NAMES, 0) | given_


def test_the_default_is_transmission_times_validity() -> None:
    day = counts(expected=288, received=250, valid=200, suspect=25, planned_stop=12, our_outage=6)
    assert rate(DEFAULT, day) == pytest.approx(225 / 270)
    assert rate(DEFAULT, counts(expected=10, absent=10)) == 0.0
    assert rate(DEFAULT, counts(expected=10, planned_stop=10)) is None
    assert rate("(valid + suspect) / expected", day) == 225 / 288


@pytest.mark.parametrize(
    "text",
    ["", "valid /", "valid ** 2", "sum([1])", "valid.real", "a", "'x'", "True", "valid if 1 else 2", "-valid",
     "1" * 501, "[" * 400, "valid < 2", "(lambda: 1)()", "valid\0", "valid / 0",
     "valid / (suspect - suspect)", "1 / (0 * valid)"],
)  # fmt: skip
def test_what_is_no_formula(text: str) -> None:
    with pytest.raises(FormulaError):
        checked(text)


@given(st.text(alphabet="valid suspect expected()+-*/0123.", max_size=40))
def test_any_text_is_refused_or_computed(text: str) -> None:
    try:
        formula = checked(text)
    except FormulaError:
        return
    assert isinstance(rate(formula, counts(expected=4, received=3, valid=2, suspect=1)), float)
