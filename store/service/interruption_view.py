"""Interruptions as lists show them, with what people say of them; and the writing of that.

How long one lasted, what of it is excused, and whether it is reportable are computed when it is asked for,
by the figures that were in force when it began.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, or_, select, update

from quality.dated_rules import DatedRules
from quality.service import Service
from store.audit import Act, record
from store.limits.dated_rules import load_rules
from store.network.station_view import Visible
from store.service.interruption_watch import is_reportable, owed_minutes
from store.service.service_view import services
from store.tables import interruption, parameter, planned_stop, station


class InterruptionEntry(NamedTuple):
    """An interruption. Times are in UTC."""

    id: int
    station: str
    parameter: str | None
    """None: the whole station."""
    started_at: datetime
    ended_at: datetime | None
    """None: it goes on."""
    minutes: int
    """Until now where it goes on."""
    excused_minutes: int
    """Of them, announced stops and our own outages."""
    reportable: bool
    cause: str | None
    """What people said, else the reason of an announced stop in it; None: nobody knows."""
    notice: str
    notice_by: str
    notice_at: datetime | None
    remedy: str


class Note(NamedTuple):
    """What people say of an interruption; None leaves what is there."""

    cause: str | None = None
    notice: str | None = None
    notice_by: str | None = None
    notice_at: datetime | None = None
    remedy: str | None = None


class InterruptionFilter(NamedTuple):
    """Which interruptions."""

    visible: Visible
    station_id: int | None = None
    since: datetime | None = None
    """Aware; those that go on at, or end after it."""
    until: datetime | None = None
    """Aware; those that begin before it."""
    reportable_only: bool = False


class NoSuchInterruptionError(Exception):
    """There is no interruption of that number."""


class NoteProblemError(Exception):
    """What is noted of an interruption cannot be; the message begins with the name of the part."""


_COLUMNS = (
    interruption,
    station.c.code.label("station"),
    parameter.c.code.label("parameter"),
)


def interruption_page(
    connection: Connection,
    wanted: InterruptionFilter,
    after: tuple[datetime, int] | None,
    limit: int,
    now: datetime,
) -> tuple[list[InterruptionEntry], tuple[datetime, int] | None]:
    """The next interruptions by start and id, after `after`; and where to go on, if there are more."""
    query = _query().where(interruption.c.withdrawn_at.is_(None))
    if wanted.visible is not None:
        query = query.where(interruption.c.station_id.in_(wanted.visible))
    if wanted.station_id is not None:
        query = query.where(interruption.c.station_id == wanted.station_id)
    if wanted.since is not None:
        query = query.where(or_(interruption.c.ended_at.is_(None), interruption.c.ended_at > wanted.since))
    if wanted.until is not None:
        query = query.where(interruption.c.started_at < wanted.until)
    if after is not None:
        started_at, number = after
        query = query.where(
            interruption.c.started_at >= started_at,
            or_(interruption.c.started_at > started_at, interruption.c.id > number),
        )
    ordered = query.order_by(interruption.c.started_at, interruption.c.id).limit(limit + 1)
    rows = connection.execute(ordered).all()
    following = (rows[limit - 1].started_at, rows[limit - 1].id) if len(rows) > limit else None
    entries = _entries(connection, rows[:limit], now)
    if wanted.reportable_only:
        entries = [entry for entry in entries if entry.reportable]
    return entries, following


def find_interruption(
    connection: Connection, number: int, visible: Visible, now: datetime
) -> InterruptionEntry | None:
    """The interruption of that number; None when there is none to be seen, or it was withdrawn."""
    query = _query().where(interruption.c.id == number, interruption.c.withdrawn_at.is_(None))
    if visible is not None:
        query = query.where(interruption.c.station_id.in_(visible))
    found = _entries(connection, connection.execute(query).all(), now)
    return found[0] if found else None


def note_interruption(connection: Connection, number: int, note: Note, act: Act) -> None:
    """Says why it was, what the facility told, and what was done.

    Raises NoSuchInterruptionError; NoteProblemError for a notice that is yet to come.
    """
    if note.notice_at is not None and note.notice_at > act.at:
        raise NoteProblemError("notice_at: is yet to come")
    said = {name: value for name, value in note._asdict().items() if value is not None}
    query = select(interruption.c.id).where(interruption.c.id == number)
    if connection.scalar(query) is None:
        raise NoSuchInterruptionError(f"there is no interruption {number}")
    if said:
        connection.execute(update(interruption).where(interruption.c.id == number).values(**said))
    detail = {
        name: value.isoformat() if isinstance(value, datetime) else value for name, value in said.items()
    }
    record(connection, act, "interruption.note", str(number), detail)


def _query() -> Select[*tuple[Any, ...]]:
    return (
        select(*_COLUMNS)
        .join(station, station.c.id == interruption.c.station_id)
        .outerjoin(parameter, parameter.c.id == interruption.c.parameter_id)
    )


def _entries(connection: Connection, rows: Sequence[Any], now: datetime) -> list[InterruptionEntry]:
    if not rows:
        return []
    rules = load_rules(connection)
    since = min(row.started_at for row in rows)
    until = max(row.ended_at or now for row in rows)
    known = services(connection, {row.station_id for row in rows}, since, until, now)
    return [_entry(connection, row, known[row.station_id], rules, now) for row in rows]


def _entry(
    connection: Connection, row: Any, service: Service, rules: DatedRules, now: datetime
) -> InterruptionEntry:
    ended_at = max(row.ended_at or now, row.started_at)
    minutes = (ended_at - row.started_at) // timedelta(minutes=1)
    excused = minutes - owed_minutes(service, row.started_at, ended_at, row.parameter_id)
    cause = row.cause or (_stop_reason(connection, row, ended_at) if excused else None)
    return InterruptionEntry(
        id=row.id,
        station=row.station,
        parameter=row.parameter,
        started_at=row.started_at,
        ended_at=row.ended_at,
        minutes=minutes,
        excused_minutes=excused,
        reportable=is_reportable(service, rules, row.started_at, ended_at, row.parameter_id),
        cause=cause,
        notice=row.notice,
        notice_by=row.notice_by,
        notice_at=row.notice_at,
        remedy=row.remedy,
    )


def _stop_reason(connection: Connection, row: Any, ended_at: datetime) -> str | None:
    """The reason of the announced stop in it that began first."""
    query = (
        select(planned_stop.c.reason)
        .where(
            planned_stop.c.station_id == row.station_id,
            planned_stop.c.parameter_id.in_((0, row.parameter_id)),
            planned_stop.c.cancelled_at.is_(None),
            planned_stop.c.from_at < ended_at,
            planned_stop.c.to_at > row.started_at,
        )
        .order_by(planned_stop.c.from_at)
        .limit(1)
    )
    reason: str | None = connection.scalar(query)
    return reason
