"""A station's day in one line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.strip import SHOWN, Band, Strip, day_strip
from quality.slot_line import LETTERS
from quality.slot_state import BEST_FIRST


def test_one_channel() -> None:
    assert day_strip(["VVv-S---"], 8, 6, True) == Strip(
        8,
        6,
        (
            Band("valid", 3, "M0 0h3v12h-3z"),
            Band("suspect", 1, "M4 0h1v12h-1z"),
            Band("absent", 2, "M3 9h1v3h-1zM5 9h1v3h-1z"),
        ),
    )


@pytest.mark.parametrize(
    ("lines", "state"),
    [
        (["V", "S"], "suspect"),
        (["V", "-"], "valid"),
        (["F", "s"], "failed_check"),
        (["M", "F"], "missing_value"),
        (["c", "M"], "calibrating"),
        (["C", "E"], "device_error"),
        (["e", "R", "V"], "rejected"),
        (["-", "-"], "absent"),
    ],
)
def test_a_slot_shows_the_worst_of_what_came(lines: list[str], state: str) -> None:
    assert [(band.state, band.slots) for band in day_strip(lines, 1, 1, True).bands] == [(state, 1)]


def test_before_service_nothing_is_a_gap() -> None:
    assert day_strip([], 4, 3, False).bands == ()
    assert [band.state for band in day_strip([], 4, 3, True).bands] == ["absent"]


def test_a_slot_that_came_before_its_end_is_shown() -> None:
    assert day_strip(["-V--"], 4, 0, True).bands == (Band("valid", 1, "M1 0h1v12h-1z"),)


def test_a_line_of_another_interval_says_nothing() -> None:
    assert day_strip(["VV", "V---"], 4, 1, True).bands == (Band("valid", 1, "M0 0h1v12h-1z"),)


_LINES = st.lists(st.text("VSFCERMvsfcerm-", min_size=24, max_size=24), max_size=4)


@given(_LINES, st.integers(0, 24))
def test_every_slot_is_told_once(lines: list[str], due: int) -> None:
    letters = {letter: state for state, letter in LETTERS.items()}
    expected: dict[str, int] = {}
    for slot in range(24):
        came = [letters[line[slot].upper()] for line in lines if line[slot] != "-"]
        state = max(came, key=BEST_FIRST.index) if came else ("absent" if slot < due else None)
        if state is not None:
            expected[state] = expected.get(state, 0) + 1
    bands = day_strip(lines, 24, due, True).bands
    assert {band.state: band.slots for band in bands} == expected
    assert [band.state for band in bands] == [state for state in SHOWN if state in expected]
