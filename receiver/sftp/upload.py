"""A file that comes in by SFTP: pieces, each with its place, that are one body in the end.

Clients send them in order, nearly always, and then they go where an FTP upload's bytes go. A piece that
stands elsewhere (a client that sends in parallel, or corrects what it sent) moves the whole to a temporary
file. A file with a hole in it is never taken: nothing would tell the zeros from data.
"""

import hashlib
import os
from typing import BinaryIO

from receiver.journal.spool import Spool
from receiver.upload_body import Body, MemoryBudget, UploadBuffer

_CHUNK = 1024 * 1024


class HoleError(Exception):
    """Parts of the file never came."""


class SftpUpload:
    """Takes an upload's pieces. `discard` must be called at the end; any write may raise OSError."""

    def __init__(self, budget: MemoryBudget, spool: Spool, path: str, *, appends: bool) -> None:
        self.path = path
        self.ended = False
        """Committed, cut or refused: nothing more is taken."""
        self.refusal = "The upload was not kept"
        """What a piece or a close that comes after its end is told: clients show the last answer."""
        self.appends = appends
        """Each piece goes to the end, whatever place it names."""
        self._spool = spool
        self._buffer = UploadBuffer(budget, spool)
        self._file: BinaryIO | None = None
        self._size = 0
        self._holes: list[tuple[int, int]] = []
        """Spans that nothing was written to, in no order."""

    @property
    def size(self) -> int:
        """Up to the end of the furthest piece."""
        return self._size

    def write(self, offset: int, piece: bytes) -> None:
        """Takes a piece at its place; of a file that is appended to, at the end."""
        if self.appends:
            offset = self._size
        if self._file is None and offset == self._size:
            self._buffer.write(piece)
            self._size += len(piece)
            return
        file = self._placed()
        if offset > self._size:
            self._holes.append((self._size, offset))
        self._fill(offset, offset + len(piece))
        view = memoryview(piece)
        at = offset
        while view:  # a write may take a part only
            written = os.pwrite(file.fileno(), view, at)
            view, at = view[written:], at + written
        self._size = max(self._size, offset + len(piece))

    def truncate(self, size: int) -> bool:
        """Cuts the file there; False where it would have to grow."""
        if size > self._size:
            return False
        if size < self._size:
            self._placed().truncate(size)
            self._size = size
            self._holes = [(start, min(end, size)) for start, end in self._holes if start < size]
        return True

    def body(self) -> Body:
        """All that came. Raises HoleError."""
        if self._holes:
            start, end = min(self._holes)
            raise HoleError(f"bytes {start} to {end} never came")
        if self._file is None:
            return self._buffer.body()
        digest = hashlib.sha256()
        self._file.seek(0)
        while chunk := self._file.read(_CHUNK):
            digest.update(chunk)
        return Body(self._size, digest.digest(), None, self._file)

    def discard(self) -> None:
        """Gives memory and temporary file back; harmless when repeated."""
        self.ended = True
        self._buffer.discard()
        if self._file is not None:
            self._file.close()
            self._file = None

    def _placed(self) -> BinaryIO:
        """The temporary file that pieces are written to at their places."""
        if self._file is None:
            file = self._spool.open()
            for chunk in self._buffer.body().chunks():
                view = memoryview(chunk)
                while view:
                    view = view[file.write(view) :]
            self._buffer.discard()
            self._file = file
        return self._file

    def _fill(self, start: int, end: int) -> None:
        left: list[tuple[int, int]] = []
        for first, last in self._holes:
            if first < min(last, start):
                left.append((first, min(last, start)))
            if max(first, end) < last:
                left.append((max(first, end), last))
        self._holes = left
