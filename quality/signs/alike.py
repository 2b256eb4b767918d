"""Half a day that is too much like the same hours of an earlier day: a replay with noise on top.

Two things are compared, each with what that channel's days usually have in common:

- **Changes.** Those from reading to reading are correlated; small noise on top leaves most of them.
- **Levels.** Noise larger than the changes hides these, but what remains of two courses of which one is the
  other with noise is noise: it has no memory (J. von Neumann's ratio, 1 where there is none), where the
  difference of two days that were measured wanders as they do. And no third day is nearly as close.
"""

from collections.abc import Sequence
from itertools import pairwise
from math import atanh, fsum, sqrt
from operator import attrgetter
from statistics import fmean, median
from typing import NamedTuple

from quality.signs.course import Points
from quality.signs.sample import DAY, LOOK_BACK, Judged, Sign

_HALF = DAY // 2
_EVERY = DAY // 4
_LEAST_DAYS = 3
"""Earlier days with readings at those hours."""
_LEAST_PAIRS = 20
_CUT = 3.0
"""Usual changes, beyond which a change counts no more: one great jump would be the whole of a correlation."""
_ALIKE = 0.6
_ABOVE_OTHERS = 0.4
_SURE = 9.0
"""How many standard errors from no correlation at all."""
_APART = 5.0
"""How many times as far from the other days as these lie from one another."""
_SPREAD_OF_MEDIAN = 1.4826
"""Standard deviation over median deviation, of C. F. Gauss's distribution."""
_FORGETS = 0.7
_WANDERS = 0.3
"""Von Neumann's ratios: of what remains at least, and of the course and of usual differences at most."""
_REMAINS = 0.05
"""Of the variance of the course."""
_NEXT = 0.1
"""Of what remains of the next best day."""

Row = list[float | None]
"""By slot; None where nothing was measured."""


class Match(NamedTuple):
    """How alike the half day is to an earlier one."""

    days: int
    """How many days before."""
    pairs: int
    correlation: float
    """Of the changes."""
    remains: float
    """Variance of the difference of the levels."""
    memory: float
    """Von Neumann's ratio of that difference."""


def alike(points: Points, gap: int, judged: Judged) -> list[Sign]:
    """Signs in the judged time. points: of it and LOOK_BACK before it. gap: the usual one, in ms."""
    slots = DAY // gap
    if slots * gap != DAY:
        return []
    first = points[0][0]
    levels: Row = [None] * ((points[-1][0] - first) // gap + 1)
    for at, value in points:
        levels[(at - first) // gap] = value
    changes = _changes(levels)
    signs = []
    for begin in range(judged.begin, judged.end - _HALF + 1, _EVERY):
        place = -((first - begin) // gap)
        if place < 0:
            continue
        matches = [
            match
            for days in range(1, min(LOOK_BACK // DAY, place // slots) + 1)
            if (match := _match(levels, changes, place, days, slots)) is not None
        ]
        if len(matches) < _LEAST_DAYS:
            continue
        match = _by_changes(matches)
        if match is not None:
            signs.append(_changes_sign(match, matches, begin))
        elif (match := _by_levels(matches, levels[place : place + slots // 2])) is not None:
            signs.append(_levels_sign(match, matches, begin))
    return signs


def _changes_sign(found: Match, matches: Sequence[Match], begin: int) -> Sign:
    evidence = {
        "readings": found.pairs,
        "correlation": round(found.correlation, 3),
        "usual_correlation": round(median(one.correlation for one in matches), 3),
        "same_as": begin - found.days * DAY,
        "how": "alike",
    }
    score = round(50 + 50 * (found.correlation - _ALIKE) / (1 - _ALIKE))
    return Sign("tamper_replayed", begin, begin + _HALF, score, evidence)


def _levels_sign(found: Match, matches: Sequence[Match], begin: int) -> Sign:
    following = sorted(one.remains for one in matches)[1]
    evidence = {
        "readings": found.pairs,
        "difference": _short(sqrt(found.remains)),
        "next_difference": _short(sqrt(following)),
        "same_as": begin - found.days * DAY,
        "how": "levels",
    }
    score = round(100 - 50 * found.remains / (_NEXT * following))
    return Sign("tamper_replayed", begin, begin + _HALF, score, evidence)


def _short(value: float) -> float:
    return float(f"{value:.3g}")


def _changes(levels: Row) -> Row:
    """From the slot before, none further than _CUT usual ones."""
    found: Row = [None]
    for before, value in pairwise(levels):
        found.append(None if value is None or before is None else value - before)
    moved = [abs(change) for change in found if change]
    most = _CUT * median(moved) if moved else 0.0
    return [None if change is None else max(min(change, most), -most) for change in found]


def _match(levels: Row, changes: Row, place: int, days: int, slots: int) -> Match | None:
    """None where too little was measured at both times."""
    mine, other = (
        slice(place, place + slots // 2),
        slice(place - days * slots, place - days * slots + slots // 2),
    )
    moves = [
        (x, y)
        for x, y in zip(changes[mine], changes[other], strict=False)
        if x is not None and y is not None and (x or y)
    ]
    apart = [
        x - y for x, y in zip(levels[mine], levels[other], strict=False) if x is not None and y is not None
    ]
    if len(moves) < _LEAST_PAIRS:
        return None
    remains, memory = _variance(apart)
    return Match(days, len(moves), _correlation(moves), remains, memory)


def _correlation(pairs: Sequence[tuple[float, float]]) -> float:
    mean_x, mean_y = fmean(x for x, _ in pairs), fmean(y for _, y in pairs)
    over = fsum((x - mean_x) * (y - mean_y) for x, y in pairs)
    square_x = fsum((x - mean_x) ** 2 for x, _ in pairs)
    square_y = fsum((y - mean_y) ** 2 for _, y in pairs)
    return over / sqrt(square_x * square_y) if square_x and square_y else 0.0


def _variance(values: Sequence[float]) -> tuple[float, float]:
    """Variance, and von Neumann's ratio: 1 without a memory, 0 for what hardly changes; 1 where nothing
    differs."""
    mean = fmean(values)
    squares = fsum((value - mean) ** 2 for value in values)
    steps = fsum((later - value) ** 2 for value, later in pairwise(values))
    return squares / len(values), steps / (2 * squares) if squares else 1.0


def _by_changes(matches: Sequence[Match]) -> Match | None:
    best = max(matches, key=attrgetter("correlation"))
    usual = median(one.correlation for one in matches)
    if best.correlation < _ALIKE or best.correlation - usual < _ABOVE_OTHERS:
        return None
    usually = [_fisher(one.correlation) for one in matches]
    middle = median(usually)
    error = 1 / sqrt(best.pairs - 3)
    apart = max(_SPREAD_OF_MEDIAN * median(abs(one - middle) for one in usually), error)
    certain = _fisher(best.correlation)
    return best if certain >= _SURE * error and certain - middle >= _APART * apart else None


def _fisher(correlation: float) -> float:
    """R. A. Fisher's transformation, in which correlations are spread evenly."""
    return atanh(max(min(correlation, 0.999999), -0.999999))


def _by_levels(matches: Sequence[Match], course: Row) -> Match | None:
    best, following = sorted(matches, key=attrgetter("remains"))[:2]
    if best.memory < _FORGETS or best.remains > _NEXT * following.remains:
        return None
    variance, memory = _variance([value for value in course if value is not None])
    wanders = max(memory, median(one.memory for one in matches)) <= _WANDERS
    return best if wanders and best.remains <= _REMAINS * variance else None
