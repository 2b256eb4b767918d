"""The outbox as the interface shows it: items, and where each target stands.

What waits is counted along the index that the forwarder works by; what was sent is never
counted, because in a year that is tens of millions.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, and_, func, select

from store.network.station_view import Visible
from store.tables import relay_attempt, relay_item, relay_target, station

UNSENT = ("waiting", "held", "blocked")
_ATTEMPTS_LOOKED_AT = 500
"""How far back a target's last attempt is looked for: an hour's work of a busy relay."""


class RelayEntry(NamedTuple):
    """One item of the outbox."""

    id: int
    target: str
    station: str
    name: str
    path: str
    state: str
    attempts: int
    last_outcome: str | None
    queued_at: datetime
    sent_at: datetime | None
    bytes: int | None
    sha256: str | None
    out_of_order: bool
    reissues: int
    withdrawn: bool
    """The target has a content of which, as things stand now, nothing may go."""


class TargetNow(NamedTuple):
    """Where a target stands."""

    name: str
    url: str
    """Without a password."""
    disabled: bool
    waiting: int
    held: int
    blocked: int
    oldest_queued_at: datetime | None
    """Since when the item that has waited longest waits."""
    last_outcome: str | None
    last_detail: str
    last_attempt_at: datetime | None


def relay_page(
    connection: Connection,
    visible: Visible,
    target_id: int | None,
    state: str | None,
    after: int | None,
    limit: int,
) -> list[RelayEntry]:
    """The next items in the order in which they were queued, from the one after the id `after` on."""
    conditions: list[ColumnElement[bool]] = []
    if visible is not None:
        conditions.append(relay_item.c.station_id.in_(visible))
    if state in UNSENT:
        targets = (
            [target_id] if target_id is not None else connection.scalars(select(relay_target.c.id)).all()
        )
        conditions += [relay_item.c.target_id.in_(targets), relay_item.c.state == state]
    else:
        # Nearly all items are sent: they are walked by id. Adding nothing to the columns keeps the planner
        # from collecting and sorting millions of them out of the index on (target, state) instead.
        if target_id is not None:
            conditions.append(relay_item.c.target_id + 0 == target_id)
        if state is not None:
            conditions.append(relay_item.c.state.concat("") == state)
    if after is not None:
        conditions.append(relay_item.c.id > after)
    ids = connection.scalars(
        select(relay_item.c.id).where(*conditions).order_by(relay_item.c.id).limit(limit)
    ).all()
    query: Select[*tuple[Any, ...]] = (
        select(
            relay_item.c.id,
            relay_target.c.name.label("target"),
            station.c.code.label("station"),
            relay_item.c.name,
            relay_item.c.path,
            relay_item.c.state,
            relay_item.c.attempts,
            relay_item.c.last_outcome,
            relay_item.c.queued_at,
            relay_item.c.sent_at,
            relay_item.c.bytes,
            relay_item.c.sha256,
            relay_item.c.out_of_order,
            relay_item.c.reissues,
            and_(
                relay_item.c.state == "held",
                relay_item.c.sent_at.is_not(None),
                func.coalesce(relay_item.c.last_detail, "") == "nothing_to_send",
            ),
        )
        .join(relay_target, relay_target.c.id == relay_item.c.target_id)
        .join(station, station.c.id == relay_item.c.station_id)
        .where(relay_item.c.id.in_(ids))
        .order_by(relay_item.c.id)
    )
    return [RelayEntry(*row) for row in connection.execute(query)]


def find_target(connection: Connection, name: str) -> int | None:
    """The id of the target of that name."""
    return connection.scalar(select(relay_target.c.id).where(relay_target.c.name == name))


def waiting_by_station(connection: Connection) -> dict[int, int]:
    """How many items of each station wait for any target; stations with none are left out."""
    query = (
        select(relay_item.c.station_id, func.count().label("waiting"))
        .where(relay_item.c.target_id.in_(select(relay_target.c.id)), relay_item.c.state == "waiting")
        .group_by(relay_item.c.station_id)
    )
    return {row.station_id: row.waiting for row in connection.execute(query)}


def targets_now(connection: Connection) -> list[TargetNow]:
    """Every target with what it has not received and how its last attempt ended."""
    targets = connection.execute(select(relay_target).order_by(relay_target.c.name)).all()
    counts = _unsent(connection, [target.id for target in targets])
    ended = _last_attempts(connection)
    found = []
    for target in targets:
        attempt = ended.get(target.id)
        oldest = counts.get((target.id, "waiting"), (0, None))[1]
        found.append(
            TargetNow(
                name=target.name,
                url=target.url,
                disabled=target.disabled,
                waiting=counts.get((target.id, "waiting"), (0, None))[0],
                held=counts.get((target.id, "held"), (0, None))[0],
                blocked=counts.get((target.id, "blocked"), (0, None))[0],
                oldest_queued_at=None if oldest is None else _queued_at(connection, oldest),
                last_outcome=None if attempt is None else attempt[0],
                last_detail="" if attempt is None else attempt[1],
                last_attempt_at=None if attempt is None else attempt[2],
            )
        )
    return found


def _unsent(
    connection: Connection, targets: Collection[int]
) -> dict[tuple[int, str], tuple[int, int | None]]:
    """Per target and state, how many items and the first one's id: from the index alone."""
    query = (
        select(
            relay_item.c.target_id,
            relay_item.c.state,
            func.count().label("items"),
            func.min(relay_item.c.id).label("first_id"),
        )
        .where(relay_item.c.target_id.in_(targets), relay_item.c.state.in_(UNSENT))
        .group_by(relay_item.c.target_id, relay_item.c.state)
    )
    return {(row.target_id, row.state): (row.items, row.first_id) for row in connection.execute(query)}


def _queued_at(connection: Connection, item_id: int) -> datetime | None:
    return connection.scalar(select(relay_item.c.queued_at).where(relay_item.c.id == item_id))


def _last_attempts(connection: Connection) -> dict[int, tuple[str, str, datetime]]:
    """Per target how its last attempt ended, with its detail and time, where it is not long ago."""
    newest = select(relay_attempt).order_by(relay_attempt.c.id.desc()).limit(_ATTEMPTS_LOOKED_AT).subquery()
    query = (
        select(relay_item.c.target_id, newest.c.outcome, newest.c.detail, newest.c.ended_at)
        .join(relay_item, relay_item.c.id == newest.c.item_id)
        .order_by(newest.c.id)
    )
    return {row.target_id: (row.outcome, row.detail, row.ended_at) for row in connection.execute(query)}
