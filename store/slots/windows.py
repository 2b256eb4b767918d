"""Which stretches of which days the marks mean: the slots that hold what changed.

A day whose lines are cut by another interval than the station had then is counted whole, because its
letters cannot be carried over.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import NamedTuple

from quality.intervals import Intervals
from quality.slots import day_of, day_start, slot_of, slots_per_day
from store.slots.dirty_hours import Mark


class Window(NamedTuple):
    """The slots of a station's day from `first` up to `last`, not included, at the day's interval."""

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
    marks: Iterable[Mark], intervals: Mapping[int, Intervals], recut: set[tuple[int, date]]
) -> list[Window]:
    """The windows of the marks, neighbouring ones joined, by station and time.

    intervals: by station id. recut: (station, day) pairs to be counted whole.
    """
    touched: dict[tuple[int, date], list[tuple[int, int]]] = defaultdict(list)
    for mark in marks:
        interval = intervals[mark.station_id].on(day_of(mark.first_at))
        day, first = slot_of(mark.first_at, interval)
        touched[mark.station_id, day].append((first, slot_of(mark.last_at, interval)[1] + 1))
    windows = []
    for (station_id, day), stretches in sorted(touched.items()):
        interval = intervals[station_id].on(day)
        if (station_id, day) in recut:
            windows.append(Window(station_id, day, interval, 0, slots_per_day(interval)))
            continue
        for begin, end in _joined(sorted(stretches)):
            windows.append(Window(station_id, day, interval, begin, end))
    return windows


def _joined(stretches: list[tuple[int, int]]) -> Iterable[tuple[int, int]]:
    """The stretches of slots; those that meet or overlap are one."""
    first, last = stretches[0]
    for begin, end in stretches[1:]:
        if begin > last:
            yield first, last
            first, last = begin, end
        else:
            last = max(last, end)
    yield first, last
