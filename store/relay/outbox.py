"""The outbox's entrance: what ingest and reviews put into it.

An item is (target, remote path). Queueing a path anew raises its revision, so that what was sent
of it before is sent again in its new content; what the content is, the forwarder finds out when
it sends. The way out (what is due, what became of it) is in store/relay/outbox_work.py and
store/relay/receipts.py; what a new target catches up with is in store/relay/backfill.py.

States: `waiting` goes as soon as `due_at` has come and nothing older of its station is in the
way; `held` waits for the review policy's time, or for a person (due_at null); `sent`; `blocked`
was refused for its path and waits for an operator.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, and_, bindparam, case, null, update

from store.relay.places import due, load_routes, place_at
from store.relay.targets import Target
from store.tables import data_file, relay_item
from store.upsert import insert_for

RELAYED_STATES = ("accepted", "partial", "superseded")
"""Ledger states of the files that an item is made of."""
MADE_OF = and_(
    data_file.c.station_id == relay_item.c.station_id, data_file.c.measured_at == relay_item.c.measured_at
)
"""Which files an item is made of, where they are in such a state."""


class QueuedFile(NamedTuple):
    """A file that brought something new, as ingest announces it."""

    file_id: int
    station_id: int
    station_code: str
    """The department's own code of the station, whatever the file was named."""
    measured_at: datetime
    """data_file.measured_at: it names the item."""
    release_at: datetime | None
    """From when the review policy lets its readings go; None: when a person does."""
    door: str = ""
    """By which it came: data_file.door."""


def queue(
    connection: Connection, targets: Sequence[Target], files: Sequence[QueuedFile], now: datetime
) -> int:
    """Puts files into the outbox of every target that takes them; returns how many items that touched.

    Call it in the transaction that stores the files. `targets` are the active ones as the same
    transaction sees them (active_targets). A path that is queued already gets a new revision.
    """
    rows = item_rows(connection, targets, files, now)
    if rows:
        statement = insert_for(connection, relay_item)
        new, old = statement.excluded, relay_item.c
        unsent = old.sent_revision < old.revision
        keeps = and_(new.due_at.is_(None), unsent)
        later = and_(old.due_at.is_not(None), old.due_at > new.due_at)
        changes = {
            "revision": old.revision + 1,
            # Lines that a person has still to release do not hold back those that wait already.
            "due_at": case(
                (keeps, old.due_at), (new.due_at.is_(None), null()), (later, old.due_at), else_=new.due_at
            ),
            "state": case(
                (keeps, old.state),
                (new.state == "held", "held"),
                (and_(old.state == "held", old.due_at > new.queued_at), "held"),
                else_="waiting",
            ),
            "queued_at": case((unsent, old.queued_at), else_=new.queued_at),
        }
        connection.execute(
            statement.on_conflict_do_update(index_elements=["target_id", "path"], set_=changes), rows
        )
    return len(rows)


def wake(connection: Connection, station_id: int, measured_ats: Collection[datetime], now: datetime) -> None:
    """Lets a station's held items be composed now, because a person decided on their lines.

    What may not go yet is held again by whoever composes it.
    """
    if measured_ats:
        statement = update(relay_item).where(
            relay_item.c.station_id == station_id,
            relay_item.c.measured_at == bindparam("at"),
            relay_item.c.state == "held",
        )
        connection.execute(
            statement.values(state="waiting", due_at=now),
            [{"at": measured_at} for measured_at in measured_ats],
        )


def item_rows(
    connection: Connection, targets: Sequence[Target], files: Sequence[QueuedFile], now: datetime
) -> list[dict[str, Any]]:
    """The outbox rows of files at the targets that take them."""
    routes = load_routes(connection, targets, {file.station_id for file in files})
    rows: list[dict[str, Any]] = []
    for target in targets:
        for file in files:
            if not target.takes(file.file_id, file.measured_at, file.door):
                continue
            place = place_at(target, routes, file.station_id, file.station_code, file.measured_at)
            if place is None:
                continue
            state, due_at = due(target, file.release_at, now)
            rows.append(
                {
                    "target_id": target.id,
                    "station_id": file.station_id,
                    "measured_at": file.measured_at,
                    "path": place.path,
                    "name": place.name,
                    "state": state,
                    "due_at": due_at,
                    "queued_at": now,
                }
            )
    return rows
