"""The watcher: takes what the journal holds, in order of arrival, and brings it into the store.

It wakes when the journal's files change (watchdog's hint) and otherwise looks every fifth of a
second. A batch that fails is taken again file by file, so a file that cannot be stored is kept
with that reason and holds up no other. While the store is away nothing moves: the journal holds.
"""

import gc
import threading
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from time import monotonic

import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import InterfaceError, OperationalError
from watchdog.events import FileSystemEvent, FileSystemEventHandler
from watchdog.observers import Observer

from parsers.records import ParsedFile, Problem
from receiver.arrival import Arrival
from receiver.ingest import Batch, Incoming, PositionMovedError, incoming, incoming_again, refresh
from receiver.journal import Journal
from receiver.judging_anew import judge_chunk
from receiver.reading_room import Upload
from store import judge_again, ledger, read_again
from store.engine import reading, writing
from store.network import Network

log = structlog.get_logger()

BATCH = 200
"""Arrivals in one transaction: large enough to share its cost, small enough to stay below 0.1 s."""
POLL_SECONDS = 0.2
"""The safety net under watchdog's hints."""
AGAIN_SECONDS = 1.0
"""How often files and readings that are to be judged anew are looked for."""
HOUSEKEEPING_SECONDS = 600.0
RENAME_WITHIN = timedelta(hours=24)
"""How long a file may keep its temporary name (contract: 24 hours, then rejected)."""
LONGEST_PAUSE_SECONDS = 30.0

StoreAway = (OperationalError, InterfaceError)
"""What the database driver raises when the store cannot be reached, is locked or is full."""


class Watcher:
    """Brings one journal into the store. One thread uses it."""

    def __init__(
        self,
        engine: Engine,
        journal: Journal,
        now: Callable[[], datetime],
        future_tolerance: timedelta,
        keep: timedelta,
    ) -> None:
        self._engine = engine
        self._journal = journal
        self._now = now
        self._future_tolerance = future_tolerance
        self._keep = keep
        self._network: Network | None = None
        self._position: int | None = None
        self._failed_jobs: set[judge_again.Job] = set()

    def take_arrivals(self) -> int:
        """Stores the next batch of the journal; how many arrivals it held."""
        if self._position is None:
            self._position = self._stored_position()
        arrivals = self._journal.after(self._position, BATCH)
        if not arrivals:
            return 0
        try:
            self._store(arrivals, [incoming(arrival, self._journal.uuid) for arrival in arrivals])
        except PositionMovedError:
            self._position = None
        except Exception as error:
            # One file must not hold up the others, whatever is wrong with it: each is taken alone.
            if isinstance(error, StoreAway) and not self._store_is_well():
                raise
            log.exception("batch_failed", arrivals=len(arrivals))
            for arrival in arrivals:
                self._take_alone(arrival)
        return len(arrivals)

    def _take_alone(self, arrival: Arrival) -> None:
        try:
            self._store([arrival], [incoming(arrival, self._journal.uuid)])
        except Exception as error:
            # The file is kept and rejected with this reason, so that it is seen and its neighbours pass.
            if isinstance(error, StoreAway) and not self._store_is_well():
                raise
            log.exception("file_failed", arrival=arrival.id, path=arrival.path)
            problem = Problem(
                None, "internal_error", f"qttd could not store the file: {type(error).__name__}"
            )
            unread = ParsedFile(arrival.path, "rejected", None, None, None, (), (), (problem,))
            self._store([arrival], [_as_rejected(arrival, self._journal.uuid, unread)])

    def _store(self, arrivals: Sequence[Arrival], files: Sequence[Incoming]) -> None:
        """One transaction: the files, and the position after them."""
        position = arrivals[-1].id
        with writing(self._engine) as connection:
            if ledger.position(connection, self._journal.uuid) != self._position:
                raise PositionMovedError
            network = refresh(connection, self._network)
            now = self._now()
            # until the commit the snapshot may name parameters that a roll-back takes away again
            self._network = None
            Batch(connection, network, self._future_tolerance, now).store(files)
            ledger.move_position(connection, self._journal.uuid, position, now)
        self._network = network
        self._position = position
        log.debug("batch_stored", files=len(files), position=position)

    def take_again(self) -> int:
        """Reads again the rejected files that someone asked for; how many."""
        with reading(self._engine) as connection:
            ids = read_again.waiting(connection, BATCH)
        if not ids:
            return 0
        try:
            self._store_again(ids)
        except StoreAway:
            raise
        except Exception:
            # As above: each alone; one that fails stays rejected as it was and leaves the list.
            log.exception("batch_failed", arrivals=len(ids))
            for file_id in ids:
                self._take_again_alone(file_id)
        return len(ids)

    def _take_again_alone(self, file_id: int) -> None:
        try:
            self._store_again([file_id])
        except StoreAway:
            raise
        except Exception:
            log.exception("file_failed", file=file_id)
            with writing(self._engine) as connection:
                read_again.done(connection, [file_id])

    def _store_again(self, ids: Sequence[int]) -> None:
        with writing(self._engine) as connection:
            kept = [file for file in ledger.kept_files(connection, ids) if file.state == "rejected"]
            network = refresh(connection, self._network)
            self._network = None
            batch = Batch(connection, network, self._future_tolerance, self._now())
            batch.store_again([(file.id, incoming_again(file)) for file in kept])
            read_again.done(connection, ids)
        self._network = network

    def judge_anew(self) -> bool:
        """Judges the readings of one symbol anew where a channel changed; whether there was one."""
        with reading(self._engine) as connection:
            jobs = [job for job in judge_again.jobs(connection) if job not in self._failed_jobs]
        if not jobs:
            return False
        try:
            self._judge_all_of(jobs[0])
        except StoreAway:
            raise
        except Exception:
            # The job stays on the list for the next start; files that arrive must not wait for it.
            log.exception("judging_failed", station=jobs[0].station_id, symbol=jobs[0].symbol)
            self._failed_jobs.add(jobs[0])
        return True

    def _judge_all_of(self, job: judge_again.Job) -> None:
        after: datetime | None = None
        while True:
            with writing(self._engine) as connection:
                self._network = refresh(connection, self._network)
                after = judge_chunk(
                    connection, self._network, job, after, self._future_tolerance, self._now()
                )
                if after is None:
                    judge_again.done(connection, job)
                    break
        log.info("judged_anew", station=job.station_id, symbol=job.symbol)

    def keep_house(self) -> None:
        """Lets go of journal rows that are in the store and old, and of files that were never renamed."""
        now = self._now()
        swept = self._journal.sweep_waiting(now - RENAME_WITHIN)
        purged = self._journal.purge(self._stored_position(), now - self._keep)
        if swept or purged:
            log.info("journal_purged", purged=purged, not_renamed=swept)

    def _stored_position(self) -> int:
        with reading(self._engine) as connection:
            return ledger.position(connection, self._journal.uuid)

    def _store_is_well(self) -> bool:
        """Whether the store takes a write at all: then an error is the file's, not the store's."""
        try:
            with writing(self._engine) as connection:
                position = ledger.position(connection, self._journal.uuid)
                ledger.move_position(connection, self._journal.uuid, position, self._now())
        except StoreAway:
            return False
        return True


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
    future_tolerance: timedelta,
    keep: timedelta,
) -> None:
    """The ingest role: runs until `stop` is set, then finishes the batch in hand and returns."""
    spare_garbage_collection()
    with Journal.open(journal_path) as journal:
        watcher = Watcher(engine, journal, now, future_tolerance, keep)
        hint = threading.Event()
        observer = Observer()
        observer.schedule(_Hint(journal_path.name, hint), str(journal_path.parent))
        observer.start()
        try:
            _work(watcher, hint, stop)
        finally:
            observer.stop()
            observer.join()


def _work(watcher: Watcher, hint: threading.Event, stop: threading.Event) -> None:
    next_again = next_housekeeping = 0.0
    failures = 0
    while not stop.is_set():
        hint.clear()
        try:
            busy = watcher.take_arrivals() > 0
            if monotonic() >= next_again:
                again = watcher.take_again() > 0 or watcher.judge_anew()
                next_again = monotonic() + (0.0 if again else AGAIN_SECONDS)
            if monotonic() >= next_housekeeping:
                watcher.keep_house()
                next_housekeeping = monotonic() + HOUSEKEEPING_SECONDS
        except StoreAway as error:
            pause = min(LONGEST_PAUSE_SECONDS, 0.5 * 2**failures)
            failures += 1
            log.warning("store_away", error=str(error.orig), retry_in_seconds=pause)
            stop.wait(pause)
            continue
        failures = 0
        if not busy:
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


def _as_rejected(arrival: Arrival, journal_uuid: str, unread: ParsedFile) -> Incoming:
    upload = Upload(arrival.account, arrival.path, arrival.content, arrival.arrived_at)
    origin = {
        "journal_uuid": journal_uuid,
        "journal_id": arrival.id,
        "door": arrival.door,
        "peer": arrival.peer,
        "sha256": arrival.sha256,
    }
    return Incoming(upload, unread, origin)
