"""tamper_calibrating: the status turns to "calibrating" whenever the limit is passed.

A calibration comes by the clock or when a technician comes, not when the value is high. So of every stretch
with status 01 it is asked how high the values just before and just after it were among all that were shown,
at any time and at that time of day, and whether the values in it, where they go on from those around them,
are higher than any. Were calibrations to know nothing of the values, that would be so as often as chance
has it. Standards that are measured during a calibration do not go on from what was measured before it, and
say nothing; nor does what comes by the clock, at the same time and for as long.
"""

from bisect import bisect_left
from collections.abc import Callable, Sequence
from itertools import pairwise
from math import log10
from typing import NamedTuple

from quality.signs.ceiling import bands_of, turned
from quality.signs.chance import LEAST, at_least, together
from quality.signs.course import MEASURING, Points, between, measured, spacing, usual_step
from quality.signs.sample import DAY, HOUR, LOOK_BACK, Judged, Sample, Sign

_STATUS = "01"
_AROUND = HOUR
"""How far from it a value may lie to be just before or after."""
_NEAR_STEPS = 4.0
_NEAR_SHARE = 0.05
_TOGETHER = HOUR
"""Stretches no further from one another are of one time at which the values were high."""
_LEAST = 2
"""So many of those times, at the least, near the limit."""
_CHANCE = 2e-2
_ALONE = 0.5
"""Without the other evidence, that nothing goes above the limit though it comes near it: of that alone
`tamper_capped` tells."""
_MOST_ABOVE = 0.15
"""Readings above the limit that were shown as measured, as a share of those hidden."""
_LIKE_CLOCK = 10 * HOUR // 60
_CLOCK_DAYS = 0.6
"""Of the days that have a stretch, so many have one at that time: it comes by the clock."""
_LEAST_CLOCK = 4
_STANDARDS = 0.1
"""Values of calibrations that lie closer together than that, as a share of how high they are, are a
standard's."""
_FARTHEST = 0.999
"""Of the changes from reading to reading: what goes on from the value before it does not change more."""
_PERIODS = (7 * DAY, 10 * DAY, 14 * DAY, 20 * DAY, LOOK_BACK)


class Episode(NamedTuple):
    """A stretch with status 01."""

    begin: int
    end: int
    readings: int
    before: float | None
    after: float | None
    """The values just before and just after it; None where there are none."""
    own: float | None
    """The middle one of its values, if they go on from what is around; else None."""

    @property
    def sides(self) -> list[float]:
        """The values just before and just after it, the lower one first."""
        return sorted(side for side in (self.before, self.after) if side is not None)


def calibrating(samples: Sequence[Sample], limit: float | None, judged: Judged) -> list[Sign]:
    """Signs in the judged time. samples: of it and LOOK_BACK before it, in order. limit: upper."""
    points = measured(samples)
    gap = spacing(points)
    if limit is None or limit <= 0 or gap is None:
        return []
    near = limit - max(_NEAR_STEPS * usual_step(points, gap), _NEAR_SHARE * limit)
    episodes = _not_by_the_clock(_without_standards(_episodes(samples, _farthest(points, gap)), points))
    if sum(_is_near(one, near, limit) for one in episodes) < _LEAST:
        return []
    signs = []
    for end in range(judged.begin + DAY, judged.end + 1, DAY):
        if not any(end - DAY <= one.end < end for one in episodes):
            continue
        for period in _PERIODS:
            mine = [one for one in episodes if end - period <= one.begin < end]
            recent = between(points, end - period, end)
            sign = _in_period(recent, between(points, end - LOOK_BACK, end), mine, near, limit)
            if sign is not None and sign.end >= end - DAY:
                signs.append(sign)
                break
    if not signs:
        return []
    strongest = max(signs, key=lambda one: one.score)
    return [strongest._replace(begin=min(one.begin for one in signs), end=max(one.end for one in signs))]


def _is_near(episode: Episode, near: float, limit: float) -> bool:
    """Whether it hides the limit: from near it, to near it, or with values above it."""
    around = any(side >= near for side in episode.sides)
    return around or (episode.own is not None and episode.own > limit)


def _farthest(points: Points, gap: int) -> float:
    changes = sorted(
        abs(later[1] - point[1]) for point, later in pairwise(points) if later[0] - point[0] == gap
    )
    return changes[int(len(changes) * _FARTHEST)] if changes else 0.0


def _episodes(samples: Sequence[Sample], farthest: float) -> list[Episode]:
    """Every stretch with status 01."""
    found: list[Episode] = []
    place = 0
    before: Sample | None = None
    while place < len(samples):
        sample = samples[place]
        if sample.status != _STATUS:
            before = sample if sample.status == MEASURING and sample.value is not None else before
            place += 1
            continue
        first = place
        while place < len(samples) and samples[place].status == _STATUS:
            place += 1
        begin, end = samples[first].at, samples[place - 1].at
        after = next(
            (one for one in samples[place : place + 12] if one.status == MEASURING and one.value is not None),
            None,
        )
        earlier = _beside(before, samples[first])
        later = _beside(after, samples[place - 1])
        joins = [(earlier, samples[first].value), (later, samples[place - 1].value)]
        sides = [(side, value) for side, value in joins if side is not None]
        owns = [value for side, value in sides if value is not None and abs(value - side) <= farthest]
        # Where one end goes on from what is around and the other does not, something else is measured.
        inside = sorted(one.value for one in samples[first:place] if one.value is not None)
        own = inside[len(inside) // 2] if owns and len(owns) == len(sides) else None
        found.append(Episode(begin, end, place - first, earlier, later, own))
    return found


def _beside(side: Sample | None, own: Sample) -> float | None:
    """The value measured beside it, if that was not long before or after."""
    return side.value if side is not None and abs(side.at - own.at) <= _AROUND else None


def _without_standards(episodes: Sequence[Episode], points: Points) -> list[Episode]:
    """The same, without the values where these are nearly one: a standard's, which may lie within the
    noise."""
    owns = sorted(one.own for one in episodes if one.own is not None)
    if len(owns) < _LEAST or not points:
        return list(episodes)
    middle = sorted(value for _, value in points)[len(points) // 2]
    spread = owns[len(owns) * 9 // 10] - owns[len(owns) // 10]
    if spread >= _STANDARDS * abs(owns[len(owns) // 2] - middle):
        return list(episodes)
    return [one._replace(own=None) for one in episodes]


def _not_by_the_clock(episodes: Sequence[Episode]) -> list[Episode]:
    """Those that do not come on most days, or weeks, at the same time and for as long; where many come at
    times all about that one, it is not the clock that they come by."""
    days = {one.begin // DAY for one in episodes}

    def by_the_clock(one: Episode) -> bool:
        apart = [(abs((other.begin - one.begin + DAY // 2) % DAY - DAY // 2), other) for other in episodes]
        sharp = [other for off, other in apart if off <= _LIKE_CLOCK]
        alike = {
            other.begin // DAY
            for other in sharp
            if abs((other.end - other.begin) - (one.end - one.begin)) <= _LIKE_CLOCK
        }
        beside = sum(_LIKE_CLOCK < off <= HOUR for off, _ in apart)
        return len(alike) >= max(_LEAST_CLOCK, _CLOCK_DAYS * len(days)) and len(sharp) >= 2 * beside

    return [one for one in episodes if not by_the_clock(one)]


class Shown(NamedTuple):
    """The values shown as measured, in the order of size: all of them, and those of each hour of the day."""

    all: list[float]
    hours: list[list[float]]


def _shown(points: Points) -> Shown:
    hours: list[list[float]] = [[] for _ in range(24)]
    for at, value in points:
        hours[at % DAY // HOUR].append(value)
    return Shown(sorted(value for _, value in points), [sorted(values) for values in hours])


def _share(height: float, ordered: Sequence[list[float]]) -> float:
    """Of the values, each list in the order of size, the share that is as high."""
    higher = sum(len(values) - bisect_left(values, height) for values in ordered)
    return (higher + 1) / (sum(map(len, ordered)) + 1)


def _in_period(
    points: Points, all_points: Points, episodes: Sequence[Episode], near: float, limit: float
) -> Sign | None:
    hits = [one for one in episodes if _is_near(one, near, limit)]
    hidden = sum(one.readings for one in hits)
    above = sum(value > limit for _, value in points)
    if len(hits) < _LEAST or not points or above > _MOST_ABOVE * hidden:
        return None
    groups = _groups(episodes)
    near_ones = {one.begin for one in hits}
    high = [any(one.begin in near_ones for one in group) for group in groups]
    if sum(high) < _LEAST:
        return None
    shown = _shown(points)
    chance = min(
        len(_HEIGHTS)
        * min(
            _so_many(
                [
                    _rank(height(group), group[0].begin, shown) if is_high else 1.0
                    for group, is_high in zip(groups, high, strict=True)
                ]
            )
            for height in _HEIGHTS
        ),
        1.0,
    )
    if chance > _ALONE:
        return None
    highest = max(value for _, value in points)
    cut = turned(points, all_points, highest, bands_of(points, limit)) if near <= highest <= limit else 1.0
    chance = together([chance, cut])
    if chance > _CHANCE:
        return None
    return Sign(
        "tamper_calibrating",
        hits[0].begin,
        hits[-1].end,
        min(round(30 - log10(max(chance, LEAST)) * 3), 100),
        {
            "limit": limit,
            "calibrations": len(episodes),
            "near_the_limit": len(hits),
            "readings_hidden": hidden,
            "readings_above_shown": above,
            "chance": float(f"{max(chance, LEAST):.1g}"),
        },
    )


def _groups(episodes: Sequence[Episode]) -> list[list[Episode]]:
    """Those that follow one another closely are of one time at which the values were what they were."""
    groups: list[list[Episode]] = []
    for one in episodes:
        if groups and one.begin - groups[-1][-1].end <= _TOGETHER:
            groups[-1].append(one)
        else:
            groups.append([one])
    return groups


def _middle_own(group: Sequence[Episode]) -> float | None:
    owns = sorted(one.own for one in group if one.own is not None)
    return owns[len(owns) // 2] if owns else None


_HEIGHTS: tuple[Callable[[Sequence[Episode]], float | None], ...] = (
    lambda group: group[0].before,
    lambda group: group[-1].after,
    _middle_own,
)
"""What is asked how high it is: the value before, the one after, and what goes on from them."""


def _rank(height: float | None, at: int, shown: Shown) -> float:
    """How likely a value as high as that is, at any time and at that time of day."""
    if height is None:
        return 1.0
    here = [shown.hours[(at % DAY // HOUR + off) % 24] for off in (-1, 0, 1)]
    return max(_share(height, [shown.all]), _share(height, here) / 2)


def _so_many(chances: Sequence[float]) -> float:
    """How likely it is that so many of them are so small: of the numbers of the least ones that which is
    least likely, times the numbers that are tried."""
    ordered = sorted(chances)
    tries = range(_LEAST, len(ordered) + 1)
    least = min((at_least(number, len(ordered), ordered[number - 1]) for number in tries), default=1.0)
    return min(least * len(tries), 1.0)
