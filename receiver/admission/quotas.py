"""How much each sender with a quota has uploaded today, in Vietnam; and what was refused for it.

It is counted in the journal, in the transaction that takes the upload: every door and every worker of a
journal counts together, and a restart forgets nothing. Who has no quota costs nothing. Before the data a door
looks at numbers that may be a second old, so that a sender that is through with its day is told so at once.
"""

import sqlite3
import time
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from receiver.journal.arrival import to_microseconds
from receiver.journal.arrivals import Journal
from receiver.refusals import QuotaExceededError

_DAY = 86_400_000_000
_VIETNAM = 7 * 3_600_000_000
_LOOK_SECONDS = 1.0
KEPT_DAYS = 92


class Quota(NamedTuple):
    """How much a sender may upload a day; None: without end."""

    files: int | None
    bytes: int | None


class Use(NamedTuple):
    """What a sender did on a day."""

    files: int
    bytes: int
    refused: int
    """Uploads that were refused for its quota."""


_NOTHING = Use(0, 0, 0)


def day_number(moment: int) -> int:
    """The day in Vietnam that a moment (microseconds since 1970 UTC) lies in, counted from 1970-01-01."""
    return (moment + _VIETNAM) // _DAY


def seconds_left(now: datetime) -> int:
    """Until the day in Vietnam ends, rounded up: when a quota begins anew."""
    moment = to_microseconds(now)
    return -(-((day_number(moment) + 1) * _DAY - _VIETNAM - moment) // 1_000_000)


def charge(connection: sqlite3.Connection, sender: str, quota: Quota, at: int, size: int) -> None:
    """Counts an upload, in the transaction that takes it. Raises QuotaExceededError, which is counted too."""
    day = day_number(at)
    use = _use(connection, sender, day)
    reason = why_not(quota, use, size)
    if reason is not None:
        _count(connection, sender, day, 0, 0, 1)
        raise QuotaExceededError(reason)
    _count(connection, sender, day, 1, size, 0)


def why_not(quota: Quota, use: Use, size: int) -> str | None:
    """Why one more upload of so many bytes is too much; None: it is not."""
    if quota.files is not None and use.files + 1 > quota.files:
        return f"{quota.files} files are allowed; send again after midnight."
    if quota.bytes is not None and use.bytes + size > quota.bytes:
        return f"{quota.bytes} bytes are allowed; send again after midnight."
    return None


class Refusal(NamedTuple):
    """An upload that was refused before its data came: counted by the committer."""

    sender: str
    at: int

    def apply(self, connection: sqlite3.Connection) -> None:
        _count(connection, self.sender, day_number(self.at), 0, 0, 1)


class Quotas:
    """What one thread knows of today's use."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._seen: dict[str, tuple[float, int, Use]] = {}

    def refuses(self, sender: str, quota: Quota | None, now: datetime) -> str | None:
        """Why nothing more is taken of the sender today; None: the upload may begin."""
        if quota is None:
            return None
        day, clock = day_number(to_microseconds(now)), time.monotonic()
        looked_at, of_day, use = self._seen.get(sender, (float("-inf"), day, _NOTHING))
        if clock - looked_at >= _LOOK_SECONDS or of_day != day:
            use = _use(self._journal.connection, sender, day)
            self._seen[sender] = (clock, day, use)
        return why_not(quota, use, 1)


def used_today(journal: Path, now: datetime) -> dict[str, Use]:
    """What every sender with a quota did today at this journal; nothing where there is none yet."""
    if not journal.is_file():
        return {}
    with closing(sqlite3.connect(f"{journal.absolute().as_uri()}?mode=ro", uri=True)) as connection:
        if not connection.execute("SELECT 1 FROM sqlite_schema WHERE name = 'daily_use'").fetchone():
            return {}
        rows = connection.execute(
            "SELECT account, files, bytes, refused FROM daily_use WHERE day = ?",
            (day_number(to_microseconds(now)),),
        ).fetchall()
    return {sender: Use(files, size, refused) for sender, files, size, refused in rows}


def forget(connection: sqlite3.Connection, now: datetime) -> None:
    """Days long past are counted no more."""
    before = day_number(to_microseconds(now - timedelta(days=KEPT_DAYS)))
    connection.execute("DELETE FROM daily_use WHERE day < ?", (before,))


def _use(connection: sqlite3.Connection, sender: str, day: int) -> Use:
    row = connection.execute(
        "SELECT files, bytes, refused FROM daily_use WHERE account = ? AND day = ?", (sender, day)
    ).fetchone()
    return _NOTHING if row is None else Use(*row)


def _count(
    connection: sqlite3.Connection, sender: str, day: int, files: int, size: int, refused: int
) -> None:
    connection.execute(
        "INSERT INTO daily_use VALUES (?, ?, ?, ?, ?) ON CONFLICT (account, day) DO UPDATE SET"
        " files = files + excluded.files, bytes = bytes + excluded.bytes,"
        " refused = refused + excluded.refused",
        (sender, day, files, size, refused),
    )
