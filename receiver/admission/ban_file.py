"""Failed logins, bans, and who logged in from where, in a SQLite file beside the journal.

The workers of one journal share it, it survives restarts, and `qttd account bans` and `unban` read and
change it whether the door is open or not. It is written without a flush for each change: after a
power cut the last failures may be forgotten, nothing else. What the numbers mean stands in ban_rules.
"""

import os
import sqlite3
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from receiver.admission.ban_rules import Record, Subject, banned_address

KNOWN_DAYS = 90
"""An address that an account has not come from for so long is a strange one again."""
MOST_RECORDS = 100_000
"""Of more subjects than this the ones that failed longest ago are forgotten."""

_TABLES = """
CREATE TABLE IF NOT EXISTS record (
    address TEXT NOT NULL, account TEXT NOT NULL, failures INTEGER NOT NULL, failed_at REAL NOT NULL,
    bans INTEGER NOT NULL, banned_until REAL NOT NULL, PRIMARY KEY (address, account)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS misplaced (
    address TEXT NOT NULL, account TEXT NOT NULL, first_at REAL NOT NULL, last_at REAL NOT NULL,
    PRIMARY KEY (address, account)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS known (
    address TEXT NOT NULL, account TEXT NOT NULL, day INTEGER NOT NULL, PRIMARY KEY (address, account)
) STRICT, WITHOUT ROWID;
"""


class Ban(NamedTuple):
    """A ban in force, as an administrator sees it. Without an address, or without an account: any."""

    address: str
    account: str
    until: datetime
    times: int
    """How many bans within a day of one another this is."""


class Misplaced(NamedTuple):
    """A right password from an address that the account's list does not allow."""

    address: str
    account: str
    first_at: datetime
    last_at: datetime


class BanFile:
    """The file of one journal. Its methods may be called from any thread, and raise sqlite3.Error."""

    def __init__(self, journal_path: Path) -> None:
        """Makes the file where there is none. Raises OSError or sqlite3.Error."""
        self.path = ban_path(journal_path)
        os.close(os.open(self.path, os.O_CREAT | os.O_RDWR, 0o600))
        self._lock = threading.Lock()
        self._connection = sqlite3.connect(
            self.path, timeout=5, isolation_level=None, check_same_thread=False
        )
        try:
            self._connection.execute("PRAGMA journal_mode=WAL")
            self._connection.execute("PRAGMA synchronous=NORMAL")
            self._connection.executescript(_TABLES)
        except sqlite3.Error:
            self._connection.close()
            raise

    def close(self) -> None:
        self._connection.close()

    @contextmanager
    def change(self) -> Iterator[sqlite3.Connection]:
        """One transaction, alone."""
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def version(self) -> int:
        """A number that moves when another process, or another BanFile, has changed something."""
        with self._lock:
            return int(self._connection.execute("PRAGMA data_version").fetchone()[0])

    def records(self) -> dict[Subject, Record]:
        """Everything counted."""
        with self._lock:
            rows = self._connection.execute("SELECT * FROM record").fetchall()
        return {Subject(*row[:2]): Record(*row[2:]) for row in rows}

    def known(self, today: int) -> dict[Subject, int]:
        """Which account logged in from which address, and on which day (since 1970) it was noted last."""
        with self._lock:
            rows = self._connection.execute(
                "SELECT * FROM known WHERE day >= ?", (today - KNOWN_DAYS,)
            ).fetchall()
        return {Subject(*row[:2]): row[2] for row in rows}

    def note_known(self, subjects: Iterable[Subject], today: int) -> None:
        """These logged in today: their failures are forgiven."""
        with self.change() as connection:
            for subject in subjects:
                connection.execute("INSERT OR REPLACE INTO known VALUES (?, ?, ?)", (*subject, today))
                connection.execute("DELETE FROM record WHERE address = ? AND account = ?", subject)

    def note_misplaced(self, subjects: Iterable[Subject], at: float) -> None:
        """These had the right password, but came from a wrong address."""
        with self.change() as connection:
            connection.executemany(
                "INSERT INTO misplaced VALUES (?1, ?2, ?3, ?3)"
                " ON CONFLICT (address, account) DO UPDATE SET last_at = excluded.last_at",
                [(*subject, at) for subject in subjects],
            )

    def misplaced(self, since: datetime) -> list[Misplaced]:
        """Logins from wrong addresses, the last of them since then, by account."""
        with self._lock:
            rows = self._connection.execute(
                "SELECT * FROM misplaced WHERE last_at >= ? ORDER BY account, address", (since.timestamp(),)
            ).fetchall()
        return [
            Misplaced(row[0], row[1], *(datetime.fromtimestamp(at, UTC) for at in row[2:])) for row in rows
        ]

    def forget_old(self, before: float, today: int) -> None:
        """Drops what no longer matters: records older than `before`, addresses long unused."""
        with self.change() as connection:
            connection.execute("DELETE FROM record WHERE failed_at < ?1 AND banned_until < ?1", (before,))
            connection.execute("DELETE FROM known WHERE day < ?", (today - KNOWN_DAYS,))
            connection.execute("DELETE FROM misplaced WHERE last_at < ?", (before,))
            connection.execute(
                "DELETE FROM record WHERE (address, account) IN (SELECT address, account FROM record"
                " ORDER BY failed_at DESC LIMIT -1 OFFSET ?)",
                (MOST_RECORDS,),
            )

    def bans(self, now: datetime) -> list[Ban]:
        """The bans in force, the longest last."""
        with self._lock:
            rows = self._connection.execute(
                "SELECT address, account, banned_until, bans FROM record WHERE banned_until > ?"
                " ORDER BY banned_until, address, account",
                (now.timestamp(),),
            ).fetchall()
        return [Ban(row[0], row[1], datetime.fromtimestamp(row[2], UTC), row[3]) for row in rows]

    def lift(self, which: str | None, now: datetime) -> list[Ban]:
        """Forgives an account, by name, or an address; None: all. What bans ended by it.

        Forgiving an account also opens the addresses it failed from: its logger sits behind one of them.
        """
        bans = self.bans(now)
        with self.change() as connection:
            if which is None:
                connection.execute("DELETE FROM record")
            else:
                connection.execute(
                    "DELETE FROM record WHERE address = ?1 OR account = ?2 OR account = '' AND address IN"
                    " (SELECT address FROM record WHERE account = ?2 AND address <> '')",
                    (_address_or_none(which), which),
                )
        left = {(ban.address, ban.account) for ban in self.bans(now)}
        return [ban for ban in bans if (ban.address, ban.account) not in left]


def ban_path(journal_path: Path) -> Path:
    """Where the bans of a journal are kept."""
    return journal_path.with_name(journal_path.name + "-bans")


def _address_or_none(text: str) -> str | None:
    try:
        return banned_address(text.partition("/")[0])
    except ValueError:  # not an address: an account's name
        return None
