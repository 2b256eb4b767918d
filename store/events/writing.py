"""Events as those who find them write them: opening, amending, closing, withdrawing.

An event is known by its kind, station, parameter, subject and start, so whoever judges the same data again
finds the event that is there and never makes it twice. Every change marks the event as news, in the
transaction of what caused it: whoever tells people takes the marks (`take_news`) and misses none. What people
do with an event is store/events/handling.py, the lists are store/events/view.py.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple, TypedDict, Unpack

from sqlalchemy import Connection, select, update

from quality.events import EventKind, EventLevel, EventState
from store.database_clock import database_now
from store.tables import event
from store.upsert import insert_for

NOBODY = 0
"""Stands in the table where an event has no station, or no parameter."""
_KEY = ("station_id", "kind", "parameter_id", "subject", "started_at")


@dataclass(frozen=True)
class Happening:
    """What has begun."""

    kind: EventKind
    station_id: int | None
    parameter_id: int | None
    subject: str
    """What else it is about: a target, an account, a limit's name; empty where nothing is to be added."""
    started_at: datetime
    """Aware. It begins when it began, not when it was found."""
    level: EventLevel
    detail: Mapping[str, Any] = field(default_factory=dict)
    """What JSON can hold; moments as ISO 8601 with +07:00."""
    state: EventState = "unsolved"
    """How far it is when it begins; what asks nothing of anybody begins as solved."""


class Event(NamedTuple):
    """An event as it stands. Times are in UTC."""

    id: int
    kind: EventKind
    station_id: int | None
    parameter_id: int | None
    subject: str
    level: EventLevel
    started_at: datetime
    ended_at: datetime | None
    """None: it goes on."""
    withdrawn_at: datetime | None
    """Since when it counts as never having happened."""
    detail: dict[str, Any]
    state: EventState
    acknowledged_by: str | None
    acknowledged_at: datetime | None
    note: str
    updated_at: datetime


class Changes(TypedDict, total=False):
    """What may become otherwise of an event once it is there; what is not given stays."""

    started_at: datetime
    ended_at: datetime | None
    withdrawn_at: datetime | None
    level: EventLevel
    detail: Mapping[str, Any]


EVENT_COLUMNS = tuple(event.c[name] for name in Event._fields)


def of_row(row: Any) -> Event:
    """The event of a row of EVENT_COLUMNS."""
    found = Event(*row)
    return found._replace(station_id=found.station_id or None, parameter_id=found.parameter_id or None)


def open_event(connection: Connection, happening: Happening) -> int:
    """Opens the event, or finds the one that is there; returns its id.

    One that is there stays as it is (`amend` changes it); one that was withdrawn happens after all, and says
    what is given now.
    """
    values = {
        "kind": happening.kind,
        "station_id": happening.station_id or NOBODY,
        "parameter_id": happening.parameter_id or NOBODY,
        "subject": happening.subject,
        "started_at": happening.started_at,
        "level": happening.level,
        "detail": dict(happening.detail),
        "state": happening.state,
        "updated_at": database_now(),
        "news": True,
    }
    again = {name: values[name] for name in ("level", "detail", "updated_at", "news")}
    statement = insert_for(connection, event).values(values)
    written: int | None = connection.scalar(
        statement.on_conflict_do_update(
            index_elements=_KEY,
            set_={**again, "withdrawn_at": None, "ended_at": None},
            where=event.c.withdrawn_at.is_not(None),
        ).returning(event.c.id)
    )
    if written is not None:
        return written
    key = [event.c[name] == values[name] for name in _KEY]
    found: int = connection.execute(select(event.c.id).where(*key)).scalar_one()
    return found


def amend(connection: Connection, event_id: int, **changes: Unpack[Changes]) -> bool:
    """Changes what the event says; returns whether that was anything new. NoResultFound: no such event."""
    given: dict[str, Any] = dict(changes)
    if "detail" in given:
        given["detail"] = dict(given["detail"])
    columns = [event.c[name] for name in given]
    row = connection.execute(select(event.c.id, *columns).where(event.c.id == event_id)).one()
    new = {name: value for name, value in given.items() if getattr(row, name) != value}
    if new:
        connection.execute(
            update(event).where(event.c.id == event_id).values(**new, updated_at=database_now(), news=True)
        )
    return bool(new)


def close_event(connection: Connection, event_id: int, ended_at: datetime) -> bool:
    """Says that it is over; returns whether that was new."""
    return amend(connection, event_id, ended_at=ended_at)


def withdraw_event(connection: Connection, event_id: int, at: datetime) -> bool:
    """Says that it never happened, as later data or a review show; returns whether that was new."""
    query = select(event.c.withdrawn_at).where(event.c.id == event_id)
    return connection.execute(query).scalar_one() is None and amend(connection, event_id, withdrawn_at=at)


def open_events(connection: Connection, kind: EventKind, station_id: int | None = None) -> list[Event]:
    """What goes on, of a kind, by station and start; of one station where it is given."""
    query = select(*EVENT_COLUMNS).where(
        event.c.kind == kind, event.c.ended_at.is_(None), event.c.withdrawn_at.is_(None)
    )
    if station_id is not None:
        query = query.where(event.c.station_id == station_id)
    ordered = query.order_by(event.c.station_id, event.c.started_at, event.c.id)
    return [of_row(row) for row in connection.execute(ordered)]


def events_between(
    connection: Connection,
    kind: EventKind,
    station_id: int,
    begin: datetime,
    end: datetime,
    parameter_id: int | None = None,
) -> list[Event]:
    """A station's events of a kind that touch the time from `begin` up to `end`, not withdrawn, by start."""
    query = select(*EVENT_COLUMNS).where(
        event.c.station_id == station_id,
        event.c.kind == kind,
        event.c.started_at < end,
        event.c.ended_at.is_(None) | (event.c.ended_at > begin),
        event.c.withdrawn_at.is_(None),
    )
    if parameter_id is not None:
        query = query.where(event.c.parameter_id == parameter_id)
    return [of_row(row) for row in connection.execute(query.order_by(event.c.started_at, event.c.id))]


def take_news(connection: Connection, limit: int) -> list[Event]:
    """Takes up to `limit` events off the list of what was told to nobody yet, in the order of their ids.

    The caller queues what is to be told in the same transaction.
    """
    waiting = select(event.c.id).where(event.c.news).order_by(event.c.id).limit(limit)
    ids = connection.scalars(waiting.with_for_update(skip_locked=True)).all()
    if not ids:
        return []
    connection.execute(update(event).where(event.c.id.in_(ids)).values(news=False))
    rows = connection.execute(select(*EVENT_COLUMNS).where(event.c.id.in_(ids)).order_by(event.c.id))
    return [of_row(row) for row in rows]
