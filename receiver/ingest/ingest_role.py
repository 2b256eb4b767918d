"""The ingest role: when the watcher works.

It wakes when the journal's files change (watchdog's hint) and otherwise looks every fifth of a
second. A store that is away is tried again with growing pauses.
"""

import gc
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from time import monotonic

import structlog
from sqlalchemy import Engine
from watchdog.events import FileSystemEvent, FileSystemEventHandler
from watchdog.observers import Observer

from receiver.ingest.watcher import BATCH, Watcher
from receiver.journal.arrivals import Journal
from store.engine import STORE_AWAY

log = structlog.get_logger()

POLL_SECONDS = 0.2
"""The safety net under watchdog's hints."""
AGAIN_SECONDS = 1.0
"""How often files and readings that are to be judged anew are looked for."""
HOUSEKEEPING_SECONDS = 600.0
LONGEST_PAUSE_SECONDS = 30.0


def spare_garbage_collection() -> None:
    """Lets the collector of reference cycles look less often.

    A batch is thousands of rows without a cycle among them; looking through them after each 700
    allocations costs a seventh of the time (benchmarks/ingest.py).
    """
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


def run_ingest(
    engine: Engine,
    journal_path: Path,
    *,
    now: Callable[[], datetime],
    stop: threading.Event,
    keep: timedelta,
    on_read: Callable[[datetime], None] = lambda _until: None,
) -> None:
    """The ingest role: runs until `stop` is set, then finishes the batch in hand and returns.

    on_read: told, as often as it is so, until when everything that came is in the store.
    """
    spare_garbage_collection()
    with Journal.open(journal_path) as journal:
        watcher = Watcher(engine, journal, now, keep)
        hint = threading.Event()
        observer = Observer()
        observer.schedule(_Hint(journal_path.name, hint), str(journal_path.parent))
        observer.start()
        try:
            _work(watcher, hint, stop, now, on_read)
        finally:
            observer.stop()
            observer.join()


def _work(
    watcher: Watcher,
    hint: threading.Event,
    stop: threading.Event,
    now: Callable[[], datetime],
    on_read: Callable[[datetime], None],
) -> None:
    next_again = next_housekeeping = 0.0
    failures = 0
    while not stop.is_set():
        hint.clear()
        try:
            looked_at = now()
            taken = watcher.take_arrivals()
            if taken < BATCH:
                on_read(looked_at)
            if monotonic() >= next_again:
                again = watcher.take_again() > 0 or watcher.judge_anew()
                next_again = monotonic() + (0.0 if again else AGAIN_SECONDS)
            if monotonic() >= next_housekeeping:
                watcher.keep_house()
                next_housekeeping = monotonic() + HOUSEKEEPING_SECONDS
        except STORE_AWAY as error:
            pause = min(LONGEST_PAUSE_SECONDS, 0.5 * 2**failures)
            failures += 1
            log.warning("store_away", error=str(error.orig), retry_in_seconds=pause)
            stop.wait(pause)
            continue
        failures = 0
        if not taken:
            hint.wait(POLL_SECONDS)


class _Hint(FileSystemEventHandler):
    """Sets an event when one of the journal's files changes; lost events cost a poll's wait."""

    def __init__(self, journal_name: str, hint: threading.Event) -> None:
        self._journal_name = journal_name
        self._hint = hint

    def on_modified(self, event: FileSystemEvent) -> None:
        """Any of intake.db, intake.db-wal."""
        if str(event.src_path).rpartition("/")[2].startswith(self._journal_name):
            self._hint.set()
