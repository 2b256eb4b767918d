"""Which hours and days are still to be averaged, because they are not over yet.

Averaging an hour at each file that arrives in it would cost more than all the rest that is done with the
file. So settling (store/slots/settling.py) only notes that an hour under way is owed, in the transaction that
takes its mark, and averages it once: as soon as it is over and what is on time has come. What is owed is a
row like any other, so nothing is lost by a crash, and what fell due while nothing ran is found when something
runs again. While an hour or a day is owed it has no row among the averages, and is computed for whoever
looks (store/averages/lookup.py).
"""

from collections.abc import Collection, Mapping
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Table, bindparam, delete, select

from quality.averages import HOUR
from quality.intervals import Intervals
from quality.slots import day_of, day_start
from store.bulk import insert_rows
from store.key_list import key_list, matches
from store.millis import millis
from store.tables import daily, hourly, owed_day, owed_hour
from store.time_type import from_millis, to_millis

StationHour = tuple[int, int]
"""Station, and the hour's start in milliseconds."""
StationDay = tuple[int, date]
_ALLOWANCE = 5 * 60_000
"""How long behind the end of an hour its last readings are waited for (docs/rulebook.md, section 5); what
comes later has the hour computed anew."""


class Due(NamedTuple):
    """What is over, and was owed until now."""

    hours: set[StationHour]
    days: set[StationDay]


def due_at(end: int, interval: int) -> int:
    """When a period that ends at `end` is to be averaged, of a station of so many minutes a slot.

    Its last slot may reach beyond it where slots do not fill hours; and what is measured at the slot's very
    end has its time to arrive. In milliseconds.
    """
    return end + (interval * 60_000 if 60 % interval else 0) + _ALLOWANCE


def hour_due_at(hour: int, interval: int) -> int:
    """When an hour (its start) is to be averaged."""
    return due_at(hour + HOUR, interval)


def day_due_at(day: date, interval: int) -> int:
    """When a day is to be averaged: with its last hour."""
    return due_at(to_millis(day_start(day)) + 24 * HOUR, interval)


def owe(
    connection: Connection,
    hours: Collection[StationHour],
    days: Collection[StationDay],
    intervals: Mapping[int, Intervals],
) -> None:
    """Notes that hours and days are to be averaged when they are over; what is noted already stays.

    What stands among the averages for them, from a clock that was set back, is taken away. Only settling
    calls it: one at a time.
    """
    new_hours = set(hours) - _known_hours(connection, hours) if hours else set()
    new_days = set(days) | {(station_id, day_of(from_millis(hour))) for station_id, hour in new_hours}
    new_days -= _known_days(connection, new_days) if new_days else set()
    if new_hours:
        _take_away(connection, hourly, "hour", [(one, from_millis(hour)) for one, hour in new_hours])
        insert_rows(
            connection,
            owed_hour,
            [
                {
                    "station_id": station_id,
                    "hour": from_millis(hour),
                    "due_at": from_millis(hour_due_at(hour, intervals[station_id].at(hour))),
                }
                for station_id, hour in sorted(new_hours)
            ],
        )
    if new_days:
        _take_away(connection, daily, "day", list(new_days))
        insert_rows(
            connection,
            owed_day,
            [
                {
                    "station_id": station_id,
                    "day": day,
                    "due_at": from_millis(day_due_at(day, intervals[station_id].on(day))),
                }
                for station_id, day in sorted(new_days)
            ],
        )


def any_due(connection: Connection, now: datetime) -> bool:
    """Whether there is anything to average. now: aware."""
    return any(
        connection.scalar(select(owed.c.station_id).where(owed.c.due_at <= now).limit(1)) is not None
        for owed in (owed_hour, owed_day)
    )


def take_due(
    connection: Connection, limit: int, now: datetime, station_ids: Collection[int] | None = None
) -> Due:
    """Takes up to `limit` hours and days that are over off the list, of the given stations only; days when
    no hour is left. The caller averages them in the same transaction."""
    hours = _take(connection, owed_hour, "hour", limit, now, station_ids)
    days = _take(connection, owed_day, "day", limit - len(hours), now, station_ids)
    return Due({(station_id, to_millis(hour)) for station_id, hour in hours}, set(days))


def owed_hours(connection: Connection, station_id: int, begin: datetime, end: datetime) -> set[StationHour]:
    """A station's owed hours that begin from `begin` up to `end`, not included."""
    query = select(owed_hour.c.station_id, millis(owed_hour.c.hour)).where(
        owed_hour.c.station_id == station_id, owed_hour.c.hour >= begin, owed_hour.c.hour < end
    )
    return {(row[0], row[1]) for row in connection.execute(query)}


def owed_days(connection: Connection, station_id: int, first: date, following: date) -> list[date]:
    """A station's owed days from `first` up to `following`, not included."""
    query = select(owed_day.c.day).where(
        owed_day.c.station_id == station_id, owed_day.c.day >= first, owed_day.c.day < following
    )
    return list(connection.scalars(query.order_by(owed_day.c.day)))


def _known_hours(connection: Connection, hours: Collection[StationHour]) -> set[StationHour]:
    key = (owed_hour.c.station_id, owed_hour.c.hour)
    listed = key_list(connection, key, [(one, from_millis(hour)) for one, hour in hours])
    query = select(owed_hour.c.station_id, millis(owed_hour.c.hour)).select_from(listed)
    return {(row[0], row[1]) for row in connection.execute(query.join(owed_hour, matches(key, listed)))}


def _known_days(connection: Connection, days: Collection[StationDay]) -> set[StationDay]:
    key = (owed_day.c.station_id, owed_day.c.day)
    listed = key_list(connection, key, days)
    query = select(*key).select_from(listed).join(owed_day, matches(key, listed))
    return {(row[0], row[1]) for row in connection.execute(query)}


def _take(
    connection: Connection,
    owed: Table,
    when: str,
    limit: int,
    now: datetime,
    station_ids: Collection[int] | None,
) -> list[tuple[int, Any]]:
    if limit <= 0:
        return []
    query = select(owed.c.station_id, owed.c[when]).where(owed.c.due_at <= now)
    if station_ids is not None:
        query = query.where(owed.c.station_id.in_(station_ids))
    query = query.order_by(owed.c.due_at, owed.c.station_id).limit(limit)
    found = [(row[0], row[1]) for row in connection.execute(query)]
    _take_away(connection, owed, when, found)
    return found


def _take_away(connection: Connection, table: Table, when: str, keys: Collection[tuple[int, Any]]) -> None:
    if keys:
        connection.execute(
            delete(table).where(
                table.c.station_id == bindparam("of_station"), table.c[when] == bindparam("at")
            ),
            [{"of_station": station_id, "at": at} for station_id, at in sorted(keys)],
        )
