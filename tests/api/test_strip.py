"""A station's day in one line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.strip import SHOWN, Band, Strip, day_strip
from quality.slot_line import LETTERS
from quality.slot_state import BEST_FIRST


def test_one_channel() -> None:
    assert day_strip(["VVv-S---"], 8, 6, True) == Strip(
        6,
        (
            Band("valid", 3, "M0 0h540v12h-540z"),
            Band("suspect", 1, "M720 0h180v12h-180z"),
            Band("absent", 2, "M540 9h180v3h-180zM900 9h180v3h-180z"),
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
        (["P", "P"], "planned_stop"),
        (["O", "P"], "planned_stop"),
        (["O", "O"], "our_outage"),
        (["P", "-"], "absent"),
        (["V", "P"], "valid"),
    ],
)
def test_a_slot_shows_the_worst_of_what_came(lines: list[str], state: str) -> None:
    assert [(band.state, band.slots) for band in day_strip(lines, 1, 1, True).bands] == [(state, 1)]


def test_before_service_nothing_is_a_gap() -> None:
    assert day_strip([], 4, 3, False).bands == ()
    assert [band.state for band in day_strip([], 4, 3, True).bands] == ["absent"]


def test_a_slot_that_came_before_its_end_is_shown() -> None:
    assert day_strip(["-V--"], 4, 0, True).bands == (Band("valid", 1, "M360 0h360v12h-360z"),)


def test_what_is_announced_is_shown_before_it_is_due() -> None:
    assert day_strip(["VPPP"], 4, 2, True).bands == (
        Band("valid", 1, "M0 0h360v12h-360z"),
        Band("planned_stop", 3, "M360 0h1080v12h-1080z"),
    )


def test_what_is_not_counted_is_half_as_high_and_has_no_gaps() -> None:
    assert day_strip(["V-VO--"], 6, 5, True, ((0, 2), (3, 4))).bands == (
        Band("valid", 2, "M0 0h240v12h-240zM480 0h240v12h-240z"),
        Band("absent", 1, "M960 9h240v3h-240z"),
        Band("uncounted", 3, "M0 0h480v6h-480zM720 0h240v6h-240z"),
    )


def test_a_line_of_another_interval_says_nothing() -> None:
    assert day_strip(["VV", "V---"], 4, 1, True).bands == (Band("valid", 1, "M0 0h360v12h-360z"),)


_LINES = st.lists(st.text("VSFCERMvsfcerm-PO", min_size=24, max_size=24), max_size=4)


@given(_LINES, st.integers(0, 24))
def test_every_slot_is_told_once(lines: list[str], due: int) -> None:
    letters = {letter: state for state, letter in LETTERS.items()}
    expected: dict[str, int] = {}
    for slot in range(24):
        here = {line[slot] for line in lines}
        came = [letters[letter.upper()] for letter in here - set("-PO")]
        state: str | None = max(came, key=BEST_FIRST.index) if came else None
        if not came and (not here or "-" in here):
            state = "absent" if slot < due else None
        elif not came:
            state = "planned_stop" if "P" in here else "our_outage"
        if state is not None:
            expected[state] = expected.get(state, 0) + 1
    bands = day_strip(lines, 24, due, True).bands
    assert {band.state: band.slots for band in bands} == expected
    assert [band.state for band in bands] == [state for state in SHOWN if state in expected]
