"""The whole store from one database into another: each table counted and checksummed on both sides.

Either database may be either side. A row travels in a portable form, the one that SQLite keeps (moments in
milliseconds, truth as 0 or 1, days and JSON as text), so that one digest fits both. It is the sum of its
rows' hashes: the order in which a database gives its rows does not count. The target is read back before
its transaction ends; a difference undoes all of it. Signs of life (`role_beat`) are not carried over.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from hashlib import blake2b
from typing import Any, NamedTuple

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    ColumnElement,
    Connection,
    Date,
    Integer,
    Table,
    cast,
    func,
    select,
    text,
)
from sqlalchemy import Text as TextType

from store.millis import millis
from store.postgres import copy_rows
from store.readings.partitions import make_months, wanted_months
from store.tables import metadata, reading, role_beat
from store.time_type import UtcTime, from_millis

_CHUNK = 10_000
"""Rows fetched, written and told of at a time."""
_MODULUS = 1 << 128
_NUL, _NUL_SHOWN = "\0", "\u2400"
"""PostgreSQL keeps no NUL in a text, but its picture (store/postgres.py): the two count as the same."""

Row = Sequence[Any]
Tell = Callable[[str, int, int], None]
"""Told a table's name, how many of its rows are done, and how many there are."""


class Summary(NamedTuple):
    """What a table is compared by."""

    rows: int
    digest: str
    """Hexadecimal; the same for the same rows in any order, on either database."""


class CopyDiffersError(Exception):
    """What was read back from the target is not what the source gave; nothing was kept."""


def copied_tables() -> list[Table]:
    """Every table that is carried over, those that others refer to first."""
    return [table for table in metadata.sorted_tables if table is not role_beat]


def copy_all(source: Connection, target: Connection, now: datetime, tell: Tell) -> dict[str, Summary]:
    """Copies every table into a freshly migrated store and compares it there; summaries by table.

    `source` holds one view of a store at the newest schema. The caller ends the target's transaction, and
    has seen that nobody uses it. Raises CopyDiffersError, and what the drivers raise.
    """
    if target.dialect.name == "sqlite":
        # a row may refer to one of its own table's that comes later
        target.execute(text("PRAGMA defer_foreign_keys=ON"))
    for table in reversed(copied_tables()):
        target.execute(table.delete())  # what every new store is seeded with comes from the source too
    if target.dialect.name == "postgresql":
        make_months(target, wanted_months(_moments(source), now))
    found = {}
    for table in copied_tables():
        found[table.name] = _copy(source, target, table, tell)
        there = summary(target, table)
        if there != found[table.name]:
            raise CopyDiffersError(
                f"{table.name}: {found[table.name].rows} rows were read and {there.rows} arrived, "
                "or a value changed on the way"
            )
    if target.dialect.name == "postgresql":
        _go_on_counting(target)
    return found


def summary(connection: Connection, table: Table) -> Summary:
    """Counts and digests a table as this connection sees it."""
    digest = _Digest()
    for chunk in _rows(connection, table):
        digest.add(chunk)
    return digest.summary()


def _copy(source: Connection, target: Connection, table: Table, tell: Tell) -> Summary:
    total = source.scalar(select(func.count()).select_from(table)) or 0
    digest = _Digest()

    def passing() -> Iterator[list[Row]]:
        for chunk in _rows(source, table):
            digest.add(chunk)
            yield chunk
            tell(table.name, digest.rows, total)

    _write(target, table, passing())
    return digest.summary()


class _Digest:
    def __init__(self) -> None:
        self.rows = 0
        self._sum = 0

    def add(self, chunk: Iterable[Row]) -> None:
        hashes = []
        for row in chunk:
            # errors=…: a lone surrogate in a text from another age must not end a comparison
            line = repr(tuple(row)).encode("utf-8", "surrogatepass")
            hashes.append(int.from_bytes(blake2b(line, digest_size=16).digest(), "big"))
        self.rows += len(hashes)
        self._sum = (self._sum + sum(hashes)) % _MODULUS

    def summary(self) -> Summary:
        return Summary(self.rows, f"{self._sum:032x}")


def _rows(connection: Connection, table: Table) -> Iterator[list[Row]]:
    """The table's rows in the portable form, some at a time, by the driver itself: Core's rows cost more."""
    query = select(*(_portable(connection, column) for column in table.c))
    statement = str(query.compile(connection, compile_kwargs={"literal_binds": True}))
    driver: Any = connection.connection.driver_connection
    if connection.dialect.name == "postgresql":
        cursor = driver.cursor(name="qttd_copy", binary=True)
        # the compiled text is the driver's own %-style, which a statement without parameters does not undo
        cursor.execute(statement.replace("%%", "%"))
    else:
        cursor = driver.execute(statement)
    texts = [at for at, column in enumerate(table.c) if isinstance(column.type, (TextType, JSON))]
    try:
        while chunk := cursor.fetchmany(_CHUNK):
            yield [_without_nul(row, texts) for row in chunk]
    finally:
        cursor.close()


def _portable(connection: Connection, column: Column[Any]) -> ColumnElement[Any]:
    if connection.dialect.name != "postgresql":
        return column
    if isinstance(column.type, UtcTime):
        return millis(column)
    if isinstance(column.type, Boolean):
        return cast(column, Integer)
    if isinstance(column.type, Date):
        return func.to_char(column, "YYYY-MM-DD")
    if isinstance(column.type, JSON):
        return cast(column, TextType)
    return column


def _without_nul(row: Row, texts: Sequence[int]) -> Row:
    if not any(row[at] is not None and _NUL in row[at] for at in texts):
        return row
    cells = list(row)
    for at in texts:
        if cells[at] is not None:
            cells[at] = cells[at].replace(_NUL, _NUL_SHOWN)
    return cells


def _write(connection: Connection, table: Table, chunks: Iterator[list[Row]]) -> None:
    names = [column.name for column in table.c]
    if connection.dialect.name == "postgresql":
        moments = [at for at, column in enumerate(table.c) if isinstance(column.type, UtcTime)]
        copy_rows(
            connection, table.name, names, (_with_moments(row, moments) for chunk in chunks for row in chunk)
        )
        return
    quote = connection.dialect.identifier_preparer.quote
    places, listed = ", ".join("?" * len(names)), ", ".join(map(quote, names))
    statement = f"INSERT INTO {quote(table.name)} ({listed}) VALUES ({places})"  # noqa: S608 - our own names
    driver: Any = connection.connection.driver_connection
    for chunk in chunks:
        driver.executemany(statement, chunk)


def _with_moments(row: Row, moments: Sequence[int]) -> Row:
    cells = list(row)
    for at in moments:
        if cells[at] is not None:
            cells[at] = _moment(cells[at])
    return cells


@lru_cache(maxsize=100_000)
def _moment(count: int) -> str:
    """A file's readings share their moments: each is made into PostgreSQL's text once."""
    return from_millis(count).isoformat()


def _moments(source: Connection) -> list[datetime]:
    """One moment of each day that anything was measured on: the months that the target must have."""
    day = 86_400_000
    days = source.scalars(select(millis(reading.c.measured_at) // day).distinct())
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    found = []
    for number in days:
        begins = epoch + timedelta(days=int(number))
        # a UTC day lies in two of Vietnam's, and the last of a month in two months
        found += [begins, begins + timedelta(hours=23)]
    return found


def _go_on_counting(target: Connection) -> None:
    """Has the ids that PostgreSQL gives go on after those that came."""
    for table in copied_tables():
        for column in table.primary_key.columns:
            name = target.scalar(
                text("SELECT pg_get_serial_sequence(:table, :column)"),
                {"table": table.name, "column": column.name},
            )
            if name is not None:
                newest = target.scalar(select(func.max(column)))
                target.execute(
                    text("SELECT setval(:name, :newest, :used)"),
                    {"name": name, "newest": newest or 1, "used": newest is not None},
                )
