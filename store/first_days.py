"""From which day on a station without a declared start is in service: that of its first reading."""

from collections.abc import Collection
from datetime import date

from sqlalchemy import Connection, func, select

from quality.slots import day_of, day_start
from store.tables import reading, station

EARLIEST = date(2010, 1, 1)
"""No station sent such files before. A logger whose clock was reset (1970, 2000) sends readings that are
kept and judged, but one of them must not make a station owe decades of slots."""


def first_days(connection: Connection, station_ids: Collection[int]) -> dict[int, date]:
    """The day in Vietnam of each station's first reading, by id; stations that never sent are left out.

    One step down an index for each station.
    """
    first = (
        select(func.min(reading.c.measured_at))
        .where(reading.c.station_id == station.c.id, reading.c.measured_at >= day_start(EARLIEST))
        .correlate(station)
        .scalar_subquery()
    )
    query = select(station.c.id, first.label("measured_at")).where(station.c.id.in_(station_ids))
    return {
        row.id: day_of(row.measured_at)
        for row in connection.execute(query).all()
        if row.measured_at is not None
    }
