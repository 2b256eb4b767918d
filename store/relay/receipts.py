"""What became of an item: the receipt, the attempt's row, and the marks that follow from it.

A worker writes the receipts of several files in one transaction. An item may have got a new
revision while its content was under way: then the receipt counts for what was sent, and the item
goes on waiting for the rest.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, bindparam, case, insert, null, or_, update

from store.readings.written import mark_dirty
from store.relay.notes import NOTHING_GOES, note_empty, note_no_longer_empty
from store.tables import relay_attempt, relay_item

Emptiness = Literal["nothing_to_send", "not_released", "testing_phase", "archived"]
"""Why an item has no content now: no line may ever go as things stand, none is released yet, the station
was in its testing phase, or the bytes of a file are only in an archive (`qttd archive put-back`)."""


@dataclass(frozen=True)
class Sent:
    """The target acknowledged the content."""

    item_id: int
    revision: int
    started_at: datetime
    ended_at: datetime
    size: int
    sha256: str
    out_of_order: bool
    """Something later of the station had gone before."""
    hours: Collection[tuple[int, datetime]]
    """(station, moment) pairs whose hours are to be counted again."""
    detail: str = ""
    more_at: datetime | None = None
    """When withheld lines of it are released; None: none is waiting for a time."""
    was_empty: bool = False
    """Its files are noted in the ledger as having nothing to relay."""


@dataclass(frozen=True)
class Unchanged:
    """A new revision whose content is what the target has already: nothing was sent."""

    item_id: int
    revision: int
    hours: Collection[tuple[int, datetime]]
    more_at: datetime | None = None


@dataclass(frozen=True)
class Empty:
    """No line of the item may go."""

    item_id: int
    revision: int
    station_id: int
    measured_at: datetime
    why: Emptiness
    more_at: datetime | None = None


@dataclass(frozen=True)
class Failed:
    """An attempt that did not succeed."""

    item_id: int
    revision: int
    started_at: datetime
    ended_at: datetime
    outcome: str
    detail: str
    """Never holds a secret."""
    next_try_at: datetime | None
    """None: blocked until an operator, or a new revision, wakes it."""
    may_have_arrived: bool
    """Whether the next attempt must look before it sends."""


@dataclass
class Receipts:
    """Receipts that are written together."""

    sent: list[Sent] = field(default_factory=list)
    unchanged: list[Unchanged] = field(default_factory=list)
    empty: list[Empty] = field(default_factory=list)
    failed: list[Failed] = field(default_factory=list)
    untried: list[tuple[int, int | None]] = field(default_factory=list)
    """Items that were claimed and then not tried, each with the claim it had before."""

    def __len__(self) -> int:
        return len(self.sent) + len(self.unchanged) + len(self.empty) + len(self.failed) + len(self.untried)

    def write(self, connection: Connection) -> None:
        """Writes them all; the caller owns the transaction."""
        _write_sent(connection, self.sent)
        _write_unchanged(connection, self.unchanged)
        done: list[Sent | Unchanged] = [*self.sent, *self.unchanged]
        mark_dirty(connection, {pair for receipt in done for pair in receipt.hours}, readings=False)
        _wake_later(connection, done)
        _write_failed(connection, self.failed)
        for empty in self.empty:
            _write_empty(connection, empty)
        unclaimed = [{"item_id": item_id, "before": before} for item_id, before in self.untried]
        _update(connection, unclaimed, claimed_revision=bindparam("before"))


_DONE = case((relay_item.c.revision == bindparam("at_revision"), "sent"), else_=relay_item.c.state)


def _update(connection: Connection, rows: Sequence[dict[str, Any]], **values: Any) -> None:
    if rows:
        statement = update(relay_item).where(relay_item.c.id == bindparam("item_id")).values(**values)
        connection.execute(statement, list(rows))


def _write_sent(connection: Connection, receipts: Sequence[Sent]) -> None:
    if not receipts:
        return
    rows = [
        {
            "item_id": receipt.item_id,
            "at_revision": receipt.revision,
            "ended": receipt.ended_at,
            "size": receipt.size,
            "sha": receipt.sha256,
            "late": receipt.out_of_order,
        }
        for receipt in receipts
    ]
    _update(
        connection,
        rows,
        state=_DONE,
        sent_revision=bindparam("at_revision"),
        claimed_revision=null(),
        next_try_at=null(),
        attempts=relay_item.c.attempts + 1,
        reissues=relay_item.c.reissues + case((relay_item.c.sent_at.is_not(None), 1), else_=0),
        last_outcome="sent",
        last_detail=null(),
        sent_at=bindparam("ended"),
        bytes=bindparam("size"),
        sha256=bindparam("sha"),
        out_of_order=or_(relay_item.c.out_of_order, bindparam("late")),
    )
    attempts = [
        {
            "item_id": receipt.item_id,
            "revision": receipt.revision,
            "started_at": receipt.started_at,
            "ended_at": receipt.ended_at,
            "outcome": "sent",
            "detail": receipt.detail,
            "bytes": receipt.size,
            "sha256": receipt.sha256,
        }
        for receipt in receipts
    ]
    connection.execute(insert(relay_attempt), attempts)
    for receipt in receipts:
        if receipt.was_empty:
            note_no_longer_empty(connection, receipt.item_id)


def _write_unchanged(connection: Connection, receipts: Sequence[Unchanged]) -> None:
    rows = [{"item_id": receipt.item_id, "at_revision": receipt.revision} for receipt in receipts]
    _update(
        connection,
        rows,
        state=_DONE,
        sent_revision=bindparam("at_revision"),
        claimed_revision=null(),
        next_try_at=null(),
        last_detail=null(),
    )


def _wake_later(connection: Connection, receipts: Sequence[Sent | Unchanged]) -> None:
    """Holds items of which more is released at a known time for that time."""
    for receipt in receipts:
        if receipt.more_at is not None:
            connection.execute(
                update(relay_item)
                .where(relay_item.c.id == receipt.item_id, relay_item.c.state == "sent")
                .values(state="held", due_at=receipt.more_at, revision=relay_item.c.revision + 1)
            )


def _write_failed(connection: Connection, failures: Sequence[Failed]) -> None:
    if not failures:
        return
    same = relay_item.c.revision == bindparam("at_revision")
    rows = [
        {
            "item_id": failure.item_id,
            "at_revision": failure.revision,
            "said": failure.outcome,
            "why": failure.detail,
            "next_try": failure.next_try_at,
            "claimed": failure.revision if failure.may_have_arrived else None,
            "block": failure.next_try_at is None,
        }
        for failure in failures
    ]
    _update(
        connection,
        rows,
        state=case((same & bindparam("block"), "blocked"), else_=relay_item.c.state),
        claimed_revision=bindparam("claimed"),
        next_try_at=bindparam("next_try"),
        attempts=relay_item.c.attempts + 1,
        last_outcome=bindparam("said"),
        last_detail=bindparam("why"),
    )
    attempts = [
        {
            "item_id": failure.item_id,
            "revision": failure.revision,
            "started_at": failure.started_at,
            "ended_at": failure.ended_at,
            "outcome": failure.outcome,
            "detail": failure.detail,
        }
        for failure in failures
    ]
    connection.execute(insert(relay_attempt), attempts)


def _write_empty(connection: Connection, empty: Empty) -> None:
    connection.execute(
        update(relay_item)
        .where(relay_item.c.id == empty.item_id, relay_item.c.revision == empty.revision)
        .values(
            state="held",
            due_at=empty.more_at,
            next_try_at=None,
            claimed_revision=None,
            last_outcome=None,
            last_detail=empty.why,
        )
    )
    if empty.why in NOTHING_GOES:
        note_empty(connection, empty.station_id, empty.measured_at)
