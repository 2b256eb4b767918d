"""The bytes of one upload while they come in, and when they are all there.

Up to 64 KiB stay in memory; longer ones, and any once a role holds 64 MiB of uploads, go to a
temporary file. The bytes are never looked at or changed here: whatever TYPE a client set, what
arrives is what is kept. A budget and its buffers belong to one thread.
"""

import hashlib
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from receiver.journal.spool import Spool

MEMORY_PER_UPLOAD = 64 * 1024
MEMORY_PER_ROLE = 64 * 1024 * 1024
_CHUNK = 1024 * 1024


class Body(NamedTuple):
    """A whole upload: in memory (`content`) or in a temporary file (`file`)."""

    size: int
    sha256: bytes
    content: bytes | None
    file: BinaryIO | None = None

    def chunks(self) -> Iterator[bytes]:
        """The bytes again, in order."""
        if self.file is None:
            yield self.content or b""
            return
        self.file.seek(0)
        while chunk := self.file.read(_CHUNK):
            yield chunk


def body_of(content: bytes) -> Body:
    """The body of bytes that are in memory anyway."""
    return Body(len(content), hashlib.sha256(content).digest(), content)


class MemoryBudget:
    """How many bytes of uploads a role may still hold in memory."""

    __slots__ = ("free",)

    def __init__(self, limit: int = MEMORY_PER_ROLE) -> None:
        self.free = limit


class UploadBuffer:
    """Takes an upload's chunks in order, then gives its Body. `discard` must be called at the end."""

    __slots__ = ("_budget", "_chunks", "_digest", "_file", "_held", "_spool", "size")

    def __init__(self, budget: MemoryBudget, spool: Spool) -> None:
        self.size = 0
        self._budget = budget
        self._spool = spool
        self._chunks: list[bytes] = []
        self._held = 0
        self._file: BinaryIO | None = None
        self._digest: hashlib._Hash | None = None

    def write(self, chunk: bytes) -> None:
        """Appends a chunk. Raises OSError when the temporary file can not take it."""
        self.size += len(chunk)
        if self._file is None:
            if self.size <= MEMORY_PER_UPLOAD and len(chunk) <= self._budget.free:
                self._chunks.append(chunk)
                self._held += len(chunk)
                self._budget.free -= len(chunk)
                return
            self._spill()
        self._append(chunk)

    def _spill(self) -> None:
        self._file = self._spool.open()
        self._digest = hashlib.sha256()
        held = b"".join(self._chunks)
        self._chunks.clear()
        self._budget.free += self._held
        self._held = 0
        self._append(held)

    def _append(self, chunk: bytes) -> None:
        if self._file is None or self._digest is None:
            raise ValueError("no temporary file is open")
        self._digest.update(chunk)
        view = memoryview(chunk)
        while view:  # an unbuffered write may take a part only
            view = view[self._file.write(view) :]

    def body(self) -> Body:
        """All that came. The buffer keeps its memory accounted for until `discard`."""
        if self._file is not None and self._digest is not None:
            return Body(self.size, self._digest.digest(), None, self._file)
        content = self._chunks[0] if len(self._chunks) == 1 else b"".join(self._chunks)
        return body_of(content)

    def discard(self) -> None:
        """Gives memory and temporary file back; harmless when repeated."""
        self._chunks.clear()
        self._budget.free += self._held
        self._held = 0
        if self._file is not None:
            self._file.close()
            self._file = None
