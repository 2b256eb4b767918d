"""Hours and days as averages are shown from them, and the days, months and years that have any.

What is over stands in its table; what is under way is owed (store/averages/owed.py) and computed here for
whoever looks, so nobody sees an hour as it was some files ago. A walk through the years asks for the next
day that has an hour, or the next month that has a day, so that stretches in which there is nothing cost
nothing.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from typing import Any, Literal

from sqlalchemy import Column, Connection, func, select

from quality.averages import MINIMUM_PERCENT, day_expects, hour_expects
from quality.figures import MINIMUM, Figures
from quality.periods import next_period, period_start
from quality.slots import day_of, day_start
from store.averages.daily import day_of_hours
from store.averages.hourly import averagings_of, spreads_of
from store.averages.owed import owed_days, owed_hours
from store.averages.rows import DAY_COLUMNS, HOUR_CELLS, Sides, day_sides, sides_of
from store.network.station_view import StationEntry
from store.tables import daily, hourly, owed_day, owed_hour
from store.time_type import to_millis


def hour_rows(
    connection: Connection, entry: StationEntry, begin: datetime, hours: int
) -> dict[tuple[int, int], tuple[int, Sides]]:
    """(Hour in milliseconds, parameter) -> expected slots and both layers, in that order."""
    end = begin + timedelta(hours=hours)
    rows = connection.execute(
        select(*HOUR_CELLS)
        .where(hourly.c.station_id == entry.id, hourly.c.hour >= begin, hourly.c.hour < end)
        .order_by(hourly.c.hour, hourly.c.parameter_id)
    )
    found = {(row[1], row[2]): sides_of(tuple(row)) for row in rows}
    owed = owed_hours(connection, entry.id, begin, end)
    if not owed:
        return found
    intervals = {entry.id: entry.intervals}
    spreads = spreads_of(connection, owed, intervals, averagings_of(connection))
    for (_, hour, parameter_id), sides in spreads.items():
        found[hour, parameter_id] = (hour_expects(hour, entry.intervals.at(hour)), sides)
    return dict(sorted(found.items()))


def day_rows(
    connection: Connection, entry: StationEntry, first: date, following: date, figures: Figures
) -> dict[tuple[date, int], tuple[int, Sides]]:
    """(Day, parameter) -> expected hours and both layers, in that order."""
    rows = connection.execute(
        select(*(daily.c[name] for name in DAY_COLUMNS))
        .where(daily.c.station_id == entry.id, daily.c.day >= first, daily.c.day < following)
        .order_by(daily.c.day, daily.c.parameter_id)
    )
    found = {
        (row.day, row.parameter_id): (row.expected, day_sides(tuple(row), to_millis(day_start(row.day))))
        for row in rows
    }
    owed = owed_days(connection, entry.id, first, following)
    for day in owed:
        for parameter_id, sides in _day_so_far(connection, entry, day, figures).items():
            found[day, parameter_id] = (day_expects(entry.intervals.on(day)), sides)
    return dict(sorted(found.items())) if owed else found


def _day_so_far(connection: Connection, entry: StationEntry, day: date, figures: Figures) -> dict[int, Sides]:
    """What the hours of a day under way come to, by parameter."""
    averagings = averagings_of(connection)
    percent = figures.value(MINIMUM, "hour", day, MINIMUM_PERCENT)
    hours: dict[int, list[tuple[int, Sides]]] = defaultdict(list)
    for (_, parameter_id), row in hour_rows(connection, entry, day_start(day), 24).items():
        hours[parameter_id].append(row)
    return {
        parameter_id: day_of_hours(rows, averagings[parameter_id], percent)
        for parameter_id, rows in hours.items()
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
        found = _next(connection, (hourly.c.hour, owed_hour.c.hour), station_id, at)
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
    by: Literal["month", "year"],
) -> Iterator[date]:
    """The first days of the months or years that hold a day of the table."""
    at = None if since is None else period_start(day_of(since), by)
    while True:
        day = _next(connection, (daily.c.day, owed_day.c.day), station_id, at)
        if day is None:
            return
        first = period_start(day, by)
        if until is not None and day_start(first) >= until:
            return
        yield first
        at = next_period(first, by)


def _next(connection: Connection, columns: Iterable[Column[Any]], station_id: int, at: Any) -> Any:
    """The least of a station's values from `at` on in any of the columns; None where there is none."""
    found = []
    for column in columns:
        query = select(func.min(column)).where(column.table.c.station_id == station_id)
        found.append(connection.scalar(query if at is None else query.where(column >= at)))
    return min((one for one in found if one is not None), default=None)
