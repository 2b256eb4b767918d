"""The marks that say where interruptions are to be looked for again.

Whoever stores arrivals or slot lines, or changes what is expected, marks in the same transaction; the watch
(store/service/interruption_watch.py) takes the marks and looks, in one transaction, so that no mark is lost.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, case, delete, select

from quality.slots import day_of
from store.tables import arrival_mark, channel_mark, slot_day, station
from store.upsert import insert_for


class Marks(NamedTuple):
    """What is to be looked at again."""

    arrivals: dict[int, datetime]
    """Station -> the first arrival (UTC) that is new, or is judged otherwise."""
    days: dict[int, list[date]]
    """Station -> days in Vietnam whose slots are told otherwise."""

    def __bool__(self) -> bool:
        return bool(self.arrivals or self.days)


def mark_arrivals(connection: Connection, since: Mapping[int, datetime]) -> None:
    """Says from which arrival on each station is to be looked at again."""
    if not since:
        return
    statement = insert_for(connection, arrival_mark)
    new, old = statement.excluded.since, arrival_mark.c.since
    # An update even where it changes nothing: it waits for whoever is taking the same mark away just now.
    again = statement.on_conflict_do_update(
        index_elements=["station_id"], set_={"since": case((new < old, new), else_=old)}
    )
    connection.execute(again, [{"station_id": one, "since": at} for one, at in sorted(since.items())])


def mark_days(connection: Connection, days: Iterable[tuple[int, date]]) -> None:
    """Says of (station, day) pairs that their slot lines changed."""
    rows = [{"station_id": station_id, "day": day} for station_id, day in sorted(set(days))]
    if rows:
        statement = insert_for(connection, channel_mark)
        again = statement.on_conflict_do_update(
            index_elements=["station_id", "day"], set_={"day": statement.excluded.day}
        )
        connection.execute(again, rows)


def mark_station(connection: Connection, station_id: int, since: datetime) -> None:
    """Has all of a station looked at again from a moment (aware) on: what is expected of it changed."""
    mark_arrivals(connection, {station_id: since})
    mark_slots_since(connection, station_id, since)


def mark_slots_since(connection: Connection, station_id: int, since: datetime) -> None:
    """Has a station's channels looked at again on all days from a moment (aware) on."""
    mark_days(connection, [(station_id, day) for day in _days(connection, [station_id], since)])


def _days(connection: Connection, station_ids: Collection[int], since: datetime) -> set[date]:
    first = day_of(since)
    query = select(slot_day.c.day).where(slot_day.c.station_id.in_(station_ids), slot_day.c.day >= first)
    return {first, *connection.scalars(query.distinct())}


def mark_every_station(connection: Connection, since: datetime) -> None:
    """The same of all stations."""
    ids: Collection[int] = connection.scalars(select(station.c.id)).all()
    mark_arrivals(connection, dict.fromkeys(ids, since))
    days = _days(connection, ids, since)
    mark_days(connection, [(station_id, day) for station_id in ids for day in days])


def take_marks(connection: Connection, limit: int) -> Marks:
    """Takes the marks of up to `limit` stations of each kind; the caller looks in the same transaction."""
    query = select(arrival_mark).order_by(arrival_mark.c.station_id).limit(limit)
    arrivals: dict[int, datetime] = dict(connection.execute(query.with_for_update()).all())
    ids = select(channel_mark.c.station_id).distinct().order_by(channel_mark.c.station_id).limit(limit)
    rows = select(channel_mark).where(channel_mark.c.station_id.in_(ids)).order_by(channel_mark.c.day)
    days: dict[int, list[date]] = {}
    for row in connection.execute(rows.with_for_update()):
        days.setdefault(row.station_id, []).append(row.day)
    if arrivals:
        connection.execute(delete(arrival_mark).where(arrival_mark.c.station_id.in_(list(arrivals))))
    if days:
        taken = [{"of_station": one, "of_day": day} for one, listed in days.items() for day in listed]
        connection.execute(
            delete(channel_mark).where(
                channel_mark.c.station_id == bindparam("of_station"),
                channel_mark.c.day == bindparam("of_day"),
            ),
            taken,
        )
    return Marks(arrivals, days)
