"""What the copies of store and journal hold, and whether they fit together.

They fit where the journal reaches at least as far as the store accounts for it: otherwise numbers that the
store has taken already would be given again, and files under them never be read. And what lies
beyond the store's position must be in the journal, for the store has it not.
"""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import Connection, create_engine

from qttd.sqlite_file import damage_of, open_read_only
from receiver.journal.copying import Held, held, missing_after
from store.engine import reading
from store.files.ledger import position
from store.row_counts import row_counts
from store.schema import present_schema


class Contents(NamedTuple):
    """Of a copied pair."""

    schema: str
    store_rows: dict[str, int]
    journal: Held | None
    """None where there is no journal."""
    position: int
    """The journal's last row that the store accounts for."""
    missing: int
    """Rows beyond the position that the journal no longer holds."""

    @property
    def fits(self) -> bool:
        """See above."""
        return self.journal is None or (self.journal.last_id >= self.position and self.missing == 0)


class DamagedError(Exception):
    """A database is not whole; the message says which and what SQLite found."""


def contents_of(store: Path, journal: Path | None) -> Contents:
    """Looks through both files, which nobody else uses. Raises DamagedError and sqlite3.Error."""
    for path in (store, journal):
        if path is not None:
            _refuse_damaged(path)
    found: Held | None = None
    if journal is not None:
        with closing(open_read_only(journal)) as connection:
            found = held(connection)
    engine = create_engine("sqlite://", creator=lambda: open_read_only(store))
    try:
        with reading(engine) as looking:
            return _contents(looking, found, journal)
    finally:
        engine.dispose()


def _contents(looking: Connection, found: Held | None, journal: Path | None) -> Contents:
    rows, schema = row_counts(looking), present_schema(looking) or ""
    if found is None or journal is None:
        return Contents(schema, rows, None, 0, 0)
    reached = position(looking, found.uuid)
    with closing(open_read_only(journal)) as connection:
        missing = missing_after(connection, reached, found.last_id)
    return Contents(schema, rows, found, reached, missing)


def _refuse_damaged(path: Path) -> None:
    try:
        with closing(open_read_only(path)) as connection:
            found = damage_of(connection)
    except sqlite3.DatabaseError as error:
        found = [str(error)]
    if found:
        raise DamagedError(f"{path.name} is damaged: {found[0]}")
