"""What a target was sent, to be compared with what is there; and sending again what is missing.

The comparison itself is forwarder/reconciliation.py's; here is only what the outbox knows.
"""

from collections.abc import Collection, Iterator
from datetime import datetime
from typing import NamedTuple, TypeVar

from sqlalchemy import Connection, select, update

from store.audit import Act, record
from store.relay.targets import Target
from store.revisions import bump
from store.tables import relay_item, station

T = TypeVar("T")
_AT_A_TIME = 500


class SentItem(NamedTuple):
    """A file that the target has acknowledged."""

    id: int
    station: str
    measured_at: datetime
    path: str
    """From the target's own root."""
    bytes: int | None
    sent_at: datetime
    """UTC."""


def sent_items(
    connection: Connection, target_id: int, begin: datetime | None, end: datetime | None
) -> list[SentItem]:
    """What was sent and measured from `begin` on and before `end` (None: without limit), by path."""
    query = (
        select(
            relay_item.c.id, station.c.code, relay_item.c.measured_at, relay_item.c.path,
            relay_item.c.bytes, relay_item.c.sent_at,
        )
        .join(station, station.c.id == relay_item.c.station_id)
        .where(relay_item.c.target_id == target_id, relay_item.c.sent_at.is_not(None))
        .order_by(relay_item.c.path)
    )  # fmt: skip
    if begin is not None:
        query = query.where(relay_item.c.measured_at >= begin)
    if end is not None:
        query = query.where(relay_item.c.measured_at < end)
    return [SentItem(*row) for row in connection.execute(query)]


def known_paths(connection: Connection, target_id: int, paths: Collection[str]) -> set[str]:
    """Which of the paths the outbox has, whatever became of them."""
    found: set[str] = set()
    for some in _chunks(sorted(paths)):
        query = select(relay_item.c.path).where(
            relay_item.c.target_id == target_id, relay_item.c.path.in_(some)
        )
        found.update(connection.scalars(query))
    return found


def send_again(connection: Connection, act: Act, target: Target, item_ids: Collection[int]) -> int:
    """Has items sent once more although they were acknowledged; how many."""
    asked = 0
    for some in _chunks(sorted(item_ids)):
        asked += connection.execute(
            update(relay_item)
            .where(
                relay_item.c.target_id == target.id, relay_item.c.id.in_(some), relay_item.c.state == "sent"
            )
            # without the hash nothing can be taken for unchanged
            .values(
                state="waiting",
                revision=relay_item.c.revision + 1,
                sha256=None,
                next_try_at=None,
            )
        ).rowcount
    if asked:
        record(connection, act, "relay.send_again", target.name, {"items": asked})
        bump(connection, "targets")
    return asked


def _chunks(values: list[T]) -> Iterator[list[T]]:
    for start in range(0, len(values), _AT_A_TIME):
        yield values[start : start + _AT_A_TIME]
