"""tamper_frozen: for half a day a channel does nothing but tremble about one value.

A process wanders; an instrument's noise does not. So hourly means are compared: where twelve of them lie far
closer together than in the quietest hours of a quiet day of the month before, although the single values
still differ, the value is not measured. Days are compared by their quietest hours because many channels are
quiet every day (ozone at night). One thing makes it surer, and then less far will do: that the values within
the hours explain all the difference between the hours (noise without a memory), where that never is so, or
they differ less from reading to reading than the instrument ever did.

A device that shows the very same number is another rule's (flat_line), and so is a channel that does not move
beyond its last digit anyway. Where the station's flow stands still, nothing moves for a good reason; nor
while a plant rests: what it sends then lies at the bottom of what the channel shows, or where it lay before
when it stood as still.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise
from math import fsum, inf, sqrt
from typing import NamedTuple

from quality.signs.course import Points, between, digit, measured
from quality.signs.sample import DAY, HOUR, LOOK_BACK, Judged, Sample, Sign, joined

WINDOWS = {9: 0.7, 12: 1.0, 36: 1.0}
"""Hours that are looked at together, and how much of the shares below holds for them: a few hours are quiet
by chance more easily, and the longer ones are for noise that is nearly as large as what it hides."""
_SHARE = 0.1
"""Of what the quietest window of a quiet day usually spreads, below which a window is frozen."""
_SURER = 0.2
"""The same where all there is, is noise without a memory that is smaller than ever."""
_FORGOTTEN = 0.35
"""The same where the channel has hardly ever in the month done without its memory, and here has none."""
_SELDOM = 0.01
_NO_MEMORY = 2.0
_QUIET_DAYS = 0.1
"""Which of the usual days is the quiet one: of a month three may be quieter, or were frozen before."""
_QUIET = 0.05
_LEAST_DAYS = 7
_COARSE = 2
"""So many different values are what the rounding of one value gives."""
_LEAST_MOVES = 10
"""An analyser that holds each value for two hours says six in twelve hours: too few to be judged by."""
_MOST_EQUAL = 0.8
_FORGETS = 2.5
"""Variance between hours over what the variance within them explains: noise without a memory has 1."""
_REMEMBERS = 5.0
"""The same of nearly all usual windows, where the channel always has one."""
_OTHER_NOISE = 0.7
"""Mean change from reading to reading, of what it is in the usual windows but the quietest."""
_LOWEST = 0.02
"""Of the readings those that are the lowest: the bottom."""
_REST = 0.1
"""Of the way from the bottom up to the middle, as far as a channel may lie while the plant rests."""
_AS_STILL = 2.0
"""Times the most that a window may spread: at rest it was as still before."""
_SAME_LEVEL = 3.0
"""Times the most that it may spread: it is at the same level."""
_BEFORE = 4 * DAY
"""As long a value is hardly kept in one go."""
_JOIN = 6 * HOUR


class Hour(NamedTuple):
    """An hour's readings, or the sums of all hours before one."""

    hours: float
    readings: float
    mean: float
    mean_square: float
    within: float
    """Sum of the squared distances from the mean."""
    step: float
    """Mean change from reading to reading."""


class Window(NamedTuple):
    """Some hours together."""

    spread: float
    """Standard deviation of the hourly means."""
    memory: float
    """Variance of the hourly means over what noise alone would give them."""
    step: float
    begin: int
    level: float
    """The mean."""


def frozen(samples: Sequence[Sample], still: Sequence[tuple[int, int]], judged: Judged) -> list[Sign]:
    """Signs in the judged time. samples: that time and LOOK_BACK before it, in order. still: when the
    station's flow stood still."""
    points = measured(samples)
    if not points:
        return []
    middle = fsum(value for _, value in points) / len(points)  # sums of small numbers lose fewer digits
    flowing, sums = _sums(points, middle, still)
    last_digit = digit(points)
    signs: list[Sign] = []
    for length, strict in WINDOWS.items():
        windows = _windows(flowing, sums, middle, length)
        for day in range(judged.begin, judged.end, DAY):
            signs += _of_day(points, windows, length, strict, last_digit, day)
    return joined(signs, _JOIN)


class Month(NamedTuple):
    """What the channel usually does, by the windows of the month before."""

    windows: Mapping[int, Window]
    """By their end."""
    quiet: float
    """What the quietest window of a quiet day spreads, while the plant does not rest."""
    rest: float
    """The level up to which it rests."""
    bottom: float
    step: float
    remembers: bool
    """Nearly always; and always but for the odd hour."""
    always_remembers: bool


def _of_day(
    points: Points, windows: Mapping[int, Window], length: int, strict: float, last_digit: float, day: int
) -> list[Sign]:
    """Windows that end within the day and are frozen."""
    month = _month(points, windows, length, day)
    if month is None:
        return []
    signs = []
    for end in range(day + HOUR, day + DAY + 1, HOUR):
        window = windows.get(end)
        if window is None:
            continue
        most = month.quiet * strict * _share(window, month)
        # Below a tenth of the last digit a spread cannot be told from rounding.
        if most < last_digit * 0.1 or window.spread >= most or _rests(window, most, month):
            continue
        values = [value for _, value in between(points, window.begin, end)]
        if _trembles(values) and (month.quiet >= last_digit or len(set(values)) > _COARSE):
            signs.append(_sign(end, length, window, month.quiet, most))
    return signs


def _month(points: Points, windows: Mapping[int, Window], length: int, day: int) -> Month | None:
    """The month before the day; None where too few days of it are known."""
    usual = {end: one for end, one in windows.items() if day - LOOK_BACK <= end <= day}
    if len({end // DAY for end in usual}) < _LEAST_DAYS:
        # a station's first days are held against those that came after
        usual = {end: one for end, one in windows.items() if not day < end <= day + DAY + length * HOUR}
    values = [value for _, value in between(points, day - LOOK_BACK, day)] or [-inf]
    bottom = _low(values, _LOWEST)
    rest = bottom + _REST * (_low(values, 0.5) - bottom)
    works = {end: one for end, one in usual.items() if one.level > rest}
    if 2 * len(works) <= len(usual):
        works, rest = usual, bottom
    quietest: dict[int, float] = {}
    for end, one in works.items():
        quietest[end // DAY] = min(one.spread, quietest.get(end // DAY, inf))
    if len(quietest) < _LEAST_DAYS:
        return None
    memories = [one.memory for one in usual.values()]
    return Month(
        usual,
        _low(list(quietest.values()), _QUIET_DAYS),
        rest,
        bottom,
        _low([one.step for one in usual.values()], _QUIET),
        _low(memories, _QUIET) > _REMEMBERS,
        _low(memories, _SELDOM) > _REMEMBERS,
    )


def _share(window: Window, month: Month) -> float:
    if month.always_remembers and window.memory <= _NO_MEMORY:
        return _FORGOTTEN
    other = month.remembers or window.step < _OTHER_NOISE * month.step
    return _SURER if other and window.memory <= _FORGETS else _SHARE


def _rests(window: Window, most: float, month: Month) -> bool:
    """Whether it lies at the bottom, or was as still some days before: at that level or, as a plant that
    rests, anywhere near the bottom."""
    if window.level <= month.bottom:
        return True
    return any(
        (one.spread < most and abs(one.level - window.level) <= _SAME_LEVEL * most)
        or (max(one.level, window.level) <= month.rest and one.spread < _AS_STILL * most)
        for end, one in month.windows.items()
        if end <= window.begin - _BEFORE
    )


def _sign(end: int, length: int, window: Window, quiet: float, most: float) -> Sign:
    return Sign(
        "tamper_frozen",
        window.begin,
        end,
        round(100 * (1 - window.spread / most * 0.5)),
        {
            "spread": _short(window.spread),
            "usual_at_least": _short(quiet),
            "share": _short(window.spread / quiet),
            "hours": length,
        },
    )


def _low(values: list[float], share: float) -> float:
    values.sort()
    return values[int(len(values) * share)]


_NO_HOUR = Hour(0, 0, 0.0, 0.0, 0.0, 0.0)


def _hour(values: Sequence[float], middle: float) -> Hour:
    mean = fsum(values) / len(values)
    within = fsum((value - mean) ** 2 for value in values)
    steps = [abs(later - value) for value, later in pairwise(values)]
    step = fsum(steps) / len(steps) if steps else 0.0
    return Hour(1, len(values), mean - middle, (mean - middle) ** 2, within, step)


def _sums(points: Points, middle: float, still: Sequence[tuple[int, int]]) -> tuple[list[int], list[Hour]]:
    """The hours in which the flow did not stand still; and, for each and for the end, the sums before it."""
    by_hour: dict[int, list[float]] = {}
    for at, value in points:
        by_hour.setdefault(at // HOUR * HOUR, []).append(value)
    stopped = {hour for begin, end in still for hour in range(begin // HOUR * HOUR, end, HOUR)}
    flowing = [hour for hour in range(min(by_hour), max(by_hour) + 1, HOUR) if hour not in stopped]
    sums = [_NO_HOUR]
    for hour in flowing:
        mine = _hour(by_hour[hour], middle) if hour in by_hour else _NO_HOUR
        sums.append(Hour(*(a + b for a, b in zip(sums[-1], mine, strict=True))))
    return flowing, sums


def _windows(flowing: Sequence[int], sums: Sequence[Hour], middle: float, length: int) -> dict[int, Window]:
    """Every window of hours that follow one another while there is flow, and of which one in twelve at most
    is not there, by its end."""
    found = {}
    for place in range(len(flowing) - length + 1):
        inside = Hour(*(b - a for a, b in zip(sums[place], sums[place + length], strict=True)))
        if inside.hours < length - length // 12:
            continue
        apart = max(inside.mean_square - inside.mean**2 / inside.hours, 0.0)
        noise = inside.within / max(inside.readings - inside.hours, 1) * inside.hours / inside.readings
        memory = apart / (inside.hours - 1) / noise if noise > 0 else 0.0
        found[flowing[place + length - 1] + HOUR] = Window(
            sqrt(apart / inside.hours),
            memory,
            inside.step / inside.hours,
            flowing[place],
            middle + inside.mean / inside.hours,
        )
    return found


def _trembles(values: Sequence[float]) -> bool:
    """Whether single values differ, often enough, and none is there for nearly all of the time."""
    moves = sum(later != value for value, later in pairwise(values))
    return moves >= _LEAST_MOVES and max(Counter(values).values()) <= _MOST_EQUAL * len(values)


def _short(value: float) -> float:
    return float(f"{value:.4g}")
