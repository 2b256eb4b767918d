"""PostgreSQL with TimescaleDB: the readings as a hypertable, in place of our own partitions by month.

An option that nobody needs below some thousand stations (docs/scaling.md). The extension is the database
administrator's to install and to create; without it nothing is touched. The way back is `qttd store copy`.
"""

from collections.abc import Callable

from sqlalchemy import Connection, MetaData, Table, text

from store.copying import summary
from store.postgres import PARTITIONING, take_lock
from store.tables import reading

EXTENSION = "timescaledb"

_version = text("SELECT extversion FROM pg_extension WHERE extname = :name")
_kind = text("SELECT relkind FROM pg_class WHERE oid = 'reading'::regclass")
_key = text("SELECT conname FROM pg_constraint WHERE conrelid = CAST(:of AS regclass) AND contype = 'p'")
_statements = (
    "CREATE TABLE reading_hyper (LIKE reading INCLUDING ALL)",
    "SELECT create_hypertable('reading_hyper', by_range('measured_at', INTERVAL '1 month'),"
    " create_default_indexes => false)",
    "INSERT INTO reading_hyper SELECT * FROM reading ORDER BY measured_at",
)
_swap = ("DROP TABLE reading", "ALTER TABLE reading_hyper RENAME TO reading")
_compression = (
    "ALTER TABLE reading SET (timescaledb.compress, timescaledb.compress_segmentby = 'station_id',"
    " timescaledb.compress_orderby = 'measured_at, parameter_id')",
    "SELECT add_compression_policy('reading', INTERVAL '{} months')",
)


class NoExtensionError(Exception):
    """The database cannot do it, and nothing was changed; the message says what is missing."""


class ReadingsDifferError(Exception):
    """What was read back from the hypertable is not what was put into it; nothing was kept."""


def is_hypertable(connection: Connection) -> bool:
    """Whether the readings are partitioned by somebody else than us already."""
    return bool(connection.scalar(_kind) != "p")


def extension_version(connection: Connection) -> str:
    """TimescaleDB's version in this database. Raises NoExtensionError where there is none."""
    if connection.dialect.name != "postgresql":
        raise NoExtensionError("the store is an SQLite file; hypertables are PostgreSQL's, with TimescaleDB")
    found = connection.scalar(_version, {"name": EXTENSION})
    if found is None:
        raise NoExtensionError(
            "this database has no TimescaleDB: install its package on the database server, name it in"
            " shared_preload_libraries, restart PostgreSQL, and as its superuser `CREATE EXTENSION"
            f" {EXTENSION}` in this database"
        )
    return str(found)


def make_hypertable(connection: Connection, compress_after: int, tell: Callable[[str], None]) -> int:
    """Puts all readings into a hypertable and compares them; how many there are. In one transaction.

    compress_after: months after which a month is compressed; 0: never. Raises NoExtensionError, and
    ReadingsDifferError where what arrived is not what was there.
    """
    extension_version(connection)
    take_lock(connection, PARTITIONING)
    connection.execute(text("LOCK TABLE reading IN ACCESS EXCLUSIVE MODE"))
    key = connection.scalar(_key, {"of": "reading"})
    before = summary(connection, reading)
    for statement in _statements:
        tell(statement)
        connection.execute(text(statement))
    if summary(connection, _as_new()) != before:
        raise ReadingsDifferError(f"{before.rows} readings were there, and others arrived")
    for statement in _swap:
        connection.execute(text(statement))
    new_key = connection.scalar(_key, {"of": "reading"})
    connection.execute(text(f"ALTER TABLE reading RENAME CONSTRAINT {new_key} TO {key}"))
    if compress_after:
        for statement in _compression:
            tell(statement.format(compress_after))
            connection.execute(text(statement.format(compress_after)))
    return before.rows


def _as_new() -> Table:
    """The readings' columns under the name that the new table has until it takes their place."""
    return reading.to_metadata(MetaData(), name="reading_hyper")
