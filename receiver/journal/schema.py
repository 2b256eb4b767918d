"""The intake journal's tables and the way every connection to its file is opened.

The journal is a SQLite file of its own, apart from the store: it must take files while the store
is away. WAL with synchronous=FULL means that a commit has reached the disk when it returns, which
is what a 226 promises. Wide content columns stand last, so that looking at the others never
reads a file's bytes.
"""

import sqlite3
import time
from pathlib import Path
from uuid import uuid4

APPLICATION_ID = 0x71747464  # "qttd"
SCHEMA_VERSION = 1
BUSY_SECONDS = 15.0

_TABLES = """
CREATE TABLE journal (
    uuid TEXT NOT NULL
) STRICT;

CREATE TABLE arrival (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    account TEXT NOT NULL,
    folder TEXT NOT NULL,
    name TEXT NOT NULL,
    size INTEGER NOT NULL,
    sha256 BLOB NOT NULL,
    arrived_at INTEGER NOT NULL,
    peer TEXT NOT NULL,
    door TEXT NOT NULL,
    fate TEXT NOT NULL,
    content BLOB NOT NULL
) STRICT;

CREATE TABLE waiting (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    account TEXT NOT NULL,
    folder TEXT NOT NULL,
    name TEXT NOT NULL,
    size INTEGER NOT NULL,
    sha256 BLOB NOT NULL,
    arrived_at INTEGER NOT NULL,
    peer TEXT NOT NULL,
    door TEXT NOT NULL,
    content BLOB NOT NULL
) STRICT;

CREATE TABLE entry (
    account TEXT NOT NULL,
    folder TEXT NOT NULL,
    name TEXT NOT NULL,
    arrival_id INTEGER,
    waiting_id INTEGER,
    size INTEGER NOT NULL,
    modified_at INTEGER NOT NULL,
    PRIMARY KEY (account, folder, name)
) STRICT, WITHOUT ROWID;
CREATE INDEX entry_arrival ON entry (arrival_id);
CREATE INDEX entry_waiting ON entry (waiting_id) WHERE waiting_id IS NOT NULL;

CREATE TABLE folder (
    account TEXT NOT NULL,
    path TEXT NOT NULL,
    made_at INTEGER NOT NULL,
    PRIMARY KEY (account, path)
) STRICT, WITHOUT ROWID;

CREATE TABLE taken (
    path TEXT NOT NULL PRIMARY KEY,
    size INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL,
    arrival_id INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
"""


_DAILY_USE = """
CREATE TABLE IF NOT EXISTS daily_use (
    account TEXT NOT NULL,
    day INTEGER NOT NULL,
    files INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    refused INTEGER NOT NULL,
    PRIMARY KEY (account, day)
) STRICT, WITHOUT ROWID
"""
"""What senders with a quota did on a day (receiver/admission/quotas.py)."""


class JournalError(Exception):
    """The intake journal can not be used; the message says what to look at."""


def connect(path: Path) -> sqlite3.Connection:
    """A connection with the journal's settings, in autocommit mode (transactions are explicit)."""
    connection = sqlite3.connect(
        path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False, cached_statements=256
    )
    try:
        _use_wal(connection)
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA journal_size_limit=67108864")
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _use_wal(connection: sqlite3.Connection) -> None:
    """Switches to the write-ahead log. Of a new file that several processes open at once only one can do
    it, and SQLite tells the others at once that it is locked, whatever their time-out: they ask again.
    """
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.01)
        else:
            return


def prepare(connection: sqlite3.Connection, path: Path) -> str:
    """Creates the tables where the file is new, and returns the journal's uuid.

    Safe when several processes open a new file at once. Raises JournalError for a file of another
    program or of a newer qttd.
    """
    connection.execute("BEGIN IMMEDIATE")
    try:
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        owner = connection.execute("PRAGMA application_id").fetchone()[0]
        tables = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
        _refuse_foreign(path, owner, version, tables)
        if version == 0:
            for statement in _TABLES.split(";"):
                connection.execute(statement)
            connection.execute("INSERT INTO journal (uuid) VALUES (?)", (str(uuid4()),))
            connection.execute(f"PRAGMA application_id={APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version={SCHEMA_VERSION}")
        connection.execute(_DAILY_USE)
        uuid = str(connection.execute("SELECT uuid FROM journal").fetchone()[0])
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")
    return uuid


def _refuse_foreign(path: Path, owner: int, version: int, tables: int) -> None:
    if owner not in (0, APPLICATION_ID) or (tables and owner == 0):
        raise JournalError(f"{path} is a database of another program, not an intake journal")
    if version > SCHEMA_VERSION:
        raise JournalError(f"{path} was written by a newer qttd; update this one")
