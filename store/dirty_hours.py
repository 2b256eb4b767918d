"""The (station, hour) marks that say which slots are to be counted again.

Whoever writes readings or receives an acknowledgement marks the hours in the same transaction
(store/readings.py has the marking); the completeness ledger takes marks and counts in one
transaction, so that no mark is lost and none is counted before what it marks is committed.
"""

from collections.abc import Collection
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, delete, select

from quality.slots import day_start
from store.tables import dirty_hour, slot_day
from store.upsert import insert_for


class Mark(NamedTuple):
    """An hour (its start, in UTC) of a station that is to be counted again."""

    station_id: int
    hour: datetime


def any_marked(connection: Connection) -> bool:
    """Whether there is anything to count again."""
    return connection.scalar(select(dirty_hour.c.station_id).limit(1)) is not None


def take(connection: Connection, limit: int, station_ids: Collection[int] | None = None) -> list[Mark]:
    """Takes up to `limit` marks off the list, in order of station and hour; of the given stations only.

    The caller counts them in the same transaction.
    """
    query = select(dirty_hour).order_by(dirty_hour.c.station_id, dirty_hour.c.hour).limit(limit)
    if station_ids is not None:
        query = query.where(dirty_hour.c.station_id.in_(station_ids))
    marks = [Mark(*row) for row in connection.execute(query)]
    if marks:
        connection.execute(
            delete(dirty_hour).where(
                dirty_hour.c.station_id == bindparam("taken_station"),
                dirty_hour.c.hour == bindparam("taken_hour"),
            ),
            [{"taken_station": mark.station_id, "taken_hour": mark.hour} for mark in marks],
        )
    return marks


def mark_all(connection: Connection, station_id: int) -> None:
    """Marks every day of which the station has slots: call it where its interval changes.

    One hour of each is enough, because a day that is cut otherwise than the station's interval says is
    counted whole.
    """
    days: Collection[date] = connection.scalars(
        select(slot_day.c.day).where(slot_day.c.station_id == station_id).distinct()
    ).all()
    if days:
        connection.execute(
            insert_for(connection, dirty_hour).on_conflict_do_nothing(),
            [{"station_id": station_id, "hour": day_start(day)} for day in days],
        )
