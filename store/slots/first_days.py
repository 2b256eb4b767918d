"""From which day on a station without a declared start is in service: that of its first reading."""

from collections.abc import Collection, Iterator
from datetime import date

from sqlalchemy import Connection, func, select

from quality.slots import day_of, day_start
from store.tables import archive, reading, slot_day, station

EARLIEST = date(2010, 1, 1)
"""No station sent such files before. A logger whose clock was reset (1970, 2000) sends readings that are
kept and judged, but one of them must not make a station owe decades of slots."""


def first_days(connection: Connection, station_ids: Collection[int]) -> dict[int, date]:
    """The day in Vietnam of each station's first reading, by id; stations that never sent are left out.

    Where the first months' readings left the store, the first day with slots. One step down an
    index for each station.
    """
    first = (
        select(func.min(reading.c.measured_at))
        .where(reading.c.station_id == station.c.id, reading.c.measured_at >= day_start(EARLIEST))
        .correlate(station)
        .scalar_subquery()
    )
    query = select(station.c.id, first.label("measured_at")).where(station.c.id.in_(station_ids))
    found = {
        row.id: day_of(row.measured_at)
        for row in connection.execute(query).all()
        if row.measured_at is not None
    }
    for station_id, day in _counted(connection, station_ids):
        found[station_id] = min(day, found.get(station_id, day))
    return found


def _counted(connection: Connection, station_ids: Collection[int]) -> Iterator[tuple[int, date]]:
    """The first day with slots of each station of which readings were removed."""
    first = (
        select(func.min(slot_day.c.day))
        .where(slot_day.c.station_id == station.c.id, slot_day.c.day >= EARLIEST)
        .correlate(station)
        .scalar_subquery()
    )
    removed = select(archive.c.station_id).where(archive.c.readings_removed_at.is_not(None))
    query = select(station.c.id, first.label("day")).where(
        station.c.id.in_(station_ids), station.c.id.in_(removed)
    )
    for row in connection.execute(query):
        if row.day is not None:
            yield row.id, row.day
