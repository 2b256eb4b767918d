"""A station's interval, which is dated: from which day on a slot has how many minutes.

Whole days of Vietnam only, so that each day is cut in one way: its slots, its averages and its neighbours
are judged by the interval in force then, whatever the station's interval became later.
"""

from bisect import bisect_right
from datetime import date
from typing import NamedTuple

from quality.slots import slot_of_millis

DEFAULT_INTERVAL = 5
"""Minutes, where nobody says otherwise (docs/rulebook.md, section 3)."""


class Since(NamedTuple):
    """An interval, and the day in Vietnam on which it began; None: it held from ever."""

    valid_from: date | None
    minutes: int


class Intervals(NamedTuple):
    """All intervals that a station had, has, and is said to have."""

    newest: int
    """Minutes of a slot, from the last change on."""
    earlier: tuple[tuple[date, int], ...] = ()
    """Those before: the first day on which each no longer held, ascending, and its minutes."""

    def on(self, day: date) -> int:
        """The interval of a day in Vietnam."""
        for until, minutes in self.earlier:
            if day < until:
                return minutes
        return self.newest

    def at(self, millis: int) -> int:
        """The interval at a moment, in milliseconds since 1970-01-01T00:00Z: for loops over many."""
        return self.on(slot_of_millis(millis, 1)[0]) if self.earlier else self.newest

    @property
    def all(self) -> frozenset[int]:
        """Every length that a slot has at any time."""
        return frozenset((self.newest, *(minutes for _, minutes in self.earlier)))

    @property
    def history(self) -> tuple[Since, ...]:
        """What held from when on, ascending."""
        starts = (None, *(until for until, _ in self.earlier))
        lengths = (*(minutes for _, minutes in self.earlier), self.newest)
        return tuple(map(Since, starts, lengths))

    def changes(self, first: date, last: date) -> tuple[date, ...]:
        """The days behind `first`, up to and with `last`, on which another interval begins."""
        days = [until for until, _ in self.earlier]
        return tuple(days[bisect_right(days, first) : bisect_right(days, last)])
