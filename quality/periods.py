"""Periods of a slot account: a stretch of time as a whole, or cut into days, months, quarters or years.

All of them are Vietnam's.
"""

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Literal, NamedTuple

from quality.months import months_later
from quality.slots import day_of, day_start

By = Literal["day", "month", "quarter", "year"]


class Period(NamedTuple):
    """From `begin` up to `end`, not included; both aware."""

    label: str
    """2026-05-30, 2026-05, 2026-Q2, 2026, or first and last day: 2026-05-01/2026-05-30."""
    begin: datetime
    end: datetime


def whole(begin: datetime, end: datetime) -> Period:
    """One period. It is named by the days that it touches, the last one included."""
    first = day_of(begin)
    last = max(first, day_of(end - timedelta(microseconds=1)))
    return Period(str(first) if first == last else f"{first}/{last}", begin, end)


def parts(begin: datetime, end: datetime, by: By) -> Iterator[Period]:
    """The periods of a kind that lie in the stretch, in order; the first and the last may be cut by it."""
    day = day_of(begin)
    while begin < end:
        next_day = next_period(day, by)
        until = min(day_start(next_day), end)
        yield Period(_label(day, by), begin, until)
        day, begin = next_day, until


_MONTHS: Mapping[By, int] = {"month": 1, "quarter": 3, "year": 12}


def period_start(day: date, by: By) -> date:
    """The first day of the period that a day lies in."""
    if by == "day":
        return day
    length = _MONTHS[by]
    return date(day.year, (day.month - 1) // length * length + 1, 1)


def next_period(day: date, by: By) -> date:
    """The first day of the period after the one that a day lies in."""
    return day + timedelta(days=1) if by == "day" else months_later(period_start(day, by), _MONTHS[by])


def _label(day: date, by: By) -> str:
    if by == "quarter":
        return f"{day.year}-Q{(day.month + 2) // 3}"
    return str(day)[: {"day": 10, "month": 7, "year": 4}[by]]
