"""The files' bytes that a month archive holds, each held against the hash that the archive has of it."""

import zipfile
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import Self

from qttd.archive.book import file_hashes
from qttd.errors import BadDataError


class HeldBytes:
    """An open archive. Opening it raises OSError, or BROKEN (book.py) where it is none."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._members = file_hashes(path)
        self._zip = zipfile.ZipFile(path)

    def __contains__(self, file_id: object) -> bool:
        return file_id in self._members

    def of(self, file_id: int) -> bytes:
        """A file's bytes, by the ledger's id. Raises BadDataError where they are not what was archived."""
        if file_id not in self._members:
            raise BadDataError(f"{self._path} does not have file {file_id}")
        member, digest = self._members[file_id]
        content = self._zip.read(member)
        if sha256(content).hexdigest() != digest:
            raise BadDataError(f"{self._path}: {member} is not what it should be")
        return content

    def close(self) -> None:
        """Lets the archive go."""
        self._zip.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.close()
