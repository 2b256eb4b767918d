"""Each rule of the rulebook has a case in which it speaks, one in which it does not, and its border.

A rule of a reading, and a figure, is tried here: `border` is what still passes and what no longer does. A
sign needs weeks of data, so its cases are tests of tests/quality/signs, named here. A rule that is added
without its cases fails this file.
"""

import ast
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from math import nextafter
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from parsers.number import is_missing, number_of
from parsers.records import Reading
from quality.averages import enough
from quality.channel import Channel
from quality.checks.cell import Companion, Comparison, read_checks
from quality.checks.companion import companions
from quality.checks.compare import compare
from quality.checks.eras import eras_of
from quality.checks.neighbours import Series
from quality.checks.stretch import Stretch
from quality.completeness import DayLines, account, spans
from quality.indices import series as of_index
from quality.indices.aqi import day_aqi
from quality.indices.wqi import Mean, WqiVariant, wqi
from quality.intervals import Intervals
from quality.judge import judge
from quality.review import told_flags
from quality.rules import RULES
from quality.slots import day_start
from receiver.ingest.standing import _same
from store.reviews.rejections import Rejection

AT = datetime(2026, 5, 30, 3, tzinfo=UTC)
DAY = date(2026, 5, 30)
SIGNS = Path(__file__).parent / "signs" / "test_signs.py"
COD = Channel("COD", "mg/L")
MINUTE = 60_000

Speaks = Callable[[], bool]


class Cases(NamedTuple):
    positive: Speaks
    negative: Speaks
    border: tuple[Speaks, Speaks]
    """What still passes, and what no longer does."""


def says(
    rule: str,
    text: str = "7.0",
    *,
    status: str = "00",
    unit: str = "mg/L",
    channel: Channel | None = COD,
    ahead: timedelta = timedelta(0),
) -> Speaks:
    """Whether a line of its own has the flag."""

    def speaks() -> bool:
        value = None if is_missing(text) else number_of(text)
        line = Reading(1, "COD", text, value, unit, AT, status)
        verdict = judge(line, channel, AT - ahead, timedelta(minutes=5))
        return rule in {flag.rule for flag in verdict.flags}

    return speaks


def ranged(**limits: float) -> Channel:
    return COD._replace(**limits)


def among(rule: str, cell: str, *values: float, minutes: tuple[int, ...] = ()) -> Speaks:
    """Whether any of a row of readings, five minutes apart unless told otherwise, has the flag."""

    def speaks() -> bool:
        times = [minute * MINUTE for minute in (minutes or range(0, 5 * len(values), 5))]
        eras = eras_of([(-(2**62), read_checks(cell))], Intervals(5))
        row = Stretch(Series(times, values), times[0], times[-1], -(2**62), 2**62, eras)
        return any(flag.rule == rule for flags in row.findings().flags.values() for flag in flags)

    return speaks


def against(value: float, other: float) -> Speaks:
    return lambda: compare(value, other, Comparison("<=", 1.0, "PM10", 4)) is not None


def along(*reasons: str) -> Speaks:
    return lambda: bool(companions({"SO2": [Companion("O2", 4)]}, {"O2": reasons}))


def differ(text: str, *, status: str = "00") -> Speaks:
    """Whether a line says something else than 7.0, status 00, which stands."""
    standing: Any = {"text": "7.0", "value": 7.0, "unit": "mg/L", "status": "00"}
    return lambda: not _same(standing, Reading(1, "COD", text, float(text), "mg/L", AT, status), float(text))


def rejects(moment: timedelta) -> Speaks:
    stretch = Rejection(1, AT, AT + timedelta(hours=1), None)
    return lambda: stretch.covers(AT + moment, 1)


def rate(name: str, letters: str, least: float) -> Speaks:
    """Whether a day of these slots (the rest absent) reaches a rate."""

    def speaks() -> bool:
        line = letters.ljust(24, "-")
        begin = day_start(DAY)
        counted = spans(begin, begin + timedelta(days=1), begin + timedelta(days=2), lambda _: 60)
        counts = account(counted, {DAY: DayLines(60, line)})
        found = counts.effective_rate() if name == "effective_rate" else getattr(counts, name)
        return found is not None and found >= least

    return speaks


def averaged(slots: int) -> Speaks:
    return lambda: enough(slots, 12, 75.0)


def aqi(hours: int, dust: bool = True) -> Speaks:
    """Whether a day of so many hours of NO2 has its index."""
    begin = day_start(DAY).astimezone(UTC)
    series = {
        "NO2": of_index.Series("ug/m3", hours={begin + n * timedelta(hours=1): 130.8 for n in range(hours)})
    }
    if dust:
        series["PM10"] = of_index.Series("ug/m3", day=10.0)
    return lambda: day_aqi(series, DAY).value == 65


def water(variant: WqiVariant, **values: float) -> Speaks:
    units = {"pH": "", "coliform": "MPN/100mL"}
    means = {name: Mean(value, units.get(name, "mg/L")) for name, value in values.items()}
    return lambda: wqi(variant, means, DAY).value is not None


ORGANIC = {"COD": 10.0, "BOD5": 4.0}
CASES = {
    "missing": Cases(
        says("missing", "---"), says("missing"), (says("missing", "0"), says("missing", "NaN"))
    ),
    "device_error": Cases(
        says("device_error", status="02"),
        says("device_error"),
        (says("device_error", status="01"), says("device_error", "0", status="02")),
    ),
    "calibrating": Cases(
        says("calibrating", status="01"),
        says("calibrating"),
        (says("calibrating", status="02"), says("calibrating", "-", status="01")),
    ),
    "status_unknown": Cases(
        says("status_unknown", status="99"),
        says("status_unknown"),
        (says("status_unknown", status="02"), says("status_unknown", status="03")),
    ),
    "undeclared": Cases(
        says("undeclared", channel=None),
        says("undeclared"),
        (says("undeclared", channel=Channel("COD")), says("undeclared", "0", channel=None)),
    ),
    "unit_mismatch": Cases(
        says("unit_mismatch", unit="NTU"),
        says("unit_mismatch"),
        (says("unit_mismatch", unit=""), says("unit_mismatch", unit="mg")),
    ),
    "gross_range": Cases(
        says("gross_range", "100", channel=ranged(device_max=10.0)),
        says("gross_range", channel=ranged(device_max=10.0)),
        (
            says("gross_range", "10", channel=ranged(device_max=10.0)),
            says("gross_range", "10.000001", channel=ranged(usual_max=10.0)),
        ),
    ),
    "clock_future": Cases(
        says("clock_future", ahead=timedelta(hours=1)),
        says("clock_future", ahead=-timedelta(days=4000)),
        (
            says("clock_future", ahead=timedelta(minutes=5)),
            says("clock_future", ahead=timedelta(minutes=5, milliseconds=1)),
        ),
    ),
    "conflict": Cases(differ("8"), differ("7.0"), (differ("7.00"), differ("7.0", status="01"))),
    "zero": Cases(
        says("zero", "0", channel=COD._replace(checks=read_checks("zero"))),
        says("zero", "0"),
        (
            says("zero", "0.0000001", channel=COD._replace(checks=read_checks("zero"))),
            says("zero", "0.000", channel=COD._replace(checks=read_checks("zero"))),
        ),
    ),
    "negative": Cases(
        says("negative", "-3", channel=COD._replace(checks=read_checks("negative"))),
        says("negative", "-3"),
        (
            says("negative", "0", channel=COD._replace(checks=read_checks("negative"))),
            says("negative", "-0.0000001", channel=COD._replace(checks=read_checks("negative"))),
        ),
    ),
    "flat_line": Cases(
        among("flat_line", "flat_line=3", 7, 7, 7, 7),
        among("flat_line", "flat_line=3", 7, 8, 7, 8),
        (
            among("flat_line", "flat_line=3", 7, 7, 7, minutes=(0, 15, 31)),
            among("flat_line", "flat_line=3", 7, 7, 7, minutes=(0, 15, 30)),
        ),
    ),
    "rate_of_change": Cases(
        among("rate_of_change", "rate_of_change=1", 7, 9),
        among("rate_of_change", "rate_of_change=1", 7, 7.5),
        (
            among("rate_of_change", "rate_of_change=0.1", 10.2, 10.3),
            among("rate_of_change", "rate_of_change=0.1", 10.2, nextafter(10.3, 11) + 1e-9),
        ),
    ),
    "spike": Cases(
        among("spike", "spike=5", 7, 30, 7),
        among("spike", "spike=5", 7, 30),
        (among("spike", "spike=5", 7, 12, 7), among("spike", "spike=5", 7, 12.000001, 7)),
    ),
    "compare": Cases(against(30, 20), against(10, 20), (against(20, 20), against(20.000001, 20))),
    "companion": Cases(
        along("calibrating"), along(), (along(), along("companion")),
    ),
    "rejected": Cases(
        lambda: told_flags((), "rejected")[:1] != (),
        lambda: told_flags((), "accepted")[:1] != (),
        (rejects(timedelta(hours=1)), rejects(timedelta(minutes=59, seconds=59, milliseconds=999))),
    ),
    "received_rate": Cases(
        rate("received_rate", "V" * 24, 1.0),
        rate("received_rate", "", 0.01),
        (rate("received_rate", "V" * 11, 0.5), rate("received_rate", "VSFCERMvsfce", 0.5)),
    ),
    "valid_rate": Cases(
        rate("valid_rate", "V" * 24, 1.0),
        rate("valid_rate", "F" * 24, 0.01),
        (rate("valid_rate", "V" * 11 + "F" * 13, 0.5), rate("valid_rate", "VvSs" * 3, 0.5)),
    ),
    "effective_rate": Cases(
        rate("effective_rate", "V" * 24, 1.0),
        rate("effective_rate", "", 0.01),
        (rate("effective_rate", "V" * 11 + "C" * 12, 0.5), rate("effective_rate", "V" * 12 + "C" * 12, 0.5)),
    ),
    "average": Cases(averaged(12), averaged(0), (averaged(8), averaged(9))),
    "vn_aqi": Cases(aqi(24), aqi(24, dust=False), (aqi(17), aqi(18))),
    "vn_wqi_envisoft": Cases(
        water("envisoft", pH=7.0, TSS=20.0, coliform=2500.0, **ORGANIC),
        water("envisoft", pH=7.0, TSS=20.0, coliform=2500.0),
        (water("envisoft", pH=7.0, COD=10.0), water("envisoft", pH=7.0, COD=10.0, TSS=20.0)),
    ),
    "vn_wqi_1460": Cases(
        water("1460", pH=7.0, coliform=2500.0, TOC=4.0, **ORGANIC),
        water("1460", pH=7.0, coliform=2500.0),
        (
            water("1460", pH=7.0, coliform=2500.0, **ORGANIC),
            water("1460", pH=7.0, As=0.01, TOC=4.0, **ORGANIC),
        ),
    ),
}  # fmt: skip
_FAKED = "test_what_was_faked_is_found_and_was_not_there_before"
_HONEST = "test_an_honest_station_has_one_false_sign_a_month_at_most"
SIGN_CASES = {
    "tamper_capped": (
        _FAKED,
        "test_without_a_limit_there_is_nothing_to_be_below_of",
        "test_a_plateau_is_no_sign",
    ),
    "tamper_frozen": (
        _FAKED,
        "test_where_the_flow_stands_still_nothing_is_frozen",
        "test_how_long_it_must_stand_still",
    ),
    "tamper_replayed": (_FAKED, _HONEST, "test_how_much_must_be_repeated"),
    "tamper_calibrating": (
        _FAKED,
        "test_calibrations_by_the_clock_are_no_sign_even_with_standards_above_the_limit",
        "test_how_many_calibrations_near_the_limit_are_a_sign",
    ),
    "tamper_rewritten": (_FAKED, _HONEST, "test_rewritten"),
    "tamper_clock": (
        _FAKED,
        "test_files_that_waited_and_come_in_one_go_are_no_jump",
        "test_a_clock_that_jumps",
    ),
}
"""A positive, a negative and a border, by the test's name."""


def test_each_rule_has_its_cases_and_no_case_is_of_no_rule() -> None:
    assert {rule.id for rule in RULES if rule.kind == "sign"} == SIGN_CASES.keys()
    assert {rule.id for rule in RULES if rule.kind != "sign"} == CASES.keys()


@pytest.mark.parametrize("rule", CASES)
def test_a_rule_speaks_and_is_silent_and_has_its_border(rule: str) -> None:
    positive, negative, (passes, no_longer) = CASES[rule]
    assert positive()
    assert not negative()
    assert not passes()
    assert no_longer()


@pytest.mark.parametrize("rule", SIGN_CASES)
def test_a_signs_cases_are_tests(rule: str) -> None:
    tree = ast.parse(SIGNS.read_text(encoding="utf-8"))
    tests = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    assert len(set(SIGN_CASES[rule])) == 3
    assert set(SIGN_CASES[rule]) <= tests
