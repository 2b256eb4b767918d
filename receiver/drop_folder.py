"""A drop folder: a folder that somebody else's FTP server, or a person, puts station files into.

Files enter through the same journal as uploads, once size and time have not changed for a while, and are
left where they are: they belong to the other server. What was taken is noted in the journal in the
arrival's own transaction, so a restart neither loses nor doubles any. File events are only hints (in a
burst they get lost by the thousand); the periodic scan is what can be relied on.
"""

import os
import stat
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import structlog

from receiver.arrival import Fate, waits_for_rename
from receiver.committer import CommitError, Committer
from receiver.disk_space import DiskSpace
from receiver.journal import Journal
from receiver.path_text import BadPathError, absolute_path, decode_path
from receiver.upload_body import MemoryBudget, UploadBuffer

log = structlog.get_logger()

READ_SIZE = 256 * 1024
FILES_PER_GROUP = 64
FORGET_SECONDS = 86400.0
"""A file that is gone for so long is forgotten; a mount that is away for an hour is not."""


@dataclass(frozen=True, slots=True)
class DropOptions:
    """Settings of one drop folder."""

    path: Path
    settle_seconds: float = 10.0
    """A file is taken when it has not changed for so long."""
    rescan_seconds: float = 30.0
    max_file_bytes: int = 1024 * 1024
    min_free_bytes: int = 256 * 1024 * 1024


class _Seen(NamedTuple):
    size: int
    mtime_ns: int
    since: float


class _Taking(NamedTuple):
    path: str
    size: int
    mtime_ns: int
    buffer: UploadBuffer
    future: Future[int]


class DropFolder:
    """Watches one folder with all below it. Used by one thread, but for `hint`."""

    def __init__(
        self, options: DropOptions, journal: Journal, committer: Committer, now: Callable[[], datetime]
    ) -> None:
        self.options = options
        self._journal = journal
        self._committer = committer
        self._now = now
        self._root = str(options.path)
        self._disk = DiskSpace(journal.path.parent, options.min_free_bytes)
        self._budget = MemoryBudget()
        self._pending: dict[str, _Seen] = {}
        self._hints: deque[str] = deque()
        self._taken = self._load_taken()
        self._missing: dict[str, float] = {}
        self._complained: set[str] = set()
        self._scan_due = 0.0

    def hint(self, path: str) -> None:
        """Something happened at that path; of a folder, somewhere below. From any thread."""
        self._hints.append(path)

    def look(self) -> float:
        """Takes what has settled. Returns in how many seconds to look again, hints aside."""
        clock = time.monotonic()
        hinted = {self._hints.popleft() for _ in range(len(self._hints))}
        if clock >= self._scan_due or any(os.path.isdir(path) for path in hinted):  # noqa: PTH112 - may be bytes-like names
            self._scan_due = clock + self.options.rescan_seconds
            hinted = set(self._scan(clock))
        settled = [path for path in {*hinted, *self._pending} if self._settled(path, clock)]
        for start in range(0, len(settled), FILES_PER_GROUP):
            self._take(settled[start : start + FILES_PER_GROUP])
        waits = [seen.since + self.options.settle_seconds for seen in self._pending.values()]
        return max(0.05, min([self._scan_due, *waits]) - time.monotonic())

    def _load_taken(self) -> dict[str, tuple[int, int]]:
        rows = self._journal.connection.execute("SELECT path, size, mtime_ns FROM taken").fetchall()
        return {path: (size, mtime_ns) for path, size, mtime_ns in rows}

    def _scan(self, clock: float) -> Iterator[str]:
        """All files below the folder. Forgets taken ones that have been gone for a day."""
        try:
            self.options.path.stat()
        except OSError as error:
            self._complain(self._root, "drop_folder_unreachable", error)
            return
        self._complained.discard(self._root)
        found: set[str] = set()
        for folder, _, names in os.walk(self._root, onerror=self._not_listed):
            for name in names:
                path = os.path.join(folder, name)  # noqa: PTH118 - a Path for each of 100,000 files is slow
                found.add(_key(path))
                yield path
        self._forget(found, clock)

    def _forget(self, found: set[str], clock: float) -> None:
        prefix = _key(self._root) + "/"
        absent = {key for key in self._taken if key.startswith(prefix) and key not in found}
        self._missing = {key: self._missing.get(key, clock) for key in absent}
        gone = [key for key, since in self._missing.items() if clock - since >= FORGET_SECONDS]
        if gone:
            self._journal.connection.executemany("DELETE FROM taken WHERE path = ?", [(key,) for key in gone])
        for key in gone:
            del self._taken[key], self._missing[key]

    def _settled(self, path: str, clock: float) -> bool:
        """True once the file is there, new, and unchanged for long enough."""
        try:
            status = os.lstat(path)
        except OSError:
            self._pending.pop(path, None)  # gone, or renamed
            return False
        known = self._taken.get(_key(path)) == (status.st_size, status.st_mtime_ns)
        if known or not stat.S_ISREG(status.st_mode) or waits_for_rename(os.path.basename(path)):  # noqa: PTH119 - as above
            self._pending.pop(path, None)
            return False
        seen = self._pending.get(path)
        if seen is None or (seen.size, seen.mtime_ns) != (status.st_size, status.st_mtime_ns):
            self._pending[path] = _Seen(status.st_size, status.st_mtime_ns, clock)
            return self.options.settle_seconds <= 0
        return clock - seen.since >= self.options.settle_seconds

    def _take(self, paths: list[str]) -> None:
        if self._disk.nearly_full():
            self._complain(self._root, "disk_nearly_full", None)
            return
        taking = [taken for path in paths if (taken := self._submit(path)) is not None]
        for path, size, mtime_ns, buffer, future in taking:
            try:
                number = future.result()
            except CommitError as error:
                log.warning("drop_file_not_stored", path=_key(path), error=str(error))
                continue  # it stays pending
            finally:
                buffer.discard()
            self._taken[_key(path)] = (size, mtime_ns)
            self._pending.pop(path, None)
            log.info("file_received", id=number, account="", path=_key(path), size=buffer.size, door="drop")

    def _submit(self, path: str) -> _Taking | None:
        buffer = UploadBuffer(self._budget, self._journal.spool)
        try:
            place = absolute_path("/", _key(path)[len(_key(self._root)) :])
            descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
            with os.fdopen(descriptor, "rb", buffering=0) as file:
                before = os.fstat(descriptor)
                fate: Fate = "complete"
                while chunk := file.read(READ_SIZE):
                    buffer.write(chunk)
                    if buffer.size > self.options.max_file_bytes:
                        fate = "too_large"
                        break
                after = os.fstat(descriptor)
        except (OSError, BadPathError) as error:
            buffer.discard()
            self._complain(path, "drop_file_unreadable", error)
            self._pending.pop(path, None)
            return None
        if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
            buffer.discard()
            self._pending.pop(path, None)  # still being written: it must settle anew
            return None
        future = self._committer.submit(
            "",
            place,
            buffer.body(),
            arrived_at=self._now(),
            peer=_key(self._root),
            door="drop",
            fate=fate,
            taken=(_key(path), after.st_size, after.st_mtime_ns),
        )
        return _Taking(path, after.st_size, after.st_mtime_ns, buffer, future)

    def _not_listed(self, error: OSError) -> None:
        self._complain(str(error.filename), "drop_folder_unreachable", error)

    def _complain(self, path: str, event: str, error: Exception | None) -> None:
        """Says once for each path what is wrong with it."""
        if path not in self._complained:
            self._complained.add(path)
            log.warning(event, path=_key(path), error=str(error) if error else None)


def _key(path: str) -> str:
    """A path of the disk as storable text, whatever bytes its names have."""
    return decode_path(os.fsencode(path))
