"""Months of Vietnam's calendar, named by their first day."""

from datetime import MAXYEAR, date, datetime

from parsers.vietnam_time import VN
from quality.slots import day_start


def month_of(moment: datetime) -> date:
    """The first day of the month in Vietnam that an aware moment lies in."""
    if moment.year == MAXYEAR:  # its last hours have no Vietnam time in Python
        return date(MAXYEAR, 12, 1)
    return moment.astimezone(VN).date().replace(day=1)


def months_later(month: date, count: int) -> date:
    """The first day of the month that comes `count` months later; earlier, where that is negative."""
    years, months = divmod(month.month - 1 + count, 12)
    return date(month.year + years, months + 1, 1)


def next_month(month: date) -> date:
    """The first day of the month after it."""
    return months_later(month, 1)


def month_span(month: date) -> tuple[datetime, datetime]:
    """When it begins and ends, aware; the end is not included."""
    return day_start(month), day_start(next_month(month))
