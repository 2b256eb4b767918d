"""The watcher: takes what the journal holds, in order of arrival, and brings it into the store.

A batch that fails is taken again file by file, so a file that cannot be stored is kept with that
reason and holds up no other. While the store is away nothing moves: the journal holds. When it
works is the ingest role's business (receiver/ingest/ingest_role.py).
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial

import structlog
from sqlalchemy import Engine

from parsers.records import ParsedFile, Problem
from receiver.admission.quotas import forget
from receiver.ingest.batch import Batch, Incoming, PositionMovedError, incoming, incoming_again, refresh
from receiver.ingest.judging_anew import judge_chunk
from receiver.journal.arrival import Arrival
from receiver.journal.arrivals import Journal
from store.engine import STORE_AWAY, is_the_stores, reading, retried, writing_along
from store.files import ledger, read_again
from store.network.snapshot import Network
from store.readings import judge_again
from store.readings.partitions import Months

log = structlog.get_logger()

BATCH = 200
"""Arrivals in one transaction: large enough to share its cost, small enough to stay below 0.1 s."""
RENAME_WITHIN = timedelta(hours=24)
"""How long a file may keep its temporary name (contract: 24 hours, then rejected)."""


class Watcher:
    """Brings one journal into the store. One thread uses it."""

    def __init__(
        self,
        engine: Engine,
        journal: Journal,
        now: Callable[[], datetime],
        keep: timedelta,
    ) -> None:
        self._engine = engine
        self._journal = journal
        self._now = now
        self._keep = keep
        self._network: Network | None = None
        self._months = Months(engine)
        self._position: int | None = None
        self._failed_jobs: set[judge_again.Job] = set()

    def take_arrivals(self) -> int:
        """Stores the next batch of the journal; how many arrivals it held."""
        if self._position is None:
            self._position = self._begin()
        arrivals = self._journal.after(self._position, BATCH)
        if not arrivals:
            return 0
        try:
            self._store(arrivals, [incoming(arrival, self._journal.uuid) for arrival in arrivals])
        except PositionMovedError:
            self._position = None
        except Exception as error:
            # One file must not hold up the others, whatever is wrong with it: each is taken alone.
            if self._is_not_the_files(error):
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
            if self._is_not_the_files(error):
                raise
            log.exception("file_failed", arrival=arrival.id, path=arrival.path)
            problem = Problem(
                None, "internal_error", f"qttd could not store the file: {type(error).__name__}"
            )
            unread = ParsedFile(arrival.path, "rejected", None, None, None, (), (), (problem,))
            self._store([arrival], [incoming(arrival, self._journal.uuid, unread)])

    def _store(self, arrivals: Sequence[Arrival], files: Sequence[Incoming]) -> None:
        """One transaction: the files, and the position after them."""
        self._make_months(files)
        retried(lambda: self._store_once(arrivals, files))

    def _store_once(self, arrivals: Sequence[Arrival], files: Sequence[Incoming]) -> None:
        position = arrivals[-1].id
        with writing_along(self._engine) as connection:
            now = self._now()
            if ledger.hold_position(connection, self._journal.uuid, now) != self._position:
                raise PositionMovedError
            network = refresh(connection, self._network)
            # until the commit the snapshot may name parameters that a roll-back takes away again
            self._network = None
            Batch(connection, network, now).store(files)
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
        except STORE_AWAY:
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
        except STORE_AWAY:
            raise
        except Exception:
            log.exception("file_failed", file=file_id)
            with writing_along(self._engine) as connection:
                read_again.done(connection, [file_id])

    def _store_again(self, ids: Sequence[int]) -> None:
        retried(lambda: self._store_again_once(ids))

    def _store_again_once(self, ids: Sequence[int]) -> None:
        with writing_along(self._engine) as connection:
            kept = [file for file in ledger.kept_files(connection, ids) if file.state == "rejected"]
            network = refresh(connection, self._network)
            self._network = None
            batch = Batch(connection, network, self._now())
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
        except STORE_AWAY:
            raise
        except Exception:
            # The job stays on the list for the next start; files that arrive must not wait for it.
            log.exception("judging_failed", station=jobs[0].station_id, symbol=jobs[0].symbol)
            self._failed_jobs.add(jobs[0])
        return True

    def _judge_all_of(self, job: judge_again.Job) -> None:
        after: datetime | None = None
        while True:
            after = retried(partial(self._judge_once, job, after))
            if after is None:
                break
        log.info("judged_anew", station=job.station_id, symbol=job.symbol)

    def _judge_once(self, job: judge_again.Job, after: datetime | None) -> datetime | None:
        with writing_along(self._engine) as connection:
            network = refresh(connection, self._network)
            self._network = None
            reached = judge_chunk(connection, network, job, after, self._now())
            if reached is None:
                judge_again.done(connection, job)
        self._network = network
        return reached

    def keep_house(self) -> None:
        """Lets go of journal rows that are in the store and old, and of files that were never renamed.

        The months ahead are made here, so that readings find theirs.
        """
        now = self._now()
        self._make_months(())
        swept = self._journal.sweep_waiting(now - RENAME_WITHIN)
        forget(self._journal.connection, now)
        purged = self._journal.purge(self._stored_position(), now - self._keep)
        if swept or purged:
            log.info("journal_purged", purged=purged, not_renamed=swept)

    def _begin(self) -> int:
        """Where to read on: after the stored position, if the journal is still the one it was stored for.

        An older copy of the journal, put back beside the store, gives ids anew that the store believes to
        have. Such a journal becomes another one and is read from its beginning: what the ledger has of it
        is found to be nothing new.
        """
        with reading(self._engine) as connection:
            position = ledger.position(connection, self._journal.uuid)
            known = ledger.sha256_at(connection, self._journal.uuid, position)
        newest = self._journal.last_id()
        there = self._journal.sha256_of(position)
        if position <= newest and (there is None or known is None or there == known):
            return position
        self._journal.renew_uuid()
        log.warning("journal_is_an_older_copy", stored_position=position, newest=newest)
        return 0

    def _stored_position(self) -> int:
        with reading(self._engine) as connection:
            return ledger.position(connection, self._journal.uuid)

    def _make_months(self, files: Sequence[Incoming]) -> None:
        moments = {item.measured_at for file in files for item in file.parsed.readings}
        if not self._months.make(moments, self._now()):
            log.warning("partitions_postponed")

    def _is_not_the_files(self, error: Exception) -> bool:
        """Whether the store is to blame: then the files are well, and wait."""
        # a lock that was waited for in vain may be free again a moment later: to try proves nothing then
        return is_the_stores(error) or (isinstance(error, STORE_AWAY) and not self._store_is_well())

    def _store_is_well(self) -> bool:
        """Whether the store takes a write at all: then an error is the file's, not the store's."""
        try:
            with writing_along(self._engine) as connection:
                now = self._now()
                position = ledger.hold_position(connection, self._journal.uuid, now)
                ledger.move_position(connection, self._journal.uuid, position, now)
        except STORE_AWAY:
            return False
        return True
