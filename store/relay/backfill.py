"""What a target has to catch up with: files that the ledger held before the target took them.

A target with a start date, one that was disabled for a while, and one whose map has new stations
look through the ledger once, in steps that each commit how far they came. An item that exists
already is left alone, so nothing is sent twice by catching up.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, select, update

from store.key_list import key_list, matches
from store.relay.outbox import RELAYED_STATES, QueuedFile, item_rows
from store.relay.targets import Target
from store.tables import data_file, relay_item, relay_target, station
from store.upsert import insert_for

_CHUNK = 400
_MOMENT = (relay_item.c.station_id, relay_item.c.measured_at)
_STEP = 5000
"""Ledger rows a step: short enough that ingest hardly waits for it."""


def is_behind(connection: Connection, target_id: int) -> bool:
    """Whether the target has something to catch up with."""
    query = select(relay_target.c.backfill_after).where(relay_target.c.id == target_id)
    return connection.scalar(query) is not None


def backfill_step(connection: Connection, target: Target, now: datetime) -> bool:
    """Looks through the next part of the ledger; whether there is more to look through.

    Nothing should be sent to the target before this is done: the oldest file goes first.
    """
    columns = (relay_target.c.backfill_after, relay_target.c.backfill_until)
    after, until = connection.execute(select(*columns).where(relay_target.c.id == target.id)).one()
    if after is None:
        return False
    end = min(after + _STEP, until)
    query = (
        select(
            data_file.c.id,
            data_file.c.station_id,
            station.c.code,
            data_file.c.measured_at,
            data_file.c.door,
        )
        .join(station, station.c.id == data_file.c.station_id)
        .where(data_file.c.id > after, data_file.c.id <= end, data_file.c.state.in_(RELAYED_STATES))
        .order_by(data_file.c.id)
    )
    # Due at once: what is not released is seen, and waited for, when it is composed.
    files = [QueuedFile(*row[:4], release_at=now, door=row.door) for row in connection.execute(query)]
    taken = [file for file in files if target.takes(file.file_id, file.measured_at, file.door)]
    _queue_missing(connection, target, taken, now)
    more: bool = end < until
    connection.execute(
        update(relay_target)
        .where(relay_target.c.id == target.id)
        .values(backfill_after=end if more else None, backfill_until=until if more else None)
    )
    return more


def _queue_missing(
    connection: Connection, target: Target, files: Sequence[QueuedFile], now: datetime
) -> None:
    """Puts files into the target's outbox unless it has an item of their station and time, under any name."""
    known: set[tuple[int, datetime]] = set()
    moments = sorted({(file.station_id, file.measured_at) for file in files})
    for start in range(0, len(moments), _CHUNK):
        listed = key_list(connection, _MOMENT, moments[start : start + _CHUNK])
        query = (
            select(*_MOMENT)
            .select_from(listed)
            .join(relay_item, matches(_MOMENT, listed))
            .where(relay_item.c.target_id == target.id)
        )
        known.update((row.station_id, row.measured_at) for row in connection.execute(query))
    missing = [file for file in files if (file.station_id, file.measured_at) not in known]
    rows = item_rows(connection, [target], missing, now)
    if rows:
        connection.execute(insert_for(connection, relay_item).on_conflict_do_nothing(), rows)
