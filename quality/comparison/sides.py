"""The two sides of one value: a cell of an export, and a reading of ours or the mean of an hour's.

Pure. Values are compared as they were measured; what a check or a person made of them is not asked here.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from statistics import fmean
from typing import NamedTuple

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


Series = Mapping[tuple[datetime, str], OurReading]
"""Our readings by (time, parameter); times to the minute."""
Table = Mapping[datetime, Mapping[str, Theirs]]
"""The export by its labels; columns already under our parameters' names."""


class Side(NamedTuple):
    """Our side of one value: a reading, or the mean of an hour's."""

    value: float | None
    status: str
    shown: str
    reading: OurReading | None = None
    mean_with_zeros: float | None = None
    mean_of_all: float | None = None
    too_few: bool = False

    @classmethod
    def of(cls, one: OurReading) -> "Side":
        """A reading as a side."""
        return cls(one.value, one.status, one.text, one)


def hours_of(ours: Series, interval: timedelta) -> dict[tuple[datetime, str], Side]:
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
        found[key] = Side(
            mean if enough else None,
            _MEASURING,
            "" if mean is None else f"{mean:.4g}" + ("" if enough else f" ({len(valid)})"),
            None,
            fmean(zeros) if zeros else None,
            fmean(numbers) if numbers else None,
            not enough,
        )
    return found


def equal(cell: Theirs, value: float | None) -> bool:
    """Whether the export's number is ours, rounded to as many digits as it has."""
    if value is None or cell.value is None:
        return False
    margin = 0.5 * 10.0**-cell.decimals * (1 + 1e-9) if cell.decimals < 12 else 0.0
    return abs(cell.value - value) <= max(margin if cell.decimals else 0.0, 1e-9 * max(1.0, abs(value)))


def same(left: Theirs | None, right: Side | None) -> bool:
    there = left is not None and left.value is not None
    if right is None:
        return not there
    measured = right.value is not None and right.status not in ("01", "02")
    if not there:
        return not measured
    return measured and left is not None and equal(left, right.value)
