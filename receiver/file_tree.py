"""What clients see: each account's tree of files and folders, read from the journal.

A file is the newest version under its name; a folder exists when it was made or when something is
in it. Only reading happens here (the committer writes), each call a few index look-ups in its own
short transaction, so that a slow client never holds the journal's WAL back.
"""

from collections.abc import Iterator
from typing import NamedTuple

from receiver.journal.arrivals import Journal
from receiver.journal.changes import folder_exists
from receiver.path_text import split_path

PAGE = 500


class Node(NamedTuple):
    """A file or folder as listed."""

    name: str
    is_folder: bool
    size: int
    modified_at: int
    """Microseconds since 1970 UTC; of a folder: when it was made, or of some file in it."""
    arrival_id: int | None = None
    waiting_id: int | None = None


class FileTree:
    """The trees of all accounts of one journal."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    def file(self, account: str, path: str) -> Node | None:
        """The file of that absolute path, None where the account sees none."""
        row = self._journal.connection.execute(
            "SELECT name, 0, size, modified_at, arrival_id, waiting_id FROM entry"
            " WHERE account = ? AND folder = ? AND name = ?",
            (account, *split_path(path)),
        ).fetchone()
        return Node._make(row) if row else None

    def folder_exists(self, account: str, path: str) -> bool:
        """True for the root, a folder that was made, and one that something is in."""
        return folder_exists(self._journal.connection, account, path)

    def node(self, account: str, path: str) -> Node | None:
        """The file or folder of that absolute path."""
        found = self.file(account, path)
        if found is None and self.folder_exists(account, path):
            found = Node(split_path(path)[1], True, 0, self._made_at(account, path))
        return found

    def children(self, account: str, path: str) -> Iterator[Node]:
        """Folders, then files, each by name. Reads as it is consumed, a page at a time."""
        folder = "" if path == "/" else path
        yield from self._folders(account, folder)
        after = ""
        while True:
            rows = self._journal.connection.execute(
                "SELECT name, 0, size, modified_at, arrival_id, waiting_id FROM entry"
                " WHERE account = ? AND folder = ? AND name > ? ORDER BY name LIMIT ?",
                (account, folder, after, PAGE),
            ).fetchall()
            yield from map(Node._make, rows)
            if len(rows) < PAGE:
                return
            after = rows[-1][0]

    def content(self, node: Node) -> bytes | None:
        """The bytes of a file, None where they have been purged meanwhile."""
        table, number = (
            ("arrival", node.arrival_id) if node.waiting_id is None else ("waiting", node.waiting_id)
        )
        statement = {
            "arrival": "SELECT content FROM arrival WHERE id = ?",
            "waiting": "SELECT content FROM waiting WHERE id = ?",
        }[table]
        row = self._journal.connection.execute(statement, (number,)).fetchone()
        return row[0] if row else None

    def _made_at(self, account: str, path: str) -> int:
        row = self._journal.connection.execute(
            "SELECT made_at FROM folder WHERE account = ?1 AND path = ?2 UNION ALL SELECT * FROM ("
            "SELECT modified_at FROM entry WHERE account = ?1 AND (folder = ?2"
            " OR (folder > ?2 || '/' AND folder < ?2 || '0')) LIMIT 1)",
            (account, path),
        ).fetchone()
        return int(row[0]) if row else 0

    def _folders(self, account: str, folder: str) -> list[Node]:
        # skips from name to name: below each is a whole tree that need not be read
        prefix = folder + "/"
        end = folder + "0"  # '0' is the character after '/'
        names: set[str] = set()
        for statement in (
            "SELECT folder FROM entry WHERE account = ? AND folder > ? AND folder < ?"
            " ORDER BY folder LIMIT 1",
            "SELECT path FROM folder WHERE account = ? AND path > ? AND path < ? ORDER BY path LIMIT 1",
        ):
            after = prefix
            while row := self._journal.connection.execute(statement, (account, after, end)).fetchone():
                name, deeper, _ = row[0][len(prefix) :].partition("/")
                names.add(name)
                # the last text that can be below this name
                after = f"{prefix}{name}/\U0010ffff" if deeper else row[0]
        return [Node(name, True, 0, self._made_at(account, prefix + name)) for name in sorted(names)]
