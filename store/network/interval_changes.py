"""Another interval for a station from a day in Vietnam on: dated, and what it concerns counted anew.

The marks of what is to be counted anew are part of the change's transaction. Days whose readings left the
store (store/files/retention.py) cannot be counted by another interval, so no change may concern them.
"""

from collections.abc import Mapping
from datetime import date

from sqlalchemy import Connection, select

from quality.months import next_month
from quality.slots import day_start
from store.files.archives import months_without_readings
from store.network import setting_history
from store.network.setting_history import STATION_INTERVALS
from store.service.interruption_marks import mark_station
from store.slots.dirty_hours import mark_days_from
from store.tables import reading, slot_day


def takes_back(connection: Connection, station_id: int, since: date) -> bool:
    """Whether another interval is known to begin after that day."""
    return setting_history.reaches_beyond(connection, STATION_INTERVALS, station_id, since)


def first_free_days(connection: Connection, station_ids: Mapping[str, int]) -> dict[str, date]:
    """The earliest day from which on an interval may change, of stations of which readings left the store."""
    found: dict[int, date] = {}
    for station_id, month in months_without_readings(connection, list(station_ids.values())):
        found[station_id] = max(next_month(month), found.get(station_id, date.min))
    return {key: found[station_id] for key, station_id in station_ids.items() if station_id in found}


def change_interval(
    connection: Connection,
    station_id: int,
    before: Mapping[str, object],
    after: Mapping[str, object],
    since: date,
) -> int:
    """Dates the change; returns how many later ones it takes back. The caller writes the station's row."""
    taken = setting_history.change_from(connection, STATION_INTERVALS, station_id, before, after, since)
    mark_days_from(connection, station_id, since)
    mark_station(connection, station_id, day_start(since))
    return taken


def declare_interval(connection: Connection, station_id: int) -> None:
    """Lets the interval in the station's row hold from ever."""
    setting_history.forget(connection, STATION_INTERVALS, station_id)


def has_measured(connection: Connection, station_id: int) -> bool:
    """Whether anything was ever measured, so that an interval was in force for it."""
    tables = (reading, slot_day)
    return any(
        connection.execute(
            select(table.c.station_id).where(table.c.station_id == station_id).limit(1)
        ).first()
        is not None
        for table in tables
    )
