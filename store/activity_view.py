"""What is new since somebody last looked: the figures that counters of the running system rise by.

The ledger and the attempts only grow, so everything after a remembered id is new, and a look
costs what has happened since, not what has ever happened.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, func, select

from store.tables import data_file, relay_attempt, relay_item, relay_target, station


class Mark(NamedTuple):
    """Up to where everything has been looked at."""

    file_id: int
    attempt_id: int


class Activity(NamedTuple):
    """What was added after a mark."""

    mark: Mark
    """The new mark, to be given the next time."""
    files: Mapping[tuple[str, str], int]
    """Files by door and by the state they have now."""
    readings: int
    """Readings in those files."""
    attempts: Mapping[tuple[str, str], int]
    """Relay attempts by target and outcome."""


def newest_mark(connection: Connection) -> Mark:
    """The mark after which nothing is there yet."""
    return Mark(
        connection.scalar(select(func.max(data_file.c.id))) or 0,
        connection.scalar(select(func.max(relay_attempt.c.id))) or 0,
    )


def activity_since(connection: Connection, mark: Mark) -> Activity:
    """Everything that came after the mark, counted."""
    until = newest_mark(connection)
    files = connection.execute(
        select(
            data_file.c.door,
            data_file.c.state,
            func.count().label("files"),
            func.sum(data_file.c.readings).label("readings"),
        )
        .where(data_file.c.id > mark.file_id, data_file.c.id <= until.file_id)
        .group_by(data_file.c.door, data_file.c.state)
    ).all()
    attempts = connection.execute(
        select(relay_target.c.name, relay_attempt.c.outcome, func.count().label("attempts"))
        .select_from(relay_attempt)
        .join(relay_item, relay_item.c.id == relay_attempt.c.item_id)
        .join(relay_target, relay_target.c.id == relay_item.c.target_id)
        .where(relay_attempt.c.id > mark.attempt_id, relay_attempt.c.id <= until.attempt_id)
        .group_by(relay_target.c.name, relay_attempt.c.outcome)
    ).all()
    return Activity(
        mark=until,
        files={(row.door, row.state): row.files for row in files},
        readings=sum(row.readings for row in files),
        attempts={(row.name, row.outcome): row.attempts for row in attempts},
    )


def last_arrivals(connection: Connection) -> dict[str, datetime]:
    """When the newest file of each station arrived, by its code; silent stations are left out."""
    arrived = (
        select(func.max(data_file.c.received_at))
        .where(data_file.c.station_id == station.c.id)
        .correlate(station)
        .scalar_subquery()
    )
    rows = connection.execute(select(station.c.code, arrived.label("arrived")))
    return {row.code: row.arrived for row in rows if row.arrived is not None}
