"""Stretches of time, half open, and the few things that are done with sets of them.

Phases, planned stops and outages are stretches; what is counted and what is excused comes from putting them
together. All moments are aware. A set is a list in order, without overlaps.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple


class Stretch(NamedTuple):
    """From `begin` up to `end`, not included."""

    begin: datetime
    end: datetime

    @property
    def length(self) -> timedelta:
        """Never negative in a set."""
        return self.end - self.begin


def united(stretches: Iterable[Stretch]) -> list[Stretch]:
    """All that lies in any of them; those that meet or overlap are one, and empty ones are gone."""
    found: list[Stretch] = []
    for one in sorted(one for one in stretches if one.begin < one.end):
        if found and one.begin <= found[-1].end:
            found[-1] = Stretch(found[-1].begin, max(found[-1].end, one.end))
        else:
            found.append(one)
    return found


def common(first: Sequence[Stretch], second: Sequence[Stretch]) -> list[Stretch]:
    """What lies in both sets."""
    found = []
    for one in first:
        for other in second:
            begin, end = max(one.begin, other.begin), min(one.end, other.end)
            if begin < end:
                found.append(Stretch(begin, end))
    return found


def without(first: Sequence[Stretch], second: Sequence[Stretch]) -> list[Stretch]:
    """What lies in the first set and not in the second."""
    rest = list(first)
    for hole in second:
        cut = []
        for one in rest:
            cut.append(Stretch(one.begin, min(one.end, hole.begin)))
            cut.append(Stretch(max(one.begin, hole.end), one.end))
        rest = [one for one in cut if one.begin < one.end]
    return rest


def covered(stretches: Sequence[Stretch], begin: datetime, end: datetime) -> timedelta:
    """How much of the time from `begin` up to `end` lies in the set."""
    parts = common([Stretch(begin, end)], stretches) if begin < end else []
    return sum((one.length for one in parts), timedelta())
