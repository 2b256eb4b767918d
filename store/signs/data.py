"""What signs of manipulation are looked for in: a station's month, read in four statements.

One station and at most two months are in memory at a time. Readings stand as people reviewed them: what a
person rejected was looked at and shows nothing more, and what a person corrected has the corrected number.
"""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection, and_, case, or_, select

from quality.signs.sample import Arrival, Rewrite, Sample
from store.millis import millis
from store.tables import channel, data_file, parameter, reading, reading_version

_REJECTED = "rejected"
"""Stands for the status of what a person rejected: neither measured nor calibrating."""
_TAKEN = ("accepted", "partial", "superseded")


def samples_of(
    connection: Connection, station_id: int, begin: datetime, end: datetime
) -> dict[int, list[Sample]]:
    """The readings in force of every parameter, in the order of time."""
    moment = reading.c.measured_at
    rows = connection.execute(
        select(
            reading.c.parameter_id,
            millis(moment),
            case((reading.c.review == "corrected", reading.c.reviewed_value), else_=reading.c.value),
            case((reading.c.review == "rejected", _REJECTED), else_=reading.c.status),
            millis(reading.c.received_at),
        )
        .where(reading.c.station_id == station_id, moment >= begin, moment < end)
        .order_by(moment)
    )
    found: dict[int, list[Sample]] = {}
    for parameter_id, at, value, status, received in rows:
        found.setdefault(parameter_id, []).append(Sample(at, value, status, received))
    return found


def rewrites_of(
    connection: Connection, station_id: int, begin: datetime, end: datetime
) -> dict[int, list[Rewrite]]:
    """Other values that came in that time, or are of that time, after the one that is in force, by
    parameter."""
    other = reading_version
    arrived = and_(other.c.received_at >= begin, other.c.received_at < end)
    measured = and_(other.c.measured_at >= begin, other.c.measured_at < end)
    same = and_(
        reading.c.station_id == other.c.station_id,
        reading.c.measured_at == other.c.measured_at,
        reading.c.parameter_id == other.c.parameter_id,
    )
    rows = connection.execute(
        select(
            other.c.parameter_id,
            millis(other.c.measured_at),
            reading.c.value,
            other.c.value,
            millis(other.c.received_at),
        )
        .join(reading, same)
        .where(
            other.c.station_id == station_id,
            or_(arrived, measured),
            other.c.received_at > reading.c.received_at,
            other.c.value.is_not(None),
            reading.c.value.is_not(None),
        )
        .order_by(other.c.received_at, other.c.measured_at)
    )
    found: dict[int, list[Rewrite]] = {}
    for parameter_id, at, first, second, received in rows:
        if first != second:
            found.setdefault(parameter_id, []).append(Rewrite(at, first, second, received))
    return found


def arrivals_of(connection: Connection, station_id: int, begin: datetime, end: datetime) -> list[Arrival]:
    """The station's files that came in that time, in the order in which they came."""
    rows = connection.execute(
        select(millis(data_file.c.last_at), millis(data_file.c.received_at))
        .where(
            data_file.c.station_id == station_id,
            data_file.c.received_at >= begin,
            data_file.c.received_at < end,
            data_file.c.last_at.is_not(None),
            data_file.c.state.in_(_TAKEN),
        )
        .order_by(data_file.c.received_at, data_file.c.id)
    )
    return [Arrival(measured, received) for measured, received in rows]


def names_of(connection: Connection, parameter_ids: Mapping[int, object]) -> dict[int, str]:
    """The parameters' own names."""
    rows = connection.execute(
        select(parameter.c.id, parameter.c.code).where(parameter.c.id.in_(parameter_ids))
    )
    return dict(rows.all())


def units_of(connection: Connection, station_id: int) -> dict[int, str]:
    """The unit of every declared channel of a station, by its parameter; empty where it has none."""
    rows = connection.execute(
        select(channel.c.parameter_id, channel.c.unit, parameter.c.unit.label("usual"))
        .join(parameter, parameter.c.id == channel.c.parameter_id)
        .where(channel.c.station_id == station_id)
    )
    return {row.parameter_id: row.unit or row.usual or "" for row in rows}
