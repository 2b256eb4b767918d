"""The intake journal as its readers see it: arrivals in commit order, and their ageing.

Doors write through the committer (one transaction for all that ended together); the watcher reads
`after` its position and purges what it has brought to the store. Ids are given inside the write
transaction, and SQLite has one writer at a time, so the order of ids is the order of commits and
`after` can never step over a row that appears later.
"""

import sqlite3
import threading
from datetime import datetime
from pathlib import Path
from typing import Self
from uuid import uuid4

from receiver.journal.arrival import Arrival, from_microseconds, to_microseconds
from receiver.journal.schema import JournalError, connect, prepare
from receiver.journal.spool import Spool

PURGE_CHUNK = 500
"""Rows deleted in one transaction, so that a purge never keeps the doors waiting for long."""


class Journal:
    """One intake journal file. Every thread that uses it gets a connection of its own."""

    def __init__(self, path: Path, uuid: str) -> None:
        self.path = path
        self.uuid = uuid
        self.spool = Spool(path.with_name(path.name + "-spool"))
        self._local = threading.local()
        self._connections: list[sqlite3.Connection] = []
        self._lock = threading.Lock()

    @classmethod
    def open(cls, path: Path | str) -> Self:
        """Opens the journal, creating it where there is none. Raises JournalError."""
        path = Path(path)
        try:
            connection = connect(path)
        except sqlite3.Error as error:
            raise JournalError(f"can not open the intake journal {path}: {error}") from error
        try:
            uuid = prepare(connection, path)
        except sqlite3.Error as error:
            raise JournalError(f"can not prepare the intake journal {path}: {error}") from error
        finally:
            connection.close()
        journal = cls(path, uuid)
        journal.spool.prepare()
        return journal

    @property
    def connection(self) -> sqlite3.Connection:
        """This thread's connection."""
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = connect(self.path)
            self._local.connection = connection
            with self._lock:
                self._connections.append(connection)
        return connection

    def renew_connection(self) -> None:
        """Throws this thread's connection away, after an error that may have left it unusable."""
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is not None:
            del self._local.connection
            with self._lock:
                self._connections.remove(connection)
            connection.close()

    def close(self) -> None:
        """Closes the connections of all threads; the caller has ended their use."""
        with self._lock:
            connections, self._connections = self._connections, []
        for connection in connections:
            connection.close()
        self._local = threading.local()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def after(self, position: int, limit: int, max_bytes: int = 16 * 1024 * 1024) -> list[Arrival]:
        """Up to `limit` arrivals with an id greater than `position`, in order.

        Stops early once their contents exceed `max_bytes`, but always returns one if there is one.
        """
        found: list[Arrival] = []
        total = 0
        cursor = self.connection.execute(
            "SELECT id, account, folder, name, content, sha256, arrived_at, peer, door, fate, size"
            " FROM arrival WHERE id > ? ORDER BY id LIMIT ?",
            (position, limit),
        )
        try:
            for row in cursor:
                total += row[10]
                if found and total > max_bytes:
                    break
                found.append(
                    Arrival(
                        row[0], row[1], f"{row[2]}/{row[3]}", row[4], row[5].hex(),
                        from_microseconds(row[6]), row[7], row[8], row[9],
                    )
                )  # fmt: skip
        finally:
            cursor.close()  # an open read would keep the WAL from being emptied
        return found

    def last_id(self) -> int:
        """Id of the newest arrival ever committed, 0 for none; purged ones count."""
        row = self.connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'arrival'").fetchone()
        return int(row[0]) if row else 0

    def sha256_of(self, arrival_id: int) -> str | None:
        """Hash of an arrival's content, hexadecimal; None where the row is not there (any more)."""
        row = self.connection.execute("SELECT sha256 FROM arrival WHERE id = ?", (arrival_id,)).fetchone()
        return None if row is None else row[0].hex()

    def renew_uuid(self) -> None:
        """Makes this another journal: what the store knows of the one it was no longer counts for it."""
        self.uuid = str(uuid4())
        self.connection.execute("UPDATE journal SET uuid = ?", (self.uuid,))

    def purge(self, ingested_up_to: int, before: datetime) -> int:
        """Deletes the oldest arrivals that are in the store and came before `before`; how many.

        Only ids up to `ingested_up_to` go, in order, up to the first that is too young. What clients
        saw of them goes too, and folders that were made before `before` and hold nothing.
        """
        limit = to_microseconds(before)
        deleted = 0
        connection = self.connection
        while True:
            connection.execute("BEGIN IMMEDIATE")
            try:
                rows = connection.execute(
                    "SELECT id, arrived_at FROM arrival WHERE id <= ? ORDER BY id LIMIT ?",
                    (ingested_up_to, PURGE_CHUNK),
                ).fetchall()
                old = next((at for at, row in enumerate(rows) if row[1] >= limit), len(rows))
                if old:
                    span = (rows[0][0], rows[old - 1][0])
                    connection.execute("DELETE FROM entry WHERE arrival_id BETWEEN ? AND ?", span)
                    connection.execute("DELETE FROM arrival WHERE id BETWEEN ? AND ?", span)
                else:
                    self._purge_folders(connection, limit)
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")
            deleted += old
            if not old:
                return deleted

    @staticmethod
    def _purge_folders(connection: sqlite3.Connection, limit: int) -> None:
        # '0' is the character after '/': the span of everything below a folder
        connection.execute(
            "DELETE FROM folder WHERE made_at < ?"
            " AND NOT EXISTS (SELECT 1 FROM entry e WHERE e.account = folder.account"
            " AND (e.folder = folder.path OR (e.folder > folder.path || '/'"
            " AND e.folder < folder.path || '0')))",
            (limit,),
        )

    def sweep_waiting(self, before: datetime) -> int:
        """Turns files that still wait for their rename since before `before` into arrivals.

        They get the fate not_renamed and keep the time at which they came. Returns how many.
        """
        connection = self.connection
        connection.execute("BEGIN IMMEDIATE")
        try:
            ids = [
                row[0]
                for row in connection.execute(
                    "SELECT id FROM waiting WHERE arrived_at < ? ORDER BY id LIMIT ?",
                    (to_microseconds(before), PURGE_CHUNK),
                )
            ]
            for waiting_id in ids:
                arrival_id = connection.execute(
                    "INSERT INTO arrival (account, folder, name, size, sha256, arrived_at, peer, door,"
                    " fate, content) SELECT account, folder, name, size, sha256, arrived_at, peer, door,"
                    " 'not_renamed', content FROM waiting WHERE id = ?",
                    (waiting_id,),
                ).lastrowid
                connection.execute(
                    "UPDATE entry SET arrival_id = ?, waiting_id = NULL WHERE waiting_id = ?",
                    (arrival_id, waiting_id),
                )
                connection.execute("DELETE FROM waiting WHERE id = ?", (waiting_id,))
        except BaseException:
            connection.execute("ROLLBACK")
            raise
        connection.execute("COMMIT")
        if len(ids) == PURGE_CHUNK:
            return PURGE_CHUNK + self.sweep_waiting(before)
        return len(ids)
