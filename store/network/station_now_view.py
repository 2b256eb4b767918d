"""What is newest of each station: its last measured time, its last arrival, its latest readings.

Asked for hundreds of stations at once, on every refresh of a page, so nothing here scans: each
figure is one step down an index, in two statements for all stations.
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Connection, and_, func, select

from quality.slots import day_of
from quality.station_state import Latest
from quality.verdict import flags_from_json
from store.limits.exceedance_view import levels_now
from store.minutes_before import minutes_before
from store.network.intervals import minutes_on
from store.tables import data_file, reading, station


class Newest(NamedTuple):
    """The newest of one station."""

    last_measured_at: datetime | None
    """Not ahead of the clock: a reading from the future says nothing about now."""
    last_arrival_at: datetime | None
    latest: tuple[Latest, ...]
    """Each parameter's newest reading of the newest slot."""
    exceeding: bool = False
    """By the newest average that is compared with a limit."""
    warned: bool = False


RECENT = 8
"""Files of a station by which its connection is told."""


def recent_arrivals(
    connection: Connection, station_id: int, limit: int = RECENT
) -> list[tuple[datetime, datetime | None]]:
    """When a station's newest files came, oldest first, and the newest time measured in each."""
    query = (
        select(data_file.c.received_at, data_file.c.last_at)
        .where(data_file.c.station_id == station_id)
        .order_by(data_file.c.received_at.desc(), data_file.c.id.desc())
        .limit(limit)
    )
    return [(row.received_at, row.last_at) for row in reversed(connection.execute(query).all())]


def newest(
    connection: Connection, station_ids: Collection[int], now: datetime, ahead: timedelta
) -> dict[int, Newest]:
    """The newest of each given station, by its id. ahead: how far a measured time may be ahead of now."""
    measured = (
        select(func.max(reading.c.measured_at))
        .where(reading.c.station_id == station.c.id, reading.c.measured_at <= now + ahead)
        .correlate(station)
        .scalar_subquery()
    )
    arrived = (
        select(func.max(data_file.c.received_at))
        .where(data_file.c.station_id == station.c.id)
        .correlate(station)
        .scalar_subquery()
    )
    wanted = select(
        station.c.id,
        minutes_on(day_of(now)).label("minutes"),
        measured.label("measured_at"),
        arrived.label("arrived_at"),
    ).where(station.c.id.in_(station_ids))
    # materialized, or PostgreSQL looks for the newest again at every reading that it compares with it
    last = wanted.cte("newest").prefix_with("MATERIALIZED")
    # From the newest reading back by less than one interval: a slot may have come in several files.
    query = (
        select(
            last.c.id,
            reading.c.parameter_id,
            reading.c.status,
            reading.c.value.is_not(None).label("has_value"),
            reading.c.flags,
        )
        .join(
            reading,
            and_(
                reading.c.station_id == last.c.id,
                reading.c.measured_at > minutes_before(last.c.measured_at, last.c.minutes),
                reading.c.measured_at <= last.c.measured_at,
            ),
        )
        .order_by(last.c.id, reading.c.measured_at)
    )
    latest: dict[int, dict[int, Latest]] = {}
    for station_id, parameter_id, status, has_value, flags in connection.execute(query).all():
        rules = frozenset(flag.rule for flag in flags_from_json(flags))
        latest.setdefault(station_id, {})[parameter_id] = Latest(status, has_value, rules)
    limits = levels_now(connection, station_ids)
    return {
        row.id: Newest(
            row.measured_at,
            row.arrived_at,
            tuple(latest.get(row.id, {}).values()),
            "alarm" in limits.get(row.id, ()),
            "warning" in limits.get(row.id, ()),
        )
        for row in connection.execute(wanted).all()
    }
