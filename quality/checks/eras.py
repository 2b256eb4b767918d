"""What a channel's neighbour checks go by, as it changed over time: its checks, and its station's interval.

Both are dated. Between two changes lies an era, in which one set of checks, one interval, and so one gap
between neighbours holds. Of two neighbours in different eras the later one's decides, because it is the one
that is judged.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from quality.checks.cell import ChannelChecks
from quality.intervals import Intervals
from quality.slots import day_start

EVER = -(2**62)
"""Before every moment, in milliseconds."""
_MINUTE = 60_000

DatedChecks = Sequence[tuple[int, ChannelChecks]]
"""Checks with the millisecond from which they hold, ascending; the first one's is before everything."""


class Era(NamedTuple):
    """A time in which nothing changed. All in milliseconds."""

    since: int
    interval: int
    gap: int
    """The most that two neighbours may lie apart."""
    checks: ChannelChecks


@dataclass(frozen=True, slots=True)
class Eras:
    """A channel's eras, ascending; there is one at least, and the first began before everything."""

    each: tuple[Era, ...]
    longest_run: int
    """The most equal values that flat_line counts in any of them; 0: the check is off."""

    def at(self, time: int) -> Era:
        """The era of a moment."""
        each = self.each
        place = len(each) - 1
        while place and each[place].since > time:
            place -= 1
        return each[place]

    def reach(self, begin: int, end: int) -> int:
        """The longest gap of neighbours of which the later one lies from `begin` on, and is at most as far
        behind `end` as it may be."""
        each = self.each
        if len(each) == 1:
            return each[0].gap
        first = each.index(self.at(begin))
        return max(era.gap for era in each[first:] if era.since <= end + era.gap)


def eras_of(checks: DatedChecks, intervals: Intervals) -> Eras:
    """The eras of a channel with these checks, of a station with these intervals."""
    dated = [(EVER, checks[0][1]), *checks[1:]]
    lengths = [
        (EVER if since is None else round(day_start(since).timestamp() * 1000), minutes)
        for since, minutes in intervals.history
    ]
    each = []
    for since in sorted({*(begin for begin, _ in dated), *(begin for begin, _ in lengths)}):
        own = [one for begin, one in dated if begin <= since][-1]
        interval = [minutes for begin, minutes in lengths if begin <= since][-1] * _MINUTE
        each.append(Era(since, interval, own.neighbours * interval, own))
    longest = max((one.flat_line.at_least for _, one in checks if one.flat_line), default=0)
    return Eras(tuple(each), longest)
