"""How values come up to a ceiling: on days, of which the channel's own ways say on how many it goes on.

Data does not stop short of a line that it does not know of. Of the days on which it came to a height, on some
share it went on by a band more. That share is known from the bands below a ceiling, and from the ceiling
itself at an earlier time, so that fast and slow channels are judged alike. It is days that are counted and
not visits, for the visits of one day are not by themselves: what held one of them holds the others.
"""

from collections.abc import Sequence
from math import exp, lgamma
from typing import NamedTuple

from quality.signs.course import Points, between, digit, spacing, usual_step
from quality.signs.sample import DAY

_STEPS = (1.5, 4.0)
_SHARES = (0.01, 0.025, 0.05)
"""Widths of bands: in the channel's usual steps, and in shares of the limit."""
_WIDEST = 0.8
"""Of the channel's reach: a band that is wider tells nothing of the top."""
_UPPER = 0.3
"""Of the way from the middle up to the limit: a channel with rare high times reaches that far at least."""
LEAST_VISITS = 3
_BELOW = 4
"""Bands below the topmost that are asked how often they are passed, where they lie in the upper half."""
_MOST_PASSED = 0.8
"""However often bands below were passed: that little can be foretold of the next one."""
_LEAST_ASKED = 5
"""Days at a band, below which it says nothing of how often it is passed."""

Visit = tuple[int, int, float]
"""First and last moment, and the highest value."""


def bands_of(points: Points, limit: float) -> list[float]:
    gap = spacing(points)
    step = usual_step(points, gap) if gap else 0.0
    most = _WIDEST * reach(points, limit)
    least = max(_STEPS[0] * step, 2 * digit(points))
    widths = {least, *(one * step for one in _STEPS), *(one * limit for one in _SHARES)}
    found = sorted(one for one in widths if one >= least and 0 < one <= most)
    # a channel that jumps about over all its reach passes a narrow band at a bound, or not at all
    return found or [one for one in (min(_SHARES[-1] * limit, most),) if one >= 2 * digit(points)]


def reach(points: Points, limit: float) -> float:
    """How far the channel goes where nothing holds it: from the lowest tenth to the middle, or a part of the
    way to the limit, of one whose high times are rare."""
    values = sorted(value for _, value in points)
    middle = values[len(values) // 2]
    return max(middle - values[len(values) // 10], _UPPER * (limit - middle))


def visits_to(points: Points, floor: float, band: float) -> list[Visit]:
    """Every time that the values came up to the floor; it lasts until they have gone down by a band below
    it."""
    visits: list[Visit] = []
    inside = False
    low = floor - band
    for at, value in points:
        if value >= floor:
            if inside:
                first, _, highest = visits[-1]
                visits[-1] = (first, at, max(highest, value))
            else:
                visits.append((at, at, value))
                inside = True
        elif value < low:
            inside = False
    return visits


class Held(NamedTuple):
    """How likely it is that nothing went on above a ceiling on any of its days."""

    by_lower: float
    """Judged by the bands below it."""
    by_earlier: float
    """Judged by what the same band did before, when nothing held it."""
    days: int
    expected: float
    """Of the days, on how many it would have gone on, by the likelier of the two."""


class _Passed(NamedTuple):
    """The share of days that go on, and of how many days that is known."""

    share: float
    days: int


def held(values: Points, all_values: Points, ceiling: float, band: float) -> Held:
    """Of the ceiling of the values: their highest, or a little more. all_values: these, and those before."""
    days = len(_days(values, ceiling - band, band))
    lower = _lower(all_values, ceiling, band)
    earlier = _passed(between(all_values, all_values[0][0], values[0][0]), ceiling - band, band)
    chances = [1.0 if passed is None else _never(days, passed) for passed in (lower, earlier)]
    share = max(passed.share if passed else 0.0 for passed in (lower, earlier))
    return Held(chances[0], chances[1], days, share * days)


def _lower(points: Points, ceiling: float, band: float) -> _Passed | None:
    """As the bands below were passed. Towards the end of what a channel does, ever fewer days go on; the two
    bands next to it say how fast that falls."""
    middle = sorted(value for _, value in points)[len(points) // 2]
    asked: list[_Passed] = []
    for below in range(1, _BELOW + 1):
        floor = ceiling - (below + 1) * band
        passed = _passed(points, floor, band) if floor >= middle else None
        if passed is None:
            break
        asked.append(passed)
    if not asked:
        return None
    least, nearest = min(asked), asked[0].share
    falls = min(nearest / asked[1].share, 1.0) if len(asked) > 1 else nearest
    return _Passed(min(least.share, nearest * falls), least.days)


def _passed(points: Points, floor: float, band: float) -> _Passed | None:
    """On which share of its days the band above the floor was passed; None of too few."""
    days = _days(points, floor, band)
    if len(days) < _LEAST_ASKED:
        return None
    return _Passed((sum(days.values()) + 1) / (len(days) + 2), len(days))


def _days(points: Points, floor: float, band: float) -> dict[int, bool]:
    """The days on which the values came up to the floor, and whether they went on by a band."""
    days: dict[int, bool] = {}
    for first, _, highest in visits_to(points, floor, band):
        days[first // DAY] = days.get(first // DAY, False) or highest > floor + band
    return days


def _never(days: int, passed: _Passed) -> float:
    """How likely none of so many days goes on, of which the first says where the ceiling is; the share is
    known no better than of its own number of days (T. Bayes)."""
    if days < LEAST_VISITS:
        return 1.0
    known = passed.days + 2
    stays = (1 - min(passed.share, _MOST_PASSED)) * known
    return exp(lgamma(stays + days - 1) - lgamma(stays) + lgamma(known) - lgamma(known + days - 1))


def turned(values: Points, all_values: Points, ceiling: float, bands: Sequence[float]) -> float:
    """How likely it is that nothing went on above the ceiling, by the band in which that is least so."""
    found = [held(values, all_values, ceiling, band) for band in bands]
    return min((min(one.by_lower, one.by_earlier) for one in found), default=1.0)
