"""A drop folder: a folder that somebody else's FTP server, or a person, puts station files into.

Files enter through the same journal as uploads, once size and time have not changed for a while, and are
left where they are: they belong to the other server. Nothing in the tree is written, renamed or deleted, so
it may be mounted read-only. What was taken is noted in the journal in the arrival's own transaction
(receiver/drop/memory.py). File events are only hints (in a burst they get lost by the thousand); the
periodic scan (receiver/drop/scan.py) is what can be relied on.

In the mode `shadow` the tree is another server's, which is only watched: a file counts as arrived when its
own time says that it came to that server, and comes by the door `shadow`, which relay targets pass over.
"""

import os
import stat
import time
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Literal, NamedTuple

import structlog

from receiver.disk_space import DiskSpace
from receiver.drop.memory import Mark, TakenMemory
from receiver.drop.scan import TreeScan
from receiver.journal.arrival import DoorName, Fate, waits_for_rename
from receiver.journal.arrivals import Journal
from receiver.journal.committer import CommitError, Committer
from receiver.path_text import BadPathError, absolute_path, decode_path
from receiver.upload_body import MemoryBudget, UploadBuffer

log = structlog.get_logger()

READ_SIZE = 256 * 1024
FILES_PER_GROUP = 64
PATHS_PER_LOOK = 2000
_READ_ONLY = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK
OLD_SECONDS = 600.0
"""What nobody has written for so long has settled, whoever looks at it for the first time."""

DropMode = Literal["take", "shadow"]


@dataclass(frozen=True, slots=True)
class DropOptions:
    """Settings of one drop folder."""

    path: Path
    settle_seconds: float = 10.0
    """A file is taken when it has not changed for so long."""
    rescan_seconds: float = 30.0
    mode: DropMode = "take"
    max_age_seconds: float = 0.0
    """Older files are passed over; 0: none is too old."""
    watch: bool = True
    """File events wake it; False on a network share, which sends none."""
    max_file_bytes: int = 1024 * 1024
    min_free_bytes: int = 256 * 1024 * 1024


class _Seen(NamedTuple):
    mark: Mark
    since: float


class _Taking(NamedTuple):
    path: str
    mark: Mark
    buffer: UploadBuffer
    future: Future[int]


class DropFolder:
    """Watches one folder with all below it. Used by one thread, but for `hint`."""

    def __init__(
        self,
        options: DropOptions,
        journal: Journal,
        committer: Committer,
        now: Callable[[], datetime],
        imports: Journal | None = None,
    ) -> None:
        """`imports` is the journal through which trees are imported: what it took is not taken again."""
        self.options = options
        self._journal = journal
        self._committer = committer
        self._now = now
        self._root = str(options.path)
        self._door: DoorName = "shadow" if options.mode == "shadow" else "drop"
        self._disk = DiskSpace(journal.path.parent, options.min_free_bytes)
        self._budget = MemoryBudget()
        self._pending: dict[str, _Seen] = {}
        self._hints: deque[str] = deque()
        self._memory = TakenMemory(journal, _key(self._root))
        self._imported = TakenMemory(imports, _key(self._root)) if imports is not None else None
        self._tree = TreeScan(self._root, self._not_listed)
        self._complained: set[str] = set()
        self._scan_due = 0.0

    def hint(self, path: str) -> None:
        """Something happened at that path; of a folder, somewhere below. From any thread."""
        self._hints.append(path)

    def look(self) -> float:
        """Takes what has settled. Returns in how many seconds to look again, hints aside."""
        clock = time.monotonic()
        wall = self._now().timestamp()
        hinted = {self._hints.popleft() for _ in range(len(self._hints))}
        if clock >= self._scan_due or any(os.path.isdir(path) for path in hinted):  # noqa: PTH112 - may be bytes-like names
            self._scan_due = clock + self.options.rescan_seconds
            hinted = set()
            if self._is_there():
                self._look_at(self._tree.files(wall), clock, wall)
                self._memory.forget_step(clock)
        self._look_at({*hinted, *self._pending}, clock, wall)
        waits = [seen.since + self.options.settle_seconds for seen in self._pending.values()]
        return max(0.05, min([self._scan_due, *waits]) - time.monotonic())

    def _is_there(self) -> bool:
        try:
            self.options.path.stat()
        except OSError as error:
            self._complain(self._root, "drop_folder_unreachable", error)
            return False
        self._complained.discard(self._root)
        return True

    def _look_at(self, paths: Iterable[str], clock: float, wall: float) -> None:
        """Takes those of the paths that are new and have settled; the others wait."""
        walking = iter(paths)
        while some := list(islice(walking, PATHS_PER_LOOK)):
            settled = self._settled(some, clock, wall)
            for start in range(0, len(settled), FILES_PER_GROUP):
                self._take(settled[start : start + FILES_PER_GROUP])

    def _settled(self, paths: list[str], clock: float, wall: float) -> list[str]:
        """The paths of files that are there, new, and unchanged for long enough."""
        there: dict[str, os.stat_result] = {}
        for path in paths:
            try:
                there[path] = os.lstat(path)
            except OSError:
                self._pending.pop(path, None)  # gone, or renamed
        keys = {path: _key(path) for path in there}
        taken = self._memory.marks_of(list(keys.values()))
        if self._imported is not None:
            taken = self._imported.marks_of([key for key in keys.values() if key not in taken]) | taken
        return [
            path
            for path, status in there.items()
            if self._is_due(path, status, taken.get(keys[path]), clock, wall)
        ]

    def _is_due(
        self, path: str, status: os.stat_result, taken: Mark | None, clock: float, wall: float
    ) -> bool:
        mark = Mark(status.st_size, status.st_mtime_ns)
        age = wall - status.st_mtime
        too_old = 0 < self.options.max_age_seconds < age
        ours = stat.S_ISREG(status.st_mode) and not waits_for_rename(os.path.basename(path))  # noqa: PTH119 - as above
        if taken == mark or too_old or not ours:
            self._pending.pop(path, None)
            return False
        if age > max(OLD_SECONDS, self.options.settle_seconds):
            return True
        seen = self._pending.get(path)
        if seen is None or seen.mark != mark:
            self._pending[path] = _Seen(mark, clock)
            return self.options.settle_seconds <= 0
        return clock - seen.since >= self.options.settle_seconds

    def _take(self, paths: list[str]) -> None:
        if self._disk.nearly_full():
            self._complain(self._root, "disk_nearly_full", None)
            for path in paths:
                self._tree.list_again(path)
            return
        self._complained.discard(self._root)
        taking = [taken for path in paths if (taken := self._submit(path)) is not None]
        for path, mark, buffer, future in taking:
            try:
                number = future.result()
            except CommitError as error:
                log.warning("drop_file_not_stored", path=_key(path), error=str(error))
                self._tree.list_again(path)
                continue
            finally:
                buffer.discard()
            self._memory.keep(_key(path), mark)
            self._pending.pop(path, None)
            # a shadow's files have a line in the other server's log
            tell = log.info if self._door == "drop" else log.debug
            tell("file_received", id=number, account="", path=_key(path), size=buffer.size, door=self._door)

    def _submit(self, path: str) -> _Taking | None:
        buffer = UploadBuffer(self._budget, self._journal.spool)
        try:
            place = absolute_path("/", _key(path)[len(_key(self._root)) :])
            before, after, fate = read_into(buffer, path, self.options.max_file_bytes)
        except (OSError, BadPathError) as error:
            buffer.discard()
            self._complain(path, "drop_file_unreadable", error)
            self._pending.pop(path, None)
            self._tree.list_again(path)
            return None
        if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
            buffer.discard()
            self._pending.pop(path, None)  # still being written: it must settle anew
            self._tree.list_again(path)
            return None
        future = self._committer.submit(
            "",
            place,
            buffer.body(),
            arrived_at=self._now() if self._door == "drop" else arrival_of(after, self._now()),
            peer=_key(self._root),
            door=self._door,
            fate=fate,
            taken=(_key(path), after.st_size, after.st_mtime_ns),
        )
        return _Taking(path, Mark(after.st_size, after.st_mtime_ns), buffer, future)

    def _not_listed(self, path: str, error: OSError) -> None:
        self._complain(path, "drop_folder_unreachable", error)

    def _complain(self, path: str, event: str, error: Exception | None) -> None:
        """Says once for each path what is wrong with it."""
        if path not in self._complained:
            self._complained.add(path)
            log.warning(event, path=_key(path), error=str(error) if error else None)


def read_into(
    buffer: UploadBuffer, path: str, max_file_bytes: int
) -> tuple[os.stat_result, os.stat_result, Fate]:
    """Reads a file whole, or up to the limit; what it was before and after. Raises OSError.

    No link is followed, and where the system lets us the file's time of access stays as it was.
    """
    try:
        descriptor = os.open(path, _READ_ONLY | os.O_NOATIME)
    except PermissionError:  # only a file's owner may leave no trace
        descriptor = os.open(path, _READ_ONLY)
    fate: Fate = "complete"
    with os.fdopen(descriptor, "rb", buffering=0) as file:
        before = os.fstat(descriptor)
        while chunk := file.read(READ_SIZE):
            buffer.write(chunk)
            if buffer.size > max_file_bytes:
                fate = "too_large"
                break
        after = os.fstat(descriptor)
    return before, after, fate


def arrival_of(status: os.stat_result, now: datetime) -> datetime:
    """When a file came to the server in whose tree it lies: its time, but never later than now."""
    return min(datetime.fromtimestamp(max(status.st_mtime, 0.0), UTC), now)


def _key(path: str) -> str:
    """A path of the disk as storable text, whatever bytes its names have."""
    return decode_path(os.fsencode(path))
