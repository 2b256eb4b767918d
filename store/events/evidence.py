"""What the dossier of an event holds, out of the store: readings, averages, files, reviews, audit.

Everything is streamed and in a fixed order, so that the same store gives the same dossier byte for byte.
The window is whole days in Vietnam round the event, because a day's average can only be computed again
from all of its readings.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Connection, and_, or_, select

from quality.intervals import Intervals
from quality.limits.gas import NO, NO2, NOX, OXYGEN
from quality.slots import day_of, day_start
from store.audit import Entry
from store.events.view import EventEntry, find_event
from store.network.intervals import load_intervals
from store.tables import audit_log, data_file, hourly, parameter, reading, review

CALIBRATION_DAYS = 7
"""How far round the event calibrations are looked for."""
KINDS = ("limit_exceeded", "limit_warning", "interrupted")
"""Events that a dossier can be made of."""
_CHUNK = 500


class NoDossierError(Exception):
    """There is no such event, or none of which a dossier can be made; the message says which."""


@dataclass(frozen=True)
class Subject:
    """What a dossier is about."""

    entry: EventEntry
    station_id: int
    intervals: Intervals
    """The station's, in minutes."""
    begin: datetime
    end: datetime
    """The window; not included."""
    parameter_ids: frozenset[int] | None
    """The event's parameter, and what it is corrected by or derived from; None: all of the station."""


class FileLine(NamedTuple):
    """A file of the ledger, without its bytes."""

    id: int
    name: str
    path: str
    account: str
    door: str
    peer: str
    received_at: datetime
    size: int
    sha256: str
    encoding: str | None
    state: str


def subject_of(connection: Connection, event_id: int, now: datetime) -> Subject:
    """The event and its window. Raises NoDossierError."""
    entry = find_event(connection, event_id, None)
    if entry is None:
        raise NoDossierError(f"there is no event {event_id}; `qttd event list` names them all")
    one = entry.event
    if one.kind not in KINDS or one.station_id is None:
        raise NoDossierError(
            f"event {event_id} is of the kind {one.kind}; a dossier is of a limit or an interruption"
        )
    until = one.detail.get("until")
    end = datetime.fromisoformat(until) if isinstance(until, str) else one.ended_at or now
    last = day_of(max(end - timedelta(milliseconds=1), one.started_at))
    ids = None
    if one.parameter_id is not None:
        name = one.detail.get("parameter", entry.parameter)
        names = {entry.parameter, name, OXYGEN, *((NO, NO2) if name == NOX else ())}
        ids = frozenset(connection.scalars(select(parameter.c.id).where(parameter.c.code.in_(names))))
    return Subject(
        entry,
        one.station_id,
        load_intervals(connection, [one.station_id])[one.station_id],
        day_start(day_of(one.started_at)),
        day_start(last + timedelta(days=1)),
        ids,
    )


def readings(connection: Connection, subject: Subject) -> Iterator[Any]:
    """The readings in force of the window, by time and parameter, each with its file's hash."""
    where = [reading.c.measured_at >= subject.begin, reading.c.measured_at < subject.end]
    if subject.parameter_ids is not None:
        where.append(reading.c.parameter_id.in_(subject.parameter_ids))
    return _readings(connection, subject, where)


def calibrations(connection: Connection, subject: Subject) -> Iterator[Any]:
    """Readings of every parameter with status 01, within a week of the window."""
    around = timedelta(days=CALIBRATION_DAYS)
    return _readings(
        connection,
        subject,
        [
            reading.c.measured_at >= subject.begin - around,
            reading.c.measured_at < subject.end + around,
            reading.c.status == "01",
        ],
    )


def _readings(connection: Connection, subject: Subject, where: Collection[Any]) -> Iterator[Any]:
    query = (
        select(reading, parameter.c.code.label("parameter"), data_file.c.sha256.label("file_sha256"))
        .join(parameter, parameter.c.id == reading.c.parameter_id)
        .outerjoin(data_file, data_file.c.id == reading.c.file_id)
        .where(reading.c.station_id == subject.station_id, *where)
        .order_by(reading.c.measured_at, reading.c.parameter_id)
    )
    yield from connection.execute(query)


def hours(connection: Connection, subject: Subject) -> Iterator[Any]:
    """The hourly averages of the window in both layers, by hour and parameter."""
    query = (
        select(hourly, parameter.c.code.label("parameter"), parameter.c.averaging)
        .join(parameter, parameter.c.id == hourly.c.parameter_id)
        .where(
            hourly.c.station_id == subject.station_id,
            hourly.c.hour >= subject.begin,
            hourly.c.hour < subject.end,
        )
        .order_by(hourly.c.hour, hourly.c.parameter_id)
    )
    if subject.parameter_ids is not None:
        query = query.where(hourly.c.parameter_id.in_(subject.parameter_ids))
    yield from connection.execute(query)


def files(connection: Connection, subject: Subject) -> list[FileLine]:
    """Every file of the station with a reading of the window's time, whatever became of it, by id."""
    query = select(*(data_file.c[name] for name in FileLine._fields)).where(
        data_file.c.station_id == subject.station_id,
        or_(
            and_(data_file.c.first_at < subject.end, data_file.c.last_at >= subject.begin),
            and_(data_file.c.measured_at >= subject.begin, data_file.c.measured_at < subject.end),
        ),
    )
    return [FileLine(*row) for row in connection.execute(query.order_by(data_file.c.id))]


def contents(connection: Connection, lines: Collection[FileLine]) -> Iterator[tuple[FileLine, bytes | None]]:
    """The files with their bytes as received, one at a time; None: they are only in an archive."""
    query = select(data_file.c.content)
    for line in lines:
        yield line, connection.execute(query.where(data_file.c.id == line.id)).scalar_one()


def reviews(connection: Connection, subject: Subject) -> list[dict[str, Any]]:
    """What people decided about the window's readings, by id."""
    query = select(review).where(
        review.c.station_id == subject.station_id,
        review.c.from_at < subject.end,
        review.c.to_at > subject.begin,
    )
    return [dict(row) for row in connection.execute(query.order_by(review.c.id)).mappings()]


def audit_rows(connection: Connection, subject: Subject) -> Iterator[Entry]:
    """The audit log's lines on the event, the station with its limits, and the standard; by id.

    That dossiers were made is left out: each would change the next.
    """
    code = subject.entry.station or ""
    standard = str(subject.entry.event.detail.get("code", ""))
    about = [
        (audit_log.c.subject == str(subject.entry.event.id)) & audit_log.c.action.startswith("event."),
        audit_log.c.subject == code,
        audit_log.c.subject.startswith(f"{code} ", autoescape=True),
        audit_log.c.action.startswith("figure."),
    ]
    if standard:
        own = audit_log.c.subject.startswith(f"{standard} ", autoescape=True)
        about.append(audit_log.c.action.startswith("limit.") & own)
    columns = [audit_log.c[name] for name in Entry._fields]
    query = select(*columns).where(or_(*about), audit_log.c.action != "event.evidence")
    for row in connection.execute(query.order_by(audit_log.c.id)):
        yield Entry(*row)
