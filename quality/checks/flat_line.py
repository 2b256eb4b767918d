"""flat_line (EnviSoft: Giá trị liên tục bằng nhau): N or more equal values in a row.

**Every** value of the run is flagged, not only the N-th: whoever sees the first of them flagged must not
ask why. Values are compared as the store has them, in the channel's unit and without any tolerance: a
frozen value is frozen to its last digit. A run goes on from neighbour to neighbour
(quality/checks/neighbours.py), so missing slots do not hide it, and a longer gap ends it. The evidence
names no beginning and no length, because both change while the run goes on, and the flag need not.
"""

from quality.checks.cell import FlatLine
from quality.checks.eras import Eras
from quality.checks.neighbours import Series
from quality.verdict import Flag

RULE = "flat_line"


def run_of(series: Series, index: int, eras: Eras, most: int) -> tuple[int, int]:
    """The run that holds a reading: its first and last index; each end is looked for `most` readings away."""
    times, values = series
    value = values[index]
    first = last = index
    stop = max(0, index - most)
    while (
        first > stop
        and values[first - 1] == value
        and times[first] - times[first - 1] <= eras.at(times[first]).gap
    ):
        first -= 1
    stop = min(len(values) - 1, index + most)
    while (
        last < stop
        and values[last + 1] == value
        and times[last + 1] - times[last] <= eras.at(times[last + 1]).gap
    ):
        last += 1
    return first, last


def flat_line(value: float, length: int, check: FlatLine) -> Flag | None:
    """The flag of every value of a run of so many."""
    if length < check.at_least:
        return None
    return Flag(
        RULE,
        check.code,
        f"fewer than {check.at_least} equal values in a row",
        f"{value:.10g}, {check.at_least} times or more in a row",
    )
