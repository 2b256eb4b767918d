"""What settings were before: dated, so that data is judged by those of its time.

The row of a channel or a station holds the settings that are valid from the last change on; each row of its
history those that held before `valid_until`, and after the row before it. The first declaration holds from
ever. Of a channel factor, ranges and checks are dated, by the moment; symbols and unit are not: a symbol
means its channel, and the values of a channel have one unit, whenever they were measured. Of a station the
interval is dated, by whole days in Vietnam.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Table, delete, insert, select

from store.tables import channel_setting, station_interval


class History(NamedTuple):
    """Where the earlier settings of something are kept."""

    table: Table
    owner: str
    """The column that says whose they are."""
    dated: tuple[str, ...]
    """The settings that change from some time on."""

    def of(self, owner_id: int) -> ColumnElement[bool]:
        """The rows of one owner."""
        return self.table.c[self.owner] == owner_id


CHANNEL_SETTINGS = History(
    channel_setting,
    "channel_id",
    ("factor", "device_min", "device_max", "usual_min", "usual_max", "checks"),
)
STATION_INTERVALS = History(station_interval, "station_id", ("interval_minutes",))


def reaches_beyond(connection: Connection, history: History, owner_id: int, moment: datetime | date) -> bool:
    """Whether settings that held until later than `moment` are known."""
    until = history.table.c.valid_until
    query = select(until).where(history.of(owner_id), until > moment)
    return connection.execute(query.limit(1)).first() is not None


def change_from(
    connection: Connection,
    history: History,
    owner_id: int,
    present: Mapping[str, object],
    wanted: Mapping[str, object],
    valid_from: datetime | date,
) -> int:
    """Records that `wanted` holds from `valid_from` on; returns how many later changes that takes back.

    present: the settings that held from the last change on. The caller writes `wanted` into the owner's row.
    """
    table, of_owner, until = history.table, history.of(owner_id), history.table.c.valid_until
    rows = connection.execute(select(table).where(of_owner).order_by(until)).mappings().all()
    later = [row for row in rows if row["valid_until"] > valid_from]
    earlier = rows[: len(rows) - len(later)]
    held: Mapping[Any, Any] = later[0] if later else present
    before = {name: held[name] for name in history.dated}
    if later:
        connection.execute(delete(table).where(of_owner, until > valid_from))
    new = {name: wanted[name] for name in history.dated}
    if not earlier or earlier[-1]["valid_until"] < valid_from:
        if before != new:
            row = {history.owner: owner_id, "valid_until": valid_from, **before}
            connection.execute(insert(table).values(row))
    elif {name: earlier[-1][name] for name in history.dated} == new:
        # the change at this very moment is undone: what held before goes on
        connection.execute(delete(table).where(of_owner, until == valid_from))
    return len(later)


def forget(connection: Connection, history: History, owner_id: int) -> None:
    """Lets the present settings hold from ever."""
    connection.execute(delete(history.table).where(history.of(owner_id)))
