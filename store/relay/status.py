"""Where each target stands, for the operator who asks: counts, what is stuck, what went out of order."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, Select, func, select

from store.relay.view import TargetNow, targets_now
from store.tables import relay_item, relay_target, station

LISTED = 100
"""Items of a kind that are named; more are only counted."""


class NamedItem(NamedTuple):
    """An item that somebody should look at."""

    id: int
    station: str
    name: str
    path: str
    detail: str | None
    sent_at: datetime | None


class TargetStatus(NamedTuple):
    """One target."""

    now: TargetNow
    sent: int
    nothing_to_send: int
    """Of those held: items of which no line may go as things stand."""
    testing_phase: int
    """Of those held: items of stations that were in their testing phase."""
    archived: int
    """Of those held: items of files whose bytes are only in an archive (`qttd archive put-back`)."""
    next_try_at: datetime | None
    """When the next attempt is made, where the last one failed."""
    out_of_order: list[NamedItem]
    """The newest that went after something later of their station: EnviSoft may have passed their names."""
    blocked: list[NamedItem]
    """Refused for their path."""


def relay_status(connection: Connection) -> list[TargetStatus]:
    """Every target, by name."""
    ids = dict(connection.execute(select(relay_target.c.name, relay_target.c.id)).all())
    return [_status(connection, ids[now.name], now) for now in targets_now(connection)]


def _status(connection: Connection, target_id: int, now: TargetNow) -> TargetStatus:
    of_target = relay_item.c.target_id == target_id
    count = select(func.count()).select_from(relay_item).where(of_target)

    def held_because(why: str) -> Select[int]:
        return count.where(relay_item.c.state == "held", relay_item.c.last_detail == why)

    soonest = select(func.min(relay_item.c.next_try_at)).where(of_target, relay_item.c.state == "waiting")
    items = (
        select(
            relay_item.c.id,
            station.c.code,
            relay_item.c.name,
            relay_item.c.path,
            relay_item.c.last_detail,
            relay_item.c.sent_at,
        )
        .join(station, station.c.id == relay_item.c.station_id)
        .where(of_target)
        .limit(LISTED)
    )
    late = items.where(relay_item.c.out_of_order).order_by(
        relay_item.c.sent_at.desc(), relay_item.c.id.desc()
    )
    blocked = items.where(relay_item.c.state == "blocked").order_by(relay_item.c.id)
    return TargetStatus(
        now=now,
        sent=connection.scalar(count.where(relay_item.c.state == "sent")) or 0,
        nothing_to_send=connection.scalar(held_because("nothing_to_send")) or 0,
        testing_phase=connection.scalar(held_because("testing_phase")) or 0,
        archived=connection.scalar(held_because("archived")) or 0,
        next_try_at=connection.scalar(soonest),
        out_of_order=[NamedItem(*row) for row in connection.execute(late)],
        blocked=[NamedItem(*row) for row in connection.execute(blocked)],
    )
