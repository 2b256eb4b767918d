"""What signs of manipulation are looked for in: a station's month, read in four statements.

One station and at most two months are in memory at a time.
"""

from collections.abc import Mapping
from datetime import date, datetime

from sqlalchemy import Connection, and_, select

from quality.signs.sample import Arrival, Rewrite, Sample
from quality.units import convert
from store.limits_in_force import load_limits
from store.millis import millis
from store.tables import data_file, parameter, reading, reading_version

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
            reading.c.value,
            reading.c.status,
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
    """Other values that came in that time, after the one that is in force, by parameter."""
    other = reading_version
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
            other.c.received_at >= begin,
            other.c.received_at < end,
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


def upper_limits(connection: Connection, station_id: int, day: date) -> dict[int, float]:
    """The lowest upper limit of every limited parameter on a day, in the channel's unit.

    A limit that measured values are corrected for (reference oxygen) is left out: readings as they came
    say nothing of it.
    """
    limits = load_limits(connection, [station_id])
    if station_id not in limits.stations:
        return {}
    channels = limits.stations[station_id].channels
    found: dict[int, float] = {}
    for limit in limits.on(station_id, day):
        measures = channels.get(limit.parameter)
        if measures is None or limit.high is None or limit.oxygen_reference is not None:
            continue
        high = convert(limit.high, limit.unit, measures.unit, measures.molar_mass)
        if high is not None:
            found[measures.parameter_id] = min(high, found.get(measures.parameter_id, high))
    return found


def names_of(connection: Connection, parameter_ids: Mapping[int, object]) -> dict[int, str]:
    """The parameters' own names."""
    rows = connection.execute(
        select(parameter.c.id, parameter.c.code).where(parameter.c.id.in_(parameter_ids))
    )
    return dict(rows.all())
