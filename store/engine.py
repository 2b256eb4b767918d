"""The one way to open the store, with what each database needs to be safe.

SQLite: write-ahead log, full synchronisation, foreign keys, a long busy time-out, and explicit
transactions: Python's own implicit ones begin as readers and fail when they become writers, so a
write transaction here is BEGIN IMMEDIATE from its first statement. PostgreSQL needs none of that.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.pool import ConnectionPoolEntry

BUSY_SECONDS = 30
"""How long a writer waits for another writer before it gives up."""


def open_engine(url: str) -> Engine:
    """Opens the store at its URL (`sqlite:///FILE` or `postgresql://…`). Connects to nothing yet."""
    if not url.startswith("sqlite"):
        return create_engine(url, pool_pre_ping=True)
    engine = create_engine(url, connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False})

    @event.listens_for(engine, "connect")
    def _configure(connection: Any, _entry: ConnectionPoolEntry) -> None:
        connection.isolation_level = None
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "cache_size=-65536"):
            connection.execute(f"PRAGMA {pragma}").close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        mode = connection.get_execution_options().get("qttd_mode", "read")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if mode == "write" else "BEGIN")

    return engine


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """One consistent view of the store, for looking only."""
    with engine.connect() as connection, connection.begin():
        yield connection


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """One transaction that may write: committed when the block ends, undone when it raises."""
    with engine.connect() as connection:
        connection = connection.execution_options(qttd_mode="write")
        with connection.begin():
            yield connection
