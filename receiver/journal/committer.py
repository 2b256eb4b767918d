"""The committer: one thread that makes everything queued durable by one disk flush.

Doors put changes and go on; the thread takes all that wait, applies them in one transaction,
commits (synchronous=FULL: the bytes are on the disk), and only then tells each of them. A failed
commit (disk full, I/O error) is told to each as CommitError, and the thread goes on with the next
group. It knows no protocol: the FTP door passes callbacks, other doors take futures.
"""

import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import Future
from datetime import datetime
from queue import Empty, SimpleQueue
from typing import NamedTuple

import structlog

from receiver.admission.quotas import Quota
from receiver.journal.arrival import DoorName, Fate, to_microseconds
from receiver.journal.arrivals import Journal
from receiver.journal.changes import UPLOADS_PER_STATEMENT, Change, Upload, apply_uploads
from receiver.path_text import absolute_path, split_path
from receiver.refusals import RefusedError
from receiver.upload_body import Body, body_of

GROUP_CHANGES = 512
GROUP_BYTES = 32 * 1024 * 1024

log = structlog.get_logger()


class CommitError(Exception):
    """The journal did not take the change; nothing of it was kept. Send it again later."""


Outcome = int | None | RefusedError | CommitError
"""The new arrival's id, None where the change made none, or why it failed."""
Done = Callable[[Outcome], None]


class _Job(NamedTuple):
    change: Change
    done: Done


class Committer:
    """Owns the writing thread of one process for one journal."""

    def __init__(self, journal: Journal) -> None:
        self.journal = journal
        self._queue: SimpleQueue[_Job | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="committer", daemon=True)
        self._thread.start()

    def put(self, change: Change, done: Done) -> None:
        """Queues a change. `done` is called in the committer's thread and must be quick."""
        self._queue.put(_Job(change, done))

    def submit(
        self,
        account: str,
        path: str,
        content: bytes | Body,
        *,
        arrived_at: datetime,
        peer: str,
        door: DoorName,
        fate: Fate = "complete",
        taken: tuple[str, int, int] | None = None,
        quota: Quota | None = None,
    ) -> Future[int]:
        """Queues a whole file, whatever its name; the future gives the arrival's id once it is durable.

        `path` is made absolute. The future raises CommitError or QuotaExceededError; BadPathError is raised
        at once.
        """
        folder, name = split_path(absolute_path("/", path))
        body = body_of(content) if isinstance(content, bytes) else content
        upload = Upload(
            account,
            folder,
            name,
            body,
            to_microseconds(arrived_at),
            peer,
            door,
            fate,
            taken=taken,
            quota=quota,
        )
        future: Future[int] = Future()
        future.set_running_or_notify_cancel()  # it can not be cancelled any more: it will be committed

        def done(outcome: Outcome) -> None:
            if isinstance(outcome, int):
                future.set_result(outcome)
            else:
                future.set_exception(outcome or CommitError("the journal gave no id"))

        self.put(upload, done)
        return future

    def append(
        self,
        account: str,
        path: str,
        content: bytes | Body,
        *,
        arrived_at: datetime,
        peer: str,
        door: DoorName,
        fate: Fate = "complete",
    ) -> int:
        """As `submit`, and waits for the commit. Raises CommitError or BadPathError."""
        return self.submit(
            account, path, content, arrived_at=arrived_at, peer=peer, door=door, fate=fate
        ).result()

    @property
    def alive(self) -> bool:
        """False when the thread has died: nothing more can be committed, the role must end."""
        return self._thread.is_alive()

    def close(self) -> None:
        """Commits what is queued, then ends the thread."""
        self._queue.put(None)
        self._thread.join()

    def _run(self) -> None:
        ending = False
        while not ending:
            jobs: list[_Job] = []
            size = 0
            job = self._queue.get()
            while True:
                if job is None:
                    ending = True
                    break
                jobs.append(job)
                if isinstance(job.change, Upload):
                    size += job.change.body.size
                if len(jobs) >= GROUP_CHANGES or size >= GROUP_BYTES:
                    break
                try:
                    job = self._queue.get_nowait()
                except Empty:
                    break
            if jobs:
                self._commit(jobs)

    def _commit(self, jobs: list[_Job]) -> None:
        try:
            outcomes = self._transaction(jobs)
        except Exception as error:  # the thread must outlive every error; it is logged and told
            if len(jobs) > 1 and not isinstance(error, sqlite3.OperationalError):
                # one of them can not be stored at all: the others must not suffer for it
                for job in jobs:
                    self._commit([job])
                return
            log.exception("journal_commit_failed", changes=len(jobs))
            failure = CommitError(str(error))
            outcomes = [failure] * len(jobs)
        for job, outcome in zip(jobs, outcomes, strict=True):
            try:
                job.done(outcome)
            except Exception:  # one door's trouble with its answer must not end the thread for all
                log.exception("journal_answer_failed")

    def _transaction(self, jobs: list[_Job]) -> list[Outcome]:
        connection = self.journal.connection
        try:
            connection.execute("BEGIN IMMEDIATE")
            outcomes = self._apply(connection, jobs)
            connection.execute("COMMIT")
        except BaseException:
            self._roll_back(connection)
            raise
        return outcomes

    def _roll_back(self, connection: sqlite3.Connection) -> None:
        if not connection.in_transaction:
            return
        try:
            connection.execute("ROLLBACK")
        except sqlite3.Error:
            log.exception("journal_rollback_failed")
            self.journal.renew_connection()

    @staticmethod
    def _apply(connection: sqlite3.Connection, jobs: list[_Job]) -> list[Outcome]:
        outcomes: list[Outcome] = []
        run: list[Upload] = []
        for job in jobs:
            change = job.change
            if isinstance(change, Upload) and change.plain:
                run.append(change)
                if len(run) == UPLOADS_PER_STATEMENT:
                    outcomes += apply_uploads(connection, run)
                    run = []
                continue
            if run:
                outcomes += apply_uploads(connection, run)
                run = []
            try:
                outcomes.append(change.apply(connection))
            except RefusedError as refusal:
                outcomes.append(refusal)
        if run:
            outcomes += apply_uploads(connection, run)
        return outcomes
