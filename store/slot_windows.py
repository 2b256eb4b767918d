"""Which stretches of which days the marks mean: a marked hour, widened to the slots it touches.

A day whose lines are cut by another interval than the station's is counted whole, because its
letters cannot be carried over.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import NamedTuple

from quality.slots import day_of, day_start, slots_per_day
from store.dirty_hours import Mark

_HOUR = 60


class Window(NamedTuple):
    """The slots of a station's day from `first` up to `last`, not included, at its interval."""

    station_id: int
    day: date
    interval: int
    first: int
    last: int

    @property
    def begin(self) -> datetime:
        """Start of the first slot, in +07:00."""
        return day_start(self.day) + timedelta(minutes=self.first * self.interval)

    @property
    def end(self) -> datetime:
        """Last moment that belongs to it, in +07:00; the start of the next slot would be beyond year 9999."""
        return day_start(self.day) + timedelta(minutes=self.last * self.interval, milliseconds=-1)


def windows_of(
    marks: Iterable[Mark], intervals: dict[int, int], recut: set[tuple[int, date]]
) -> list[Window]:
    """The windows of the marks, neighbouring ones joined, by station and time.

    intervals: minutes by station id. recut: (station, day) pairs to be counted whole.
    """
    hours: dict[tuple[int, date], set[int]] = defaultdict(set)
    for mark in marks:
        day = day_of(mark.hour)
        hours[mark.station_id, day].add((mark.hour - day_start(day)) // timedelta(hours=1))
    windows = []
    for (station_id, day), marked in sorted(hours.items()):
        interval = intervals[station_id]
        if (station_id, day) in recut:
            windows.append(Window(station_id, day, interval, 0, slots_per_day(interval)))
            continue
        for first, last in _joined(sorted(marked), interval):
            windows.append(Window(station_id, day, interval, first, last))
    return windows


def _joined(hours: list[int], interval: int) -> Iterable[tuple[int, int]]:
    """Stretches of slots that the hours touch; those that meet or overlap are one."""
    first = last = 0
    for hour in hours:
        begin, end = hour * _HOUR // interval, -(-(hour + 1) * _HOUR // interval)
        if begin <= last and last:
            last = end
            continue
        if last:
            yield first, last
        first, last = begin, end
    yield first, last
