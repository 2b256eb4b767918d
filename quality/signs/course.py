"""How a channel moves: the smallest step it shows, and how far it usually goes between two readings."""

import itertools
from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from statistics import median

from quality.signs.sample import Sample

MEASURING = "00"

Points = list[tuple[int, float]]
"""(moment, value), in the order of time."""


def measured(samples: Sequence[Sample]) -> Points:
    """(moment, value) of what was measured: status 00, with a number."""
    return [(one.at, one.value) for one in samples if one.status == MEASURING and one.value is not None]


def between(points: Points, begin: int, end: int) -> Points:
    """Those from `begin` up to `end`, not included; the points are in the order of time."""
    return points[bisect_left(points, (begin,)) : bisect_left(points, (end,))]


def spacing(points: Points) -> int | None:
    """The usual time between two points, in milliseconds; None of fewer than two."""
    gaps = Counter(later[0] - point[0] for point, later in itertools.pairwise(points))
    return gaps.most_common(1)[0][0] if gaps else None


def digit(points: Points) -> float:
    """The device's last digit: the least difference between two different values; 0 where all are one.

    Differences that are only what binary fractions leave over are none.
    """
    values = sorted({value for _, value in points})
    if len(values) < 2:
        return 0.0
    trifle = max(abs(values[0]), abs(values[-1])) * 1e-9
    return min((b - a for a, b in itertools.pairwise(values) if b - a > trifle), default=0.0)


def usual_step(points: Points, gap: int) -> float:
    """The median of the changes between neighbours, where there is any change: an analyser that holds its
    value for an hour moves by what its results do."""
    steps = [
        abs(later[1] - point[1])
        for point, later in itertools.pairwise(points)
        if later[0] - point[0] == gap and later[1] != point[1]
    ]
    return median(steps) if steps else 0.0
