"""Readings that left the store with their month come back: each row as it was, beside what came meanwhile.

What lies in an archive is qttd/archive/'s business; here are rows. A row whose line is there already stays as
it is, so that bringing back may be cut off anywhere and done again. Where something else came for its key
meanwhile, the earlier arrival stands and the other is kept beside it, as if the month had never been away;
`under_reviews` then does what people decided meanwhile. What was counted of the month stays as it is.
"""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select

from quality.review_order import Said, said_of
from store.network.snapshot import Network, Station
from store.readings import judge_again
from store.readings import written as readings
from store.readings.written import Key, ReadingRow, key_of
from store.reviews.fold import fold
from store.tables import data_file, reading, reading_version


def bring_back(
    connection: Connection,
    station_id: int,
    begin: datetime,
    end: datetime,
    rows: Collection[ReadingRow],
    others: Collection[Mapping[str, Any]],
) -> int:
    """Puts back rows of the station, measured from `begin` up to `end`; how many keys were free.

    others: values that were kept beside. The caller ends the transaction.
    """
    there = {key_of(row): row for row in readings.between(connection, station_id, begin, end)}
    fresh: list[ReadingRow] = []
    earlier: list[ReadingRow] = []
    beside = [other for other in others if not _stands(there, other)]
    for row in rows:
        standing = there.get(key_of(row))
        if standing is None:
            fresh.append(row)
        elif _line(standing) != _line(row):
            first, second = sorted((row, standing), key=_arrival)
            if _said(first) != _said(second):
                beside.append(second)
            if first is row:
                earlier.append(row)
    readings.keep_beside(connection, beside)
    readings.add(connection, fresh)
    readings.replace(connection, earlier)
    return len(fresh)


def under_reviews(connection: Connection, station: Station, begin: datetime, end: datetime) -> None:
    """Has the reviews in force now decide about a span whose values are all there again."""
    fold(connection, station, readings.between(connection, station.id, begin, end))


def newest_file(connection: Connection) -> int:
    """The id of the file that came last; 0: none did."""
    return connection.scalar(select(func.max(data_file.c.id))) or 0


def moments_of_files_after(
    connection: Connection, station_id: int, begin: datetime, end: datetime, file_id: int
) -> set[datetime]:
    """The moments of a span at which readings of newer files are in force or kept beside."""
    found: set[datetime] = set()
    for table in (reading, reading_version):
        query = select(table.c.measured_at).where(
            table.c.station_id == station_id,
            table.c.measured_at >= begin,
            table.c.measured_at < end,
            table.c.file_id > file_id,
        )
        found.update(connection.scalars(query.distinct()))
    return found


def judge_what_was_declared(
    connection: Connection,
    network: Network,
    station_id: int,
    kept: Collection[tuple[str, int]],
    now: datetime,
) -> None:
    """Has symbols judged anew that were declared for another parameter meanwhile.

    kept: (symbol, parameter) of what came back.
    """
    entries = network.channels.get(station_id, {})
    symbols = {
        symbol
        for symbol, parameter_id in kept
        if symbol in entries and entries[symbol].parameter_id != parameter_id
    }
    judge_again.ask(connection, station_id, symbols, now)


def _stands(there: Mapping[Key, ReadingRow], other: Mapping[str, Any]) -> bool:
    standing = there.get((other["station_id"], other["measured_at"], other["parameter_id"]))
    return standing is not None and _line(standing) == (other["file_id"], other["line"])


def _arrival(row: ReadingRow) -> tuple[datetime, int, int]:
    return row["received_at"], row["file_id"], row["line"]


def _line(row: ReadingRow) -> tuple[int, int]:
    return row["file_id"], row["line"]


def _said(row: ReadingRow) -> Said:
    return said_of(row["text"], row["unit"], row["status"])
