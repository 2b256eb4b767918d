"""What is quiet at a glance has no flag when it is judged in full, and lacks nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quality.checks.cell import read_checks
from quality.checks.eras import Era, eras_of
from quality.checks.neighbours import Series
from quality.checks.quiet import is_quiet
from quality.checks.stretch import Stretch
from quality.intervals import Intervals

SLOT = 300_000
GAP = 3 * SLOT
ALL = "flat_line=3;rate_of_change=4;spike=3"


def era(text: str) -> Era:
    (one,) = eras_of([(0, read_checks(text))], Intervals(5)).each
    return one


def quiet(values: dict[int, float], begin: int, text: str = ALL) -> bool:
    """The change is the one reading at `begin`."""
    slots = sorted(values)
    times = [slot * SLOT for slot in slots]
    known_to = begin * SLOT + 2 * GAP
    return is_quiet(times, [values[slot] for slot in slots], begin * SLOT, known_to, era(text))


def test_an_ordinary_reading_is_quiet() -> None:
    assert quiet({0: 7.0, 1: 7.1, 2: 7.2}, 2)
    assert quiet({0: 7.0, 1: 7.1, 3: 7.2}, 2)


def test_a_run_whose_ends_are_seen_is_quiet_while_it_is_short() -> None:
    assert quiet({0: 7.0, 1: 7.1, 2: 7.1}, 2)
    assert quiet({0: 7.0, 1: 7.1, 2: 7.1, 3: 7.2}, 2)
    assert not quiet({0: 7.0, 1: 7.1, 2: 7.1, 3: 7.1}, 2)
    assert not quiet({0: 7.1, 1: 7.1, 2: 7.1}, 2), "it may have begun before"
    assert not quiet({0: 7.0, 1: 7.1, 5: 7.3, 6: 7.3}, 2), "it may go on behind what is known"
    assert quiet({0: 7.1, 1: 7.1, 2: 7.1}, 2, "rate_of_change=4;spike=3")


@pytest.mark.parametrize(
    ("values", "begin", "text"),
    [
        ({0: 7.1, 1: 7.1, 2: 7.0}, 2, ALL),  # a run that may have begun before
        ({0: 7.0, 1: 7.1, 2: 11.1}, 2, ALL),  # just the limit: decided on decimals
        ({0: 7.0, 1: 10.0, 2: 7.0}, 2, ALL),  # a spike, just so
        ({0: 0.0, 1: 0.1, 2: 0.2}, 2, "rate_of_change=50%"),
        ({1: 7.0, 2: 7.1, 3: 7.2}, 2, ALL),  # one before is not enough
        ({0: 7.0, 1: 7.1, 5: 7.2}, 5, ALL),  # behind a gap
        ({0: 7.0, 1: 7.1}, 2, ALL),
        ({}, 2, ALL),
    ],
)
def test_what_is_not(values: dict[int, float], begin: int, text: str) -> None:
    assert not quiet(values, begin, text)


@given(
    st.dictionaries(st.integers(0, 12), st.sampled_from([0.0, 1.0, 1.1, 2.0, 5.0, 9.0, -3.0]), max_size=13),
    st.integers(2, 10),
    st.integers(0, 2),
    st.sampled_from(
        [
            ALL,
            "flat_line=2",
            "rate_of_change=50%",
            "spike=20%",
            "rate_of_change=0.1;spike=0.1",
            "spike=3;neighbours=1",
        ]
    ),
)
def test_what_is_quiet_is_not_flagged_and_lacks_nothing(
    values: dict[int, float], begin: int, length: int, text: str
) -> None:
    eras = eras_of([(0, read_checks(text))], Intervals(5))
    end = begin + length
    loaded = {slot: value for slot, value in values.items() if begin - 2.5 <= slot <= end + 6}
    slots = sorted(loaded)
    series = Series([slot * SLOT for slot in slots], [loaded[slot] for slot in slots])
    first, last = begin * SLOT, end * SLOT
    stretch = Stretch(series, first, last, int(first - 2.5 * SLOT), last + 2 * GAP, eras)
    if is_quiet(*series, first, stretch.loaded_to, era(text)):
        assert stretch.lacking() == (False, False)
        assert stretch.findings().flags == {}
