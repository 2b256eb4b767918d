"""Readings as they are written: in force, beside it, and the marks that say what to count again."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TypedDict, cast

from sqlalchemy import Connection, and_, bindparam, case, delete, or_, select

from quality.review import Review
from store.bulk import insert_rows
from store.key_list import key_list, matches
from store.tables import dirty_hour, reading, reading_version
from store.upsert import insert_for

Key = tuple[int, datetime, int]
"""Station, measured time, parameter."""


class ReadingRow(TypedDict):
    """A reading as it is written and read back: one key a column."""

    station_id: int
    measured_at: datetime
    parameter_id: int
    symbol: str
    text: str
    value: float | None
    unit: str
    status: str
    file_id: int
    line: int
    received_at: datetime
    valid: bool
    flags: str | None
    release_at: datetime | None
    review: Review | None
    reviewed_value: float | None


def key_of(row: ReadingRow) -> Key:
    """What a reading is kept under."""
    return row["station_id"], row["measured_at"], row["parameter_id"]


_NAMES = tuple(ReadingRow.__annotations__)
COLUMNS = [reading.c[name] for name in _NAMES]
_MOMENT = (reading.c.station_id, reading.c.measured_at)
_VERSION_COLUMNS = [column.name for column in reading_version.columns]


def row_of(row: Sequence[Any]) -> ReadingRow:
    """A reading out of a row of COLUMNS."""
    return cast(ReadingRow, dict(zip(_NAMES, row, strict=True)))


def in_force(
    connection: Connection, moments: Collection[tuple[int, datetime]], *, for_update: bool = False
) -> dict[Key, ReadingRow]:
    """Every reading of the given (station, measured time) pairs.

    for_update: they stay as they are until the transaction's end, but for what it changes itself.
    """
    listed = key_list(connection, _MOMENT, moments)
    query = select(*COLUMNS).select_from(listed).join(reading, matches(_MOMENT, listed))
    if for_update:
        query = query.with_for_update(of=reading)
    rows = map(row_of, connection.execute(query).all())
    return {key_of(row): row for row in rows}


def with_symbol(
    connection: Connection, station_id: int, symbol: str, after: datetime | None, limit: int
) -> list[ReadingRow]:
    """Readings that came under a symbol, oldest first, measured later than `after`; for update."""
    query = select(*COLUMNS).where(reading.c.station_id == station_id, reading.c.symbol == symbol)
    if after is not None:
        query = query.where(reading.c.measured_at > after)
    rows = connection.execute(query.order_by(reading.c.measured_at).limit(limit).with_for_update())
    return [row_of(row) for row in rows.all()]


def between(connection: Connection, station_id: int, begin: datetime, end: datetime) -> list[ReadingRow]:
    """A station's readings from `begin` up to `end`, not included, by time and parameter; for update."""
    query = (
        select(*COLUMNS)
        .where(
            reading.c.station_id == station_id, reading.c.measured_at >= begin, reading.c.measured_at < end
        )
        .order_by(reading.c.measured_at, reading.c.parameter_id)
        .with_for_update()
    )
    return [row_of(row) for row in connection.execute(query).all()]


def add(connection: Connection, rows: Collection[ReadingRow]) -> None:
    """Puts readings in force; their keys are free."""
    insert_rows(connection, reading, rows)


def replace(connection: Connection, rows: Collection[ReadingRow]) -> None:
    """Puts readings in force in place of those that stand under the same keys."""
    remove(connection, [key_of(row) for row in rows])
    add(connection, rows)


def remove(connection: Connection, keys: Collection[Key]) -> None:
    """Takes readings out of force. What is worth keeping is put beside first."""
    rows = [dict(zip(("of_station", "at", "of_parameter"), key, strict=True)) for key in keys]
    if rows:
        statement = delete(reading).where(
            reading.c.station_id == bindparam("of_station"),
            reading.c.measured_at == bindparam("at"),
            reading.c.parameter_id == bindparam("of_parameter"),
        )
        connection.execute(statement, rows)


def keep_beside(connection: Connection, rows: Collection[Mapping[str, object]]) -> None:
    """Keeps other values of a key. One that is kept already stays as it is."""
    if rows:
        kept = [{name: value for name, value in row.items() if name in _VERSION_COLUMNS} for row in rows]
        connection.execute(insert_for(connection, reading_version).on_conflict_do_nothing(), kept)


def move_beside(connection: Connection, station_id: int, symbol: str, parameter_id: int) -> None:
    """Moves the other values that came under a symbol to the parameter it is now declared for."""
    other = and_(
        reading_version.c.station_id == station_id,
        reading_version.c.symbol == symbol,
        reading_version.c.parameter_id != parameter_id,
    )
    rows = [dict(row) for row in connection.execute(select(reading_version).where(other)).mappings()]
    if rows:
        connection.execute(delete(reading_version).where(other))
        keep_beside(connection, [{**row, "parameter_id": parameter_id} for row in rows])


def hour_of(moment: datetime) -> datetime:
    """The start of the hour that a moment lies in, in UTC (Vietnam is a whole number of hours ahead)."""
    return moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def mark_dirty(
    connection: Connection, moments: Iterable[tuple[int, datetime]], *, readings: bool = True
) -> None:
    """Marks (station, moment) pairs to be settled: by hours, each with the first and last moment of it.

    readings: what stands at the moment changed, so that its neighbours are to be checked and its averages
    computed. False: only a receipt came.
    """
    hours: dict[tuple[int, datetime], tuple[datetime, datetime]] = {}
    for station_id, moment in moments:
        key = (station_id, hour_of(moment))
        first, last = hours.get(key, (moment, moment))
        hours[key] = (min(first, moment), max(last, moment))
    add_marks(
        connection,
        [
            {"station_id": station_id, "hour": hour, "first_at": first, "last_at": last, "readings": readings}
            for (station_id, hour), (first, last) in sorted(hours.items())
        ],
    )


def add_marks(connection: Connection, rows: Sequence[Mapping[str, object]]) -> None:
    """Adds rows of `dirty_hour`; one that is there reaches as far as both."""
    if not rows:
        return
    statement = insert_for(connection, dirty_hour)
    old, new = dirty_hour.c, statement.excluded
    # An update even where it changes nothing: it waits for whoever is taking the same mark away just now,
    # and then sets it again. A conflict that does nothing would believe in the mark and lose it.
    again = statement.on_conflict_do_update(
        index_elements=["station_id", "hour"],
        set_={
            "first_at": case((old.first_at < new.first_at, old.first_at), else_=new.first_at),
            "last_at": case((old.last_at > new.last_at, old.last_at), else_=new.last_at),
            "readings": or_(old.readings, new.readings),
        },
    )
    connection.execute(again, rows)
