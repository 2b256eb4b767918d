"""What is newest of each station: its last measured time, its last arrival, its latest readings.

Asked for hundreds of stations at once, on every refresh of a page, so nothing here scans: each
figure is one step down an index, in one statement for all stations.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Connection, Integer, and_, column, func, select, values

from quality.station_state import FUTURE_TOLERANCE, Latest
from quality.verdict import flags_from_json
from store.station_view import StationEntry
from store.tables import data_file, reading, station
from store.time_type import UtcTime

_CHUNK = 200
"""Stations per statement: three parameters each, far below either database's limit."""


class Newest(NamedTuple):
    """The newest of one station."""

    last_measured_at: datetime | None
    """Not ahead of the clock: a reading from the future says nothing about now."""
    last_arrival_at: datetime | None
    latest: tuple[Latest, ...]
    """Each parameter's newest reading of the newest slot."""


def newest(connection: Connection, stations: Sequence[StationEntry], now: datetime) -> dict[int, Newest]:
    """The newest of each given station, by its id."""
    found: dict[int, Newest] = {}
    for start in range(0, len(stations), _CHUNK):
        found.update(_newest(connection, stations[start : start + _CHUNK], now))
    return found


def _newest(connection: Connection, stations: Sequence[StationEntry], now: datetime) -> dict[int, Newest]:
    measured = (
        select(func.max(reading.c.measured_at))
        .where(reading.c.station_id == station.c.id, reading.c.measured_at <= now + FUTURE_TOLERANCE)
        .correlate(station)
        .scalar_subquery()
    )
    arrived = (
        select(func.max(data_file.c.received_at))
        .where(data_file.c.station_id == station.c.id)
        .correlate(station)
        .scalar_subquery()
    )
    rows = connection.execute(
        select(station.c.id, measured.label("measured"), arrived.label("arrived")).where(
            station.c.id.in_([entry.id for entry in stations])
        )
    ).all()
    slot = {entry.id: timedelta(minutes=entry.interval_minutes) for entry in stations}
    windows = [
        (row.id, row.measured - slot[row.id], row.measured) for row in rows if row.measured is not None
    ]
    latest = _latest(connection, windows)
    return {row.id: Newest(row.measured, row.arrived, tuple(latest.get(row.id, {}).values())) for row in rows}


def _latest(
    connection: Connection, windows: Sequence[tuple[int, datetime, datetime]]
) -> dict[int, dict[int, Latest]]:
    """By station and parameter, the newest reading in the station's window (its start not included)."""
    if not windows:
        return {}
    window = values(
        column("station_id", Integer), column("after", UtcTime), column("until", UtcTime), name="window"
    ).data(list(windows))
    wanted = window.cte("newest_slot")
    query = (
        select(
            reading.c.station_id, reading.c.parameter_id, reading.c.status, reading.c.value, reading.c.flags
        )
        .select_from(wanted)
        .join(
            reading,
            and_(
                reading.c.station_id == wanted.c.station_id,
                reading.c.measured_at > wanted.c.after,
                reading.c.measured_at <= wanted.c.until,
            ),
        )
        .order_by(reading.c.station_id, reading.c.measured_at)
    )
    found: dict[int, dict[int, Latest]] = {}
    for row in connection.execute(query):
        rules = frozenset(flag.rule for flag in flags_from_json(row.flags))
        found.setdefault(row.station_id, {})[row.parameter_id] = Latest(
            row.status, row.value is not None, rules
        )
    return found
