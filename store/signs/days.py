"""Which of a station's days are to be looked through for signs of manipulation.

Those that are over since the last time; those of which data came late, or whose readings were reviewed or
judged anew; and, where one of these changed, every day of a sign that rests on it and that no person has
decided on: signs look back a month, so a day may carry one that began weeks later.
"""

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Connection, case, select, update

from quality.slots import day_of, day_start
from store.events.writing import Event, events_between
from store.tables import data_file, sign_look, station
from store.upsert import insert_for

LOOK_BACK = timedelta(days=31)
_LONGEST = 31
"""Days that are looked through at once."""
_OLDEST = timedelta(days=400)
"""Data older than this is not looked through by itself when it comes, or is judged anew."""
_DAY = timedelta(days=1)


class Look(NamedTuple):
    """How far a station was looked through."""

    looked_at: datetime | None
    again_from: datetime | None
    again_to: datetime | None


def look_again(connection: Connection, station_id: int, begin: datetime, end: datetime) -> None:
    """Has the signs of a station judged anew that rest on its readings from `begin` up to `end`: they were
    reviewed, or judged anew themselves."""
    statement = insert_for(connection, sign_look).values(
        station_id=station_id, again_from=begin, again_to=end
    )
    old, new = sign_look.c, statement.excluded
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=["station_id"],
            set_={
                "again_from": _outer(old.again_from, new.again_from, old.again_from < new.again_from),
                "again_to": _outer(old.again_to, new.again_to, old.again_to > new.again_to),
            },
        )
    )


def _outer(old: Any, new: Any, further: Any) -> Any:
    return case((further, old), else_=new)


def stations_to_look_at(connection: Connection, before: datetime) -> list[int]:
    """The stations that were not looked through since `before` (aware), by id."""
    query = (
        select(station.c.id)
        .outerjoin(sign_look, sign_look.c.station_id == station.c.id)
        .where((sign_look.c.looked_at.is_(None)) | (sign_look.c.looked_at < before))
    )
    return list(connection.scalars(query.order_by(station.c.id)))


def last_look(connection: Connection, station_id: int) -> Look:
    """How far the station was looked through."""
    columns = (sign_look.c.looked_at, sign_look.c.again_from, sign_look.c.again_to)
    row = connection.execute(select(*columns).where(sign_look.c.station_id == station_id)).one_or_none()
    return Look(None, None, None) if row is None else Look(*row)


def looked(connection: Connection, station_id: int, last: Look, now: datetime) -> None:
    """Writes down that the station was looked through; what was asked for since `last` was read stays
    asked."""
    statement = insert_for(connection, sign_look).values(station_id=station_id, looked_at=now)
    connection.execute(
        statement.on_conflict_do_update(index_elements=["station_id"], set_={"looked_at": now})
    )
    connection.execute(
        update(sign_look)
        .where(
            sign_look.c.station_id == station_id,
            sign_look.c.again_from == last.again_from,
            sign_look.c.again_to == last.again_to,
        )
        .values(again_from=None, again_to=None)
    )


def days_to_look_at(connection: Connection, station_id: int, last: Look, now: datetime) -> set[date]:
    """The days that are over and to be looked through."""
    today = day_of(now)
    yesterday = today - _DAY
    if last.looked_at is None:
        return {yesterday}
    over = set(_span(day_of(last.looked_at), yesterday))
    changed: set[date] = set()
    rows = connection.execute(
        select(data_file.c.first_at, data_file.c.last_at).where(
            data_file.c.station_id == station_id,
            data_file.c.received_at >= last.looked_at,
            data_file.c.first_at < day_start(today),
            data_file.c.first_at >= now - _OLDEST,
        )
    )
    for begin, end in rows:
        changed.update(_span(day_of(begin), min(day_of(end), yesterday)))
    if last.again_from is not None and last.again_to is not None:
        begin = max(last.again_from, now - _OLDEST)
        changed.update(_span(day_of(begin), min(day_of(last.again_to), yesterday)))
    for event in _resting_on(connection, station_id, changed - over):
        end = min(event.ended_at or event.started_at, now)
        changed.update(_span(day_of(event.started_at), min(day_of(end), yesterday)))
    return over | changed


def undecided(event: Event) -> bool:
    """Whether no person has said anything of it: then the machine may still take it back."""
    return event.state == "unsolved" and event.acknowledged_at is None


def _resting_on(connection: Connection, station_id: int, days: set[date]) -> list[Event]:
    if not days:
        return []
    begin, end = day_start(min(days)), day_start(max(days) + _DAY) + LOOK_BACK
    return [one for one in events_between(connection, "tamper", station_id, begin, end) if undecided(one)]


def _span(first: date, last: date) -> Iterator[date]:
    """The days from the first to the last, both included."""
    return (first + timedelta(days=number) for number in range((last - first).days + 1))


def stretches(days: Iterable[date]) -> list[tuple[date, date]]:
    """Days that follow one another, a month at a time: (first, the one after the last)."""
    found: list[tuple[date, date]] = []
    for day in sorted(days):
        if found and day == found[-1][1] and (day - found[-1][0]).days < _LONGEST:
            found[-1] = (found[-1][0], day + _DAY)
        else:
            found.append((day, day + _DAY))
    return found
