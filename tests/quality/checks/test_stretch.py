"""The flags after a change: judged only around it, they are those of the whole series judged at once."""

from bisect import bisect_left, bisect_right

import ioos_qc.qartod
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from quality.checks.cell import read_checks
from quality.checks.eras import DatedChecks, Eras, eras_of
from quality.checks.neighbours import Series
from quality.checks.stretch import Stretch
from quality.intervals import Intervals
from quality.verdict import Flag

SLOT = 300_000
ALL = read_checks("flat_line=3;rate_of_change=4;spike=3")


def eras(checks: DatedChecks) -> Eras:
    return eras_of(checks, Intervals(5))


def whole(series: Series, checks: DatedChecks) -> dict[int, list[Flag]]:
    """Every flag of a series that is all there is."""
    if not series.times:
        return {}
    first, last = series.times[0], series.times[-1]
    return Stretch(series, first, last, -(10**12), 10**12, eras(checks)).findings().flags


def flags(values: dict[int, float], text: str) -> dict[int, list[str]]:
    """Rules by slot."""
    slots = sorted(values)
    series = Series([slot * SLOT for slot in slots], [values[slot] for slot in slots])
    found = whole(series, [(0, read_checks(text))])
    return {slots[index]: [flag.rule for flag in flags] for index, flags in found.items()}


def test_the_whole_run_is_flagged() -> None:
    values = {0: 6.0, 1: 7.0, 2: 7.0, 3: 7.0, 4: 8.0}
    assert flags(values, "flat_line=3") == {1: ["flat_line"], 2: ["flat_line"], 3: ["flat_line"]}
    assert flags(values, "flat_line=4") == {}
    assert flags(dict.fromkeys((1, 2, 5), 7.0), "flat_line=3") == {slot: ["flat_line"] for slot in (1, 2, 5)}
    assert flags(dict.fromkeys((1, 2, 6), 7.0), "flat_line=3") == {}


def test_steps_need_neighbours() -> None:
    assert flags({0: 1.0, 1: 9.0, 2: 1.0}, "spike=3") == {1: ["spike"]}
    assert flags({0: 1.0, 1: 9.0}, "spike=3") == {}, "the next value has not come"
    assert flags({0: 1.0, 3: 9.0, 6: 1.0}, "spike=3") == {3: ["spike"]}
    assert flags({0: 1.0, 3: 9.0, 7: 1.0}, "spike=3") == {}, "the next one is too far"
    assert flags({0: 1.0, 3: 20.0}, "rate_of_change=4") == {3: ["rate_of_change"]}
    assert flags({0: 1.0, 4: 20.0}, "rate_of_change=4") == {}
    assert flags({0: 9.0}, "rate_of_change=4;spike=1;flat_line=2") == {}


def test_each_reading_is_judged_by_the_settings_of_its_time() -> None:
    dated = [
        (0, read_checks("flat_line=3")),
        (2 * SLOT, read_checks("flat_line=4:suspect")),
        (4 * SLOT, read_checks("")),
    ]
    series = Series([slot * SLOT for slot in range(6)], [7.0] * 6)
    found = whole(series, dated)
    assert {index: flags[0].code for index, flags in found.items()} == {0: 4, 1: 4, 2: 3, 3: 3}


VALUES = st.sampled_from([1.0, 1.0, 1.0, 2.0, 9.0])
SLOTS = st.dictionaries(st.integers(0, 40), VALUES, max_size=41)


@given(
    before=SLOTS, changes=st.dictionaries(st.integers(10, 14), st.none() | VALUES), reach=st.integers(0, 3)
)
def test_judging_around_a_change_is_judging_everything(
    before: dict[int, float], changes: dict[int, float | None], reach: int
) -> None:
    """Stored flags, a change in slots 10 to 14, the stretch judged anew: as if all had come at once."""
    after = {slot: value for slot, value in (before | changes).items() if value is not None}
    checks = [(0, ALL)]
    old_slots, slots = sorted(before), sorted(after)
    old = whole(Series([slot * SLOT for slot in old_slots], [before[slot] for slot in old_slots]), checks)
    stored = {old_slots[index]: found for index, found in old.items()}
    begin, end = 10 * SLOT, 14 * SLOT
    loaded_from, loaded_to = begin - reach * SLOT, end + reach * SLOT
    times = [slot * SLOT for slot in slots]
    for _ in range(60):
        first, last = bisect_left(times, loaded_from), bisect_right(times, loaded_to)
        series = Series(times[first:last], [after[slot] for slot in slots[first:last]])
        stretch = Stretch(series, begin, end, loaded_from, loaded_to, eras(checks))
        earlier, later = stretch.lacking()
        if not (earlier or later):
            break
        loaded_from -= SLOT * earlier
        loaded_to += SLOT * later
    findings = stretch.findings()
    for index in {*findings.stepped, *findings.ran}:
        slot = slots[first + index]
        kept = [flag for flag in stored.pop(slot, []) if not judged(flag.rule, index, findings)]
        new = [flag for flag in findings.flags.get(index, []) if judged(flag.rule, index, findings)]
        if found := sorted(kept + new):
            stored[slot] = found
    expected = whole(Series(times, [after[slot] for slot in slots]), checks)
    gone = before.keys() - after.keys()
    assert {slot: sorted(found) for slot, found in stored.items() if slot not in gone} == {
        slots[index]: sorted(found) for index, found in expected.items()
    }


def judged(rule: str, index: int, findings: object) -> bool:
    return index in getattr(findings, "ran" if rule == "flat_line" else "stepped")


def test_a_long_run_is_looked_at_only_as_far_as_the_check_counts() -> None:
    series = Series([slot * SLOT for slot in range(1000)], [7.0] * 1000)
    own = eras([(0, read_checks("flat_line=12"))])
    stretch = Stretch(series, 500 * SLOT, 500 * SLOT, 0, 999 * SLOT, own)
    assert stretch.findings().ran == range(499 - 11, 501 + 12)
    assert stretch.lacking() == (False, False)


@given(st.lists(st.sampled_from([1.0, 1.5, 2.0, 4.0, 11.0]), min_size=3, max_size=60))
def test_on_an_unbroken_series_the_flags_are_those_of_ioos_qc(values: list[float]) -> None:
    """The same series through NOAA's implementation of QARTOD, where the definitions are the same.

    Two differ: ioos_qc takes a rate per second, and its flat line flags a value only once the time before it
    was flat for so long (here: from the N-th value on), where the rulebook wants the whole run. So of a run
    the end must be the same, and what comes before it is flagged in addition.
    """
    slots = range(len(values))
    found = flags(dict(zip(slots, values, strict=True)), "flat_line=4;rate_of_change=2.5;spike=3")
    times = np.array([slot * 300 for slot in slots], dtype="datetime64[s]")
    spikes = ioos_qc.qartod.spike_test(values, suspect_threshold=3)
    rates = ioos_qc.qartod.rate_of_change_test(values, times, threshold=2.5 / 300)
    flat = ioos_qc.qartod.flat_line_test(values, times, 10**9, 3 * 300, tolerance=1e-9)
    assert [slot for slot in slots if "spike" in found.get(slot, ())] == list(np.flatnonzero(spikes == 3))
    assert [slot for slot in slots if "rate_of_change" in found.get(slot, ())] == list(
        np.flatnonzero(rates == 3)
    )
    runs = [slot for slot in slots if "flat_line" in found.get(slot, ())]
    theirs = [int(slot) for slot in np.flatnonzero(flat == 4)]
    whole_runs = sorted({slot - back for slot in theirs for back in range(4)})
    assert runs == whole_runs


def test_a_missing_value_is_bridged_where_ioos_qc_gives_up() -> None:
    """QARTOD leaves it open. Here a neighbour may be three intervals away, there it is the next one."""
    values = [1.0, np.nan, 9.0, 1.0]
    theirs = ioos_qc.qartod.spike_test(values, suspect_threshold=3)
    assert list(theirs) == [2, 9, 2, 2], "not evaluated around the missing value"
    assert flags({0: 1.0, 2: 9.0, 3: 1.0}, "spike=3") == {2: ["spike"]}


def test_gross_range_is_that_of_ioos_qc() -> None:
    from datetime import UTC, datetime, timedelta

    from parsers.records import Reading
    from quality.channel import Channel
    from quality.judge import judge

    values = [-1.0, -0.5, 0.0, 5.0, 6.0, 6.1, 14.0, 14.1]
    channel = Channel("pH", device_min=-0.5, device_max=14, usual_min=0, usual_max=6)
    at = datetime(2026, 5, 30, tzinfo=UTC)
    ours = []
    for value in values:
        found = judge(Reading(1, "pH", str(value), value, "", at, "00"), channel, at, timedelta())
        ours.append(max((flag.code for flag in found.flags), default=1))
    theirs = ioos_qc.qartod.gross_range_test(values, fail_span=(-0.5, 14), suspect_span=(0, 6))
    assert ours == list(theirs)
