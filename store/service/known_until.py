"""Until when it is known what came: nobody has fallen silent whose files we have not looked at.

The doors take files into the journal whether the store answers or not. When a store comes back after an hour,
or an ingest that was stuck goes on, the stations of that hour look silent until the journal is worked off.
So each ingest says with its sign of life until when it has (store/role_beats.py), and silence is only judged
until then. A host whose doors give no sign is not waited for: nothing came there.
"""

from datetime import datetime

from sqlalchemy import Connection, func, select

from store.service.outages import SHORTEST
from store.tables import role_beat


def known_until(connection: Connection, now: datetime) -> datetime:
    """The moment up to which every file that came is in the store; `now` (aware) where nobody says less."""
    open_hosts = select(role_beat.c.host).where(role_beat.c.open_at > now - SHORTEST)
    read: datetime | None = connection.scalar(
        select(func.min(role_beat.c.read_until)).where(role_beat.c.host.in_(open_hosts))
    )
    return now if read is None else min(read, now)
