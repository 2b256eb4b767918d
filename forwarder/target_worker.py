"""The work of one target: takes what is due, sends it, writes receipts, and waits when it must.

One session, one file at a time, each station's oldest first. What concerns the target as a whole
(no connection, no login) makes everything wait; a transfer that fails makes only its station wait;
a refused path blocks only its file. Receipts of several files share a commit, but none is older
than half a second, and before anything is sent its claim is on the disk: after a crash whatever
may have arrived is looked for before it is sent again.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from random import Random
from threading import Event
from time import monotonic

import structlog
from sqlalchemy import Connection, Engine

from forwarder.backoff import pause_after
from forwarder.consignment import Consignment, Parcel, collect
from forwarder.outcome import Outcome, RelayError, one_line
from forwarder.rota import Rota
from forwarder.sender import Sender
from store.engine import STORE_AWAY, reading, retried, writing, writing_along
from store.relay.backfill import backfill_step, is_behind
from store.relay.lease import Lease
from store.relay.outbox_work import ALL_OF_TARGET, Item, claim, newest_sent, pauses
from store.relay.receipts import Failed, Receipts, Sent
from store.relay.targets import Target

log = structlog.get_logger()

POLL_SECONDS = 0.25
"""How long a worker rests that found nothing to do."""
_RECEIPT_SECONDS = 0.5
_AWAY_SECONDS = 2.0
"""How long it rests when the store does not answer, or another forwarder works on the target."""
_FIRST_BATCH, _LEAST, _MOST = 16, 4, 128
"""Items taken at a time: about a second's work, so that what is sent was composed just now."""


class TargetWorker:
    """Sends to one target until it is told to stop."""

    def __init__(self, engine: Engine, target: Target, sender: Sender, now: Callable[[], datetime]) -> None:
        self._engine, self._target, self._sender, self._now = engine, target, sender, now
        self._chance = Random()  # noqa: S311 - spreads retries, guards nothing
        self._rota = Rota(target.id)
        self._lease = Lease(engine, target.id)
        self._resting_until: datetime | None = None
        self._stations_resting_until: dict[int, datetime] = {}
        self._failures: Counter[int | None] = Counter()
        """In a row, by station; None: of the target as a whole."""
        self._newest: dict[int, datetime | None] = {}
        """By station, the time of the newest measurement that was ever sent."""
        self._batch = _FIRST_BATCH
        self._woken = Event()
        self._log = log.bind(target=target.name)

    def run(self, stop: Event) -> None:
        """Works until `stop` is set; the file in flight then is finished and has its receipt.

        A store that is away is waited for; what was sent without a receipt is looked for at the target.
        """
        try:
            while not stop.is_set():
                began = monotonic()
                try:
                    if not self._is_mine():
                        stop.wait(_AWAY_SECONDS)
                    elif not self.work(stop):
                        # A long look into a large outbox is not repeated at once.
                        stop.wait(max(POLL_SECONDS, 4 * (monotonic() - began)))
                except STORE_AWAY as error:
                    self._log.warning("relay_waits_for_store", error=str(error.orig))
                    self._lease.give_up()
                    stop.wait(_AWAY_SECONDS)
        finally:
            self._lease.give_up()
            self.close()

    def _is_mine(self) -> bool:
        """Whether no other forwarder works on the target; what one did before is taken over."""
        if self._lease.still_held():
            return True
        if not self._lease.take():
            return False
        self._newest.clear()
        self.take_over()
        return True

    def take_over(self) -> None:
        """Keeps to the pauses that an earlier worker left behind."""
        with reading(self._engine) as connection:
            resting = pauses(connection, self._target.id, self._now())
        self._resting_until, self._stations_resting_until = resting

    def wake(self) -> None:
        """Ends every pause, because somebody mended something or asked for a retry. From any thread."""
        self._woken.set()

    def close(self) -> None:
        """Ends the session; `run` does so by itself."""
        self._sender.close()

    def abort(self) -> None:
        """Cuts what hangs. From any thread."""
        self._sender.abort()

    def work(self, stop: Event) -> bool:
        """Does about a second's work; whether there was any."""
        now = self._now()
        if self._woken.is_set():
            self._woken.clear()
            self._resting_until = None
            self._stations_resting_until.clear()
            self._failures.clear()
        if self._resting_until is not None and now < self._resting_until:
            return False
        self._resting_until = None
        if not self._catch_up(stop):
            return False
        consignment = collect(self._engine, self._target, now, self._pick)
        if not consignment:
            return False
        self._send_all(consignment, stop)
        return True

    def _catch_up(self, stop: Event) -> bool:
        """Queues what the ledger held for the target before it was there; whether that is done."""
        with reading(self._engine) as connection:
            behind = is_behind(connection, self._target.id)
        while behind and not stop.is_set():
            with writing(self._engine) as connection:
                behind = backfill_step(connection, self._target, self._now())
        return not behind

    def _pick(self, connection: Connection) -> list[Item]:
        items = self._rota.pick(connection, self._now(), self._batch, self._rests)
        for item in items:
            if item.station_id not in self._newest:
                self._newest[item.station_id] = newest_sent(connection, self._target.id, item.station_id)
        return items

    def _rests(self, station_id: int) -> bool:
        until = self._stations_resting_until.get(station_id)
        return until is not None and self._now() < until

    def _send_all(self, consignment: Consignment, stop: Event) -> None:
        receipts = consignment.settled
        claims = [(parcel.item.id, parcel.item.revision) for parcel in consignment.parcels]
        retried(lambda: self._claim(receipts, claims))
        now = self._now()
        receipts = Receipts()
        for item in consignment.broken:
            error = RelayError("transfer_error", "the file could not be composed; the log says why")
            self._failed(receipts, item, now, error)
        began = written = monotonic()
        tried = 0
        try:
            for parcel in consignment.parcels:
                if stop.is_set() or self._resting_until is not None or self._rests(parcel.item.station_id):
                    receipts.untried.append((parcel.item.id, parcel.item.claimed_revision))
                    continue
                self._send(receipts, parcel)
                tried += 1
                if monotonic() - written > _RECEIPT_SECONDS:
                    self._write(receipts)
                    receipts, written = Receipts(), monotonic()
        finally:
            self._write(receipts)
        self._adapt(tried, monotonic() - began)

    def _send(self, receipts: Receipts, parcel: Parcel) -> None:
        item, started_at = parcel.item, self._now()
        # Of a content that replaces another one, an equal size proves nothing: that is sent again.
        uncertain = item.claimed_revision == item.revision and item.sent_at is None
        try:
            self._sender.connect()
            remark = self._sender.send(item.path, parcel.data, may_be_there=uncertain)
        except RelayError as error:
            self._failed(receipts, item, started_at, error)
            return
        except Exception as error:  # noqa: BLE001 - our fault with one file must not stop the others; logged
            self._log.exception("relay_sender_broken", path=item.path)
            broken = RelayError("transfer_error", one_line(f"our fault: {type(error).__name__}"))
            self._failed(receipts, item, started_at, broken)
            return
        newest = self._newest.get(item.station_id)
        receipts.sent.append(
            Sent(
                item_id=item.id,
                revision=item.revision,
                started_at=started_at,
                ended_at=self._now(),
                size=len(parcel.data),
                sha256=parcel.sha256,
                out_of_order=newest is not None and item.measured_at < newest,
                hours=parcel.moments,
                detail=remark,
                more_at=parcel.more_at,
                was_empty=parcel.noted_empty,
            )
        )
        self._newest[item.station_id] = max(item.measured_at, newest or item.measured_at)
        if self._failures.pop(None, 0) + self._failures.pop(item.station_id, 0):
            self._log.info("relay_works_again", path=item.path)

    def _failed(self, receipts: Receipts, item: Item, started_at: datetime, error: RelayError) -> None:
        next_try_at = self._pause(error.outcome, item.station_id)
        receipts.failed.append(
            Failed(
                item_id=item.id,
                revision=item.revision,
                started_at=started_at,
                ended_at=self._now(),
                outcome=error.outcome,
                detail=error.detail,
                next_try_at=next_try_at,
                may_have_arrived=item.claimed_revision == item.revision
                or error.outcome in ("transfer_error", "verify_failed"),
            )
        )
        self._log.warning(
            "relay_failed",
            path=item.path,
            outcome=error.outcome,
            detail=error.detail,
            next_try_at=next_try_at.isoformat() if next_try_at else None,
        )

    def _pause(self, outcome: Outcome, station_id: int) -> datetime | None:
        """When to try again what met this outcome; None: when somebody has mended the path."""
        if outcome == "rejected_path":
            return None
        whole = outcome in ALL_OF_TARGET
        culprit = None if whole else station_id
        self._failures[culprit] += 1
        until = self._now() + pause_after(outcome, self._failures[culprit], self._chance)
        if whole:
            self._resting_until = until
        else:
            self._stations_resting_until[station_id] = until
        return until

    def _write(self, receipts: Receipts) -> None:
        if len(receipts):
            retried(lambda: self._claim(receipts, ()))

    def _claim(self, receipts: Receipts, claims: Sequence[tuple[int, int]]) -> None:
        with writing_along(self._engine) as connection:
            receipts.write(connection)
            claim(connection, claims)

    def _adapt(self, tried: int, seconds: float) -> None:
        """Takes as many next time as can be sent in about a second."""
        if tried:
            self._batch = min(max(int(tried / max(seconds, 0.001)), _LEAST), self._batch * 2, _MOST)
