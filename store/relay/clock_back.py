"""The outbox after the machine's clock was set back: what a clock that was ahead had put off goes in time.

When a file arrived stays as it was told then. Only from when it may go is moved: at once, or after the time
that the review policy gives a reviewer, counted from now.
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, and_, bindparam, or_, select, update

from store.key_list import key_list, matches
from store.relay.outbox import MADE_OF
from store.relay.places import next_sending
from store.revisions import bump
from store.tables import data_file, reading, relay_item, relay_target

_MOMENT = (data_file.c.station_id, data_file.c.measured_at)
_TARGETS = select(relay_target.c.id, relay_target.c.every_minutes)


def anything_ahead(connection: Connection, now: datetime) -> bool:
    """Whether something was put off by a clock that was ahead of `now` (aware)."""
    return bool(_ahead(connection, now))


def move_what_is_ahead(connection: Connection, now: datetime) -> int:
    """Moves what was put off by a clock that was ahead of `now` (aware); returns how many items that were."""
    moved = _ahead(connection, now)
    if moved:
        _release(connection, {(item.station_id, item.measured_at) for item, _ in moved.values()}, now)
        connection.execute(
            update(relay_item).where(relay_item.c.id == bindparam("of_item")).values(due_at=bindparam("due")),
            [{"of_item": item_id, "due": due_at} for item_id, (_, due_at) in moved.items()],
        )
        bump(connection, "targets")
    return len(moved)


def _ahead(connection: Connection, now: datetime) -> dict[int, tuple[Any, datetime]]:
    """What was put off, by its id, each with when it would be due by the clock as it is."""
    found: dict[int, tuple[Any, datetime]] = {}
    for target_id, every_minutes in connection.execute(_TARGETS).all():
        query = (
            select(relay_item, data_file.c.received_at)
            .join(data_file, MADE_OF)
            .where(
                relay_item.c.target_id == target_id,
                relay_item.c.state.in_(("waiting", "held")),
                relay_item.c.due_at > now,
                or_(relay_item.c.state == "waiting", data_file.c.received_at > now),
            )
            .order_by(data_file.c.received_at)
        )
        for item in connection.execute(query).all():
            due_at = _due(item, every_minutes, now)
            if due_at < item.due_at:
                found[item.id] = item, due_at  # of several files the last one to arrive tells
    return found


def _due(item: Any, every_minutes: int | None, now: datetime) -> datetime:
    """When an item would be due if its file had come now."""
    if item.state == "held":
        wait: timedelta = item.due_at - item.received_at
        return now + max(wait, timedelta())
    return next_sending(now, every_minutes)


def _release(connection: Connection, moments: Collection[tuple[int, datetime]], now: datetime) -> None:
    """Lets the readings of files of these stations and times go as if they had come now."""
    listed = key_list(connection, _MOMENT, moments)
    files = (
        select(data_file.c.id, data_file.c.station_id, data_file.c.first_at, data_file.c.last_at)
        .select_from(listed)
        .join(data_file, matches(_MOMENT, listed))
        .cte("files")
        .prefix_with("MATERIALIZED")
    )
    query = select(
        reading.c.station_id,
        reading.c.measured_at,
        reading.c.parameter_id,
        reading.c.release_at,
        reading.c.received_at,
    ).join(
        files,
        and_(
            reading.c.station_id == files.c.station_id,
            reading.c.measured_at >= files.c.first_at,
            reading.c.measured_at <= files.c.last_at,
            reading.c.file_id == files.c.id,
        ),
    )
    query = query.where(reading.c.received_at > now, reading.c.release_at > now)
    rows = [
        {
            "of_station": row.station_id,
            "of_moment": row.measured_at,
            "of_parameter": row.parameter_id,
            "release": now + (row.release_at - row.received_at),
        }
        for row in connection.execute(query)
    ]
    if rows:
        statement = update(reading).where(
            reading.c.station_id == bindparam("of_station"),
            reading.c.measured_at == bindparam("of_moment"),
            reading.c.parameter_id == bindparam("of_parameter"),
        )
        connection.execute(statement.values(release_at=bindparam("release")), rows)
