"""Which readings are neighbours of one another: in measured time, whatever their order of arrival.

A reading takes part when its status is 00 and it has a number in the channel's unit at a time that can be
right: one with a foreign unit (`unit_mismatch`) or from a clock that runs ahead (`clock_future`) is no
measurement of its moment. What other checks say of it makes no difference, as in QARTOD: a value outside its
range was still the value that the logger saw, and no check then hangs on the settings of another.

Lines without a number, of status 01 or 02, and slots in which nothing came neither count nor break a
series by themselves: they leave a gap. Two readings with nothing between them are neighbours when at most
so many of the station's intervals lie between their times as the channel's `neighbours` says
(quality/checks/cell.py); over a longer gap nothing is compared, no run goes on, and the check is not
evaluated. Interval and checks are those in force at the later one's time (quality/checks/eras.py).
"""

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from quality.verdict import Flag

_NOT_OF_ITS_MOMENT = frozenset({"unit_mismatch", "clock_future"})


class Series(NamedTuple):
    """The readings of one parameter that take part, by time; no two at one time."""

    times: Sequence[int]
    """Milliseconds since 1970-01-01T00:00Z, ascending."""
    values: Sequence[float]
    """In the channel's unit, as the store has them."""

    def between(self, begin: int, end: int) -> tuple[int, int]:
        """The indices, the second not included, of readings with begin <= time <= end."""
        return bisect_left(self.times, begin), bisect_right(self.times, end)


def takes_part(status: str, value: float | None, flags: Iterable[Flag]) -> bool:
    """Whether a reading is a neighbour to others, and is itself checked against them."""
    return status == "00" and value is not None and not any(flag.rule in _NOT_OF_ITS_MOMENT for flag in flags)


RULES = ("flat_line", "rate_of_change", "spike", "compare", "companion")
"""The rules that need other readings, in the order in which a reading's flags tell them, after all others."""
_PLACE = {rule: place for place, rule in enumerate(RULES)}


def judged_anew(flags: Iterable[Flag], rules: Collection[str], found: Iterable[Flag]) -> tuple[Flag, ...]:
    """A reading's flags once the `rules` were judged anew and `found` was raised by them.

    The other flags stay. The order does not depend on what was judged first.
    """
    own: list[Flag] = []
    among: list[Flag] = []
    for flag in flags:
        if flag.rule not in _PLACE:
            own.append(flag)
        elif flag.rule not in rules:
            among.append(flag)
    among += found
    among.sort(key=lambda flag: _PLACE[flag.rule])
    return (*own, *among)
