"""Daily averages: computed from a day's hourly ones, and written where they changed.

Which days are to be computed is decided in store/averages/keeping.py; what a spread is, in
quality/averages.py.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Connection, select

from quality.averages import MINIMUM_PERCENT, Averaging, Part, day_expects, of_hours
from quality.figures import MINIMUM
from quality.intervals import Intervals
from quality.slots import day_start, slot_of_millis
from store.averages.hourly import hours_within
from store.averages.owed import StationDay
from store.averages.rows import DAY_COLUMNS, Sides, day_cells, remove_rows, sides_of
from store.bulk import upsert_rows
from store.key_list import key_list, matches
from store.limits.figures import load_figures
from store.tables import daily
from store.time_type import to_millis

_DAYS = 400
"""Station days per look-up: a day of ten parameters has 240 rows."""
DayRows = dict[tuple[int, date, int], tuple[Any, ...]]
"""Rows of `daily` in the order of DAY_COLUMNS, by station, day and parameter."""


def day_rows_of(connection: Connection, days: Collection[StationDay]) -> DayRows:
    """The rows that stand for the days."""
    if not days:
        return {}
    key = (daily.c.station_id, daily.c.day)
    listed = key_list(connection, key, sorted(days))
    rows = connection.execute(
        select(*(daily.c[name] for name in DAY_COLUMNS)).select_from(listed).join(daily, matches(key, listed))
    )
    return {(row.station_id, row.day, row.parameter_id): tuple(row) for row in rows}


def write_days(
    connection: Connection,
    days: Collection[StationDay],
    known: DayRows,
    intervals: Mapping[int, Intervals],
    averagings: Mapping[int, Averaging],
) -> set[StationDay]:
    """Computes the days anew from their hours, and writes what differs from `known`; returns those days."""
    if not days:
        return set()
    changed: set[StationDay] = set()
    rows = []
    present = set()
    figures = load_figures(connection, MINIMUM)
    for (station_id, day), parts in _hours_of(connection, days).items():
        begin = to_millis(day_start(day))
        percent = figures.value(MINIMUM, "hour", day, MINIMUM_PERCENT)
        interval = intervals[station_id].on(day)
        for parameter_id, hours in parts.items():
            key = (station_id, day, parameter_id)
            present.add(key)
            sides = day_of_hours(hours, averagings[parameter_id], percent)
            cells = day_cells(key, begin, interval, day_expects(interval), sides)
            if known.get(key) != cells:
                rows.append(dict(zip(DAY_COLUMNS, cells, strict=True)))
                changed.add((station_id, day))
    gone = [key for key in known if key not in present]
    changed.update(key[:2] for key in gone)
    upsert_rows(connection, daily, rows)
    remove_rows(connection, daily, "day", gone)
    return changed


def day_of_hours(hours: Sequence[tuple[int, Sides]], averaging: Averaging, percent: float) -> Sides:
    """What a parameter's hours, each with its expected slots, come to.

    percent: the least share of an hour's slots.
    """
    received = of_hours((Part(expected, sides.received) for expected, sides in hours), averaging, percent)
    if all(sides.received == sides.reviewed for _, sides in hours):
        return Sides(received, received)
    reviewed = of_hours((Part(expected, sides.reviewed) for expected, sides in hours), averaging, percent)
    return Sides(received, reviewed)


def _hours_of(
    connection: Connection, days: Iterable[StationDay]
) -> dict[StationDay, dict[int, list[tuple[int, Sides]]]]:
    """The hours of whole days, by parameter; a day without any has nothing in it."""
    wanted = sorted(days)
    found: dict[StationDay, dict[int, list[tuple[int, Sides]]]] = {day: defaultdict(list) for day in wanted}
    for start in range(0, len(wanted), _DAYS):
        keys = [
            (station_id, day_start(day), day_start(day) + timedelta(days=1))
            for station_id, day in wanted[start : start + _DAYS]
        ]
        for row in hours_within(connection, keys):
            station_id, hour, parameter_id = row[:3]
            day, _ = slot_of_millis(hour, 60)
            found[station_id, day][parameter_id].append(sides_of(row))
    return found
