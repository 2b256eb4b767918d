"""Averages of a channel's values: hours from readings, days and longer from hours and days.

Pure arithmetic; every figure of docs/rulebook.md, section 5 is computed here. Moments are milliseconds
since 1970-01-01T00:00Z, because these loops see every reading there is. Sums are exact (math.fsum), so
that no order of arrival, and neither database, gives another last digit.

An hour's average is the mean of its values; a day's is the mean of its hours that have one, a month's
and a year's the mean of their days. So an hour in which the logger sent twice as often weighs no more
than another. What is too little for an average is decided by `enough`, and is then no number.
"""

from collections.abc import Iterable, Sequence
from math import atan2, cos, degrees, fsum, hypot, isfinite, radians, sin
from typing import Literal, NamedTuple, get_args

from quality.slots import slot_of_millis

Averaging = Literal["mean", "direction", "total"]
"""mean: the plain one. direction: of angles, the vector mean, without extremes. total: of a flow, the
plain mean, and besides it mean x time."""
AVERAGINGS: tuple[Averaging, ...] = get_args(Averaging)

By = Literal["hour", "8hour", "day", "month", "year"]
BASES: tuple[By, ...] = get_args(By)

MINIMUM_PERCENT = 75.0
"""Least share of slots, hours or days for an average, where no dated figure says otherwise
(docs/rulebook.md, section 5)."""

HOUR = 3_600_000
_HOUR_MINUTES = 60
_DAY_HOURS = 24
_DAY = _DAY_HOURS * HOUR
_VIETNAM = 7 * HOUR
_NO_DIRECTION = 1e-9
"""A mean vector this short points nowhere: north and south cancel out."""


class Spread(NamedTuple):
    """What the values of a stretch of time come to."""

    slots: int
    """Slots with a value."""
    mean: float | None
    """Of whatever there is, enough or not; None where there is none, or where directions cancel out."""
    low: float | None = None
    low_at: int | None = None
    high: float | None = None
    high_at: int | None = None
    """Extremes of the readings, each with the first moment it was read; of directions there are none."""
    hours: int = 0
    """Of a day or longer: how many of its parts (hours, days) had an average."""
    total: float | None = None
    """Of a flow: mean x time, in the channel's unit x hours. Time without a value counts nothing."""


NOTHING = Spread(0, None)


class Part(NamedTuple):
    """An hour of a longer average."""

    expected: int
    """Slots that begin in it."""
    spread: Spread


def enough(count: int, expected: int, percent: float) -> bool:
    """Whether so many of the expected slots, hours or days make an average: exactly the percentage does."""
    return expected > 0 and count > 0 and count * 100 >= percent * expected


def hour_expects(hour: int, interval: int) -> int:
    """How many slots of `interval` minutes begin in the hour that begins at `hour`; an interval above 60
    has hours in which none does."""
    if _HOUR_MINUTES % interval == 0:
        return _HOUR_MINUTES // interval
    minute = (hour + _VIETNAM) % _DAY // 60_000
    return -(-(minute + _HOUR_MINUTES) // interval) - -(-minute // interval)


def day_expects(interval: int) -> int:
    """In how many hours of a day a slot of `interval` minutes begins."""
    return _DAY_HOURS if interval <= _HOUR_MINUTES else len({m // 60 for m in range(0, 1440, interval)})


def hour_of_slot(moment: int, interval: int) -> int:
    """The hour in which the slot that contains a moment begins; where slots fill hours, the moment's own."""
    if _HOUR_MINUTES % interval:
        past = (moment + _VIETNAM) % _DAY
        moment -= past % (interval * 60_000)
    return moment // HOUR * HOUR


def of_readings(values: Sequence[tuple[float, int]], interval: int, averaging: Averaging) -> Spread:
    """The spread of an hour's readings: (value, moment) pairs in any order."""
    if not values:
        return NOTHING
    width = interval * 60_000
    # Slots of an interval that divides the hour lie alike from the epoch and from midnight in Vietnam.
    slots = (
        {at // width for _, at in values}
        if _HOUR_MINUTES % interval == 0
        else {slot_of_millis(at, interval) for _, at in values}
    )
    mean = mean_of([value for value, _ in values], averaging)
    if averaging == "direction":
        return Spread(len(slots), mean)
    low, low_at = min(values)
    high = max(values)[0]
    return Spread(len(slots), mean, low, low_at, high, min(at for value, at in values if value == high))


def of_hours(hours: Iterable[Part], averaging: Averaging, percent: float) -> Spread:
    """The spread of several hours: a day, or eight hours. percent: the least share of an hour's slots."""
    present = [part for part in hours if part.spread.slots]
    spreads = [part.spread for part in present]
    means = [
        part.spread.mean
        for part in present
        if part.spread.mean is not None and enough(part.spread.slots, part.expected, percent)
    ]
    total = None
    if averaging == "total" and present:
        total = _finite(
            _sum([_weighed(part) for part in present if part.spread.mean is not None and part.expected])
        )
    return _joined(spreads, means, averaging)._replace(total=total)


def of_days(days: Iterable[tuple[Spread, bool]], averaging: Averaging) -> Spread:
    """The spread of a month or a year: each day's, and whether it was enough for an average."""
    known = list(days)
    spreads = [day for day, _ in known]
    means = [day.mean for day, is_enough in known if is_enough and day.mean is not None]
    totals = [day.total for day in spreads if day.total is not None]
    return _joined(spreads, means, averaging)._replace(total=_finite(_sum(totals)) if totals else None)


def mean_of(values: Sequence[float], averaging: Averaging) -> float | None:
    """The mean of numbers, or of angles in degrees (0 <= mean < 360); None where there is none."""
    if not values:
        return None
    if averaging == "direction":
        return vector_mean(values)
    try:
        return fsum(values) / len(values)
    except OverflowError:  # numbers that a logger made up: their sum is beyond what their mean is
        return fsum(value / len(values) for value in values)


def vector_mean(degrees_: Sequence[float]) -> float | None:
    """The direction of the sum of unit vectors, in degrees from 0 up to 360; None where they cancel out."""
    east = fsum(sin(radians(angle)) for angle in degrees_)
    north = fsum(cos(radians(angle)) for angle in degrees_)
    if hypot(east, north) <= _NO_DIRECTION * len(degrees_):
        return None
    angle = degrees(atan2(east, north)) % 360
    return 0.0 if angle >= 360 else angle  # a hair below north, rounded up to a whole turn


def _weighed(part: Part) -> float:
    return (part.spread.mean or 0.0) * min(part.spread.slots / part.expected, 1.0)


def _joined(spreads: Sequence[Spread], means: Sequence[float], averaging: Averaging) -> Spread:
    lows = [(one.low, one.low_at) for one in spreads if one.low is not None and one.low_at is not None]
    highs = [(-one.high, one.high_at) for one in spreads if one.high is not None and one.high_at is not None]
    low, low_at = min(lows) if lows else (None, None)
    high, high_at = min(highs) if highs else (None, None)
    return Spread(
        sum(one.slots for one in spreads),
        mean_of(means, averaging),
        low,
        low_at,
        None if high is None else -high,
        high_at,
        len(means),
    )


def _sum(values: Sequence[float]) -> float:
    try:
        return fsum(values)
    except OverflowError:
        return float("inf")


def _finite(value: float) -> float | None:
    return value if isfinite(value) else None
