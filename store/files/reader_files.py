"""The ledger's files as a reader account sees them: per station, under the Circular's name, newest version.

What a reader sees are files that were accepted, wholly or in part, under the name
CODE_yyyyMMddHHmmss.txt of their station and time; of several with one time it is the one that came
last. One whose bytes are only in an archive is not shown. Every query walks an index and has a limit. Folders
and sessions are receiver/reader_tree.py's matter.
"""

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Connection, Engine, or_, select

from store.engine import reading
from store.network.keys import code_key
from store.tables import data_file, station, station_alias

PAGE = 2000
MOST_OF_A_DAY = 20_000
_SEEN = ("accepted", "partial")


class ReaderStation(NamedTuple):
    """A station whose files a reader sees."""

    id: int
    code: str


class ReaderFile(NamedTuple):
    """A file as listed. Times are UTC."""

    id: int
    measured_at: datetime
    received_at: datetime
    size: int


_FILE = select(data_file.c.id, data_file.c.measured_at, data_file.c.received_at, data_file.c.size)


def reader_stations(connection: Connection, codes: Collection[str]) -> list[ReaderStation]:
    """The stations with these codes or aliases, by code; with no codes: every station."""
    query = select(station.c.id, station.c.code).order_by(station.c.code)
    if codes:
        keys = {code_key(code) for code in codes}
        aliased = select(station_alias.c.station_id).where(station_alias.c.alias_key.in_(keys))
        query = query.where(or_(station.c.code_key.in_(keys), station.c.id.in_(aliased)))
    return [ReaderStation(row.id, row.code) for row in connection.execute(query)]


def files_measured(
    connection: Connection, station_id: int, since: datetime, until: datetime, arrived_since: datetime
) -> list[ReaderFile]:
    """The files of a span of measured times (`until` not included), by time. Meant for a day or less."""
    query = (
        _FILE.where(
            data_file.c.station_id == station_id,
            data_file.c.measured_at >= since,
            data_file.c.measured_at < until,
            data_file.c.received_at >= arrived_since,
            data_file.c.state.in_(_SEEN),
            data_file.c.archive_id.is_(None),
        )
        .order_by(data_file.c.measured_at, data_file.c.id)
        .limit(MOST_OF_A_DAY)
    )
    newest = {row.measured_at: ReaderFile(*row) for row in connection.execute(query)}
    return list(newest.values())


def files_at(
    connection: Connection, station_id: int, measured_at: datetime, arrived_since: datetime
) -> list[ReaderFile]:
    """The file of one time, or none."""
    return files_measured(
        connection, station_id, measured_at, measured_at + timedelta(seconds=1), arrived_since
    )


def files_arrived(engine: Engine, station_id: int, arrived_since: datetime) -> Iterator[ReaderFile]:
    """All files of a station that came since then, in the order of arrival, every version.

    Read a page at a time, each in a transaction of its own.
    """
    came, number = arrived_since, 0
    while True:
        with reading(engine) as connection:
            page = arrivals_after(connection, station_id, came, number)
        yield from page
        if len(page) < PAGE:
            return
        came, number = page[-1].received_at, page[-1].id


def arrivals_after(connection: Connection, station_id: int, came: datetime, number: int) -> list[ReaderFile]:
    """The next page of them: behind the file of that time and id."""
    query = (
        _FILE.where(
            data_file.c.station_id == station_id,
            data_file.c.received_at >= came,
            or_(data_file.c.received_at > came, data_file.c.id > number),
            data_file.c.state.in_(_SEEN),
            data_file.c.archive_id.is_(None),
            data_file.c.measured_at.is_not(None),
        )
        .order_by(data_file.c.received_at, data_file.c.id)
        .limit(PAGE)
    )
    return [ReaderFile(*row) for row in connection.execute(query)]


def content_of(connection: Connection, file_id: int) -> bytes | None:
    """The bytes as received."""
    return connection.scalar(select(data_file.c.content).where(data_file.c.id == file_id))
