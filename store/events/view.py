"""Events as the interface lists them, in the order in which they began.

`visible` is the set of station ids the caller may see, None: all of them. Who may not see all sees nothing
of what concerns no station.
"""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, or_, select

from quality.events import EventKind, EventState
from store.events.writing import EVENT_COLUMNS, Event, of_row
from store.network.station_view import Visible
from store.tables import event, parameter, station


class EventFilter(NamedTuple):
    """Which events; what is None does not matter."""

    visible: Visible
    station_id: int | None = None
    kind: EventKind | None = None
    state: EventState | None = None
    going_on: bool | None = None
    since: datetime | None = None
    """Aware; begun from then on."""
    until: datetime | None = None
    """Aware; begun before then."""
    withdrawn: bool = False
    """Also those that were withdrawn."""


class EventEntry(NamedTuple):
    """An event with the names of what it is about."""

    event: Event
    station: str | None
    parameter: str | None


_ENTRY = (
    select(*EVENT_COLUMNS, station.c.code.label("station"), parameter.c.code.label("parameter"))
    .outerjoin(station, station.c.id == event.c.station_id)
    .outerjoin(parameter, parameter.c.id == event.c.parameter_id)
)


def event_page(
    connection: Connection, wanted: EventFilter, after: tuple[datetime, int] | None, limit: int
) -> list[EventEntry]:
    """The next events by start and id, from the one after `after` on."""
    query = _ENTRY
    if wanted.visible is not None:
        query = query.where(event.c.station_id.in_(wanted.visible))
    if wanted.station_id is not None:
        query = query.where(event.c.station_id == wanted.station_id)
    if wanted.kind is not None:
        query = query.where(event.c.kind == wanted.kind)
    if wanted.state is not None:
        query = query.where(event.c.state == wanted.state)
    if wanted.going_on is not None:
        ended = event.c.ended_at
        query = query.where(ended.is_(None) if wanted.going_on else ended.is_not(None))
    if wanted.since is not None:
        query = query.where(event.c.started_at >= wanted.since)
    if wanted.until is not None:
        query = query.where(event.c.started_at < wanted.until)
    if not wanted.withdrawn:
        query = query.where(event.c.withdrawn_at.is_(None))
    if after is not None:
        started_at, event_id = after
        query = query.where(
            event.c.started_at >= started_at,
            or_(event.c.started_at > started_at, event.c.id > event_id),
        )
    rows = connection.execute(query.order_by(event.c.started_at, event.c.id).limit(limit))
    return [_entry(row) for row in rows]


def find_event(connection: Connection, event_id: int, visible: Visible) -> EventEntry | None:
    """The event of that number, withdrawn or not; None when there is none to be seen."""
    row = connection.execute(_ENTRY.where(event.c.id == event_id)).one_or_none()
    if row is None:
        return None
    found = _entry(row)
    return found if visible is None or found.event.station_id in visible else None


def _entry(row: tuple[object, ...]) -> EventEntry:
    *columns, station_code, parameter_code = row
    return EventEntry(
        of_row(columns),
        None if station_code is None else str(station_code),
        None if parameter_code is None else str(parameter_code),
    )
