"""The next few things to send to a target: taken from the outbox, composed, ready to go.

Everything is read in one view of the store, so that a content and the revision it is sent as
belong together; whatever changes afterwards raises the revision and is sent next.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from typing import NamedTuple

import structlog
from sqlalchemy import Connection, Engine

from forwarder.composer import Content, Evidence, ReadFile, compose_as_received, compose_verified, read
from parsers.station_writer import station_text
from store.engine import reading, writing_along
from store.network.snapshot import channel_entries
from store.readings.written import in_force
from store.relay.notes import NOTHING_TO_RELAY
from store.relay.outbox_work import (
    Item,
    RelayedFile,
    archived_items,
    declared_symbols,
    files_of,
    held_is_due,
    plain_readings,
    release_held,
)
from store.relay.receipts import Empty, Receipts, Unchanged
from store.relay.targets import Target
from store.service.phases import TestingTimes, testing_times

log = structlog.get_logger()

Moments = frozenset[tuple[int, datetime]]
"""(station, measured time) of every reading of an item's files."""


class Parcel(NamedTuple):
    """An item with its content."""

    item: Item
    data: bytes
    sha256: str
    more_at: datetime | None
    """When further lines of it are released by themselves."""
    noted_empty: bool
    """The ledger notes of its files that they have nothing to relay."""
    moments: Moments


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
        with writing_along(engine) as connection:
            release_held(connection, target.id, now)
    consignment = Consignment([], Receipts(), [])
    with reading(engine) as connection:
        items = pick(connection)
        if not items:
            return consignment
        ids = [item.id for item in items]
        groups = files_of(connection, ids)
        plain = plain_readings(connection, ids, now) if target.send == "verified" else {}
        testing = testing_times(connection, {item.station_id for item in items})
        archived = archived_items(connection, ids)
        for item in items:
            if item.id in archived:
                _sort_in(consignment, item, Content(None, "archived"), frozenset(), noted_empty=False)
        items = [item for item in items if item.id not in archived]
        unread = [
            item for item in items if not _goes_as_it_is(target, groups.get(item.id, ()), plain, testing)
        ]
        taken_apart = {item.id: read(groups.get(item.id, ())) for item in unread}
        parts = [file for files in taken_apart.values() for file in files]
        evidence = _evidence(connection, target, parts, testing)
    for item in items:
        try:
            if item.id in taken_apart:
                content, moments = _compose(target, taken_apart[item.id], evidence, now)
            else:
                (file,) = groups[item.id]
                content, moments = (
                    Content(_as_it_goes(target, file)),
                    frozenset({(file.station_id, file.first_at)}),
                )
        except Exception:  # a file that we cannot compose must not stop the others; it is logged and retried
            log.exception("relay_item_not_composed", target=target.name, item=item.id, path=item.path)
            consignment.broken.append(item)
        else:
            noted = any(NOTHING_TO_RELAY in file.notes for file in groups.get(item.id, ()))
            _sort_in(consignment, item, content, moments, noted)
    return consignment


def _goes_as_it_is(
    target: Target, files: Sequence[RelayedFile], plain: Mapping[int, int], testing: TestingTimes
) -> bool:
    """Whether an item's content is its only file, byte for byte, as the counted readings alone show."""
    if len(files) != 1 or files[0].first_at != files[0].last_at:
        return False
    (file,) = files
    if testing.hold(file.station_id, file.first_at):
        return False
    return target.send == "as_received" or (not file.problems and plain.get(file.id) == file.readings)


def _as_it_goes(target: Target, file: RelayedFile) -> bytes:
    """The bytes as received; of XML, where only what was verified goes, the same as text (docs/relay.md)."""
    return file.content if target.send == "as_received" else station_text(file.content)


def _evidence(
    connection: Connection, target: Target, files: Sequence[ReadFile], testing: TestingTimes
) -> Evidence:
    if target.send == "as_received" or not files:
        return Evidence({}, {}, testing=testing)
    moments = {moment for file in files for moment in file.moments}
    stations = {file.file.station_id for file in files}
    rows = in_force(connection, moments)
    corrected = {key[0] for key, row in rows.items() if row["review"] == "corrected"}
    channels = channel_entries(connection, corrected) if corrected else {}
    return Evidence(rows, declared_symbols(connection, stations), channels, testing)


def _compose(
    target: Target, files: Sequence[ReadFile], evidence: Evidence, now: datetime
) -> tuple[Content, Moments]:
    moments = frozenset(moment for file in files for moment in file.moments)
    if not files:
        return Content(None, "nothing_to_send"), moments
    if target.send == "as_received":
        return compose_as_received(files, evidence.testing), moments
    return compose_verified(files, evidence, now, target.status_lines), moments


def _sort_in(
    consignment: Consignment, item: Item, content: Content, moments: Moments, noted_empty: bool
) -> None:
    if content.data is None:
        why = content.empty_because or "nothing_to_send"
        empty = Empty(item.id, item.revision, item.station_id, item.measured_at, why, content.more_at)
        consignment.settled.empty.append(empty)
        return
    digest = sha256(content.data).hexdigest()
    if item.sent_at is not None and item.sha256 == digest and item.claimed_revision is None:
        unchanged = Unchanged(item.id, item.revision, moments, content.more_at)
        consignment.settled.unchanged.append(unchanged)
        return
    consignment.parcels.append(Parcel(item, content.data, digest, content.more_at, noted_empty, moments))
