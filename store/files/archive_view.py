"""All that the store has of one station and one month, row by row, as a month archive keeps it.

A file belongs to the month that its `measured_at` lies in, one without a time to the month it arrived in; a
reading to the month it was measured in, whichever file it came with. What is in an archive only, because it
was removed here, is not given again.
"""

from collections.abc import Iterator
from datetime import MAXYEAR, date, datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Row, Select, Table, and_, func, or_, select

from quality.months import month_of, month_span, next_month
from store.tables import data_file, parameter, reading, reading_version, station

_FILES = 200
"""Files with their bytes that are held at once."""

FILE_COLUMNS = (
    "id", "name", "path", "account", "door", "peer", "received_at", "measured_at", "size", "sha256",
    "encoding", "state", "reason", "readings", "problems", "notes",
)  # fmt: skip
VALUE_COLUMNS = ("symbol", "text", "value", "unit", "status", "file_id", "line", "received_at")
READING_COLUMNS = (*VALUE_COLUMNS, "valid", "flags", "release_at", "review", "reviewed_value")


class ArchivedStation(NamedTuple):
    """Whose archive it is."""

    id: int
    code: str
    name: str


def archived_stations(connection: Connection) -> list[ArchivedStation]:
    """Every station, by code."""
    columns = (station.c.id, station.c.code, station.c.name)
    rows = connection.execute(select(*columns).order_by(station.c.code_key))
    return [ArchivedStation(*row) for row in rows]


def archived_readings(
    connection: Connection, station_id: int, begin: datetime, end: datetime
) -> Iterator[Row[Any]]:
    """Readings in force, by time and parameter: measured_at, parameter (its code), READING_COLUMNS."""
    yield from connection.execute(_values(reading, READING_COLUMNS, station_id, begin, end))


def archived_other_values(
    connection: Connection, station_id: int, begin: datetime, end: datetime
) -> Iterator[Row[Any]]:
    """Other values that came for a key that had one: measured_at, parameter, VALUE_COLUMNS."""
    yield from connection.execute(_values(reading_version, VALUE_COLUMNS, station_id, begin, end))


def archived_files(connection: Connection, station_id: int | None, month: date) -> Iterator[Row[Any]]:
    """Ledger rows by id: FILE_COLUMNS and `content`, the bytes as received. None: files of no station."""
    wanted = and_(in_month(station_id, month), data_file.c.archive_id.is_(None))
    ids = connection.scalars(select(data_file.c.id).where(wanted).order_by(data_file.c.id)).all()
    columns = [data_file.c[name] for name in (*FILE_COLUMNS, "content")]
    for start in range(0, len(ids), _FILES):
        query = select(*columns).where(data_file.c.id.in_(ids[start : start + _FILES]))
        yield from connection.execute(query.order_by(data_file.c.id))


def newest_file(connection: Connection, station_id: int | None, month: date) -> int:
    """The id of the file of a month that came last; 0 for none."""
    return connection.scalar(select(func.max(data_file.c.id)).where(in_month(station_id, month))) or 0


def in_month(station_id: int | None, month: date) -> ColumnElement[bool]:
    """Which rows of the ledger belong to a station's month."""
    begin, end = month_span(month)
    measured, arrived = data_file.c.measured_at, data_file.c.received_at
    return and_(
        _of(station_id),
        or_(
            and_(measured >= begin, measured < end),
            and_(measured.is_(None), arrived >= begin, arrived < end),
        ),
    )


def file_months(connection: Connection, station_id: int | None, until: date) -> list[date]:
    """The months before `until` of which the store has the bytes of a file, in order."""
    here = and_(_of(station_id), data_file.c.archive_id.is_(None))
    end = month_span(until)[0]
    untimed = select(data_file.c.received_at).where(
        here, data_file.c.measured_at.is_(None), data_file.c.received_at < end
    )
    found = {month_of(moment) for moment in connection.scalars(untimed)}
    timed = select(func.min(data_file.c.measured_at)).where(here, data_file.c.measured_at < end)
    return sorted(found | set(_months(connection, timed, data_file.c.measured_at)))


def reading_months(connection: Connection, station_id: int, until: date) -> list[date]:
    """The months before `until` of which the store has a reading, in order."""
    end = month_span(until)[0]
    query = select(func.min(reading.c.measured_at)).where(
        reading.c.station_id == station_id, reading.c.measured_at < end
    )
    return list(_months(connection, query, reading.c.measured_at))


def _months(connection: Connection, earliest: Select[Any], moment: ColumnElement[Any]) -> Iterator[date]:
    """Goes from the first month to the next that has anything: a look into the index for each."""
    found: datetime | None = connection.scalar(earliest)
    while found is not None:
        month = month_of(found)
        yield month
        if month.year == MAXYEAR:
            return
        found = connection.scalar(earliest.where(moment >= month_span(next_month(month))[0]))


def _of(station_id: int | None) -> ColumnElement[bool]:
    return data_file.c.station_id.is_(None) if station_id is None else data_file.c.station_id == station_id


def _values(
    table: Table, names: tuple[str, ...], station_id: int, begin: datetime, end: datetime
) -> Select[Any]:
    columns = (table.c.measured_at, parameter.c.code.label("parameter"), *(table.c[name] for name in names))
    return (
        select(*columns)
        .join(parameter, parameter.c.id == table.c.parameter_id)
        .where(table.c.station_id == station_id, table.c.measured_at >= begin, table.c.measured_at < end)
        .order_by(table.c.measured_at, parameter.c.code, *(table.c[name] for name in ("file_id", "line")))
    )
