"""Excesses of limits and warnings of them as they are shown, and the files in which they were received."""

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, select

from quality.events import EventKind, EventLevel
from store.events.view import EventEntry
from store.events.writing import EVENT_COLUMNS, Event, of_row
from store.limits.limit_events import KINDS
from store.tables import event, parameter, reading, station


class ExceedanceFilter(NamedTuple):
    """Which of them; what is None does not matter."""

    station_ids: Collection[int] | None
    since: datetime | None = None
    until: datetime | None = None
    """Aware; what touches the time from `since` up to `until`."""
    kind: EventKind | None = None
    withdrawn: bool = True


def exceedance_page(
    connection: Connection, wanted: ExceedanceFilter, after: tuple[datetime, int] | None, limit: int | None
) -> list[EventEntry]:
    """The next of them by start and id, from the one after `after` on."""
    query = (
        select(*EVENT_COLUMNS, station.c.code.label("station"), parameter.c.code.label("parameter"))
        .join(station, station.c.id == event.c.station_id)
        .outerjoin(parameter, parameter.c.id == event.c.parameter_id)
        .where(event.c.kind.in_(KINDS if wanted.kind is None else (wanted.kind,)))
    )
    if wanted.station_ids is not None:
        query = query.where(event.c.station_id.in_(wanted.station_ids))
    if wanted.since is not None:
        query = query.where(event.c.ended_at.is_(None) | (event.c.ended_at > wanted.since))
    if wanted.until is not None:
        query = query.where(event.c.started_at < wanted.until)
    if not wanted.withdrawn:
        query = query.where(event.c.withdrawn_at.is_(None))
    if after is not None:
        moment, number = after
        query = query.where(
            (event.c.started_at > moment) | ((event.c.started_at == moment) & (event.c.id > number))
        )
    rows = connection.execute(query.order_by(event.c.started_at, event.c.id).limit(limit)).all()
    return [EventEntry(of_row(row[:-2]), row[-2], row[-1]) for row in rows]


def files_of(connection: Connection, one: Event) -> list[int]:
    """The files whose readings are in force in the time of an event, of its parameter, by id."""
    if one.station_id is None:
        return []
    query = select(reading.c.file_id).where(
        reading.c.station_id == one.station_id, reading.c.measured_at >= one.started_at
    )
    if one.parameter_id is not None:
        query = query.where(reading.c.parameter_id == one.parameter_id)
    until = one.detail.get("until")
    end = datetime.fromisoformat(until) if isinstance(until, str) else one.ended_at
    if end is not None:
        query = query.where(reading.c.measured_at < end)
    return sorted(connection.scalars(query.distinct()))


def levels_now(connection: Connection, station_ids: Collection[int]) -> dict[int, set[EventLevel]]:
    """What goes on at each station: alarm where a limit is exceeded, warning where it nearly is, notice."""
    query = (
        select(event.c.station_id, event.c.level)
        .where(
            event.c.kind.in_(KINDS),
            event.c.station_id.in_(station_ids),
            event.c.ended_at.is_(None),
            event.c.withdrawn_at.is_(None),
        )
        .distinct()
    )
    found: dict[int, set[EventLevel]] = {}
    for station_id, level in connection.execute(query):
        found.setdefault(station_id, set()).add(level)
    return found
