"""Heartbeats of the running roles: by them one process knows that another one is at work.

A beat is of the machine's own clock, never of a demonstration's quickened one.
"""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, select

from store.service.outages import note_open_doors
from store.tables import role_beat
from store.upsert import insert_for


class Beat(NamedTuple):
    """The last sign of life of a role on a host."""

    host: str
    role: str
    pid: int
    started_at: datetime
    """UTC."""
    beat_at: datetime
    """UTC."""
    open_since: datetime | None = None
    """Since when (UTC) its doors have been open without a break; None: it has none, or they are shut."""
    read_until: datetime | None = None
    """Until when (UTC) what came is in the store, as far as ingest knows; None: it has not looked yet."""


def beat(connection: Connection, of: Beat) -> None:
    """Writes a sign of life over the one before; where doors open again, records that they were shut.

    A role that starts gives its first signs before its doors are open: they leave `open_at` as it was, or
    nobody would know any more how long the doors were shut. So with `read_until`, before ingest has looked.
    """
    values = of._asdict()
    if of.open_since is not None:
        note_open_doors(connection, of.open_since)
        values["open_at"] = of.beat_at
    statement = insert_for(connection, role_beat).values(values)
    left = ("host", "role", *(("read_until",) if of.read_until is None else ()))
    written = {name: value for name, value in values.items() if name not in left}
    connection.execute(statement.on_conflict_do_update(index_elements=["host", "role"], set_=written))


def latest(connection: Connection) -> list[Beat]:
    """The last sign of life of every role that ever ran, by role and host."""
    columns = [role_beat.c[name] for name in Beat._fields]
    rows = connection.execute(select(*columns).order_by(role_beat.c.role, role_beat.c.host))
    return [Beat(*row) for row in rows]
