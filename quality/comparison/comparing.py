"""An export of another program put beside our readings, time by time.

Pure. A station's interval is dated, and what a row of the export stands for hangs on it: a period in which it
changes is compared in parts, each by the interval of its days.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median
from typing import NamedTuple

from quality.comparison.reasons import Explanation, explain
from quality.comparison.sides import HOUR, Series, Side, Table, Theirs, equal, hours_of, same
from quality.intervals import Intervals
from quality.slots import day_of, day_start


class Difference(NamedTuple):
    """One value that is not the same on both sides."""

    at: datetime
    """Our label: the measured time, or the start of the hour."""
    parameter: str
    theirs: str
    ours: str
    status: str
    explanation: Explanation


class Part(NamedTuple):
    """Days of one interval."""

    first: datetime
    end: datetime
    """Not included."""
    interval: timedelta
    hourly: bool
    """The export holds hourly means of them."""
    shift: timedelta
    """How far the export's labels are behind ours: an interval or an hour where they name the end."""

    @property
    def step(self) -> timedelta:
        """From one row to the next."""
        return HOUR if self.hourly else self.interval


@dataclass
class Comparison:
    """What came out."""

    parts: list[Part] = field(default_factory=list)
    """By time; one at least."""
    compared: int = 0
    same: int = 0
    neither: int = 0
    """Of `same`: times at which neither side has a measurement."""
    differences: list[Difference] = field(default_factory=list)

    def counts(self) -> Counter[Explanation]:
        """How many differences each explanation has."""
        return Counter(one.explanation for one in self.differences)

    def step_at(self, at: datetime) -> timedelta:
        """From one row to the next, around a time."""
        return next((part for part in self.parts if at < part.end), self.parts[-1]).step


def compare(
    theirs: Table,
    ours: Series,
    parameters: Sequence[str],
    intervals: Intervals,
    first: datetime,
    end: datetime,
    rejected: Callable[[datetime], bool] = lambda _at: False,
) -> Comparison:
    """Puts both side by side for first <= time < end (aware, midnights in Vietnam).

    rejected: whether a file of that time came to us and was not read, or not wholly. An export whose rows
    are an hour or more apart while the station measures oftener holds hourly means.
    """
    theirs = _evenly_rounded(theirs)
    result = Comparison()
    changes = intervals.changes(day_of(first), day_of(end - timedelta(microseconds=1)))
    edges = (first, *map(day_start, changes), end)
    for begin, until in pairwise(edges):
        interval = timedelta(minutes=intervals.on(day_of(begin)))
        # what stands behind its last midnight is of the next part, and says nothing of this one
        rows = {at: row for at, row in theirs.items() if begin <= at and (at <= until or until == end)}
        _compare_part(result, rows, ours, parameters, interval, begin, until, rejected)
    return result


def _compare_part(
    result: Comparison,
    theirs: Table,
    ours: Series,
    parameters: Sequence[str],
    interval: timedelta,
    first: datetime,
    end: datetime,
    rejected: Callable[[datetime], bool],
) -> None:
    hourly = _step(theirs, interval) >= HOUR > interval
    own = {key: one for key, one in ours.items() if first <= key[0] < end}
    mine = hours_of(own, interval) if hourly else {key: Side.of(one) for key, one in own.items()}
    shift = _shift(theirs, mine, parameters, HOUR if hourly else interval)
    result.parts.append(Part(first, end, interval, hourly, shift))
    table = {label - shift: row for label, row in theirs.items() if first <= label - shift < end}
    times = sorted({*table, *(at for at, _ in mine if first <= at < end)})
    edges = _missing_edges(table, times, interval)
    for at in times:
        row = table.get(at)
        for parameter in parameters:
            left = None if row is None else row.get(parameter)
            right = mine.get((at, parameter))
            if left is None and right is None:
                continue
            result.compared += 1
            if same(left, right):
                result.same += 1
                result.neither += left is None or left.value is None
                continue
            whole_row = row is None or all(cell.value is None for cell in row.values())
            why = explain(
                left, right, whole_row, at in edges, rejected(at), _near(table, at, parameter, interval)
            )
            result.differences.append(
                Difference(
                    at,
                    parameter,
                    _shown(left),
                    right.shown if right else "",
                    right.status if right else "",
                    why,
                )
            )


def _near(table: Table, at: datetime, parameter: str, interval: timedelta) -> tuple[float, ...]:
    """The export's own values of a parameter just before and after a time."""
    near = (table.get(at + step, {}).get(parameter) for step in (-interval, interval))
    return tuple(one.value for one in near if one is not None and one.value is not None)


def _evenly_rounded(theirs: Table) -> dict[datetime, dict[str, Theirs]]:
    """Each column is rounded alike: a workbook writes 7.10 as 7.1, which is still two decimals."""
    digits: dict[str, int] = {}
    for row in theirs.values():
        for parameter, cell in row.items():
            digits[parameter] = max(digits.get(parameter, 0), cell.decimals)
    return {
        label: {parameter: cell._replace(decimals=digits[parameter]) for parameter, cell in row.items()}
        for label, row in theirs.items()
    }


def _step(labels: Iterable[datetime], usual: timedelta) -> timedelta:
    """The usual distance of an export's rows; of a single one it cannot be told."""
    gaps = [(later - earlier).total_seconds() for earlier, later in pairwise(sorted(labels))]
    return timedelta(seconds=median(gaps)) if gaps else usual


def _shift(
    theirs: Table, mine: Mapping[tuple[datetime, str], Side], parameters: Sequence[str], step: timedelta
) -> timedelta:
    """Whether labels name the end of what they stand for: the shift under which most values agree."""

    def agreeing(shift: timedelta) -> int:
        return sum(
            equal(cell, right.value)
            for label, row in theirs.items()
            for parameter, cell in row.items()
            if cell.value is not None and (right := mine.get((label - shift, parameter))) is not None
        )

    as_they_stand, at_end = agreeing(timedelta()), agreeing(step)
    return step if at_end > as_they_stand else timedelta()


def _missing_edges(table: Table, times: Iterable[datetime], interval: timedelta) -> set[datetime]:
    """First and last slots of days of which the export has all but that one slot: 287 of 288."""
    days: dict[object, set[datetime]] = {}
    for at in table:
        days.setdefault(at.date(), set()).add(at)
    edges = set()
    for at in times:
        midnight = at.replace(hour=0, minute=0, second=0, microsecond=0)
        at_edge = at - midnight < interval or midnight + timedelta(days=1) - at <= interval
        if at_edge and at not in table and days.get(at.date()):
            edges.add(at)
    per_edge = Counter(at.time() for at in edges)
    # a slot that is there on other days was lost for another reason
    never = {clock for clock in per_edge if not any(at.time() == clock for at in table)}
    return {at for at in edges if at.time() in never}


def _shown(left: Theirs | None) -> str:
    return "" if left is None else left.text or ("" if left.value is None else f"{left.value:.10g}")
