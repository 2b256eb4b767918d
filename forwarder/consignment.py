"""The next few things to send to a target: taken from the outbox, composed, ready to go.

Everything is read in one view of the store, so that a content and the revision it is sent as
belong together; whatever changes afterwards raises the revision and is sent next.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from hashlib import sha256
from typing import NamedTuple

import structlog
from sqlalchemy import Connection, Engine

from forwarder.composer import Content, Evidence, ReadFile, compose_as_received, compose_verified, read
from store.engine import reading, writing
from store.outbox_work import Item, declared_symbols, files_of, held_is_due, release_held
from store.readings import in_force
from store.receipts import NOTHING_TO_RELAY, Empty, Receipts, Unchanged
from store.relay_targets import Target

log = structlog.get_logger()


class Parcel(NamedTuple):
    """An item with its content."""

    item: Item
    data: bytes
    sha256: str
    more_at: datetime | None
    """When further lines of it are released by themselves."""
    noted_empty: bool
    """The ledger notes of its files that they have nothing to relay."""
    moments: frozenset[tuple[int, datetime]]
    """(station, measured time) of every reading of its files."""


class Consignment(NamedTuple):
    """What came out of one look into the outbox."""

    parcels: list[Parcel]
    """To be sent, in this order."""
    settled: Receipts
    """What needed no sending: nothing may go, or nothing has changed."""
    broken: list[Item]
    """What could not be composed, by our own fault; it is in the log."""

    def __bool__(self) -> bool:
        return bool(self.parcels or len(self.settled) or self.broken)


def collect(
    engine: Engine, target: Target, now: datetime, pick: Callable[[Connection], list[Item]]
) -> Consignment:
    """Takes what `pick` picks. What was held until now is let out first."""
    with reading(engine) as connection:
        due = held_is_due(connection, target.id, now)
    if due:
        with writing(engine) as connection:
            release_held(connection, target.id, now)
    consignment = Consignment([], Receipts(), [])
    with reading(engine) as connection:
        items = pick(connection)
        if not items:
            return consignment
        files = files_of(connection, {(item.station_id, item.measured_at) for item in items})
        read_files = {key: read(group) for key, group in files.items()}
        evidence = _evidence(connection, target, [file for group in read_files.values() for file in group])
    for item in items:
        group = read_files.get((item.station_id, item.measured_at), [])
        try:
            content = _compose(target, group, evidence, now)
        except Exception:  # a file that we cannot compose must not stop the others; it is logged and retried
            log.exception("relay_item_not_composed", target=target.name, item=item.id, path=item.path)
            consignment.broken.append(item)
        else:
            _sort_in(consignment, item, content, group)
    return consignment


def _evidence(connection: Connection, target: Target, files: Sequence[ReadFile]) -> Evidence:
    if target.send == "as_received":
        return Evidence({}, {})
    moments = {moment for file in files for moment in file.moments}
    stations = {file.file.station_id for file in files}
    return Evidence(in_force(connection, moments), declared_symbols(connection, stations))


def _compose(target: Target, files: Sequence[ReadFile], evidence: Evidence, now: datetime) -> Content:
    if not files:
        return Content(None, "nothing_to_send")
    if target.send == "as_received":
        return compose_as_received(files)
    return compose_verified(files, evidence, now, target.status_lines)


def _sort_in(consignment: Consignment, item: Item, content: Content, files: Sequence[ReadFile]) -> None:
    if content.data is None:
        why = content.empty_because or "nothing_to_send"
        empty = Empty(item.id, item.revision, item.station_id, item.measured_at, why, content.more_at)
        consignment.settled.empty.append(empty)
        return
    moments = frozenset(moment for file in files for moment in file.moments)
    digest = sha256(content.data).hexdigest()
    if item.sent_at is not None and item.sha256 == digest and item.claimed_revision is None:
        unchanged = Unchanged(item.id, item.revision, moments, content.more_at)
        consignment.settled.unchanged.append(unchanged)
        return
    noted = any(NOTHING_TO_RELAY in file.file.notes for file in files)
    consignment.parcels.append(Parcel(item, content.data, digest, content.more_at, noted, moments))
