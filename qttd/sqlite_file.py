"""SQLite files as files: looked through, put in place, and copied as of one moment while others write.

Journal and store alike. What is in them is the business of receiver/ and store/.
"""

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote

_BUSY_SECONDS = 30.0
_PAGES = 4096
"""Pages copied between two words about the progress: 16 MiB."""


def open_read_only(path: Path) -> sqlite3.Connection:
    """A connection that cannot write, in autocommit mode. Raises sqlite3.Error."""
    uri = f"file:{quote(str(path))}?mode=ro"
    return sqlite3.connect(uri, uri=True, timeout=_BUSY_SECONDS, isolation_level=None)


def damage_of(connection: sqlite3.Connection) -> list[str]:
    """What SQLite finds wrong with the file (quick_check); nothing where it is whole."""
    found = [str(row[0]) for row in connection.execute("PRAGMA quick_check(10)")]
    return [] if found == ["ok"] else found


@contextmanager
def snapshot(path: Path) -> Iterator[sqlite3.Connection]:
    """A view of the file as it is now, for as long as the block runs; others go on reading and writing."""
    with closing(open_read_only(path)) as connection:
        connection.execute("BEGIN")
        # the view is taken by the first look, not by BEGIN
        connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        yield connection
        connection.execute("ROLLBACK")


def copy(source: sqlite3.Connection, target: Path, tell: Callable[[float], None]) -> None:
    """Copies what a snapshot sees into a new file, which is one file and needs no log beside it.

    `tell` is told the share that is done, from 0 to 1, now and then. The target must not be there. Raises
    sqlite3.Error or OSError.
    """
    target.touch(mode=0o600, exist_ok=False)
    with closing(sqlite3.connect(target, isolation_level=None)) as connection:
        # pages within a read transaction: a commit of somebody else does not make it begin anew
        source.backup(
            connection,
            pages=_PAGES,
            progress=lambda _status, left, total: tell(1 - left / total if total else 1.0),
        )
        connection.execute("PRAGMA journal_mode=DELETE")
        connection.execute("PRAGMA synchronous=FULL")


def put_in_place(laid_out: Path, final: Path) -> None:
    """Gives a finished database its name, on the disk. An empty one there gives way, and its logs with it:
    they must not be taken for the new one's. Raises OSError.
    """
    final.unlink(missing_ok=True)
    for log in ("-wal", "-shm", "-journal"):
        final.with_name(final.name + log).unlink(missing_ok=True)
    laid_out.replace(final)
    sync_folder(final.parent)


def sync_folder(folder: Path) -> None:
    """Has a folder's names on the disk. Raises OSError."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
