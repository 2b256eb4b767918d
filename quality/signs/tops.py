"""How flat a channel's tops are: at a ceiling it stays for longer than at other tops.

A process that turns back by itself is flat at its top for a while too, so a top is held against tops. How
long they last has a long tail; beyond those that were seen it is taken to fall as a power (V. Pareto's),
which is slower than most do, so that one long stay alone is no proof and three are.
"""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from statistics import median
from typing import NamedTuple

from quality.signs.chance import rank, together
from quality.signs.course import Points
from quality.signs.sample import HOUR

_BLOCK = 6 * HOUR
"""Of every such time there is one top."""
_LEAST_TOPS = 10
_TAIL = 0.1
"""The longest tenth says how the tail falls."""
_FALLS = 3.0
"""The tail's power."""


class Top(NamedTuple):
    """The highest value of a block."""

    value: float
    at: int
    stays: Mapping[float, tuple[int, int]]
    """For each width of band, from when to when the values about it stay within the band below it."""


def tops_of(points: Points, bands: Sequence[float]) -> list[Top]:
    """One of every block. points: in the order of time. bands: their widths, rising."""
    found = []
    moments = [at for at, _ in points]
    first = 0
    while first < len(points):
        last = bisect_left(moments, (points[first][0] // _BLOCK + 1) * _BLOCK)
        place = max(range(first, last), key=lambda one: points[one][1])
        stays = {band: _stay(points, place, band) for band in bands}
        found.append(Top(points[place][1], points[place][0], stays))
        first = last
    return found


def _stay(points: Points, place: int, band: float) -> tuple[int, int]:
    """The first and the last moment of the values about the place that lie within a band below its value, or
    a little above it: noise does not end a stay."""
    value = points[place][1]
    first = last = place
    while first > 0 and value - band <= points[first - 1][1] <= value + band:
        first -= 1
    while last + 1 < len(points) and value - band <= points[last + 1][1] <= value + band:
        last += 1
    return points[first][0], points[last][0]


def flatness(tops: Sequence[Top], ceiling: float, band: float, begin: int, end: int) -> float:
    """How likely tops as flat as those at the ceiling are, judged by those below, of which the higher
    half is asked."""
    mine = {
        one.stays[band] for one in tops if begin <= one.at < end and ceiling - band <= one.value <= ceiling
    }
    lower = [one for one in tops if one.value < ceiling - 2 * band and one.at < end]
    if not mine or len(lower) < 2 * _LEAST_TOPS:
        return 1.0
    # The lower half of them is where nothing goes on at all, as at night.
    middle = median(one.value for one in lower)
    others = {one.stays[band] for one in lower if one.value >= middle}
    usual = sorted(float(last - first) for first, last in others)
    # Tops that follow one another are of one height that the process had: they count as one, the longest.
    longest: list[float] = []
    before = begin - _BLOCK
    for first, last in sorted(mine):
        if longest and first - before <= _BLOCK:
            longest[-1] = max(longest[-1], float(last - first))
        else:
            longest.append(float(last - first))
        before = max(before, last)
    return together([_longer(one, usual) for one in longest])


def _longer(stay: float, usual: Sequence[float]) -> float:
    """How likely a stay as long as that is. usual: in the order of length."""
    tail = usual[int(len(usual) * (1 - _TAIL)) :]
    beyond = sum(one - tail[0] for one in tail) / len(tail)
    if stay <= tail[0] or beyond <= 0:
        return rank(stay, usual)
    power: float = (1 + (stay - tail[0]) / (_FALLS * beyond)) ** -_FALLS
    return min(rank(stay, usual), max(_TAIL * power, 1 / (len(usual) + 1) ** 2))
