"""What a client may do to the journal, each as one value that the committer applies.

A change runs inside a transaction that the committer opened and returns its outcome; it raises
RefusedError when the client asked for something impossible (the others in the transaction go on), and
any sqlite3.Error fails the whole transaction. Uploads are the hot path and are applied many at a time
by one statement. Renaming, deleting and moving change only what the client sees: the bytes of an
arrival stay, and only a new base name (a finished `x.tmp`) makes a new arrival.
"""

import sqlite3
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from receiver.admission.quotas import Quota, Refusal, charge
from receiver.journal.arrival import DoorName, Fate, waits_for_rename
from receiver.path_text import split_path
from receiver.refusals import RefusedError
from receiver.upload_body import Body

UPLOADS_PER_STATEMENT = 64

_INSERT_ARRIVAL = (
    "INSERT INTO arrival (account, folder, name, size, sha256, arrived_at, peer, door, fate, content) "
)
_INSERT_WAITING = (
    "INSERT INTO waiting (account, folder, name, size, sha256, arrived_at, peer, door, content) "
)


class Upload(NamedTuple):
    """A file that came in whole, or too long (`fate`)."""

    account: str
    folder: str
    name: str
    body: Body
    arrived_at: int
    """Microseconds since 1970 UTC."""
    peer: str
    door: DoorName
    fate: Fate = "complete"
    waits: bool = False
    """True: the name is temporary, so the file waits for its rename."""
    taken: tuple[str, int, int] | None = None
    """Of a drop folder: path, size and mtime (ns) of the file that was taken."""
    quota: Quota | None = None
    """The sender's."""

    @property
    def plain(self) -> bool:
        """True where it can be inserted together with others."""
        return self.body.file is None and not self.waits and self.taken is None and self.quota is None

    def apply(self, connection: sqlite3.Connection) -> int | None:
        """Returns the arrival's id, None where it waits for its rename."""
        if self.quota is not None:
            charge(connection, self.account, self.quota, self.arrived_at, self.body.size)
        content = self.body.content
        row = (
            self.account, self.folder, self.name, self.body.size, self.body.sha256,
            self.arrived_at, self.peer, self.door,
        )  # fmt: skip
        last = "?)" if content is not None else "zeroblob(?))"
        kept = content if content is not None else self.body.size
        if self.waits:
            statement = _INSERT_WAITING + "VALUES (?, ?, ?, ?, ?, ?, ?, ?, " + last
            cursor = connection.execute(statement, (*row, kept))
        else:
            statement = _INSERT_ARRIVAL + "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, " + last
            cursor = connection.execute(statement, (*row, self.fate, kept))
        number = cursor.lastrowid
        if number is None:
            raise sqlite3.InternalError("an insert gave no row id")
        if content is None:
            table = "waiting" if self.waits else "arrival"
            with connection.blobopen(table, "content", number) as blob:
                for chunk in self.body.chunks():
                    blob.write(chunk)
        if self.fate == "complete" and self.account:
            connection.execute(
                "INSERT OR REPLACE INTO entry VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    self.account, self.folder, self.name, None if self.waits else number,
                    number if self.waits else None, self.body.size, self.arrived_at,
                ),
            )  # fmt: skip
        if self.taken is not None:
            connection.execute("INSERT OR REPLACE INTO taken VALUES (?, ?, ?, ?)", (*self.taken, number))
        return None if self.waits else number


@lru_cache(maxsize=UPLOADS_PER_STATEMENT)
def _insert_many(count: int) -> str:
    rows = ", ".join(["(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"] * count)
    return _INSERT_ARRIVAL + "VALUES " + rows


def apply_uploads(connection: sqlite3.Connection, uploads: Sequence[Upload]) -> list[int]:
    """Inserts up to UPLOADS_PER_STATEMENT plain uploads by two statements; their ids, in order.

    Each statement lets go of the interpreter lock once, however many rows it carries: that is what makes a
    committer thread cheap beside a busy event loop.
    """
    values: list[object] = []
    for account, folder, name, body, arrived_at, peer, door, fate, *_ in uploads:
        values += (account, folder, name, body.size, body.sha256, arrived_at, peer, door, fate, body.content)
    last = connection.execute(_insert_many(len(uploads)), values).lastrowid
    if last is None:
        raise sqlite3.InternalError("an insert gave no row id")
    first = last - len(uploads) + 1
    connection.execute(
        "INSERT OR REPLACE INTO entry SELECT account, folder, name, id, NULL, size, arrived_at"
        " FROM arrival WHERE id >= ? AND fate = 'complete' AND account <> '' ORDER BY id",
        (first,),
    )
    return list(range(first, last + 1))


class Rename(NamedTuple):
    """RNFR and RNTO of a file or a folder, as absolute paths of the account's tree."""

    account: str
    source: str
    target: str
    renamed_at: int
    quota: Quota | None = None
    """The account's: a new base name makes another arrival of the same bytes."""

    def apply(self, connection: sqlite3.Connection) -> int | None:
        """The id of the arrival that the rename made, None where it only moved something."""
        folder, name = split_path(self.source)
        new_folder, new_name = split_path(self.target)
        if not new_name or folder_exists(connection, self.account, self.target):
            raise RefusedError("A folder has that name")
        entry = connection.execute(
            "SELECT arrival_id, waiting_id, size, modified_at FROM entry"
            " WHERE account = ? AND folder = ? AND name = ?",
            (self.account, folder, name),
        ).fetchone()
        if entry is None:
            self._move_folder(connection)
            return None
        arrival_id, waiting_id, size, modified_at = entry
        entered: int | None = None
        if not waits_for_rename(new_name) and (waiting_id is not None or name != new_name):
            if self.quota is not None and waiting_id is None:
                charge(connection, self.account, self.quota, self.renamed_at, size)
            entered = self._enter(connection, new_folder, new_name, arrival_id, waiting_id)
            arrival_id, waiting_id, modified_at = entered, None, self.renamed_at
        elif waiting_id is not None:
            connection.execute(
                "UPDATE waiting SET folder = ?, name = ? WHERE id = ?", (new_folder, new_name, waiting_id)
            )
        connection.execute(
            "DELETE FROM entry WHERE account = ? AND folder = ? AND name = ?", (self.account, folder, name)
        )
        connection.execute(
            "INSERT OR REPLACE INTO entry VALUES (?, ?, ?, ?, ?, ?, ?)",
            (self.account, new_folder, new_name, arrival_id, waiting_id, size, modified_at),
        )
        return entered

    def _enter(
        self,
        connection: sqlite3.Connection,
        folder: str,
        name: str,
        arrival_id: int | None,
        waiting_id: int | None,
    ) -> int:
        table, number = ("waiting", waiting_id) if waiting_id is not None else ("arrival", arrival_id)
        columns = "SELECT account, ?, ?, size, sha256, ?, peer, door, 'complete', content FROM "
        cursor = connection.execute(
            _INSERT_ARRIVAL + columns + table + " WHERE id = ?", (folder, name, self.renamed_at, number)
        )
        if cursor.rowcount != 1 or cursor.lastrowid is None:
            raise RefusedError("No such file or folder")
        if waiting_id is not None:
            connection.execute("DELETE FROM waiting WHERE id = ?", (waiting_id,))
        return cursor.lastrowid

    def _move_folder(self, connection: sqlite3.Connection) -> None:
        if self.source == "/" or not folder_exists(connection, self.account, self.source):
            raise RefusedError("No such file or folder")
        if file_exists(connection, self.account, self.target):
            raise RefusedError("A file has that name")
        if self.target.startswith(self.source + "/"):
            raise RefusedError("A folder can not be moved into itself")
        cut = len(self.source) + 1
        span = (self.account, self.source, self.source + "/", self.source + "0")
        below = "account = ? AND ({0} = ? OR ({0} > ? AND {0} < ?))"
        for table, column in (("entry", "folder"), ("folder", "path")):
            connection.execute(
                f"UPDATE {table} SET {column} = ? || substr({column}, ?) WHERE {below.format(column)}",  # noqa: S608 - fixed words
                (self.target, cut, *span),
            )
        connection.execute(
            "INSERT OR IGNORE INTO folder VALUES (?, ?, ?)", (self.account, self.target, self.renamed_at)
        )


class Hide(NamedTuple):
    """DELE: the client sees the file no more. Its bytes stay."""

    account: str
    path: str

    def apply(self, connection: sqlite3.Connection) -> None:
        folder, name = split_path(self.path)
        cursor = connection.execute(
            "DELETE FROM entry WHERE account = ? AND folder = ? AND name = ?", (self.account, folder, name)
        )
        if cursor.rowcount != 1:
            raise RefusedError("No such file")


class MakeFolder(NamedTuple):
    """MKD. The folders above are made too."""

    account: str
    path: str
    made_at: int

    def apply(self, connection: sqlite3.Connection) -> None:
        if folder_exists(connection, self.account, self.path):
            raise RefusedError("The folder exists already")
        if file_exists(connection, self.account, self.path):
            raise RefusedError("A file has that name")
        connection.execute("INSERT INTO folder VALUES (?, ?, ?)", (self.account, self.path, self.made_at))


class RemoveFolder(NamedTuple):
    """RMD of a folder in which nothing is."""

    account: str
    path: str

    def apply(self, connection: sqlite3.Connection) -> None:
        if self.path == "/" or not folder_exists(connection, self.account, self.path):
            raise RefusedError("No such folder")
        if _holds_anything(connection, self.account, self.path):
            raise RefusedError("The folder is not empty")
        connection.execute("DELETE FROM folder WHERE account = ? AND path = ?", (self.account, self.path))


Change = Upload | Rename | Hide | MakeFolder | RemoveFolder | Refusal


def file_exists(connection: sqlite3.Connection, account: str, path: str) -> bool:
    """True where the account sees a file under that absolute path."""
    return bool(
        connection.execute(
            "SELECT 1 FROM entry WHERE account = ? AND folder = ? AND name = ?", (account, *split_path(path))
        ).fetchone()
    )


def folder_exists(connection: sqlite3.Connection, account: str, path: str) -> bool:
    """A folder exists when it was made, or when a file or a made folder is in it; the root always."""
    if path == "/":
        return True
    return bool(
        connection.execute("SELECT 1 FROM folder WHERE account = ? AND path = ?", (account, path)).fetchone()
    ) or _holds_anything(connection, account, path)


def _holds_anything(connection: sqlite3.Connection, account: str, path: str) -> bool:
    # '0' is the character after '/': the span holds exactly what lies below
    return bool(
        connection.execute(
            "SELECT EXISTS (SELECT 1 FROM entry WHERE account = ?1 AND (folder = ?2"
            " OR (folder > ?2 || '/' AND folder < ?2 || '0')))"
            " OR EXISTS (SELECT 1 FROM folder WHERE account = ?1 AND path > ?2 || '/' AND path < ?2 || '0')",
            (account, path),
        ).fetchone()[0]
    )
