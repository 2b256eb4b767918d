"""What PostgreSQL needs to be as safe as SQLite is by nature: time-outs, the writers' gate, clashes.

Nothing here knows a table. The driver is loaded only when a PostgreSQL store is opened.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import ConnectionPoolEntry

GATE = 7_148_801
"""Advisory lock of those that write: shared by those that write along, held alone by the others."""
COUNTING = 7_148_802
"""Advisory lock of whoever settles slots: two that patch one day's line would undo each other's work."""
PARTITIONING = 7_148_803
"""Advisory lock of whoever makes partitions."""
MIGRATING = 7_148_804
"""Advisory lock of whoever migrates the schema."""
_MIGRATION_SECONDS = 3600
"""A statement of a migration that takes longer has met something nobody foresaw."""
AUDITING = 7_148_807
"""Advisory lock of whoever adds to the audit log: a chain has one end."""
WATCHING = 7_148_806
"""Advisory lock of whoever looks for interruptions: two would find the same one twice."""
JUDGING = 7_148_808
"""Advisory lock of whoever holds averages against limits: two would open one event each."""
RELAYING = 7_148_805
"""First half of a target's advisory lock; the target's id is the second."""

_NUL_SHOWN = "\u2400"
"""PostgreSQL keeps no NUL in a text: it is kept as its picture. Files' bytes are kept as they are."""
_CLASHES = frozenset({"40001", "40P01", "23505"})
"""SQLSTATE: serialization failure, deadlock, and a key that another one took meanwhile."""
_OF_THE_SERVER = ("08", "40", "53", "55", "57", "58")
"""Classes of SQLSTATE: connection, roll-back, resources, not in the state for it, an operator, the system."""


class WrongEncodingError(Exception):
    """The database was made with an encoding other than UTF-8; nothing was changed in it."""


def open_engine(url: str, busy_seconds: int, statement_seconds: int | None = None) -> Engine:
    """An engine whose sessions notice a dead server within seconds and wait for no lock for ever.

    statement_seconds: the longest a statement may take; None: as the server says, mostly for ever.
    """
    from psycopg.types.string import StrDumperUnknown

    class NulSafeDumper(StrDumperUnknown):
        def dump(self, obj: str) -> Any:
            return super().dump(obj.replace("\0", _NUL_SHOWN) if "\0" in obj else obj)

    # jit: compiling a plan over many months' partitions costs more than any of our statements
    options = f"-c timezone=UTC -c lock_timeout={busy_seconds}s -c jit=off"
    if statement_seconds is not None:
        options += f" -c statement_timeout={statement_seconds}s"
    engine = create_engine(
        url,
        pool_pre_ping=True,
        pool_size=10,
        max_overflow=20,
        connect_args={
            "connect_timeout": 5,
            "application_name": "qttd",
            "client_encoding": "utf8",
            "options": options,
            "keepalives_idle": 10,
            "keepalives_interval": 5,
            "keepalives_count": 3,
            "tcp_user_timeout": 20_000,
        },
    )

    @event.listens_for(engine, "connect")
    def _configure(connection: Any, _entry: ConnectionPoolEntry) -> None:
        connection.adapters.register_dumper(str, NulSafeDumper)

    return engine


def take_gate(connection: Connection, *, alone: bool) -> None:
    """Waits until this transaction may write, alone or along with others, and keeps that until its end.

    The first thing a transaction does: one that waits here holds nothing that another one waits for.
    """
    take_lock(connection, GATE, shared=not alone)


def take_lock(connection: Connection, lock: int, *, shared: bool = False) -> None:
    """Takes an advisory lock until the transaction's end. SQLite needs none: it has one writer at a time."""
    if connection.dialect.name == "postgresql":
        name = "pg_advisory_xact_lock_shared" if shared else "pg_advisory_xact_lock"
        connection.execute(text(f"SELECT {name}(:lock)"), {"lock": lock})


def prepare_migration(connection: Connection) -> None:
    """Lets one migration in at a time, with time-outs. Raises WrongEncodingError: texts would not fit."""
    if connection.dialect.name != "postgresql":
        return
    take_lock(connection, MIGRATING)
    connection.execute(text(f"SET LOCAL statement_timeout = '{_MIGRATION_SECONDS}s'"))
    encoding = connection.scalar(text("SHOW server_encoding"))
    if encoding != "UTF8":
        raise WrongEncodingError(
            f"the database keeps texts as {encoding}, which has no room for Vietnamese: make another one with"
            " `createdb -T template0 -E UTF8 --locale=C.UTF-8 NAME`"
        )


def copy_rows(
    connection: Connection, table: str, names: Sequence[str], rows: Iterable[Sequence[Any]]
) -> None:
    """Adds rows by COPY. Raises what SQLAlchemy makes of the driver's errors, as any statement does."""
    from psycopg import Error

    driver: Any = connection.connection.driver_connection
    quote = connection.dialect.identifier_preparer.quote  # a column may have a name that SQL has too
    statement = f"COPY {quote(table)} ({', '.join(map(quote, names))}) FROM STDIN"
    try:
        with driver.cursor() as cursor, cursor.copy(statement) as copy:
            for row in rows:
                copy.write_row(row)
    except Error as error:
        raise DBAPIError.instance(statement, None, error, Error, dialect=connection.dialect) from error


def took_too_long(cause: BaseException | None) -> bool:
    """Whether the server gave a statement up, for its time-out or because somebody asked it to."""
    return getattr(cause, "sqlstate", None) == "57014"


def is_clash(cause: BaseException | None) -> bool:
    """Whether the driver's error says that two writers met."""
    return getattr(cause, "sqlstate", None) in _CLASHES


def is_the_servers(cause: BaseException | None) -> bool:
    """Whether the driver's error says nothing of what was written: the server is away, busy or full."""
    from psycopg import OperationalError

    state: str | None = getattr(cause, "sqlstate", None)
    if state is None:  # the connection broke, or never came about
        return isinstance(cause, OperationalError)
    return state.startswith(_OF_THE_SERVER)
