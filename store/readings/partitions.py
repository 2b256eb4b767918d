"""Months of `reading` as partitions of their own, on PostgreSQL; SQLite has one table and needs none.

A month is one of Vietnam's calendar. The present one and three ahead are always there; an older one is
made when the first reading of it comes. What lies outside the sensible years, or comes while a month cannot
be made because the table is in use, goes into the default partition, and moves when its month is made.
A month is made in a transaction of its own that holds nothing else, so that it can deadlock with nobody.
"""

from collections.abc import Iterable
from datetime import date, datetime
from time import monotonic

from sqlalchemy import Connection, Engine, column, delete, insert, select, table, text
from sqlalchemy.exc import OperationalError

from quality.months import month_of, month_span, months_later
from store.postgres import PARTITIONING, take_lock
from store.tables import reading

AHEAD = 3
"""Months after the present one that are made before anything comes."""
FIRST = date(2000, 1, 1)
"""Nobody measured automatically before: a clock that says so is wrong, and gets no partition."""
DEFAULT = "reading_default"
_LOCK_TIMEOUT = "3s"
_REST_SECONDS = 60.0
"""How long nothing is tried after the table could not be had."""

_COLUMNS = tuple(reading.c.keys())
_kind = text("SELECT relkind FROM pg_class WHERE oid = 'reading'::regclass")
_children = text("SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'reading'::regclass")


class Months:
    """What one process knows of the partitions. One thread uses it."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._is_partitioned = engine.dialect.name == "postgresql"
        self._known: set[date] = set()
        self._rests_until = 0.0

    def make(self, moments: Iterable[datetime], now: datetime) -> bool:
        """Makes the months of these moments, the present one and those ahead, where they are missing.

        False where the table was in use: the readings go into the default partition for now.
        """
        if not self._is_partitioned:
            return True
        wanted = wanted_months(moments, now) - self._known
        if not wanted:
            return True
        if monotonic() < self._rests_until:
            return False
        try:
            with self._engine.begin() as connection:
                make_months(connection, wanted)
        except OperationalError as error:
            if getattr(error.orig, "sqlstate", None) != "55P03":
                raise
            self._rests_until = monotonic() + _REST_SECONDS
            return False
        self._known |= wanted
        return True


def wanted_months(moments: Iterable[datetime], now: datetime) -> set[date]:
    """The months (first days) that the moments need, with the present one and those ahead."""
    present = month_of(now)
    ahead = [months_later(present, count) for count in range(AHEAD + 1)]
    months = {month_of(moment) for moment in moments}
    return {*ahead, *(month for month in months if FIRST <= month <= ahead[-1])}


def make_months(connection: Connection, months: Iterable[date]) -> None:
    """Makes partitions, and moves what the default one holds of them. The caller's transaction does no more.

    Nothing is done where the table is not partitioned by us: as a TimescaleDB hypertable it makes its own
    (docs/scaling.md). Raises OperationalError (55P03) where the default partition is in use for longer than a
    moment.
    """
    if connection.scalar(_kind) != "p":
        return
    connection.execute(text(f"SET LOCAL lock_timeout = '{_LOCK_TIMEOUT}'"))
    take_lock(connection, PARTITIONING)
    present = set(connection.scalars(_children))
    missing = [month for month in sorted(months) if partition_name(month) not in present]
    if missing:
        # Nobody puts in a reading of the month between its move and the new partition's attachment.
        connection.execute(text(f"LOCK TABLE {DEFAULT} IN ACCESS EXCLUSIVE MODE"))
    for month in missing:
        _make(connection, month)


def has_partition(connection: Connection, month: date) -> bool:
    """Whether the month has a table of its own; never on SQLite."""
    if connection.dialect.name != "postgresql" or connection.scalar(_kind) != "p":
        return False
    return partition_name(month) in set(connection.scalars(_children))


def fingerprint(connection: Connection, month: date) -> tuple[int, str]:
    """Count and checksum of a partition's rows: the same as long as nobody changes any of them."""
    query = text(
        "SELECT count(*), coalesce(sum(hashtextextended(one::text, 0)), 0)::text"  # noqa: S608 - our own name
        f" FROM {partition_name(month)} one"
    )
    rows, checksum = connection.execute(query).one()
    return rows, checksum


def drop_month(connection: Connection, month: date) -> None:
    """Takes a month's partition out and away, at once. The caller alone writes (`writing`).

    Raises OperationalError (55P03) where the table is in use for longer than a moment.
    """
    connection.execute(text(f"SET LOCAL lock_timeout = '{_LOCK_TIMEOUT}'"))
    take_lock(connection, PARTITIONING)
    connection.execute(text(f"ALTER TABLE reading DETACH PARTITION {partition_name(month)}"))
    connection.execute(text(f"DROP TABLE {partition_name(month)}"))


def partition_name(month: date) -> str:
    """`reading_2026_05`."""
    return f"reading_{month:%Y_%m}"


def _make(connection: Connection, month: date) -> None:
    name, (begin, end) = partition_name(month), month_span(month)
    connection.execute(text(f"CREATE TABLE {name} (LIKE reading INCLUDING ALL)"))
    ours, rest = (table(one, *map(column, _COLUMNS)) for one in (name, DEFAULT))
    moment = rest.c.measured_at
    in_month = (moment >= begin, moment < end)
    connection.execute(insert(ours).from_select(_COLUMNS, select(rest).where(*in_month)))
    connection.execute(delete(rest).where(*in_month))
    bounds = f"FROM ('{begin.isoformat()}') TO ('{end.isoformat()}')"
    connection.execute(text(f"ALTER TABLE reading ATTACH PARTITION {name} FOR VALUES {bounds}"))
