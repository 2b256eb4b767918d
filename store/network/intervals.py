"""The intervals of stations, as they were and are (quality/intervals.py says what they mean).

How a change is written is in store/network/setting_history.py.
"""

from collections.abc import Collection
from datetime import date

from sqlalchemy import ColumnElement, Connection, func, select

from quality.intervals import Intervals
from store.tables import station, station_interval


def load_intervals(
    connection: Connection, station_ids: Collection[int] | None = None
) -> dict[int, Intervals]:
    """The intervals by station; one that is gone is not in it. None: of all stations."""
    newest = select(station.c.id, station.c.interval_minutes)
    before = select(
        station_interval.c.station_id, station_interval.c.valid_until, station_interval.c.interval_minutes
    )
    if station_ids is not None:
        newest = newest.where(station.c.id.in_(station_ids))
        before = before.where(station_interval.c.station_id.in_(station_ids))
    earlier: dict[int, list[tuple[date, int]]] = {}
    for station_id, until, minutes in connection.execute(before.order_by(station_interval.c.valid_until)):
        earlier.setdefault(station_id, []).append((until, minutes))
    return {
        station_id: Intervals(minutes, tuple(earlier.get(station_id, ())))
        for station_id, minutes in connection.execute(newest)
    }


def minutes_on(day: date) -> ColumnElement[int]:
    """The interval of the `station` of the query around it, on a day in Vietnam."""
    before = (
        select(station_interval.c.interval_minutes)
        .where(station_interval.c.station_id == station.c.id, station_interval.c.valid_until > day)
        .order_by(station_interval.c.valid_until)
        .limit(1)
        .correlate(station)
        .scalar_subquery()
    )
    return func.coalesce(before, station.c.interval_minutes)
