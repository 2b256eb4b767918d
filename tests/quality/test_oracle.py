"""A made month through our checks and through ioos_qc: equal where the definitions are, and where not, why.

The borders of each check are in tests/quality/checks; here is the bulk of what stations send, with its gaps.
ioos_qc is imported in the fixture, because that takes longer than most tests.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from parsers.records import Reading
from quality.channel import Channel
from quality.checks.cell import read_checks
from quality.checks.eras import eras_of
from quality.checks.neighbours import Series
from quality.checks.stretch import Stretch
from quality.intervals import Intervals
from quality.judge import judge
from quality.signs.course import measured
from tests.made.honest import station

INTERVAL = 5
SLOT = INTERVAL * 60_000
GAP = 3 * SLOT


@pytest.fixture(scope="module")
def qartod() -> Any:
    import ioos_qc.qartod

    return ioos_qc.qartod


@pytest.fixture(scope="module")
def series() -> Series:
    """Thirty days of COD as it came: with outages, single lines without a number, calibrations in between."""
    points = measured(station("oracle", "wastewater", 30, INTERVAL, ("COD",)).channels["COD"])
    # an instrument that stands still now and then, on the same digit
    values = [value if number % 400 > 20 else 44.4 for number, (_, value) in enumerate(points)]
    return Series([at for at, _ in points], values)


def ours(series: Series, text: str) -> set[int]:
    """The indices that a check flags."""
    first, last = series.times[0], series.times[-1]
    far = 10**14
    checks = [(0, read_checks(text))]
    eras = eras_of(checks, Intervals(INTERVAL))
    found = Stretch(series, first, last, first - far, last + far, eras).findings()
    return set(found.flags)


def near(series: Series, index: int) -> bool:
    """Whether a reading is a neighbour of the one before it."""
    return index > 0 and series.times[index] - series.times[index - 1] <= GAP


def theirs(flags: Any) -> set[int]:
    return {index for index, code in enumerate(flags) if code in (3, 4)}


def seconds(series: Series) -> list[float]:
    return [at / 1000 for at in series.times]


def linked(series: Series, *offsets: int) -> set[int]:
    """The indices whose neighbours before (and after) are near enough for us to compare."""
    return {
        index
        for index in range(1, len(series.times) - 1)
        if all(near(series, index + offset) for offset in offsets)
    }


def test_the_series_has_gaps_and_is_long(series: Series) -> None:
    assert len(series.times) > 8000
    assert 0 < len(linked(series, 0, 1)) < len(series.times) - 2


def test_gaps_are_the_same(series: Series, qartod: Any) -> None:
    import numpy as np

    moments = np.array(series.times, dtype="datetime64[ms]")
    found = qartod.time_gap_test(moments, fail_span=GAP / 3_600_000)
    # of the first point nothing is known; there it is given the second one's flag
    assert {index for index, code in enumerate(found) if code == 4 and index} == {
        index for index in range(1, len(series.times)) if not near(series, index)
    }


def test_gross_range_is_the_same(series: Series, qartod: Any) -> None:
    channel = Channel("COD", device_min=20, device_max=80, usual_min=30, usual_max=60)
    at = datetime(2026, 5, 30, tzinfo=UTC)
    codes = []
    for value in series.values:
        verdict = judge(Reading(1, "COD", str(value), value, "", at, "00"), channel, at, timedelta())
        codes.append(max((flag.code for flag in verdict.flags), default=1))
    assert codes == list(qartod.gross_range_test(series.values, fail_span=(20, 80), suspect_span=(30, 60)))
    assert {1, 3} <= set(codes)


def test_rate_of_change_is_the_same_but_over_gaps(series: Series, qartod: Any) -> None:
    """Theirs divides by whatever time lies between; ours says nothing beyond three intervals."""
    found = theirs(qartod.rate_of_change_test(series.values, seconds(series), threshold=3.37 / 300))
    near = linked(series, 0)
    flagged = ours(series, "rate_of_change=3.37")
    assert flagged & near == found & near
    assert len(flagged & near) > 20
    assert flagged <= near | {len(series.times) - 1}


def test_spike_is_the_same_but_beside_gaps(series: Series, qartod: Any) -> None:
    """Theirs takes the neighbours in the list, however far away they were measured."""
    found = theirs(qartod.spike_test(series.values, suspect_threshold=2.63))
    near = linked(series, 0, 1)
    flagged = ours(series, "spike=2.63")
    assert flagged == found & near
    assert len(flagged) > 20


def test_flat_line_flags_the_whole_run_and_theirs_from_the_nth_value_on(series: Series, qartod: Any) -> None:
    """Theirs leaves the values before the N-th unflagged, and lets a run go on over a gap of any length."""
    flagged = ours(series, "flat_line=12")
    found = theirs(
        qartod.flat_line_test(series.values, seconds(series), 10**9, 12 * INTERVAL * 60, tolerance=1e-9)
    )
    runs = runs_of(series)
    assert flagged == {index for run in runs if len(run) >= 12 for index in run}
    assert {index for run in runs if len(run) > 12 for index in run[12:]} <= found
    assert len([run for run in runs if len(run) > 12]) > 10
    # whatever theirs flags beyond that lies behind a gap that ours does not bridge
    behind = {index for index in found - flagged if values_before(series, index, 13) == 1}
    assert found - flagged == behind


def runs_of(series: Series) -> list[list[int]]:
    """Indices of equal neighbours."""
    runs = [[0]]
    for index in range(1, len(series.times)):
        if series.values[index] == series.values[index - 1] and near(series, index):
            runs[-1].append(index)
        else:
            runs.append([index])
    return runs


def values_before(series: Series, index: int, count: int) -> int:
    """How many different values the last `count` readings have, gaps or not."""
    return len(set(series.values[index - count + 1 : index + 1]))
