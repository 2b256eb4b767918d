"""The (station, hour) marks that say what is to be settled: neighbours checked, slots counted, means taken.

Whoever writes readings or receives an acknowledgement marks the moments in the same transaction
(store/readings/written.py has the marking); the completeness ledger takes marks and settles them in one
transaction, so that no mark is lost and none is settled before what it marks is committed.
"""

from collections.abc import Collection
from datetime import date, datetime, timedelta
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, bindparam, delete, select, union

from quality.slots import day_of, day_start
from store.readings.written import add_marks, mark_dirty
from store.tables import daily, dirty_hour, owed_day, slot_day

_LIVE = timedelta(hours=3)
"""How far back what is measured now is looked for."""


class Mark(NamedTuple):
    """An hour (its start, in UTC) of a station that is to be settled."""

    station_id: int
    hour: datetime
    first_at: datetime
    """The earliest moment of the hour that changed."""
    last_at: datetime
    """The latest one."""
    readings: bool = True
    """Whether readings changed; False: only receipts came."""


_COLUMNS = [dirty_hour.c[name] for name in Mark._fields]


def any_marked(connection: Connection) -> bool:
    """Whether there is anything to settle."""
    return connection.scalar(select(dirty_hour.c.station_id).limit(1)) is not None


def take(
    connection: Connection, limit: int, now: datetime, station_ids: Collection[int] | None = None
) -> list[Mark]:
    """Takes up to `limit` marks off the list, of the given stations only, in order of station and hour.

    The caller settles them in the same transaction. Hours near `now` (aware) come first, whatever else
    waits, so that years of late data of one station do not hold up what arrives. A mark that another
    transaction is adding to just now is left for the next time.
    """
    marks = _first(connection, limit, dirty_hour.c.hour >= now - _LIVE, station_ids)
    if len(marks) < limit:
        marks += _first(connection, limit - len(marks), dirty_hour.c.hour < now - _LIVE, station_ids)
        marks.sort()
    if marks:
        connection.execute(
            delete(dirty_hour).where(
                dirty_hour.c.station_id == bindparam("taken_station"),
                dirty_hour.c.hour == bindparam("taken_hour"),
            ),
            [{"taken_station": mark.station_id, "taken_hour": mark.hour} for mark in marks],
        )
    return marks


def _first(
    connection: Connection, limit: int, when: ColumnElement[bool], station_ids: Collection[int] | None
) -> list[Mark]:
    query = select(*_COLUMNS).where(when).order_by(dirty_hour.c.station_id, dirty_hour.c.hour).limit(limit)
    if station_ids is not None:
        query = query.where(dirty_hour.c.station_id.in_(station_ids))
    # Locked as it is read, since it is deleted as a whole: what ingest added meanwhile would go uncounted.
    return [Mark(*row) for row in connection.execute(query.with_for_update(skip_locked=True))]


def mark_slot_days(connection: Connection, since: datetime) -> None:
    """Marks the slots of all stations from a moment (aware) on, to be told anew: call it where the rule
    changes by which a slot is on time. Nothing else of the days is settled."""
    query = select(slot_day.c.station_id, slot_day.c.day).where(slot_day.c.day >= day_of(since)).distinct()
    rows = [
        {
            "station_id": station_id,
            "hour": day_start(day),
            "first_at": day_start(day),
            "last_at": day_start(day) + timedelta(days=1, milliseconds=-1),
            "readings": False,
        }
        for station_id, day in connection.execute(query)
    ]
    add_marks(connection, rows)


def mark_days_from(connection: Connection, station_id: int, first: date) -> None:
    """Marks every day, from a day in Vietnam on, of which the station has slots or averages: call it where
    its interval changes.

    One hour of each is enough, because a day that is cut otherwise than the interval of that day says is
    counted whole. Of a day that is not averaged yet every hour is marked: nothing says how its hours were
    cut.
    """
    days: Collection[date] = connection.scalars(
        union(
            *(
                select(table.c.day).where(table.c.station_id == station_id, table.c.day >= first)
                for table in (slot_day, daily)
            )
        )
    ).all()
    under_way = select(owed_day.c.day).where(owed_day.c.station_id == station_id, owed_day.c.day >= first)
    hours = {day_start(day) for day in days}
    for day in connection.scalars(under_way):
        hours |= {day_start(day) + timedelta(hours=hour) for hour in range(24)}
    mark_dirty(connection, [(station_id, hour) for hour in sorted(hours)])
