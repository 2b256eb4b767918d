"""The one way to open the store, with what each database needs to be safe.

SQLite: write-ahead log, full synchronisation, foreign keys, a long busy time-out, and explicit
transactions: Python's own implicit ones begin as readers and fail when they become writers, so a
write transaction here is BEGIN IMMEDIATE from its first statement. What PostgreSQL needs is in
store/postgres.py.

SQLite lets one writer in at a time, here in turn (store/turns.py). PostgreSQL lets in as many as come, so a
writer says whether the others may work beside it: `writing` is alone with the store, as on SQLite;
`writing_along` is for the few that write all day (ingest, the completeness ledger, the forwarder), each
thought through for it.
"""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from random import SystemRandom
from time import sleep
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError, InterfaceError, InternalError, OperationalError
from sqlalchemy.pool import ConnectionPoolEntry

from store import postgres
from store.turns import own_turn

BUSY_SECONDS = 30
"""How long a writer waits for another writer before it gives up."""

_PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "cache_size=-8192")
"""The cache is 8 MiB a connection, and a role may hold a dozen; the system's own cache has the rest."""

STORE_AWAY = (OperationalError, InterfaceError, InternalError)
"""What a driver raises when the store cannot be reached, is locked, full, or may only be read just now."""

_PASSING = frozenset(
    {
        sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_INTERRUPT, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_FULL, sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_PROTOCOL,
    }
)  # fmt: skip
_TRIES = 6
_FIRST_PAUSE = 0.02
_DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})

T = TypeVar("T")


def open_engine(url: str, statement_seconds: int | None = None) -> Engine:
    """Opens the store at its URL (`sqlite:///FILE` or `postgresql://…`). Connects to nothing yet.

    statement_seconds: after them PostgreSQL gives up a statement, by itself: it does not notice that nobody
    waits for the answer any more. An SQLite statement ends with its process.
    """
    if not url.startswith("sqlite"):
        return postgres.open_engine(url, BUSY_SECONDS, statement_seconds)
    engine = create_engine(url, connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False})

    @event.listens_for(engine, "connect")
    def _configure(connection: Any, _entry: ConnectionPoolEntry) -> None:
        connection.isolation_level = None
        for pragma in _PRAGMAS:
            connection.execute(f"PRAGMA {pragma}").close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        mode = connection.get_execution_options().get("qttd_mode", "read")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if mode == "write" else "BEGIN")

    return engine


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """One consistent view of the store, for looking only."""
    with engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            # every statement sees the store as of the first one, as on SQLite
            connection = connection.execution_options(
                isolation_level="REPEATABLE READ", postgresql_readonly=True
            )
        with connection.begin():
            yield connection


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """One transaction that may write: committed when the block ends, undone when it raises.

    No other one writes meanwhile: what the block reads stays true until it is committed.
    """
    with _writing(engine) as connection:
        postgres.take_gate(connection, alone=True)
        yield connection


@contextmanager
def writing_along(engine: Engine) -> Iterator[Connection]:
    """Like `writing`, beside others that write along; never beside one that writes alone.

    What was read may be changed by another one before it is committed, unless it was read for update.
    Clashes are told by errors (`is_clash`): `retried` does the work again.
    """
    with _writing(engine) as connection:
        postgres.take_gate(connection, alone=False)
        yield connection


@contextmanager
def _writing(engine: Engine) -> Iterator[Connection]:
    with own_turn(engine), engine.connect() as connection:
        connection = connection.execution_options(qttd_mode="write")
        with connection.begin():
            yield connection


def took_too_long(error: Exception) -> bool:
    """Whether the statement was given up after its `statement_seconds`."""
    return isinstance(error, DBAPIError) and postgres.took_too_long(error.orig)


def is_clash(error: Exception) -> bool:
    """Whether two writers met on the same rows, so that doing the whole transaction again will help."""
    return isinstance(error, DBAPIError) and postgres.is_clash(error.orig)


def is_the_stores(error: Exception) -> bool:
    """Whether the error is the store's alone: locked, away, full. It passes, whatever was to be written.

    Of the rest of STORE_AWAY nobody knows: some of it could come of what was to be written.
    """
    if not isinstance(error, STORE_AWAY):
        return False
    code = getattr(error.orig, "sqlite_errorcode", None)
    return code & 0xFF in _PASSING if code is not None else postgres.is_the_servers(error.orig)


def is_damaged(error: Exception) -> bool:
    """Whether the file that should be a SQLite store is none, or is torn: overwritten, or of a bad disk."""
    code = getattr(error.orig, "sqlite_errorcode", None) if isinstance(error, DBAPIError) else None
    return code is not None and code & 0xFF in _DAMAGED


def retried(work: Callable[[], T]) -> T:
    """Does the work (whole transactions) and, where it clashes with another writer, does it again."""
    pause = _FIRST_PAUSE
    for _ in range(_TRIES - 1):
        try:
            return work()
        except DBAPIError as error:
            if not is_clash(error):
                raise
        sleep(pause * SystemRandom().uniform(0.5, 1.5))
        pause *= 2
    return work()
