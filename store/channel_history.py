"""What a channel's settings were before: dated, so that a reading is judged by those of its measured time.

The `channel` row holds the settings that are valid from the last change on; each row here those that held
before `valid_until`, and after the row before it. The first declaration holds from ever. Factor, ranges and
checks are dated. Symbols and unit are not: a symbol means its channel, and the values of a channel have one
unit, whenever they were measured.
"""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select

from store.tables import channel_setting

DATED = ("factor", "device_min", "device_max", "usual_min", "usual_max", "checks")
"""The settings that change from a moment on."""

_COLUMNS = [channel_setting.c[name] for name in ("valid_until", *DATED)]


def reaches_beyond(connection: Connection, channel_id: int, moment: datetime) -> bool:
    """Whether settings that held until later than `moment` are known."""
    query = select(channel_setting.c.valid_until).where(
        channel_setting.c.channel_id == channel_id, channel_setting.c.valid_until > moment
    )
    return connection.execute(query.limit(1)).first() is not None


def change_from(
    connection: Connection,
    channel_id: int,
    present: Mapping[str, object],
    wanted: Mapping[str, object],
    valid_from: datetime,
) -> int:
    """Records that `wanted` holds from `valid_from` on; returns how many later changes that takes back.

    present: the settings that held from the last change on. The caller writes `wanted` into the channel.
    """
    of_channel = channel_setting.c.channel_id == channel_id
    query = select(*_COLUMNS).where(of_channel).order_by(channel_setting.c.valid_until)
    rows = connection.execute(query).mappings().all()
    later = [row for row in rows if row["valid_until"] > valid_from]
    earlier = rows[: len(rows) - len(later)]
    held = later[0] if later else present
    before = {name: held[name] for name in DATED}
    if later:
        connection.execute(
            delete(channel_setting).where(of_channel, channel_setting.c.valid_until > valid_from)
        )
    new = {name: wanted[name] for name in DATED}
    if not earlier or earlier[-1]["valid_until"] < valid_from:
        if before != new:
            connection.execute(
                insert(channel_setting).values(channel_id=channel_id, valid_until=valid_from, **before)
            )
    elif {name: earlier[-1][name] for name in DATED} == new:
        # the change at this very moment is undone: what held before goes on
        connection.execute(
            delete(channel_setting).where(of_channel, channel_setting.c.valid_until == valid_from)
        )
    return len(later)


def forget(connection: Connection, channel_id: int) -> None:
    """Lets the present settings hold from ever."""
    connection.execute(delete(channel_setting).where(channel_setting.c.channel_id == channel_id))
