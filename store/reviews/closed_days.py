"""Closing a day (chốt ngày): a named person says that a station's day is final, and who may say otherwise.

A closed day takes no review until it is reopened, with a reason. Data that comes late is stored all the
same: the day then shows since when its readings are not what was closed. That is found by comparing the
day with the digest it was closed with, so a mark that changed nothing changes nothing here either.
"""

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from quality.slots import day_of, day_start
from store.audit import Act, record
from store.database_clock import database_now
from store.reviews.problem import ClosedDayError, ReviewProblemError
from store.tables import closed_day, day_closing, reading, station
from store.time_type import to_millis

MOST_DAYS = 400
"""Days that one closing may name."""
_DAY = timedelta(days=1)


class Closed(NamedTuple):
    """A station's day that is closed."""

    station_id: int
    day: date
    who: str
    at: datetime
    changed_at: datetime | None
    """Since when its readings are not what was closed; None: they are."""


def refuse_closed(connection: Connection, station_id: int, from_at: datetime, to_at: datetime) -> None:
    """Raises ClosedDayError where a day that holds a moment of the stretch is closed."""
    last = day_of(to_at - timedelta(milliseconds=1))
    query = (
        select(closed_day.c.day, station.c.code)
        .join(station, station.c.id == closed_day.c.station_id)
        .where(
            closed_day.c.station_id == station_id,
            closed_day.c.day >= day_of(from_at),
            closed_day.c.day <= last,
        )
        .order_by(closed_day.c.day)
    )
    rows = connection.execute(query).all()
    if rows:
        raise ClosedDayError(rows[0].code, [row.day for row in rows])


def close(connection: Connection, station_id: int, days: Sequence[date], reason: str, act: Act) -> list[date]:
    """Closes days that are over; those that are closed already stay as they are. Returns what it closed."""
    _check(days)
    if max(days) >= day_of(act.at):
        raise ReviewProblemError("to", f"{max(days)} is not over yet")
    closed = {row.day for row in closed_between(connection, [station_id], min(days), max(days))}
    new = [day for day in days if day not in closed]
    for day in new:
        digest = digest_of(connection, station_id, day)
        common = {"station_id": station_id, "day": day, "who": act.who, "at": act.at, "digest": digest}
        connection.execute(insert(day_closing).values(**common, action="close", reason=reason))
        connection.execute(insert(closed_day).values(**common))
    _audit(connection, act, "day.close", station_id, new, reason)
    return new


def reopen(
    connection: Connection, station_id: int, days: Sequence[date], reason: str, act: Act
) -> list[date]:
    """Opens closed days again; returns which. The reason is required."""
    _check(days)
    if not reason.strip():
        raise ReviewProblemError("reason", "must say why a closed day is opened again")
    closed = {row.day for row in closed_between(connection, [station_id], min(days), max(days))}
    gone = [day for day in days if day in closed]
    for day in gone:
        connection.execute(
            insert(day_closing).values(
                station_id=station_id, day=day, who=act.who, at=act.at, action="reopen", reason=reason
            )
        )
        connection.execute(
            delete(closed_day).where(closed_day.c.station_id == station_id, closed_day.c.day == day)
        )
    _audit(connection, act, "day.reopen", station_id, gone, reason)
    return gone


def note_changes(connection: Connection, hours: Collection[tuple[int, datetime]]) -> None:
    """Marks closed days whose readings changed, of the given (station, moment) pairs.

    The ledger calls it where it settles hours: for nearly all of them no day is closed, and one look says so.
    """
    days = {(station_id, day_of(moment)) for station_id, moment in hours}
    if not days:
        return
    stations = {station_id for station_id, _ in days}
    first, last = min(day for _, day in days), max(day for _, day in days)
    query = select(closed_day.c.station_id, closed_day.c.day, closed_day.c.digest).where(
        closed_day.c.station_id.in_(stations),
        closed_day.c.day.between(first, last),
        closed_day.c.changed_at.is_(None),
    )
    for station_id, day, digest in connection.execute(query).all():
        if (station_id, day) in days and digest_of(connection, station_id, day) != digest:
            connection.execute(
                update(closed_day)
                .where(closed_day.c.station_id == bindparam("of"), closed_day.c.day == bindparam("on"))
                .values(changed_at=database_now()),
                {"of": station_id, "on": day},
            )


def closed_between(
    connection: Connection, station_ids: Collection[int], first: date, last: date
) -> list[Closed]:
    """The closed days of stations, both ends included, by station and day."""
    query = select(*(closed_day.c[name] for name in Closed._fields)).where(
        closed_day.c.station_id.in_(station_ids), closed_day.c.day.between(first, last)
    )
    rows = connection.execute(query.order_by(closed_day.c.station_id, closed_day.c.day))
    return [Closed(*row) for row in rows]


def digest_of(connection: Connection, station_id: int, day: date) -> str:
    """SHA-256 over what counts of a day's readings: parameter, time, number, status, validity, review."""
    begin = day_start(day)
    query = (
        select(
            reading.c.parameter_id,
            reading.c.measured_at,
            reading.c.text,
            reading.c.value,
            reading.c.unit,
            reading.c.status,
            reading.c.valid,
            reading.c.review,
            reading.c.reviewed_value,
        )
        .where(
            reading.c.station_id == station_id,
            reading.c.measured_at >= begin,
            reading.c.measured_at <= begin + _DAY - timedelta(milliseconds=1),
        )
        .order_by(reading.c.measured_at, reading.c.parameter_id)
    )
    told = sha256()
    for parameter_id, measured_at, *rest in connection.execute(query):
        told.update(repr((parameter_id, to_millis(measured_at), *rest)).encode())
    return told.hexdigest()


def _check(days: Sequence[date]) -> None:
    if not days:
        raise ReviewProblemError("to", "must not be before `from`")
    if len(days) > MOST_DAYS:
        raise ReviewProblemError("to", f"more than {MOST_DAYS} days at once")


def _audit(
    connection: Connection, act: Act, action: str, station_id: int, days: Sequence[date], reason: str
) -> None:
    if days:
        code = connection.scalar(select(station.c.code).where(station.c.id == station_id)) or ""
        detail = {"days": [day.isoformat() for day in days], "reason": reason}
        record(connection, act, action, code, detail)
