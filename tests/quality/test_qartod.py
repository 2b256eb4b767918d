"""One code for a whole reading: each case, and which comes first where several apply."""

import pytest

from quality.checks.cell import read_checks
from quality.qartod import MEANINGS, RESULTS, look_at_values, result
from quality.review import Review
from quality.verdict import Flag

FAILS, DOUBTS = Flag("flat_line", 4), Flag("spike", 3)
MISSING, UNDECLARED = Flag("missing", 9), Flag("undeclared", 4)


@pytest.mark.parametrize(
    ("status", "value", "flags", "review", "reviewed", "expected"),
    [
        ("00", 7.1, (), None, None, 1),
        ("00", 0.0, (), None, None, 1),
        ("00", 7.1, (DOUBTS,), None, None, 3),
        ("00", 7.1, (DOUBTS, FAILS), None, None, 4),
        ("00", 7.1, (UNDECLARED,), None, None, 4),
        ("00", None, (MISSING,), None, None, 9),
        ("02", None, (MISSING, Flag("device_error", 4)), None, None, 9),
        ("02", 7.1, (Flag("device_error", 4),), None, None, 4),
        ("01", 7.1, (Flag("calibrating", 4),), None, None, 4),
        ("00", 7.1, (FAILS,), "accepted", None, 1),
        ("00", 7.1, (DOUBTS,), "accepted", None, 1),
        ("00", 7.1, (UNDECLARED,), "accepted", None, 4),
        ("00", 7.1, (), "rejected", None, 4),
        ("00", None, (MISSING,), "rejected", None, 9),
        ("00", None, (MISSING,), "corrected", 7.0, 1),
        ("02", 99.0, (FAILS,), "corrected", 0.0, 1),
    ],
)
def test_the_code_of_a_reading(
    status: str,
    value: float | None,
    flags: tuple[Flag, ...],
    review: Review | None,
    reviewed: float | None,
    expected: int,
) -> None:
    assert result(status, value, flags, review, reviewed, looked_at=True) == expected
    unseen = 2 if (flags, review) == ((), None) else expected
    assert result(status, value, flags, review, reviewed, looked_at=False) == unseen


def test_what_looks_at_values() -> None:
    assert not look_at_values((None, None), read_checks(""))
    assert not look_at_values((None,), read_checks("neighbours=4"))
    assert look_at_values((None, 0.0), read_checks("")), "a range that ends at 0 is one"
    assert look_at_values((None,), read_checks("zero"))
    assert look_at_values((None,), read_checks("companion=O2"))


def test_every_code_is_explained() -> None:
    assert set(MEANINGS) == set(RESULTS) == {1, 2, 3, 4, 9}
