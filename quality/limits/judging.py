"""What exceeds a limit, or comes near it: periods held against the limit of their day, joined to runs.

Exactly the limit does not exceed it. A run is periods that follow one another, are all beyond the same
limit (or all within the same warning step), and begin in one month of Vietnam: a report is of months. A
period that is not over yet can warn and never exceed, because it may still end below.
"""

from collections.abc import Iterable
from datetime import date
from typing import Literal, NamedTuple

from quality.averages import HOUR
from quality.limits.records import Basis, InForce
from quality.limits.series import Period

Level = Literal["exceeded", "preparing", "tendency"]
"""EnviSoft's: vượt, chuẩn bị vượt, xu hướng vượt."""
Side = Literal["max", "min"]

TENDENCY, PREPARING = 50.0, 70.0
"""Per cent of a limit, where no dated figure says otherwise (docs/rulebook.md, section 6)."""

_ROUNDING = 1e-9
"""Relative: what converting units and multiplying by factors may add to a number that is the limit."""
_DAY = 24 * HOUR
_EPOCH = date(1970, 1, 1).toordinal()
STEPS: dict[Basis, int] = {"instant": HOUR, "hour": HOUR, "8hour": HOUR, "day": _DAY}
"""From one period to the next; of readings, the longest pause that does not part them. Months and years
follow nothing: each is told by itself."""


class Warnings(NamedTuple):
    """Per cent of the limit from which on a value warns."""

    tendency: float = TENDENCY
    preparing: float = PREPARING


class Found(NamedTuple):
    """What one value is."""

    level: Level
    side: Side
    multiple: float | None
    """Value ÷ limit, or limit ÷ value below a minimum; None where that is no number."""


class Run(NamedTuple):
    """Periods in a row that are alike. Moments in milliseconds."""

    level: Level
    side: Side
    limit: InForce
    start: int
    end: int
    periods: int
    peak: float
    """The value farthest beyond the limit."""
    peak_at: int
    """Start of its period."""
    multiple: float | None
    going_on: bool
    """The next period is not over yet."""


def hold_against(value: float, limit: InForce, warnings: Warnings, *, over: bool) -> Found | None:
    """What a value is by a limit; None where there is nothing to say. over: its period has passed."""
    low, high = limit.low, limit.high
    if high is not None and value - high > _ROUNDING * abs(high):
        multiple = value / high if high > 0 else None
        return Found("exceeded" if over else "preparing", "max", multiple)
    if low is not None and low - value > _ROUNDING * abs(low):
        multiple = low / value if value > 0 else None
        return Found("exceeded" if over else "preparing", "min", multiple)
    # A range such as pH has no share: 7 is 78 % of 9 and as far from a breach as can be.
    if high is None or high <= 0 or low is not None:
        return None
    share = value / high * 100
    if share >= warnings.preparing * (1 - _ROUNDING):
        return Found("preparing", "max", value / high)
    if share >= warnings.tendency * (1 - _ROUNDING):
        return Found("tendency", "max", value / high)
    return None


def runs_of(judged: Iterable[tuple[Period, InForce, Warnings]], basis: Basis, now: int) -> list[Run]:
    """The runs among periods in the order of time, each with the limit and steps of the day it begins on."""
    runs: list[Run] = []
    step = STEPS.get(basis, 0)
    last: Period | None = None
    newest: Run | None = None
    """The run that the period before belongs to."""
    for period, limit, warnings in judged:
        over = period.end <= now
        found = hold_against(period.value, limit, warnings, over=over)
        if newest is not None and last is not None and found is not None:
            follows = period.start <= last.start + step and _month(period.start) == _month(newest.start)
            alike = (found.level, found.side) == (newest.level, newest.side) and _same(limit, newest.limit)
            if follows and alike:
                runs[-1] = newest = _longer(newest, period, found)
                last = period
                continue
        newest = None
        if found is not None:
            newest = Run(
                found.level, found.side, limit, period.start, period.end, 1, period.value, period.start,
                found.multiple, False,
            )  # fmt: skip
            runs.append(newest)
        last = period
    return [_ending(run, last, step, now) for run in runs]


def _longer(run: Run, period: Period, found: Found) -> Run:
    farther = period.value > run.peak if run.side == "max" else period.value < run.peak
    longer = run._replace(end=max(run.end, period.end), periods=run.periods + 1)
    if not farther:
        return longer
    return longer._replace(peak=period.value, peak_at=period.start, multiple=found.multiple)


def _ending(run: Run, last: Period | None, step: int, now: int) -> Run:
    """A run goes on while nothing later says otherwise and the period after it is not over."""
    if last is None or run.end < last.end:
        # a later period is there; one that is not over says nothing yet against an excess
        later_is_over = last is not None and last.end <= now
        going_on = run.level == "exceeded" and not later_is_over and run.end + step > now
    else:
        going_on = run.end + step > now
    return run._replace(going_on=going_on)


def _same(one: InForce, other: InForce) -> bool:
    return (one.name, one.low, one.high, one.unit, one.oxygen_reference) == (
        other.name,
        other.low,
        other.high,
        other.unit,
        other.oxygen_reference,
    )


def _month(moment: int) -> tuple[int, int]:
    day = date.fromordinal(_EPOCH + (moment + 7 * HOUR) // _DAY)
    return day.year, day.month
