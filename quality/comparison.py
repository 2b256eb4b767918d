"""An export of another program beside our readings: where they differ, and why.

Pure. The other program is EnviSoft, whose public reader is known to skip files that come late, to lose
lines, and to turn what is no number into 0 (docs/beside-envisoft.md names each case): every difference is
matched with what is known of our own file and line, and what nothing explains is said to be unexplained.
Values are compared as they were measured; what a check or a person made of them is not asked here.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import fmean, median
from typing import Literal, NamedTuple

Explanation = Literal[
    "late_file_skipped", "error_read_as_zero", "missing_read_as_zero", "no_number_read_as_zero",
    "error_read_as_measurement", "calibration_read_as_measurement", "slot_287", "label_at_end",
    "line_lost_to_space", "line_lost_to_empty_unit", "several_times_joined", "later_value_taken",
    "not_converted", "mean_with_zeros", "mean_with_status_lines", "too_few_for_a_mean",
    "rejected_here", "not_received_here", "absent_there", "unexplained",
]  # fmt: skip
"""Why a value differs. `label_at_end` is said once of a whole export."""

HOUR = timedelta(hours=1)
ENOUGH = 0.75
"""Of an hour's slots must be valid for its mean (docs/rulebook.md, section 5)."""
_MEASURING = "00"


class OurReading(NamedTuple):
    """One reading of ours, with what its file tells."""

    symbol: str
    text: str
    value: float | None
    """In the channel's unit."""
    raw: float | None
    """As the logger wrote it."""
    unit: str
    """As the logger wrote it."""
    status: str
    valid: bool
    late_file: bool
    """When its file came, a file with a later name had come already."""
    several_times: bool
    """Its file holds other times too."""
    others: tuple[float, ...] = ()
    """Other values that came for the same time."""


class Theirs(NamedTuple):
    """A value of the export."""

    value: float | None
    decimals: int
    text: str = ""


class Difference(NamedTuple):
    """One value that is not the same on both sides."""

    at: datetime
    """Our label: the measured time, or the start of the hour."""
    parameter: str
    theirs: str
    ours: str
    status: str
    explanation: Explanation


@dataclass
class Comparison:
    """What came out."""

    hourly: bool
    shift: timedelta
    """How far the export's labels are behind ours: an interval or an hour where they name the end."""
    compared: int = 0
    same: int = 0
    neither: int = 0
    """Of `same`: times at which neither side has a measurement."""
    differences: list[Difference] = field(default_factory=list)

    def counts(self) -> Counter[Explanation]:
        """How many differences each explanation has."""
        return Counter(one.explanation for one in self.differences)


Series = Mapping[tuple[datetime, str], OurReading]
"""Our readings by (time, parameter); times to the minute."""
Table = Mapping[datetime, Mapping[str, Theirs]]
"""The export by its labels; columns already under our parameters' names."""


def compare(
    theirs: Table,
    ours: Series,
    parameters: Sequence[str],
    interval: timedelta,
    first: datetime,
    end: datetime,
    rejected: Callable[[datetime], bool] = lambda _at: False,
) -> Comparison:
    """Puts both side by side for first <= time < end (aware).

    interval: the station's. rejected: whether a file of that time came to us and was not read, or not wholly.
    An export whose rows are an hour or more apart while the station measures oftener holds hourly means.
    """
    theirs = _evenly_rounded(theirs)
    hourly = _step(theirs) >= HOUR > interval
    mine = _hours(ours, interval) if hourly else {key: _Side.of(one) for key, one in ours.items()}
    shift = _shift(theirs, mine, parameters, HOUR if hourly else interval)
    result = Comparison(hourly, shift)
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
            if _same(left, right):
                result.same += 1
                result.neither += left is None or left.value is None
                continue
            whole_row = row is None or all(cell.value is None for cell in row.values())
            why = _explain(
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
    return result


class _Side(NamedTuple):
    """Our side of one value: a reading, or the mean of an hour's."""

    value: float | None
    status: str
    shown: str
    reading: OurReading | None = None
    mean_with_zeros: float | None = None
    mean_of_all: float | None = None
    too_few: bool = False

    @classmethod
    def of(cls, one: OurReading) -> "_Side":
        """A reading as a side."""
        return cls(one.value, one.status, one.text, one)


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


def _step(theirs: Table) -> timedelta:
    """The usual distance of an export's rows."""
    labels = sorted(theirs)
    gaps = [(later - earlier).total_seconds() for earlier, later in pairwise(labels)]
    return timedelta(seconds=median(gaps)) if gaps else timedelta(minutes=5)


def _hours(ours: Series, interval: timedelta) -> dict[tuple[datetime, str], _Side]:
    """Our hourly means, labelled by the hour's start; of valid readings alone."""
    groups: dict[tuple[datetime, str], list[OurReading]] = {}
    for (at, parameter), one in ours.items():
        groups.setdefault((at.replace(minute=0, second=0, microsecond=0), parameter), []).append(one)
    needed = ENOUGH * (HOUR / interval)
    found = {}
    for key, group in groups.items():
        valid = [one.value for one in group if one.valid and one.value is not None]
        numbers = [one.value for one in group if one.value is not None]
        zeros = [one.value if one.valid and one.value is not None else 0.0 for one in group]
        enough = len(valid) >= needed
        mean = fmean(valid) if valid else None
        found[key] = _Side(
            mean if enough else None,
            _MEASURING,
            "" if mean is None else f"{mean:.4g}" + ("" if enough else f" ({len(valid)})"),
            None,
            fmean(zeros) if zeros else None,
            fmean(numbers) if numbers else None,
            not enough,
        )
    return found


def _shift(
    theirs: Table, mine: Mapping[tuple[datetime, str], _Side], parameters: Sequence[str], step: timedelta
) -> timedelta:
    """Whether labels name the end of what they stand for: the shift under which most values agree."""

    def agreeing(shift: timedelta) -> int:
        return sum(
            _equal(cell, right.value)
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


def _equal(cell: Theirs, value: float | None) -> bool:
    """Whether the export's number is ours, rounded to as many digits as it has."""
    if value is None or cell.value is None:
        return False
    margin = 0.5 * 10.0**-cell.decimals * (1 + 1e-9) if cell.decimals < 12 else 0.0
    return abs(cell.value - value) <= max(margin if cell.decimals else 0.0, 1e-9 * max(1.0, abs(value)))


def _same(left: Theirs | None, right: _Side | None) -> bool:
    there = left is not None and left.value is not None
    if right is None:
        return not there
    measured = right.value is not None and right.status not in ("01", "02")
    if not there:
        return not measured
    return measured and left is not None and _equal(left, right.value)


def _explain(
    left: Theirs | None,
    right: _Side | None,
    whole_row: bool,
    at_edge: bool,
    rejected: bool,
    near: Sequence[float],
) -> Explanation:
    if right is None:
        as_zero = rejected and left is not None and left.value == 0
        return "no_number_read_as_zero" if as_zero else "rejected_here" if rejected else "not_received_here"
    if left is None or left.value is None:
        return _explain_absent(right, whole_row, at_edge)
    if right.reading is None:
        return _explain_mean(left, right)
    return _explain_value(left, right.reading, near)


def _explain_absent(right: _Side, whole_row: bool, at_edge: bool) -> Explanation:
    """They have nothing where we have a measurement."""
    one = right.reading
    if one is None:
        return "unexplained"
    if not whole_row:
        if any(letter.isspace() for letter in one.symbol):
            return "line_lost_to_space"
        return "line_lost_to_empty_unit" if not one.unit else "unexplained"
    if one.several_times:
        return "several_times_joined"
    if one.late_file:
        return "late_file_skipped"
    return "slot_287" if at_edge else "absent_there"


def _explain_mean(left: Theirs, right: _Side) -> Explanation:
    if _equal(left, right.mean_with_zeros):
        return "mean_with_zeros"
    if right.too_few:
        return "too_few_for_a_mean"
    return "mean_with_status_lines" if _equal(left, right.mean_of_all) else "unexplained"


def _explain_value(left: Theirs, one: OurReading, near: Sequence[float]) -> Explanation:
    """Both have a number, or they have one where we have no measurement."""
    if one.status in ("01", "02"):
        if one.status == "02" and left.value == 0:
            return "error_read_as_zero"
        if _equal(left, one.value) or _equal(left, one.raw):
            return "error_read_as_measurement" if one.status == "02" else "calibration_read_as_measurement"
    if one.value is None and left.value == 0:
        return "missing_read_as_zero"
    if left.value == 0 and "," in one.text:
        return "no_number_read_as_zero"
    if any(_equal(left, other) for other in one.others):
        return "later_value_taken"
    if _equal(left, one.raw):
        return "not_converted"
    if one.several_times and any(left.value == value for value in near):
        return "several_times_joined"
    return "unexplained"


def _shown(left: Theirs | None) -> str:
    return "" if left is None else left.text or ("" if left.value is None else f"{left.value:.10g}")


class Stretch(NamedTuple):
    """Differences of one parameter and one explanation that follow one another."""

    parameter: str
    first: datetime
    last: datetime
    values: int
    explanation: Explanation
    theirs: str
    """Of the first one, and whether others differ: an example."""
    ours: str


def stretches(differences: Sequence[Difference], step: timedelta) -> list[Stretch]:
    """Differences put together for a person: by parameter, then time."""
    found: list[Stretch] = []
    for one in sorted(differences, key=lambda one: (one.parameter, one.at)):
        before = found[-1] if found else None
        if (
            before is not None
            and (before.parameter, before.explanation) == (one.parameter, one.explanation)
            and one.at - before.last <= 2 * step
        ):
            found[-1] = before._replace(last=one.at, values=before.values + 1)
        else:
            found.append(Stretch(one.parameter, one.at, one.at, 1, one.explanation, one.theirs, one.ours))
    return found
