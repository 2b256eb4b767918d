"""Closed days as people look at them: which are closed, every closing there was, and how many by whom."""

from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, case, func, literal, select, tuple_

from store.network.station_view import Visible
from store.tables import closed_day, day_closing, station


class ClosedEntry(NamedTuple):
    """A day that is closed."""

    station_id: int
    station: str
    day: date
    who: str
    at: datetime
    changed_at: datetime | None
    """Since when its readings are not what was closed; None: they are."""


class ClosingEntry(NamedTuple):
    """A day was closed, or reopened."""

    id: int
    station: str
    day: date
    action: str
    who: str
    at: datetime
    reason: str


class ClosingCount(NamedTuple):
    """How many station-days somebody closed and reopened, for the report."""

    who: str
    closed: int
    reopened: int
    first_at: datetime
    last_at: datetime


def closed_page(
    connection: Connection,
    visible: Visible,
    station_id: int | None,
    first: date | None,
    last: date | None,
    after: tuple[int, date] | None,
    limit: int,
) -> list[ClosedEntry]:
    """Closed days by station and day, from `first` to `last`, both included."""
    query = select(
        closed_day.c.station_id,
        station.c.code,
        closed_day.c.day,
        closed_day.c.who,
        closed_day.c.at,
        closed_day.c.changed_at,
    ).join(station, station.c.id == closed_day.c.station_id)
    query = _of_days(query, closed_day, visible, station_id, first, last)
    if after is not None:
        key = tuple_(closed_day.c.station_id, closed_day.c.day)
        query = query.where(key > tuple_(after[0], literal(after[1], closed_day.c.day.type)))
    rows = connection.execute(query.order_by(closed_day.c.station_id, closed_day.c.day).limit(limit))
    return [ClosedEntry(*row) for row in rows]


def closing_page(
    connection: Connection,
    visible: Visible,
    station_id: int | None,
    first: date | None,
    last: date | None,
    after: int | None,
    limit: int,
) -> list[ClosingEntry]:
    """Every closing and reopening, in the order in which they happened."""
    query = select(
        day_closing.c.id,
        station.c.code,
        day_closing.c.day,
        day_closing.c.action,
        day_closing.c.who,
        day_closing.c.at,
        day_closing.c.reason,
    ).join(station, station.c.id == day_closing.c.station_id)
    query = _of_days(query, day_closing, visible, station_id, first, last)
    if after is not None:
        query = query.where(day_closing.c.id > after)
    return [ClosingEntry(*row) for row in connection.execute(query.order_by(day_closing.c.id).limit(limit))]


def closing_counts(
    connection: Connection, visible: Visible, first: date | None, last: date | None
) -> list[ClosingCount]:
    """How many station-days of a period each person closed and reopened, and between when and when."""
    query = select(
        day_closing.c.who,
        func.sum(case((day_closing.c.action == "close", 1), else_=0)),
        func.sum(case((day_closing.c.action == "reopen", 1), else_=0)),
        func.min(day_closing.c.at),
        func.max(day_closing.c.at),
    ).group_by(day_closing.c.who)
    query = _of_days(query, day_closing, visible, None, first, last)
    return [ClosingCount(*row) for row in connection.execute(query.order_by(day_closing.c.who))]


def _of_days(
    query: Select[*tuple[Any, ...]],
    table: Any,
    visible: Visible,
    station_id: int | None,
    first: date | None,
    last: date | None,
) -> Select[*tuple[Any, ...]]:
    if visible is not None:
        query = query.where(table.c.station_id.in_(visible))
    if station_id is not None:
        query = query.where(table.c.station_id == station_id)
    if first is not None:
        query = query.where(table.c.day >= first)
    if last is not None:
        query = query.where(table.c.day <= last)
    return query
