"""tamper_frozen: for half a day a channel does nothing but tremble about one value.

A process wanders; an instrument's noise does not. So hourly means are compared: where twelve of them lie far
closer together than in the quietest times of the month before, although the single values still differ,
the value is not measured. A device that shows the very same number is another rule's (flat_line), and so
is a channel that does not move beyond its last digit anyway. Where the station's flow stands still, nothing
moves for a good reason.
"""

from collections.abc import Sequence
from math import fsum, sqrt

from quality.signs.course import Points, between, digit, measured
from quality.signs.sample import DAY, HOUR, Judged, Sample, Sign, joined

WINDOW = 12
"""Hours that are looked at together."""
_SHARE = 0.2
"""Of the quietest usual spread, below which a window is frozen."""
_QUIET = 0.05
"""Which of the usual spreads is the quietest: that many are quieter still."""
_LEAST_WINDOWS = 150
_LEAST_VALUES = 3
_MOST_EQUAL = 0.6
_JOIN = 6 * HOUR

Hour = tuple[float, int]
"""Mean and number of values."""


def frozen(samples: Sequence[Sample], still: Sequence[tuple[int, int]], judged: Judged) -> list[Sign]:
    """Signs in the judged time. samples: that time and LOOK_BACK before it, in order. still: when the
    station's flow stood still."""
    points = measured(samples)
    if not points:
        return []
    last_digit = digit(points)
    hours = _hours(points)
    spreads = _spreads(hours, still)
    signs = []
    for day in range(judged.begin, judged.end, DAY):
        usual = sorted(spread for end, spread in spreads.items() if day - 30 * DAY <= end <= day)
        if len(usual) < _LEAST_WINDOWS:
            continue
        quiet = usual[int(len(usual) * _QUIET)]
        if quiet * _SHARE < last_digit * 0.1:
            continue
        for end, spread in spreads.items():
            if day < end <= day + DAY and spread < quiet * _SHARE and _trembles(points, end):
                signs.append(_sign(end, spread, quiet))
    return joined(signs, _JOIN)


def _sign(end: int, spread: float, quiet: float) -> Sign:
    share = spread / quiet
    return Sign(
        "tamper_frozen",
        end - WINDOW * HOUR,
        end,
        round(100 * (1 - share / _SHARE * 0.5)),
        {"spread": _short(spread), "usual_at_least": _short(quiet), "share": _short(share), "hours": WINDOW},
    )


def _hours(points: Points) -> dict[int, Hour]:
    """The mean of every hour that has a value, by its start."""
    values: dict[int, list[float]] = {}
    for at, value in points:
        values.setdefault(at // HOUR * HOUR, []).append(value)
    return {hour: (fsum(those) / len(those), len(those)) for hour, those in values.items()}


def _spreads(hours: dict[int, Hour], still: Sequence[tuple[int, int]]) -> dict[int, float]:
    """The standard deviation of the hourly means of every window that is whole and moves, by its end."""
    found = {}
    for start in sorted(hours):
        end = start + WINDOW * HOUR
        if any(begin < end and start < until for begin, until in still):
            continue
        means = [hours[hour][0] for hour in range(start, end, HOUR) if hour in hours]
        if len(means) < WINDOW - 1:
            continue
        middle = fsum(means) / len(means)
        found[end] = sqrt(fsum((mean - middle) ** 2 for mean in means) / len(means))
    return found


def _trembles(points: Points, end: int) -> bool:
    """Whether the window's single values differ: several of them, and none for most of the time."""
    values = [value for _, value in between(points, end - WINDOW * HOUR, end)]
    counts: dict[float, int] = {}
    for value in values:
        counts[value] = counts.get(value, 0) + 1
    return len(counts) >= _LEAST_VALUES and max(counts.values()) <= _MOST_EQUAL * len(values)


def _short(value: float) -> float:
    return float(f"{value:.4g}")
