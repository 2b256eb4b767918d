"""Each rule by itself: a value that passes, one that does not, and the limit's own value."""

from datetime import UTC, datetime, timedelta

import pytest

from parsers.records import Reading
from quality.channel import Channel
from quality.checks.cell import Companion, Comparison, FlatLine, Limit, read_checks
from quality.checks.companion import companions
from quality.checks.compare import compare
from quality.checks.eras import eras_of
from quality.checks.flat_line import flat_line, run_of
from quality.checks.neighbours import Series, takes_part
from quality.checks.rate_of_change import rate_of_change
from quality.checks.spike import spike
from quality.intervals import Intervals
from quality.judge import judge
from quality.verdict import Flag

FIVE_MINUTES = 300_000
AT = datetime(2026, 5, 30, 3, 15, tzinfo=UTC)


def judged(
    value: float, checks: str, status: str = "00", **channel: float
) -> list[tuple[str, int, str, str]]:
    item = Reading(1, "COD", str(value), value, "mg/L", AT, status)
    settings = Channel("COD", "mg/L", checks=read_checks(checks), **channel)  # type: ignore[arg-type]
    found = judge(item, settings, AT, timedelta(minutes=5))
    assert found.valid == (not any(flag.code == 4 for flag in found.flags))
    return [tuple(flag) for flag in found.flags]  # type: ignore[misc]


@pytest.mark.parametrize(
    ("value", "checks", "flags"),
    [
        (0.0, "zero", [("zero", 4, "not 0", "0")]),
        (-0.0, "zero", [("zero", 4, "not 0", "0")]),
        (0.001, "zero", []),
        (-0.001, "zero", []),
        (0.0, "", []),
        (0.0, "negative", []),
        (-0.5, "negative", [("negative", 4, "≥ 0", "-0.5")]),
        (0.5, "negative", []),
        (-0.5, "", []),
        (0.0, "zero:suspect;negative", [("zero", 3, "not 0", "0")]),
        (-1.0, "zero;negative:suspect", [("negative", 3, "≥ 0", "-1")]),
    ],
)
def test_zero_and_negative(value: float, checks: str, flags: list[tuple[str, int, str, str]]) -> None:
    assert judged(value, checks) == flags


def test_zero_is_asked_in_the_channels_unit_and_of_measurements_only() -> None:
    assert judged(0.0, "zero;negative", "01") == [("calibrating", 4, "status 00", "01")]
    assert judged(3.0, "zero", factor=0.0) == [("zero", 4, "not 0", "0")]
    assert [flag[0] for flag in judged(-2.0, "negative", device_min=-1.0)] == ["gross_range", "negative"]


@pytest.mark.parametrize(
    ("before", "value", "apart", "limit", "evidence"),
    [
        (10.0, 12.0, FIVE_MINUTES, Limit(2, False, 3), None),
        (10.0, 12.1, FIVE_MINUTES, Limit(2, False, 3), "12.1 after 10"),
        (12.1, 10.0, FIVE_MINUTES, Limit(2, False, 3), "10 after 12.1"),
        # the limit's own value, though 10.3 - 10.2 and 0.3 - 0.2 are more than 0.1 in binary
        (10.2, 10.3, FIVE_MINUTES, Limit(0.1, False, 3), None),
        (0.2, 0.3, FIVE_MINUTES, Limit(0.1, False, 3), None),
        (10.2, 10.300001, FIVE_MINUTES, Limit(0.1, False, 3), "10.300001 after 10.2"),
        (10.0, 15.0, FIVE_MINUTES, Limit(50, True, 3), None),
        (10.0, 15.01, FIVE_MINUTES, Limit(50, True, 3), "15.01 after 10"),
        (-10.0, -15.01, FIVE_MINUTES, Limit(50, True, 3), "-15.01 after -10"),
        (10.0, 4.99, FIVE_MINUTES, Limit(50, True, 3), "4.99 after 10"),
        # of 0 there is no per cent; absolutely there is a change from it
        (0.0, 15.0, FIVE_MINUTES, Limit(50, True, 3), None),
        (0.0, 15.0, FIVE_MINUTES, Limit(1, False, 3), "15 after 0"),
        # per interval: over two of them twice as much, over less than one no more
        (10.0, 14.0, 2 * FIVE_MINUTES, Limit(2, False, 3), None),
        (10.0, 14.1, 2 * FIVE_MINUTES, Limit(2, False, 3), "14.1 after 10, 2 intervals before"),
        (10.0, 12.0, 60_000, Limit(2, False, 3), None),
        (10.0, 12.1, 60_000, Limit(2, False, 3), "12.1 after 10"),
    ],
)
def test_rate_of_change(before: float, value: float, apart: int, limit: Limit, evidence: str | None) -> None:
    found = rate_of_change(before, value, apart, FIVE_MINUTES, limit)
    words = f"a change of at most {limit.amount:g}{' %' if limit.per_cent else ''} per interval"
    assert found == (None if evidence is None else Flag("rate_of_change", 3, words, evidence))


@pytest.mark.parametrize(
    ("before", "value", "after", "limit", "flagged"),
    [
        (7.0, 9.0, 7.0, Limit(2, False, 3), False),
        (7.0, 9.01, 7.0, Limit(2, False, 3), True),
        (7.0, 4.99, 7.0, Limit(2, False, 3), True),
        (6.0, 9.0, 8.0, Limit(2, False, 3), False),
        (0.1, 0.3, 0.1, Limit(0.2, False, 3), False),
        (10.0, 15.0, 10.0, Limit(50, True, 3), False),
        (10.0, 15.1, 10.0, Limit(50, True, 3), True),
        (-10.0, -15.1, -10.0, Limit(50, True, 3), True),
        (-1.0, 5.0, 1.0, Limit(50, True, 3), False),
    ],
)
def test_spike(before: float, value: float, after: float, limit: Limit, flagged: bool) -> None:
    found = spike(before, value, after, limit)
    assert (found is not None) == flagged
    if found is not None:
        assert found[:2] == ("spike", 3)
        assert found.evidence == f"{value:g} between {before:g} and {after:g}"


@pytest.mark.parametrize(
    ("value", "sign", "factor", "other", "evidence"),
    [
        (38.0, "<=", 1.0, 38.0, None),
        (38.1, "<=", 1.0, 38.0, "38.1, where PM10 is 38"),
        (115.0, "<=", 1.15, 100.0, None),
        (115.1, "<=", 1.15, 100.0, "115.1, where PM10 is 100"),
        (115.0, "<", 1.15, 100.0, "115, where PM10 is 100"),
        (114.9, "<", 1.15, 100.0, None),
        (0.3, ">=", 0.1, 3.0, None),
        (0.29, ">=", 0.1, 3.0, "0.29, where PM10 is 3"),
        (0.3, ">", 0.1, 3.0, "0.3, where PM10 is 3"),
        (0.0, "<=", 1.0, 0.0, None),
        (0.0, ">", 1.0, 0.0, "0, where PM10 is 0"),
        (1e308, "<=", 1e300, 1e308, None),
    ],
)
def test_compare(value: float, sign: str, factor: float, other: float, evidence: str | None) -> None:
    found = compare(value, other, Comparison(sign, factor, "PM10", 4))  # type: ignore[arg-type]
    assert (None if found is None else (found.rule, found.code, found.evidence)) == (
        None if evidence is None else ("compare", 4, evidence)
    )


def test_a_comparison_is_told_as_people_write_it() -> None:
    found = (
        compare(5.0, 1.0, Comparison("<=", 1.0, "PM10", 4)),
        compare(5.0, 1.0, Comparison(">", 7.5, "NO", 3)),
    )
    assert [flag and flag.limit for flag in found] == ["≤ PM10", "> 7.5 × NO"]


def test_flat_line() -> None:
    check = FlatLine(12, 4)
    assert flat_line(7.12, 11, check) is None
    words = ("fewer than 12 equal values in a row", "7.12, 12 times or more in a row")
    assert flat_line(7.12, 12, check) == flat_line(7.12, 5000, check) == Flag("flat_line", 4, *words)


def test_a_run_is_of_equal_neighbours() -> None:
    eras = eras_of([(0, read_checks("flat_line=2"))], Intervals(5))
    slots = [0, 1, 2, 5, 6, 10, 11]
    values = [7.0, 7.1, 7.1, 7.1, 7.1, 7.1, 7.1]
    series = Series([slot * FIVE_MINUTES for slot in slots], values)
    # from 2 to 5 lie exactly three intervals, from 6 to 10 four
    assert [run_of(series, index, eras, 100) for index in range(7)] == [
        (0, 0), (1, 4), (1, 4), (1, 4), (1, 4), (5, 6), (5, 6),
    ]  # fmt: skip
    assert run_of(series, 3, eras, 1) == (2, 4)
    assert run_of(series, 3, eras, 0) == (3, 3)
    assert run_of(Series([0, 1], [0.1 + 0.2, 0.3]), 0, eras, 9) == (0, 0), "as the store has them"


def test_who_is_a_neighbour() -> None:
    assert takes_part("00", 7.1, [])
    assert takes_part("00", 0.0, [Flag("gross_range", 4), Flag("zero", 4), Flag("conflict", 3)])
    assert not takes_part("00", None, [])
    assert not takes_part("01", 7.1, [])
    assert not takes_part("03", 7.1, [])
    assert not takes_part("00", 7.1, [Flag("unit_mismatch", 4)])
    assert not takes_part("00", 7.1, [Flag("clock_future", 4)])


def test_companions() -> None:
    checks = {"SO2": [Companion("O2", 4)], "NO": [Companion("O2", 3), Companion("Temp", 4)]}
    assert companions(checks, {"O2": (), "SO2": ("zero",), "Temp": ()}) == {}
    assert companions(checks, {"O2": ("zero", "gross_range"), "Temp": ()}) == {
        "SO2": [Flag("companion", 4, "O2 passes", "O2: zero, gross_range")],
        "NO": [Flag("companion", 3, "O2 passes", "O2: zero, gross_range")],
    }
    # in the order of the settings
    both = companions(checks, {"Temp": ("calibrating",), "O2": ("zero",)})
    assert [flag.evidence for flag in both["NO"]] == ["O2: zero", "Temp: calibrating"]


def test_companions_of_companions_fail_along_unless_only_suspect() -> None:
    chain = {"C": [Companion("B", 4)], "B": [Companion("A", 4)], "A": [Companion("C", 4)]}
    assert companions(chain, {"A": (), "B": (), "C": ()}) == {}, (
        "parameters that name one another may all pass"
    )
    told = companions(chain, {"A": ("zero",), "B": (), "C": ()})
    assert {name: [flag.evidence for flag in flags] for name, flags in told.items()} == {
        "A": ["C: companion"], "B": ["A: zero"], "C": ["B: companion"],
    }  # fmt: skip
    assert list(companions({**chain, "B": [Companion("A", 3)]}, {"A": ("zero",)})) == ["B"]


def test_nobody_fails_along_with_what_a_person_upheld() -> None:
    each_other = {"pH": [Companion("COD", 4)], "COD": [Companion("pH", 4)]}
    failing = {"COD": ("rate_of_change",), "pH": ()}
    assert list(companions(each_other, failing)) == ["pH", "COD"]
    assert list(companions(each_other, failing, {"pH"})) == ["pH"]
