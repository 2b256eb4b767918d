"""Our own outages: when no door of ours was open, as the roles' signs of life show it.

A role that has doors tells with each beat since when they have been open without a break
(store/role_beats.py). Where that lies after the last sign of open doors of any host, nobody could send in
between: that is an outage. While no door gives a sign, one is going on. A store that was away is none: the
doors were open, and the journal took what came.
"""

from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Connection, func, select

from quality.stretches import Stretch, united
from store.service.interruption_marks import mark_every_station
from store.tables import our_outage, role_beat
from store.upsert import insert_for

SHORTEST = timedelta(minutes=1)
"""What was shorter is none: a logger that met closed doors has tried again by then."""


class Outage(NamedTuple):
    """An outage of ours. Times are in UTC."""

    id: int | None
    """None: it is going on."""
    from_at: datetime
    to_at: datetime


def note_open_doors(connection: Connection, open_since: datetime) -> None:
    """Records the outage that ended when these doors were opened, if there was one.

    Call it before the beat itself is written: the last sign of life is compared with it.
    """
    last = last_sign(connection)
    if last is None or open_since - last < SHORTEST:
        return
    statement = insert_for(connection, our_outage).values(from_at=last, to_at=open_since)
    new = statement.excluded.to_at < our_outage.c.to_at
    # of two hosts that come back at once, the first one ends it
    statement = statement.on_conflict_do_update(
        index_elements=["from_at"], set_={"to_at": statement.excluded.to_at}, where=new
    )
    if connection.execute(statement.returning(our_outage.c.id)).first() is not None:
        mark_every_station(connection, last)


def last_sign(connection: Connection) -> datetime | None:
    """When a role with open doors gave its last sign of life; None: none ever did."""
    last: datetime | None = connection.scalar(select(func.max(role_beat.c.open_at)))
    return last


def outages(connection: Connection, since: datetime | None, until: datetime | None) -> list[Outage]:
    """Recorded outages that touch the time from `since` up to `until`, by time."""
    query = select(our_outage.c.id, our_outage.c.from_at, our_outage.c.to_at)
    if since is not None:
        query = query.where(our_outage.c.to_at > since)
    if until is not None:
        query = query.where(our_outage.c.from_at < until)
    return [Outage(*row) for row in connection.execute(query.order_by(our_outage.c.from_at))]


def present_outage(connection: Connection, now: datetime) -> Outage | None:
    """The outage that goes on at `now` (aware), if one does."""
    last = last_sign(connection)
    return None if last is None or now - last < SHORTEST else Outage(None, last, now)


def outage_stretches(
    connection: Connection, since: datetime | None, until: datetime | None, now: datetime
) -> list[Stretch]:
    """The time in which our doors were shut, the outage that goes on among it, as a set."""
    found = outages(connection, since, until)
    present = present_outage(connection, now)
    if present is not None:
        found.append(present)
    return united(Stretch(one.from_at, one.to_at) for one in found)
