"""What a person's word makes of a reading: which value counts, and whether it is valid."""

import pytest

from quality.review import REJECTED, Review, Stand, pins, stands, told_flags
from quality.verdict import Flag

FAIL, SUSPECT, MISSING = Flag("gross_range", 4), Flag("gross_range", 3), Flag("missing", 9)
UNDECLARED, NOT_EVALUATED = Flag("undeclared", 4), Flag("spike", 2)


@pytest.mark.parametrize(
    ("status", "value", "flags", "valid"),
    [
        ("00", 7.1, (), True),
        ("00", 0.0, (), True),
        ("00", 7.1, (SUSPECT, NOT_EVALUATED), True),
        ("00", 7.1, (SUSPECT, FAIL), False),
        ("00", None, (), False),
        ("00", None, (MISSING,), False),
        ("01", 7.1, (), False),
        ("02", 7.1, (Flag("device_error", 4),), False),
    ],
)
def test_without_a_review_the_checks_decide(
    status: str, value: float | None, flags: tuple[Flag, ...], valid: bool
) -> None:
    assert stands(status, value, flags) == Stand(value, valid)
    # what was corrected before and undone since leaves no trace
    assert stands(status, value, flags, None, 3.0) == Stand(value, valid)


@pytest.mark.parametrize("status", ["00", "01", "02", "03"])
@pytest.mark.parametrize("flags", [(), (FAIL,), (MISSING, FAIL)])
def test_a_review_decides_whatever_the_checks_said(status: str, flags: tuple[Flag, ...]) -> None:
    assert stands(status, 7.1, flags, "accepted") == Stand(7.1, True)
    assert stands(status, 7.1, flags, "rejected") == Stand(7.1, False)
    assert stands(status, 7.1, flags, "corrected", 6.9) == Stand(6.9, True)
    assert stands(status, None, flags, "corrected", 0.0) == Stand(0.0, True)


def test_a_review_makes_no_number_and_declares_nothing() -> None:
    assert stands("00", None, (MISSING,), "accepted") == Stand(None, False)
    assert stands("00", 7.1, (), "corrected", None) == Stand(None, False)
    assert stands("00", 7.1, (UNDECLARED,), "accepted") == Stand(7.1, False)
    assert stands("00", 7.1, (UNDECLARED,), "corrected", 6.9) == Stand(6.9, False)


def test_only_a_rejection_is_told_among_the_flags_and_none_is_hidden() -> None:
    assert told_flags((FAIL,), "rejected") == (REJECTED, FAIL)
    assert told_flags((FAIL,), "accepted") == told_flags((FAIL,), None) == (FAIL,)


@pytest.mark.parametrize(
    ("review", "pinned"), [("accepted", True), ("corrected", True), ("rejected", False), (None, False)]
)
def test_what_was_said_of_a_number_holds_that_number(review: Review | None, pinned: bool) -> None:
    assert pins(review) is pinned
