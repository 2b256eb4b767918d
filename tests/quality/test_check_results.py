"""QARTOD's codes of each check that is on."""

import pytest

from quality.channel import Channel
from quality.check_results import Around, results
from quality.checks.cell import read_checks
from quality.verdict import Flag

CHECKS = "zero;flat_line=12;rate_of_change=50%;spike=3;compare<=1.0*PM10;companion=O2"
CHANNEL = Channel("PM2.5", "µg/m3", device_min=0, device_max=500, checks=read_checks(CHECKS))
EVERYTHING = Around(True, True, True, True)
ALWAYS = {
    "missing": 1, "device_error": 1, "calibrating": 1, "status_unknown": 1, "undeclared": 1,
    "clock_future": 1, "conflict": 1,
}  # fmt: skip


def codes(
    channel: Channel | None = CHANNEL,
    status: str = "00",
    value: float | None = 20.0,
    flags: tuple[Flag, ...] = (),
    around: Around = EVERYTHING,
) -> dict[str, int]:
    """By rule, without those that are always passed here."""
    found = results(channel, status, value, flags, around)
    assert len({one.rule for one in found}) == len(found)
    return {one.rule: one.code for one in found if ALWAYS.get(one.rule) != one.code}


def test_every_check_that_is_on_says_something() -> None:
    assert codes() == {
        "unit_mismatch": 1, "gross_range": 1, "zero": 1, "flat_line": 1, "rate_of_change": 1, "spike": 1,
        "compare": 1, "companion": 1,
    }  # fmt: skip
    assert codes(Channel("x")) == {}, "what is off says nothing"


@pytest.mark.parametrize(
    ("around", "not_evaluated"),
    [
        (Around(), {"flat_line", "rate_of_change", "spike", "compare", "companion"}),
        (Around(before=True, compared=True, accompanied=True), {"spike"}),
        (Around(after=True, compared=True, accompanied=True), {"rate_of_change", "spike"}),
        (Around(True, True, compared=True), {"companion"}),
        (Around(True, True, accompanied=True), {"compare"}),
    ],
)
def test_what_has_no_neighbours_is_not_evaluated(around: Around, not_evaluated: set[str]) -> None:
    assert {rule for rule, code in codes(around=around).items() if code == 2} == not_evaluated


def test_a_line_without_a_number_is_judged_by_nothing_else() -> None:
    missing = Flag("missing", 9, "a number", "---")
    found = codes(value=None, flags=(missing,))
    assert found["missing"] == 9
    assert {rule for rule, code in found.items() if code == 2} == {
        "gross_range", "zero", "flat_line", "rate_of_change", "spike", "compare", "companion"
    }  # fmt: skip


def test_a_calibrating_device_is_held_to_its_range_only() -> None:
    found = codes(status="01", flags=(Flag("calibrating", 4, "status 00", "01"),))
    assert found.pop("calibrating") == 4
    assert {rule for rule, code in found.items() if code == 1} == {"unit_mismatch", "gross_range"}


def test_a_number_in_a_foreign_unit_takes_part_in_nothing() -> None:
    found = codes(flags=(Flag("unit_mismatch", 4, "µg/m3", "kWh"),))
    assert found.pop("unit_mismatch") == 4
    assert set(found.values()) == {2}


def test_an_undeclared_symbol_has_no_further_check() -> None:
    assert codes(None, flags=(Flag("undeclared", 4, "a symbol declared for the station", "Lạ"),)) == {
        "undeclared": 4
    }


def test_what_was_not_passed_says_why_and_a_rejection_comes_first() -> None:
    flat = Flag("flat_line", 4, "at most 11 equal values", "20 × 14")
    found = results(CHANNEL, "00", 20.0, (Flag("rejected", 4, "a", "b"), flat), EVERYTHING)
    assert tuple(found[0]) == ("rejected", 4, "a", "b")
    assert flat in [tuple(one) for one in found]
