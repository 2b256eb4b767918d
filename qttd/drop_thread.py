"""The drop folders beside the FTP door, in a thread of the first receiving process.

They share the process because they share nothing else: a failure of theirs must not close the door, so
it is logged and they begin anew.
"""

import threading
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import structlog

from qttd.settings import Settings
from receiver.drop.folder import DropOptions
from receiver.drop.watch import run_drop_folders
from receiver.ftp.options import MIB

log = structlog.get_logger()

AGAIN_SECONDS = 5.0


class DropThread:
    """Runs until `stop` is set."""

    def __init__(self, settings: Settings, now: Callable[[], datetime], stop: threading.Event) -> None:
        self._folders = [
            DropOptions(
                path=Path(drop.path),
                settle_seconds=drop.settle_seconds,
                rescan_seconds=drop.rescan_seconds,
                mode=drop.mode,
                max_age_seconds=drop.max_age_days * 86400,
                watch=not drop.polling,
                max_file_bytes=settings.intake.max_file_kib * 1024,
                min_free_bytes=settings.intake.min_free_mib * MIB,
            )
            for drop in settings.drop
        ]
        self._journal = Path(settings.intake.journal)
        self._now = now
        self._stop = stop
        self._thread = threading.Thread(target=self._run, name="drop-folders")
        self._thread.start()

    def join(self) -> None:
        """Waits for what is in hand."""
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                run_drop_folders(self._folders, self._journal, self._now, self._stop)
            except Exception:
                # whatever it is, the door beside us must stay open, and files go on lying there
                log.exception("drop_folders_failed")
                self._stop.wait(AGAIN_SECONDS)
