"""A copy of the intake journal: what it holds, and putting it together with a journal that went on.

Ids are given without gaps and purged from the oldest on, so what a journal holds beyond a position can be
counted: everything acknowledged after it, or something is missing.
"""

import sqlite3
from pathlib import Path
from typing import NamedTuple

_TABLES = ("arrival", "waiting", "entry", "folder", "taken")


class Held(NamedTuple):
    """What one journal file holds."""

    uuid: str
    last_id: int
    """Id of the newest arrival ever committed; purged ones count."""
    rows: dict[str, int]
    """By table."""

    @property
    def is_empty(self) -> bool:
        """Whether nothing was ever taken into it."""
        return self.last_id == 0 and not any(self.rows.values())


def held(connection: sqlite3.Connection) -> Held:
    """What the journal of this connection holds. Raises sqlite3.Error."""
    uuid = str(connection.execute("SELECT uuid FROM journal").fetchone()[0])
    newest = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'arrival'").fetchone()
    rows = {
        table: int(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])  # noqa: S608 - our own names
        for table in _TABLES
    }
    return Held(uuid, int(newest[0]) if newest else 0, rows)


def missing_after(connection: sqlite3.Connection, position: int, last_id: int) -> int:
    """How many arrivals after `position`, up to `last_id`, the journal does not hold any more."""
    present = connection.execute(
        "SELECT count(*) FROM arrival WHERE id > ? AND id <= ?", (position, last_id)
    ).fetchone()[0]
    return max(0, last_id - position) - int(present)


def take_over(journal: sqlite3.Connection, copy: Path, position: int) -> int:
    """Puts arrivals after `position` back that only an older copy of the same journal still holds; how many.

    They were purged because a store that is no more had them. `journal` is in autocommit mode.
    """
    journal.execute("ATTACH ? AS copy", (str(copy),))
    try:
        taken = journal.execute(
            "INSERT INTO main.arrival (id, account, folder, name, size, sha256, arrived_at, peer, door, fate,"
            " content) SELECT id, account, folder, name, size, sha256, arrived_at, peer, door, fate, content"
            " FROM copy.arrival WHERE id > ? AND id NOT IN (SELECT id FROM main.arrival) ORDER BY id",
            (position,),
        ).rowcount
    finally:
        journal.execute("DETACH copy")
    return taken
