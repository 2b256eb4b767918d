"""The NowCast of particles: a mean of twelve hours in which the newest weigh most, the more so the more the
concentration moves (Decision 1459/QĐ-TCMT).
"""

from collections.abc import Sequence
from typing import NamedTuple

HOURS = 12
_NEWEST = 3
_NEEDED_OF_NEWEST = 2
_LEAST_WEIGHT = 0.5


class NowCast(NamedTuple):
    """The concentration, in the unit of the hours, and what it was made with."""

    concentration: float
    weight: float
    """w, from ½ (moving) to 1 (steady)."""
    hours: int
    """Of the twelve, how many had a value."""


def nowcast(newest_first: Sequence[float | None]) -> NowCast | None:
    """The NowCast of up to twelve hours, the newest first; None where two of the newest three are missing.

    A missing hour weighs 0. With w = ½ the Decision takes the plain sum of (½)^i c_i, which is not divided
    by the weights: an hour that is missing there makes the result smaller. It is computed as it is written.
    """
    hours = newest_first[:HOURS]
    if sum(value is not None for value in hours[:_NEWEST]) < _NEEDED_OF_NEWEST:
        return None
    known = [(place, value) for place, value in enumerate(hours) if value is not None]
    values = [value for _, value in known]
    least, greatest = min(values), max(values)
    # All zero, or below: nothing moves upwards, and min ÷ max says nothing.
    weight = min(max(least / greatest, _LEAST_WEIGHT), 1.0) if greatest > 0 else 1.0
    if weight > _LEAST_WEIGHT:
        weights = [weight**place for place, _ in known]
        total = sum(w * value for w, value in zip(weights, values, strict=True)) / sum(weights)
    else:
        total = sum(_LEAST_WEIGHT ** (place + 1) * value for place, value in known)
    return NowCast(total, weight, len(known))
