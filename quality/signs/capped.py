"""tamper_capped: values that climb towards a limit again and again, and never once pass it.

Data does not stop short of a line that it does not know of. Some things give away that something holds it,
each told from the channel's own ways at other heights, so that fast and slow ones are judged alike:

- **How often it turns back.** Of the days on which it came to a height, on some share it went on by a band
  more; that share is known for the bands below the ceiling and for the ceiling at an earlier time, and the
  ceiling itself was passed never. What a process does by itself thins out towards its end, so the bands below
  are asked only where readings pile up; what is held by its own control just there looks alike.
- **How flat its tops are.** At its ceiling it stays within the band for longer than at the tops of other
  hours; or the ceiling is one number that is said again and again, where other numbers are not.

Bands of several widths are tried, as what is written instead of the truth may be one value or tremble. It
counts where the ceiling lies just below the limit. Of one single exceedance that was cut, little can be said.
"""

from collections.abc import Sequence
from itertools import pairwise
from math import inf, log10

from quality.signs.ceiling import bands_of, held, reach, visits_to
from quality.signs.chance import LEAST, at_least, together
from quality.signs.course import Points, between, measured
from quality.signs.sample import DAY, LOOK_BACK, Judged, Sample, Sign
from quality.signs.tops import Top, flatness, tops_of

_NEAR = 0.85
"""The ceiling lies between this share of the limit and the limit, at the lowest."""
_FARTHEST = 1.0
"""Of the channel's reach: a ceiling that lies further below the limit has nothing to do with it."""
_LEAST_POINTS = 90
_CHANCE = 1e-2
_LEAST_READINGS = 8
_MOST = 0.4
"""Of all readings: a band in which more of them lie is no top, unless it was passed there earlier."""
_PILED = 0.5
"""Readings in the topmost band, of those in the band below: values thin out towards the end of what a process
does by itself."""
_LEAST_PAIRS = 200
_LOOKS = 2
"""Two ways of looking at the same thing: the better one is that much likelier by chance."""


def capped(samples: Sequence[Sample], limit: float | None, judged: Judged) -> list[Sign]:
    """Signs in the judged time. samples: of it and LOOK_BACK before it, in order. limit: the upper one."""
    points = measured(samples)
    if limit is None or limit <= 0 or len(points) < _LEAST_POINTS:
        return []
    bands = bands_of(points, limit)
    least = max(_NEAR * limit, limit - _FARTHEST * reach(points, limit))
    if not bands:
        return []
    tops: list[Top] = []
    found: dict[int, Sign] = {}
    for end in range(judged.begin + DAY, judged.end + 1, DAY):
        newest = between(points, end - DAY, end)
        if not newest or max(value for _, value in newest) < _NEAR * limit - bands[-1]:
            continue
        signs = []
        for ceiling, begin in _ceilings(points, end, limit):
            if ceiling >= least:
                tops = tops or tops_of(points, bands)
                values = between(points, begin, end)
                sign = _in_period(values, between(points, end - LOOK_BACK, end), tops, limit, bands)
                if sign is not None and sign.end >= end - DAY:
                    signs.append(sign)
        if signs:
            found[end] = max(signs, key=lambda one: one.score)
    return _one(list(found.values()))


def _ceilings(points: Points, end: int, limit: float) -> list[tuple[float, int]]:
    """The highest values of the days up to `end`, each with the first day since which there was no higher
    one; none above the limit."""
    found: list[tuple[float, int]] = []
    highest = -inf
    for begin in range(end - DAY, end - LOOK_BACK - 1, -DAY):
        highest = max(highest, max((value for _, value in between(points, begin, begin + DAY)), default=-inf))
        if highest > limit:
            break
        if found and found[-1][0] == highest:
            found.pop()
        found.append((highest, begin))
    return found


def _in_period(
    values: Points, all_values: Points, tops: Sequence[Top], limit: float, bands: Sequence[float]
) -> Sign | None:
    if len(values) < _LEAST_POINTS:
        return None
    ceiling = max(value for _, value in values)
    same = _same(values, all_values, ceiling)
    best: tuple[float, Sign] | None = None
    for band in bands:
        near = sum(value >= ceiling - band for _, value in values)
        if near < _LEAST_READINGS:
            continue
        never = held(values, all_values, ceiling, band)
        if near > _MOST * len(values):
            chance = _LOOKS * never.by_earlier
        else:
            piled = near >= _PILED * sum(ceiling - 2 * band <= value < ceiling - band for _, value in values)
            turned = min(never.by_earlier, never.by_lower if piled else 1.0)
            flat = flatness(tops, ceiling, band, values[0][0], values[-1][0])
            chance = _LOOKS * min(turned, together([turned, flat]), same)
        if chance > _CHANCE or (best is not None and chance >= best[0]):
            continue
        visits = visits_to(values, ceiling - band, band)
        evidence = {
            "limit": limit,
            "highest": ceiling,
            "within": band,
            "visits": len(visits),
            "days": never.days,
            "readings": near,
            "passed": 0,
            "expected_passed": round(never.expected, 1),
            "same_again": sum(value == ceiling for _, value in values),
            "chance": float(f"{max(chance, LEAST):.1g}"),
        }
        score = min(round(30 - 4 * log10(max(chance, LEAST))), 100)
        best = chance, Sign("tamper_capped", visits[0][0], visits[-1][1], score, evidence)
    return best[1] if best else None


def _same(values: Points, all_values: Points, ceiling: float) -> float:
    """How likely it is that the ceiling is said again right after it was, judged by the other numbers."""
    top = [later == ceiling for (_, value), (_, later) in pairwise(values) if value == ceiling]
    others = [later == value for (_, value), (_, later) in pairwise(all_values) if value != ceiling]
    if len(others) < _LEAST_PAIRS:
        return 1.0
    return at_least(sum(top), len(top), (sum(others) + 5) / (len(others) + 10))


def _one(signs: list[Sign]) -> list[Sign]:
    """What shows day after day is one sign."""
    if not signs:
        return []
    strongest = max(signs, key=lambda one: one.score)
    return [strongest._replace(begin=min(one.begin for one in signs), end=max(one.end for one in signs))]
