"""Rows of `hourly` and `daily` as averages are shown from them, and the days, months and years that have any.

A walk through the years asks for the next day that has an hour, or the next month that has a day, so that
stretches in which there is nothing cost nothing.
"""

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta

from sqlalchemy import Connection, func, select

from quality.slots import day_of, day_start
from store.average_rows import DAY_COLUMNS, HOUR_COLUMNS, Sides, day_sides, sides_of
from store.millis import millis
from store.tables import daily, hourly
from store.time_type import to_millis


def hour_rows(
    connection: Connection, station_id: int, begin: datetime, hours: int
) -> dict[tuple[int, int], tuple[int, Sides]]:
    """(Hour in milliseconds, parameter) -> expected slots and both layers, in that order."""
    columns = [millis(hourly.c.hour) if name == "hour" else hourly.c[name] for name in HOUR_COLUMNS]
    rows = connection.execute(
        select(*columns)
        .where(
            hourly.c.station_id == station_id,
            hourly.c.hour >= begin,
            hourly.c.hour < begin + timedelta(hours=hours),
        )
        .order_by(hourly.c.hour, hourly.c.parameter_id)
    )
    return {(row[1], row[2]): sides_of(tuple(row)) for row in rows}


def day_rows(
    connection: Connection, station_id: int, first: date, following: date
) -> dict[tuple[date, int], tuple[int, Sides]]:
    """(Day, parameter) -> expected hours and both layers, in that order."""
    rows = connection.execute(
        select(*(daily.c[name] for name in DAY_COLUMNS))
        .where(daily.c.station_id == station_id, daily.c.day >= first, daily.c.day < following)
        .order_by(daily.c.day, daily.c.parameter_id)
    )
    return {
        (row.day, row.parameter_id): (row.expected, day_sides(tuple(row), to_millis(day_start(row.day))))
        for row in rows
    }


def days_with_hours(
    connection: Connection,
    station_id: int,
    since: datetime | None,
    until: datetime | None,
    reach: timedelta,
) -> Iterator[date]:
    """The days in which a period may begin that holds an hour of the table, `reach` after its own hour."""
    at = since
    while True:
        query = select(func.min(hourly.c.hour)).where(hourly.c.station_id == station_id)
        if at is not None:
            query = query.where(hourly.c.hour >= at)
        found = connection.scalar(query)
        if found is None:
            return
        first = found - reach
        day = day_of(first if at is None else max(first, at))
        if until is not None and day_start(day) >= until:
            return
        yield day
        at = day_start(day + timedelta(days=1))


def starts_with_days(
    connection: Connection,
    station_id: int,
    since: datetime | None,
    until: datetime | None,
    following: Callable[[date], date],
) -> Iterator[date]:
    """The first days of the months or years that hold a day of the table."""
    at = None if since is None else _first(day_of(since), following)
    while True:
        query = select(func.min(daily.c.day)).where(daily.c.station_id == station_id)
        if at is not None:
            query = query.where(daily.c.day >= at)
        day = connection.scalar(query)
        if day is None:
            return
        first = _first(day, following)
        if until is not None and day_start(first) >= until:
            return
        yield first
        at = following(first)


def _first(day: date, following: Callable[[date], date]) -> date:
    return day.replace(day=1) if following is next_month else day.replace(month=1, day=1)


def next_month(day: date) -> date:
    """The first day of the month after a day's."""
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)


def next_year(day: date) -> date:
    """The first day of the year after a day's."""
    return date(day.year + 1, 1, 1)
