"""Differences that follow one another, put together for a person who reads them."""

from datetime import datetime
from typing import NamedTuple

from quality.comparison.comparing import Comparison
from quality.comparison.reasons import Explanation


class Stretch(NamedTuple):
    """Differences of one parameter and one explanation that follow one another."""

    parameter: str
    first: datetime
    last: datetime
    values: int
    explanation: Explanation
    theirs: str
    """Of the first one, and whether others differ: an example."""
    ours: str


def stretches(of: Comparison) -> list[Stretch]:
    """The differences by parameter, then time; one value may be missing between two of a stretch."""
    found: list[Stretch] = []
    for one in sorted(of.differences, key=lambda one: (one.parameter, one.at)):
        before = found[-1] if found else None
        if (
            before is not None
            and (before.parameter, before.explanation) == (one.parameter, one.explanation)
            and one.at - before.last <= 2 * of.step_at(one.at)
        ):
            found[-1] = before._replace(last=one.at, values=before.values + 1)
        else:
            found.append(Stretch(one.parameter, one.at, one.at, 1, one.explanation, one.theirs, one.ours))
    return found
