"""What nobody has dealt with yet, as the page counts it: of each station, and of the system itself."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, func, or_, select

from quality.events import EventKind
from store.events.writing import NOBODY
from store.tables import event

COUNTED: tuple[EventKind, ...] = ("limit_exceeded", "interrupted", "tamper")
"""Excesses of limits, interruptions and signs of manipulation: what a station's operator answers for."""
SYSTEM: tuple[EventKind, ...] = (
    "disk_low", "relay_stuck", "certificate_expiring", "account_locked", "wrong_address",
)  # fmt: skip
"""Troubles of the system itself, of no station."""


class SystemTrouble(NamedTuple):
    """One that goes on."""

    id: int
    kind: EventKind
    subject: str
    """A target, a folder, an account."""
    level: str
    started_at: datetime


def unsolved_by_station(connection: Connection, since: datetime) -> dict[int, dict[EventKind, int]]:
    """By station id, how many events of each counted kind go on, or began from `since` on (aware), and are
    solved by nobody. Kinds without any are left out."""
    query = (
        select(event.c.station_id, event.c.kind, func.count())
        .where(
            or_(event.c.started_at >= since, event.c.ended_at.is_(None)),
            event.c.kind.in_(COUNTED),
            event.c.withdrawn_at.is_(None),
            event.c.state != "solved",
        )
        .group_by(event.c.station_id, event.c.kind)
    )
    found: dict[int, dict[EventKind, int]] = {}
    for station_id, kind, count in connection.execute(query).all():
        found.setdefault(station_id, {})[kind] = count
    return found


def system_troubles(connection: Connection) -> Sequence[SystemTrouble]:
    """What is wrong with the system itself now and nobody has solved: alarms first, then by start."""
    query = select(event.c.id, event.c.kind, event.c.subject, event.c.level, event.c.started_at).where(
        event.c.station_id == NOBODY,
        event.c.kind.in_(SYSTEM),
        event.c.ended_at.is_(None),
        event.c.withdrawn_at.is_(None),
        event.c.state != "solved",
    )
    troubles = [SystemTrouble(*row) for row in connection.execute(query).all()]
    return sorted(troubles, key=lambda one: (one.level != "alarm", one.started_at, one.id))
