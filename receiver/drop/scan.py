"""Walks a drop folder's tree again and again without reading all of it each time.

A folder whose own time has not moved since it was listed holds the same names: of the years that lie in a
tree only the folders' times are asked for. Three things are listed whatever their time says: a folder that
changed during the last two days (a file may be written anew in place, which moves no folder's time); what
was listed in the very seconds of its change; and, in turn, a part of all others, so that each is listed
about once an hour. So a new file is seen at the next scan however deep its new folders are.
"""

import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass

HOT_SECONDS = 2 * 86400.0
"""Folders that changed so recently are listed at each scan."""
COARSE_SECONDS = 5.0
"""File systems that keep times in steps of two seconds, and servers whose clock differs a little."""
SCANS_FOR_ALL = 120
"""In so many scans every folder is listed once."""


@dataclass(slots=True)
class _Listed:
    mtime_ns: int
    """The folder's own time when it was listed."""
    certain: bool
    """It was listed well after its last change: nothing can have been missed."""
    folders: tuple[str, ...]
    scan: int
    """Number of the scan in which it was listed."""


class TreeScan:
    """What is known of one tree's folders. `complain(path, error)` is told of what cannot be listed."""

    def __init__(self, root: str, complain: Callable[[str, OSError], None]) -> None:
        self._root = root
        self._complain = complain
        self._folders: dict[str, _Listed] = {}
        self._scan = 0

    def files(self, now: float) -> Iterator[str]:
        """Every file that may be new or changed, as absolute paths. `now`: seconds since 1970.

        Links are not followed; what is no regular file is left out by whoever takes it.
        """
        self._scan += 1
        seen: set[str] = set()
        waiting = [self._root]
        while waiting:
            folder = waiting.pop()
            try:
                status = os.lstat(folder)
            except OSError as error:
                self._complain(folder, error)
                self._folders.pop(folder, None)
                continue
            if not stat.S_ISDIR(status.st_mode):
                if folder == self._root and stat.S_ISLNK(status.st_mode):
                    status = os.stat(folder)  # noqa: PTH116 - the folder itself may be named by a link
                else:
                    continue
            seen.add(folder)
            known = self._folders.get(folder)
            if known is None or self._is_due(known, status.st_mtime_ns, now):
                files, folders = self._list(folder, status.st_mtime_ns, now)
                yield from files
            else:
                folders = known.folders
            waiting += reversed(folders)
        for folder in self._folders.keys() - seen:
            del self._folders[folder]

    def list_again(self, file: str) -> None:
        """A file could not be taken: its folder is listed at the next scan, whatever its time says."""
        self._folders.pop(os.path.dirname(file), None)  # noqa: PTH120 - as everywhere here, a text

    def _is_due(self, known: _Listed, mtime_ns: int, now: float) -> bool:
        return (
            mtime_ns != known.mtime_ns
            or not known.certain
            or now - mtime_ns / 1e9 < HOT_SECONDS
            or self._scan - known.scan >= SCANS_FOR_ALL
        )

    def _list(self, folder: str, mtime_ns: int, now: float) -> tuple[list[str], tuple[str, ...]]:
        files: list[str] = []
        folders: list[str] = []
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    (folders if entry.is_dir(follow_symlinks=False) else files).append(entry.path)
        except OSError as error:
            self._complain(folder, error)
            self._folders.pop(folder, None)
            return files, tuple(sorted(folders))
        below = tuple(sorted(folders))
        certain = now - mtime_ns / 1e9 >= COARSE_SECONDS
        # those that are listed for the first time all at once are spread over the rounds to come
        turn = self._scan if folder in self._folders else self._scan - len(self._folders) % SCANS_FOR_ALL
        self._folders[folder] = _Listed(mtime_ns, certain, below, turn)
        return sorted(files), below
