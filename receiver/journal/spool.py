"""Temporary files beside the journal, for uploads too long to be held in memory.

The files have no name (O_TMPFILE, or unlinked at once where the file system lacks that), so a
crash leaves none behind; `prepare` still clears what an older kernel or a crash between making and
unlinking may have left. Nothing here is durable or meant to be: an upload counts once its
bytes are committed to the journal.
"""

import tempfile
from pathlib import Path
from typing import BinaryIO, cast

_PREFIX = "upload-"


class Spool:
    """The folder for temporary files of one journal."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def prepare(self) -> None:
        """Makes the folder and removes named left-overs. An open file survives its removal."""
        self.folder.mkdir(mode=0o700, exist_ok=True)
        for stale in self.folder.glob(_PREFIX + "*"):
            stale.unlink(missing_ok=True)

    def open(self) -> BinaryIO:
        """A new nameless file, open for writing and reading. Raises OSError."""
        return cast(BinaryIO, tempfile.TemporaryFile(dir=self.folder, prefix=_PREFIX, buffering=0))
