"""A broken line through break points, and how an index is rounded.

Both indices are read off such lines: a concentration between two break points lies linearly between their
values. Where two break points are equal the line jumps there, and the better value holds up to and
including that concentration.
"""

from collections.abc import Sequence
from math import floor
from typing import NamedTuple


class Curve(NamedTuple):
    """Break points in rising order, and what holds outside of them."""

    points: tuple[tuple[float, float], ...]
    """(concentration, value); of equal concentrations the better value comes first."""
    before: float
    """The value below the first break point."""
    after: float
    """The value above the last."""

    def at(self, concentration: float) -> float:
        """The value at a concentration, not rounded."""
        if concentration < self.points[0][0]:
            return self.before
        for low, high in zip(self.points, self.points[1:], strict=False):
            # The first point that is reached decides, so that of two equal ones the better does.
            if concentration == low[0]:
                return low[1]
            if low[0] < concentration < high[0]:
                share = (concentration - low[0]) / (high[0] - low[0])
                return low[1] + (high[1] - low[1]) * share
        return self.points[-1][1] if concentration == self.points[-1][0] else self.after


def curve(concentrations: Sequence[float], values: Sequence[float], before: float, after: float) -> Curve:
    """The curve through as many of the values as there are concentrations. ValueError where they fall."""
    points = tuple(zip(map(float, concentrations), map(float, values), strict=False))
    if len(points) < 2 or len(concentrations) > len(values) or list(points) != sorted(points, key=_by_place):
        raise ValueError(f"not break points in rising order: {concentrations}")
    return Curve(points, before, after)


def _by_place(point: tuple[float, float]) -> float:
    return point[0]


def rounded(value: float) -> int:
    """To the nearest whole number, a half upwards; what binary fractions leave over is no half."""
    return floor(round(value, 9) + 0.5)
