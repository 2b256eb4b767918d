"""Periods of a slot account: a stretch of time as a whole, or cut into the days or months of Vietnam."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Literal, NamedTuple

from quality.slots import day_of, day_start

By = Literal["day", "month"]


class Period(NamedTuple):
    """From `begin` up to `end`, not included; both aware."""

    label: str
    """2026-05-30, 2026-05, or first and last day: 2026-05-01/2026-05-30."""
    begin: datetime
    end: datetime


def whole(begin: datetime, end: datetime) -> Period:
    """One period. It is named by the days that it touches, the last one included."""
    first = day_of(begin)
    last = max(first, day_of(end - timedelta(microseconds=1)))
    return Period(str(first) if first == last else f"{first}/{last}", begin, end)


def parts(begin: datetime, end: datetime, by: By) -> Iterator[Period]:
    """The days or months that lie in the stretch, in order; the first and the last may be cut by it."""
    day = day_of(begin)
    while begin < end:
        following = day + timedelta(days=1) if by == "day" else _next_month(day)
        until = min(day_start(following), end)
        yield Period(str(day) if by == "day" else f"{day:%Y-%m}", begin, until)
        day, begin = following, until


def _next_month(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)
