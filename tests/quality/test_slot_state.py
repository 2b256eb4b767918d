"""The state of one reading, the best of several, and the letters that keep them."""

import itertools

import pytest

from quality.slot_line import (
    LETTERS,
    better,
    count_on_time,
    count_relayed,
    count_states,
    empty_line,
    letter,
    patch,
)
from quality.slot_state import BEST_FIRST, SLOT_STATES, SlotState, reading_state
from quality.verdict import Flag

FAIL = Flag("gross_range", 4)
SUSPECT = Flag("gross_range", 3)


@pytest.mark.parametrize(
    ("status", "value", "flags", "state"),
    [
        ("00", 7.1, (), "valid"),
        ("00", 0.0, (), "valid"),
        ("00", 7.1, (Flag("spike", 2),), "valid"),
        ("00", 7.1, (SUSPECT,), "suspect"),
        ("00", 7.1, (SUSPECT, FAIL), "failed_check"),
        ("00", None, (Flag("missing", 9),), "missing_value"),
        ("00", None, (), "missing_value"),
        ("00", 7.1, (Flag("spike", 9),), "failed_check"),
        ("03", 7.1, (Flag("status_unknown", 4),), "failed_check"),
        ("03", 7.1, (), "failed_check"),
        ("03", None, (Flag("missing", 9), Flag("status_unknown", 4)), "missing_value"),
        ("01", 7.1, (Flag("calibrating", 4),), "calibrating"),
        ("01", None, (Flag("missing", 9), FAIL), "calibrating"),
        ("02", None, (Flag("missing", 9), FAIL), "device_error"),
    ],
)
def test_of_several_reasons_the_first_in_order_counts(
    status: str, value: float | None, flags: tuple[Flag, ...], state: SlotState
) -> None:
    assert reading_state(status, value, flags) == state


@pytest.mark.parametrize("status", ["00", "01", "02", "03"])
@pytest.mark.parametrize("flags", [(), (FAIL,), (SUSPECT,)])
def test_a_person_s_word_comes_before_the_logger_s_and_the_checks(
    status: str, flags: tuple[Flag, ...]
) -> None:
    assert reading_state(status, 7.1, flags, "rejected") == "rejected"
    assert reading_state(status, None, flags, "rejected") == "rejected"
    assert reading_state(status, 7.1, flags, "accepted") == "valid"
    assert reading_state(status, 7.1, flags, "corrected") == "valid"


def test_accepting_makes_no_number_where_none_came_and_no_channel_where_none_is_declared() -> None:
    assert reading_state("00", None, (Flag("missing", 9),), "accepted") == "missing_value"
    assert reading_state("02", None, (Flag("missing", 9),), "accepted") == "device_error"
    assert reading_state("00", 7.1, (Flag("undeclared", 4),), "accepted") == "failed_check"


def test_ten_states_of_which_seven_come_from_readings() -> None:
    assert len(SLOT_STATES) == 10
    assert set(SLOT_STATES) - set(BEST_FIRST) == {"absent", "planned_stop", "our_outage"}
    assert set(LETTERS) == set(BEST_FIRST)


def test_letters() -> None:
    assert letter("valid", True) == "V"
    assert letter("missing_value", False) == "m"
    assert "".join(letter(state, True) for state in BEST_FIRST) == "VSFMCER"


@pytest.mark.parametrize(
    ("old", "new", "kept"),
    [
        ("V", "V", "V"), ("F", "v", "V"), ("f", "v", "v"), ("s", "F", "S"), ("m", "f", "f"),
        ("C", "M", "M"), ("e", "c", "c"), ("R", "E", "E"), ("r", "R", "R"),
    ],
)  # fmt: skip
def test_a_slot_with_several_readings_is_the_best_of_them(old: str, new: str, kept: str) -> None:
    assert better(old, new) == kept
    assert better(new, old) == kept


def test_the_best_does_not_depend_on_the_order() -> None:
    letters = [letter(state, on_time) for state in BEST_FIRST for on_time in (True, False)]
    for one, two, three in itertools.product(letters, repeat=3):
        assert better(better(one, two), three) == better(one, better(two, three))


def test_patching_tells_a_stretch_anew() -> None:
    assert patch("VVVVVV", 2, 5, {3: "m"}) == "VV-m-V"
    assert patch("------", 0, 6, {0: "V", 5: "v", 9: "F"}) == "V----v"
    assert empty_line(4) == "----"


def test_counting() -> None:
    line = "VVv-SsF--fCcEeRrMm"
    assert count_states(line) == {
        "valid": 3, "suspect": 2, "failed_check": 2, "calibrating": 2, "device_error": 2,
        "rejected": 2, "missing_value": 2,
    }  # fmt: skip
    assert count_on_time(line) == 8
    assert count_states("----") == {}
    assert count_states("") == {}
    assert count_relayed("RR-R") == 3


def test_an_unknown_letter_is_an_error_and_never_a_missing_slot() -> None:
    with pytest.raises(ValueError, match="VXV"):
        count_states("VXV")
