"""Runs the drop folders: file events wake them, a clock makes sure.

One thread looks after all folders in turn. watchdog's observer only says that something happened
somewhere; folders that are not there yet are tried again at each scan.
"""

import threading
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path

import structlog
from watchdog.events import (
    DirModifiedEvent,
    FileClosedNoWriteEvent,
    FileOpenedEvent,
    FileSystemEvent,
    FileSystemEventHandler,
)
from watchdog.observers import Observer
from watchdog.observers.api import BaseObserver

from receiver.drop.folder import DropFolder, DropOptions
from receiver.drop.memory import journal_of_imports
from receiver.journal.arrivals import Journal
from receiver.journal.committer import Committer

CALM_SECONDS = 0.2
"""Events of one burst are looked at together."""
STOP_SECONDS = 0.5

log = structlog.get_logger()


class _Hints(FileSystemEventHandler):
    def __init__(self, folder: DropFolder, wake: threading.Event) -> None:
        self._folder = folder
        self._wake = wake

    def on_any_event(self, event: FileSystemEvent) -> None:
        if isinstance(event, FileOpenedEvent | FileClosedNoWriteEvent | DirModifiedEvent):
            return  # our own reading, and a folder's echo of what its files say themselves
        path = event.dest_path or event.src_path
        self._folder.hint(path if isinstance(path, str) else path.decode("utf-8", "surrogateescape"))
        self._wake.set()


def run_drop_folders(
    folders: Sequence[DropOptions], journal_path: Path, now: Callable[[], datetime], stop: threading.Event
) -> None:
    """Watches the folders until `stop` is set. `now` gives aware UTC. Raises JournalError."""
    wake = threading.Event()
    imports_path = journal_of_imports(journal_path)
    with ExitStack() as opened:
        journal = opened.enter_context(Journal.open(journal_path))
        imports = opened.enter_context(Journal.open(imports_path)) if imports_path.exists() else None
        committer = Committer(journal)
        observer = Observer()
        observer.start()
        try:
            drops = [DropFolder(options, journal, committer, now, imports) for options in folders]
            watched: set[Path] = set()
            while not stop.is_set():
                for drop in drops:
                    if (
                        drop.options.watch
                        and drop.options.path not in watched
                        and _watch(observer, drop, wake)
                    ):
                        watched.add(drop.options.path)
                wait = min((_look(drop) for drop in drops), default=STOP_SECONDS)
                if wake.wait(min(wait, STOP_SECONDS)):
                    stop.wait(CALM_SECONDS)
                    wake.clear()
        finally:
            observer.stop()
            observer.join()
            committer.close()


def _look(drop: DropFolder) -> float:
    try:
        return drop.look()
    except Exception:  # one folder's trouble must not stop the others; it is tried again
        log.exception("drop_folder_failed", path=str(drop.options.path))
        return STOP_SECONDS


def _watch(observer: BaseObserver, drop: DropFolder, wake: threading.Event) -> bool:
    if not drop.options.path.is_dir():
        return False
    try:
        observer.schedule(_Hints(drop, wake), str(drop.options.path), recursive=True)
    except OSError as error:  # inotify's limits: the scan must do
        log.warning("drop_folder_not_watched", path=str(drop.options.path), error=str(error))
    return True
