"""Which station days are to be held against limits, and from when on.

Settling asks for the days whose averages it changed, a change of limits for all days that it concerns, and
judging itself for the end of a period that is under way (store/limits/exceedances.py).
"""

from collections.abc import Collection, Iterable
from datetime import UTC, date, datetime
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, case, delete, literal, select, union

from store.tables import daily, judge_day, limit_value, owed_day, permit_limit, station_limit
from store.time_type import UtcTime
from store.upsert import insert_for

AT_ONCE = datetime(1970, 1, 1, tzinfo=UTC)


class DueDay(NamedTuple):
    """A station's day in Vietnam."""

    station_id: int
    day: date


def limited_stations(connection: Connection, station_ids: Collection[int]) -> set[int]:
    """Those of the stations that any limit was ever set for."""
    return {
        station_id
        for table in (station_limit, permit_limit)
        for station_id in connection.scalars(
            select(table.c.station_id).where(table.c.station_id.in_(station_ids)).distinct()
        )
    }


def instant_stations(connection: Connection, station_ids: Collection[int]) -> set[int]:
    """Those of the stations that a limit for single readings was ever set for."""
    tables = (
        select(limit_value.c.id)
        .where(limit_value.c.code == station_limit.c.code, limit_value.c.basis == "instant")
        .exists()
    )
    chosen = case((station_limit.c.basis == "", tables), else_=station_limit.c.basis == "instant")
    return {
        station_id
        for table, is_instant in ((station_limit, chosen), (permit_limit, permit_limit.c.basis == "instant"))
        for station_id in connection.scalars(
            select(table.c.station_id).where(table.c.station_id.in_(station_ids), is_instant).distinct()
        )
    }


def all_limited_stations(connection: Connection) -> set[int]:
    """Every station that any limit was ever set for."""
    return {
        station_id
        for table in (station_limit, permit_limit)
        for station_id in connection.scalars(select(table.c.station_id).distinct())
    }


def ask(connection: Connection, days: Iterable[tuple[int, date]]) -> None:
    """Asks for station days to be judged at once."""
    rows = [{"station_id": station_id, "day": day, "due_at": AT_ONCE} for station_id, day in sorted(days)]
    if rows:
        statement = insert_for(connection, judge_day)
        # An update, though it may change nothing: it waits for whoever is taking the same row just now.
        again = statement.on_conflict_do_update(
            index_elements=["station_id", "day"], set_={"due_at": statement.excluded.due_at}
        )
        connection.execute(again, rows)


def ask_later(connection: Connection, day: DueDay, due_at: datetime) -> None:
    """Asks for a day that was taken to be judged again; where somebody asked meanwhile, that stands."""
    values = {"station_id": day.station_id, "day": day.day, "due_at": due_at}
    connection.execute(insert_for(connection, judge_day).values(values).on_conflict_do_nothing())


def ask_from(connection: Connection, station_ids: Collection[int], first: date) -> None:
    """Asks for every day from `first` on that the stations have averages of, without reading them."""
    if station_ids:
        days = union(  # each day once: some are still under way
            *(
                select(table.c.station_id, table.c.day, literal(AT_ONCE, UtcTime)).where(
                    table.c.station_id.in_(station_ids), table.c.day >= first
                )
                for table in (daily, owed_day)
            )
        )
        statement = insert_for(connection, judge_day).from_select(["station_id", "day", "due_at"], days)
        connection.execute(
            statement.on_conflict_do_update(
                index_elements=["station_id", "day"], set_={"due_at": statement.excluded.due_at}
            )
        )


def any_due(connection: Connection, now: datetime) -> bool:
    """Whether there is anything to judge."""
    query = select(judge_day.c.station_id).where(judge_day.c.due_at <= now).limit(1)
    return connection.scalar(query) is not None


def take(
    connection: Connection, now: datetime, limit: int, station_ids: Collection[int] | None = None
) -> list[DueDay]:
    """Takes up to `limit` due days off the list, oldest day first; the caller judges them in the same
    transaction."""
    query = select(judge_day.c.station_id, judge_day.c.day).where(judge_day.c.due_at <= now)
    if station_ids is not None:
        query = query.where(judge_day.c.station_id.in_(station_ids))
    ordered = query.order_by(judge_day.c.due_at, judge_day.c.station_id, judge_day.c.day).limit(limit)
    days = [DueDay(*row) for row in connection.execute(ordered)]
    if days:
        connection.execute(
            delete(judge_day).where(
                judge_day.c.station_id == bindparam("of_station"),
                judge_day.c.day == bindparam("of_day"),
                # one that was asked for anew meanwhile, for later, stays
                judge_day.c.due_at <= now,
            ),
            [{"of_station": one.station_id, "of_day": one.day} for one in days],
        )
    return days
