"""Half a day that is too much like the same hours of an earlier day: a replay with noise on top.

The course of the half day is taken apart into its bends: how far each value lies from the middle of the two
beside it, then the same of the means of two, of four and so on. What glides on evenly has none, so a basin
that empties as it did before says little, and each scale tells what the others do not. Noise on top of a
replay hides the bends of the finer scales and leaves those of the larger ones; a level that was moved leaves
them all.

Of each scale it is asked how much remains of the bends when the earlier day's are taken away, as a share of
what remains on average of two courses that know nothing of one another. Of n bends a share s or less remains
by chance about s^(n/2) times (the lower tail of chi squared), so the logarithms add up to one likeness.

Days are alike by themselves, more or less: a process has its hours, a machine its cycle. So it counts how
much more alike the day is than the next best of the days before; and that again as a multiple of how far the
likeness falls off among those, as the tail of anything does by about the same from one to the next.
"""

from collections.abc import Sequence
from math import log, sqrt
from statistics import fmean, median
from typing import NamedTuple

from quality.signs.course import Points, digit
from quality.signs.sample import DAY, LOOK_BACK, Judged, Sign

_HALF = DAY // 2
_EVERY = DAY // 4
_LEAST_DAYS = 3
"""Earlier days with readings at those hours."""
_LEAST_BENDS = 12
_CUT = 2.5
"""Usual bends of its scale, beyond which one counts no more: a great jump would be all there is."""
_LIKELIER = 45.0
"""How much more alike than the next best day: e to the minus that, by chance."""
_FARTHER = 9.0
"""The same, as a multiple of how the likeness falls off among the other days."""
_TAIL = 0.4
"""Of the other days, those which say so."""
_SPREAD = 0.25
"""Times the root of the number of bends: so far it falls off at the least, of courses that are chance."""

Row = list[float | None]
"""By slot; None where nothing was measured."""
Bends = list[Row]
"""Of a half day, by scale from the finest on."""


class Match(NamedTuple):
    """How alike the half day is to an earlier one."""

    likeness: float
    days: int
    """How many days before."""
    bends: float
    """How many there are; of few that are much larger than the others, those few."""
    remains: float
    """The share of them, on average of the scales."""


def alike(points: Points, gap: int, judged: Judged) -> list[Sign]:
    """Signs in the judged time. points: of it and LOOK_BACK before it. gap: the usual one, in ms."""
    slots = DAY // gap
    if slots * gap != DAY:
        return []
    courses = _courses(points, gap, judged)
    usual = _usual(list(courses.values()))
    rounding = digit(points) ** 2 / 4
    cut = {begin: _cut(bends, usual) for begin, bends in courses.items()}
    signs = []
    for begin in range(judged.begin, judged.end - _HALF + 1, _EVERY):
        mine = cut.get(begin, [])
        matches = [
            match
            for days in range(1, LOOK_BACK // DAY + 1)
            if (match := _match(mine, cut.get(begin - days * DAY, []), days, rounding)) is not None
        ]
        if len(matches) >= _LEAST_DAYS:
            matches.sort(reverse=True)
            sure = _sure(matches)
            if sure >= 1:
                signs.append(_sign(matches, sure, begin))
    return signs


def _sign(matches: Sequence[Match], sure: float, begin: int) -> Sign:
    best = matches[0]
    evidence = {
        "readings": round(best.bends),
        "correlation": round(1 - best.remains, 3),
        "usual_correlation": round(1 - median(one.remains for one in matches), 3),
        "same_as": begin - best.days * DAY,
        "how": "alike",
    }
    return Sign("tamper_replayed", begin, begin + _HALF, min(round(50 * sure), 100), evidence)


def _courses(points: Points, gap: int, judged: Judged) -> dict[int, Bends]:
    """The bends of the half days, by when they begin."""
    first, half = points[0][0], _HALF // gap
    levels: Row = [None] * ((points[-1][0] - first) // gap + half)
    for at, value in points:
        levels[(at - first) // gap] = value
    begins = {
        begin - days * DAY
        for begin in range(judged.begin, judged.end - _HALF + 1, _EVERY)
        for days in range(LOOK_BACK // DAY + 1)
    }
    places = {begin: -((first - begin) // gap) for begin in begins}
    return {
        begin: _bends(levels[place : place + half])
        for begin, place in places.items()
        if 0 <= place <= len(levels) - half
    }


def _bends(levels: Row) -> Bends:
    found: Bends = []
    while len(levels) >= 3:
        beside = zip(levels[::2], levels[1::2], levels[2::2], strict=False)
        found.append([None if a is None or b is None or c is None else b - (a + c) / 2 for a, b, c in beside])
        pairs = zip(levels[::2], levels[1::2], strict=False)
        levels = [(a + b) / 2 if a is not None and b is not None else a if b is None else b for a, b in pairs]
    return found


def _usual(courses: Sequence[Bends]) -> list[float]:
    """The middle size of the bends of each scale; 0 of a scale at which the channel mostly does not move, as
    an analyser that holds its value for an hour."""
    return [
        median([abs(bend) for row in rows for bend in row if bend is not None] or [0.0])
        for rows in zip(*courses, strict=True)
    ]


def _cut(bends: Bends, usual: Sequence[float]) -> Bends:
    """Without the scales that say nothing."""
    return [
        [None if bend is None else max(min(bend, _CUT * size), -_CUT * size) for bend in row] if size else []
        for row, size in zip(bends, usual, strict=True)
    ]


def _match(mine: Bends, other: Bends, days: int, rounding: float) -> Match | None:
    """None where too little was measured at both times. rounding: what a bend of the finest scale may differ
    by because of the last digit, squared."""
    likeness = bends = remains = 0.0
    for scale, (xs, ys) in enumerate(zip(mine, other, strict=False)):
        least = rounding / 2**scale
        apart = both = squares = 0.0
        count = 0
        for x, y in zip(xs, ys, strict=True):
            if x is not None and y is not None and (x or y):
                size = x * x + y * y + least
                apart += (x - y) ** 2 + least
                both += size
                squares += size * size
                count += 1
        if count:
            # Of sizes by C. F. Gauss's distribution the sum's square is half their number times the squares'.
            number = min(2 * both * both / squares, count)
            share = apart / both
            likeness -= number / 2 * log(share)
            bends += number
            remains += number * share
    return Match(likeness, days, bends, remains / bends) if bends >= _LEAST_BENDS else None


def _sure(matches: Sequence[Match]) -> float:
    """1 and above where the first is a replay of the day. matches: the likeliest first."""
    best, *others = matches
    further = best.likeness - others[0].likeness
    tail = others[: max(int(len(others) * _TAIL), 1)]
    edge = others[min(len(tail), len(others) - 1)].likeness
    falls = max(fmean(one.likeness for one in tail) - edge, _SPREAD * sqrt(best.bends))
    return min(further / _LIKELIER, further / (_FARTHER * falls))
