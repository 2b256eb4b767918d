"""How values come up to a ceiling: in visits, of which the channel's own ways at lower heights say how many
go on.

Data does not stop short of a line that it does not know of. Of the times that it came to a height, some
share went on by a band more. That share is taken from the bands below a ceiling, so that fast and slow
channels are judged alike.
"""

from collections.abc import Sequence

from quality.signs.course import Points, between, digit, spacing, usual_step
from quality.signs.sample import LOOK_BACK

_STEPS = (1.5, 4.0)
_SHARES = (0.01, 0.025, 0.05)
"""Widths of bands: in the channel's usual steps, and in shares of the limit."""
_WIDEST = 0.8
"""Of the channel's reach: a band that is wider tells nothing of the top."""
_UPPER = 0.3
"""Of the way from the middle up to the limit: a channel with rare high times reaches that far at least."""
LEAST_VISITS = 3
_BELOW = 4
"""Bands below the topmost that are asked how often they are passed."""
_MOST_PASSED = 0.65
"""However often bands below were passed: that little can be foretold of the next one."""
_LEAST_ASKED = 8
"""Visits to a band, below which it says nothing of how often it is passed."""

Visit = tuple[int, int, float]
"""First and last moment, and the highest value."""


def bands_of(points: Points, limit: float) -> list[float]:
    gap = spacing(points)
    step = usual_step(points, gap) if gap else 0.0
    most = _WIDEST * reach(points, limit)
    least = max(_STEPS[0] * step, 2 * digit(points))
    widths = {least, *(one * step for one in _STEPS), *(one * limit for one in _SHARES)}
    return sorted(one for one in widths if one >= least and 0 < one <= most)


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


def passing(points: Points, ceiling: float, band: float, begin: int) -> float:
    """The share of visits to the topmost band that would go on above it, as those to the bands below did; or
    as those to that very band did before `begin`, when nothing held it.

    Towards the end of what a channel does, ever fewer go on; the two bands next to it say how fast that
    falls.
    """
    shares: list[float] = []
    for below in range(1, _BELOW + 1):
        share = _passed(points, ceiling - (below + 1) * band, band)
        if share is None:
            break
        shares.append(share)
    before = _passed(between(points, begin - LOOK_BACK, begin), ceiling - band, band) or 0.0
    if not shares:
        return min(before, _MOST_PASSED)
    falls = min(shares[0] / shares[1], 1.0) if len(shares) > 1 and shares[1] else shares[0]
    return min(max(min(*shares, shares[0] * falls), before), _MOST_PASSED)


def _passed(points: Points, floor: float, band: float) -> float | None:
    """The share of visits to the band above the floor that went on above it; None of too few."""
    visits = visits_to(points, floor, band)
    if len(visits) < _LEAST_ASKED:
        return None
    return (sum(highest > floor + band for _, _, highest in visits) + 1) / (len(visits) + 2)


def turned(values: Points, all_values: Points, ceiling: float, bands: Sequence[float]) -> float:
    """How likely it is that no visit to the ceiling went on above it, by the band in which that is least
    so."""
    chances = [1.0]
    for band in bands:
        visits = visits_to(values, ceiling - band, band)
        if len(visits) >= LEAST_VISITS:
            chances.append((1 - passing(all_values, ceiling, band, values[0][0])) ** len(visits))
    return min(chances)
