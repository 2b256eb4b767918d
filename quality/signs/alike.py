"""Half a day that is too much like the same hours of an earlier day: a replay with noise on top.

The course of the half day is taken apart into its bends: how far each value lies from the middle of the two
beside it, then the same of the means of two, of four and so on. What glides on evenly has none, so a basin
that empties as it did before says little, and each scale tells what the others do not. Noise on top of a
replay hides the bends of the finer scales and leaves those of the larger ones; a level that was moved leaves
them all, and a day that was multiplied is compared as such.

Of each scale it is asked how much remains of the bends when the earlier day's are taken away, as a share of
what remains on average of two courses that know nothing of one another. Of n bends a share s or less remains
by chance about s^(n/2) times (the lower tail of chi squared), so the logarithms add up to one likeness.

Days are alike by themselves, more or less: a process has its hours, a machine its cycle. So it counts how
much more alike the day is than the next best of the days before; and that again as a multiple of how far the
likeness falls off among those, as the tail of anything does by about the same from one to the next. What
two half days say, one after the other and both most like the same day, is added up.
"""

from collections.abc import Sequence
from math import fsum, log, sqrt
from statistics import fmean, median
from typing import NamedTuple

from quality.signs.course import Points, digit
from quality.signs.sample import DAY, HOUR, LOOK_BACK, Judged, Sign

_HALF = DAY // 2
_EVERY = DAY // 8
_WORTH = 0.2
"""How sure one must be for the half days about it to be looked at by the hour."""
_LEAST_DAYS = 3
"""Earlier days with readings at those hours."""
_LEAST_BENDS = 12
_CUT = 2.5
"""Usual bends of its scale, beyond which one counts no more: a great jump would be all there is."""
_LIKELIER = 45.0
"""How much more alike than the next best day: e to the minus that, by chance."""
_FARTHER = 9.0
"""The same, as a multiple of how the likeness falls off among the other days."""
_LITTLE = 0.3
"""So little remains at the most of both of two half days that are a replay together."""
_MOST_FACTOR = 1.2
"""As much as the earlier day may have been multiplied or divided by."""
_TRIFLE = 1e-9
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


class Likest(NamedTuple):
    """The earlier day that a half day is most like, and by how much more than like the next best."""

    begin: int
    best: Match
    usual: float
    """What remains in the middle of all the days."""
    further: float
    multiple: float
    """How often the likeness falls off by its usual distance between the two."""

    @property
    def sure(self) -> float:
        """1 and above where it is a replay."""
        return min(self.further / _LIKELIER, self.multiple / _FARTHER)


def alike(points: Points, gap: int, judged: Judged) -> list[Sign]:
    """Signs in the judged time. points: of it and LOOK_BACK before it. gap: the usual one, in ms."""
    if DAY % gap:
        return []
    halves = _Halves(points, gap, judged)
    begins = range(judged.begin, judged.end - _HALF + 1, _EVERY)
    found = {one.begin: one for begin in begins if (one := halves.likest(begin))}
    # A replay of half a day need not begin with one that was looked at.
    for one in list(found.values()):
        if _WORTH <= one.sure < 1:
            for begin in range(one.begin - _EVERY + HOUR, one.begin + _EVERY, HOUR):
                if begin not in found and judged.begin <= begin <= judged.end - _HALF:
                    near = halves.likest(begin)
                    if near is not None and near.best.days == one.best.days:
                        found[begin] = near
    signs = []
    for one in found.values():
        if one.sure >= 1:
            signs.append(_sign(one, one.sure, one.begin + _HALF))
        elif (then := found.get(one.begin + _HALF)) and _same(one.best, then.best):
            # Two half days, one after the other, that are of the same day: chance would need both.
            sure = min((one.further + then.further) / _LIKELIER, (one.multiple + then.multiple) / _FARTHER)
            if sure >= 1:
                signs.append(_sign(max(one, then, key=lambda half: half.sure), sure, then.begin + _HALF))
    return signs


def _same(one: Match, other: Match) -> bool:
    return one.days == other.days and max(one.remains, other.remains) <= _LITTLE


def _sign(half: Likest, sure: float, end: int) -> Sign:
    best = half.best
    evidence = {
        "readings": round(best.bends),
        "correlation": round(1 - best.remains, 3),
        "usual_correlation": round(1 - half.usual, 3),
        "same_as": half.begin - best.days * DAY,
        "how": "alike",
    }
    return Sign("tamper_replayed", half.begin, end, min(round(50 * sure), 100), evidence)


class _Halves:
    """The half days of a channel, by when they begin; what usual bends are, those looked at say."""

    def __init__(self, points: Points, gap: int, judged: Judged) -> None:
        self._first, self._gap, self._half = points[0][0], gap, _HALF // gap
        self._levels: Row = [None] * ((points[-1][0] - self._first) // gap + self._half)
        for at, value in points:
            self._levels[(at - self._first) // gap] = value
        self._rounding = digit(points) ** 2 / 4
        whole = (self._bends(begin) for begin in self._begins(judged))
        self._usual = _usual([bends for bends in whole if bends])
        self._cut: dict[int, Bends] = {}

    def _begins(self, judged: Judged) -> list[int]:
        begins = range(judged.begin - LOOK_BACK, judged.end - _HALF + 1, _EVERY)
        return [begin for begin in begins if begin >= self._first]

    def _bends(self, begin: int) -> Bends:
        place = -((self._first - begin) // self._gap)
        if not 0 <= place <= len(self._levels) - self._half:
            return []
        return _bends(self._levels[place : place + self._half])

    def _of(self, begin: int) -> Bends:
        if begin not in self._cut:
            bends = self._bends(begin)
            self._cut[begin] = _cut(bends, self._usual) if bends else []
        return self._cut[begin]

    def likest(self, begin: int) -> Likest | None:
        """None where too few earlier days are known."""
        mine = self._of(begin)
        matches = [
            match
            for days in range(1, LOOK_BACK // DAY + 1)
            if (match := _match(mine, self._of(begin - days * DAY), days, self._rounding)) is not None
        ]
        if len(matches) < _LEAST_DAYS:
            return None
        matches.sort(reverse=True)
        best, *others = matches
        tail = others[: max(int(len(others) * _TAIL), 1)]
        edge = others[min(len(tail), len(others) - 1)].likeness
        falls = max(fmean(one.likeness for one in tail) - edge, _SPREAD * sqrt(best.bends))
        further = best.likeness - others[0].likeness
        return Likest(begin, best, median(one.remains for one in matches), further, further / falls)


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


class Both(NamedTuple):
    """What one scale of two half days says: sums over the bends that both have."""

    mine: float
    other: float
    """Squares."""
    product: float
    bends: int
    fourth: float
    """Of the squares of both together, the squares."""


def _match(mine: Bends, other: Bends, days: int, rounding: float) -> Match | None:
    """None where too little was measured at both times. rounding: what a bend of the finest scale may differ
    by because of the last digit, squared."""
    scales = [
        (scale, both) for scale, pair in enumerate(zip(mine, other, strict=False)) if (both := _both(*pair))
    ]
    factor = _factor([both for _, both in scales])
    likeness = bends = remains = 0.0
    for scale, one in scales:
        least = one.bends * rounding / 2**scale
        size = one.mine + factor**2 * one.other + least
        share = (size - 2 * factor * one.product) / size
        # Of sizes by C. F. Gauss's distribution the sum's square is half their number times the squares'.
        number = min(2 * (one.mine + one.other) ** 2 / one.fourth, one.bends)
        likeness -= number / 2 * log(max(share, _TRIFLE))
        bends += number
        remains += number * share
    return Match(likeness, days, bends, remains / bends) if bends >= _LEAST_BENDS else None


def _both(mine: Row, other: Row) -> Both | None:
    xs = ys = xy = fourth = 0.0
    count = 0
    for x, y in zip(mine, other, strict=True):
        if x is not None and y is not None and (x or y):
            square, squared = x * x, y * y
            xs += square
            ys += squared
            xy += x * y
            fourth += (square + squared) ** 2
            count += 1
    return Both(xs, ys, xy, count, fourth) if count else None


def _factor(scales: Sequence[Both]) -> float:
    """What the earlier day was multiplied by, as each scale says it, by how much it says."""
    weight = [one.bends / (one.mine + one.other) for one in scales]
    product = fsum(w * one.product for w, one in zip(weight, scales, strict=True))
    squares = fsum(w * one.other for w, one in zip(weight, scales, strict=True))
    return min(max(product / squares, 1 / _MOST_FACTOR), _MOST_FACTOR) if squares else 1.0
