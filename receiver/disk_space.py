"""Whether the disk still has room for uploads: asked once a second at most.

A full disk is told to the logger before it sends (452), so that it keeps its file and comes back.
"""

import os
import time
from pathlib import Path

LOOK_SECONDS = 1.0


class DiskSpace:
    """Watches `folder`'s file system: nearly full when a plain user may write less than `least_bytes`."""

    def __init__(self, folder: Path, least_bytes: int) -> None:
        self._folder = folder
        self._least = least_bytes
        self._looked_at = float("-inf")
        self._full = False

    def nearly_full(self) -> bool:
        """True where uploads are to be refused for now. Raises OSError when the folder is gone."""
        now = time.monotonic()
        if now - self._looked_at >= LOOK_SECONDS:
            space = os.statvfs(self._folder)
            self._full = space.f_bavail * space.f_frsize < self._least
            self._looked_at = now
        return self._full
