"""What was taken out of a folder tree: path, size and time of each file, in the journal's `taken` table.

The row is written in the arrival's own transaction (receiver/journal/changes.py), so a restart neither loses
nor doubles a file. A tree may hold years of files: they are looked up as they are met, never all at once, and
a file that has been gone for a day is forgotten, a little of the table at each step.
"""

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from receiver.journal.arrivals import Journal
from receiver.path_text import encode_path

FORGET_SECONDS = 86400.0
"""A file that is gone for so long is forgotten; a mount that is away for an hour is not."""
FORGET_STEP = 1000
LOOK_UP = 500
REMEMBERED = 200_000
"""Files whose row is kept at hand: those of the last days are asked for again and again."""


def journal_of_imports(journal: Path) -> Path:
    """The file beside an intake journal through which trees are imported (receiver/drop/tree_import.py)."""
    return journal.with_name(journal.name + "-import")


class Mark(NamedTuple):
    """What a file was when it was taken."""

    size: int
    mtime_ns: int


class TakenMemory:
    """The memory of the files below one folder. Paths are absolute, as storable text."""

    def __init__(self, journal: Journal, root: str) -> None:
        self._journal = journal
        self._below = root.rstrip("/") + "/"
        self._end = self._below[:-1] + "0"  # the character after '/'
        self._at_hand: dict[str, Mark] = {}
        self._missing: dict[str, float] = {}
        self._reached = self._below

    def marks_of(self, paths: Sequence[str]) -> dict[str, Mark]:
        """What is remembered of these paths; those never taken are left out."""
        found: dict[str, Mark] = {}
        asked = []
        for path in paths:
            mark = self._at_hand.get(path)
            if mark is None:
                asked.append(path)
            else:
                found[path] = mark
        for start in range(0, len(asked), LOOK_UP):
            rows = self._journal.connection.execute(
                "SELECT path, size, mtime_ns FROM taken WHERE path IN (SELECT value FROM json_each(?))",
                (json.dumps(asked[start : start + LOOK_UP]),),
            ).fetchall()
            for path, size, mtime_ns in rows:
                found[path] = Mark(size, mtime_ns)
                self.keep(path, found[path])
        return found

    def keep(self, path: str, mark: Mark) -> None:
        """The committer has written the row."""
        if len(self._at_hand) >= REMEMBERED:
            self._at_hand.clear()
        self._at_hand[path] = mark

    def forget_step(self, clock: float) -> None:
        """Looks whether the next rows' files are still there. Call it only while the folder itself is."""
        rows = self._journal.connection.execute(
            "SELECT path FROM taken WHERE path > ? AND path < ? ORDER BY path LIMIT ?",
            (self._reached, self._end, FORGET_STEP),
        ).fetchall()
        self._reached = rows[-1][0] if len(rows) == FORGET_STEP else self._below
        gone = []
        for (path,) in rows:
            if os.path.lexists(encode_path(path)):
                self._missing.pop(path, None)
            elif clock - self._missing.setdefault(path, clock) >= FORGET_SECONDS:
                gone.append(path)
        if gone:
            self._journal.connection.execute(
                "DELETE FROM taken WHERE path IN (SELECT value FROM json_each(?))", (json.dumps(gone),)
            )
        for path in gone:
            del self._missing[path]
            self._at_hand.pop(path, None)
