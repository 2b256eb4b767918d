"""Writing interruptions as they are found: the same one stays the same row, with what people said of it.

What is found again with another beginning or end is matched to the row that it overlaps. A row that matches
nothing any more is withdrawn, never deleted. Each interruption has an event, which says what its row says.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, insert, select, update

from quality.events import EventLevel
from quality.service import WHOLE_STATION
from store.events.writing import Happening, amend, open_event, withdraw_event
from store.tables import interruption


class Found(NamedTuple):
    """An interruption as it was found now. Times are aware."""

    started_at: datetime
    ended_at: datetime | None
    silent_from: datetime
    settled_at: datetime | None
    reportable: bool


class Row(NamedTuple):
    """An interruption as it is kept."""

    id: int
    started_at: datetime
    ended_at: datetime | None
    silent_from: datetime
    settled_at: datetime | None
    event_id: int | None


_COLUMNS = [interruption.c[name] for name in Row._fields]


def rows_of(connection: Connection, station_id: int, parameter_id: int = WHOLE_STATION) -> list[Row]:
    """A station's, or a channel's, interruptions that were not withdrawn, by their beginnings."""
    query = select(*_COLUMNS).where(
        interruption.c.station_id == station_id,
        interruption.c.parameter_id == parameter_id,
        interruption.c.withdrawn_at.is_(None),
    )
    return [Row(*row) for row in connection.execute(query.order_by(interruption.c.started_at))]


def replace_rows(
    connection: Connection,
    station_id: int,
    parameter_id: int,
    old: Sequence[Row],
    found: Sequence[Found],
    now: datetime,
) -> bool:
    """Puts what was found in the place of `old`; whether that changed any beginning or end."""
    unused = list(old)
    changed = False
    for one in found:
        row = _same(unused, one)
        values = {"started_at": one.started_at, "ended_at": one.ended_at}
        looked = {"silent_from": one.silent_from, "settled_at": one.settled_at}
        if row is None:
            changed = True
            _insert(connection, station_id, parameter_id, one)
            continue
        unused.remove(row)
        if (row.started_at, row.ended_at) != (one.started_at, one.ended_at):
            changed = True
            _tell(connection, row, one)
        elif (row.silent_from, row.settled_at) == (one.silent_from, one.settled_at):
            if row.event_id is not None:
                amend(connection, row.event_id, level=_level(one))
            continue
        connection.execute(update(interruption).where(interruption.c.id == row.id).values(**values, **looked))
    for row in unused:
        changed = True
        connection.execute(update(interruption).where(interruption.c.id == row.id).values(withdrawn_at=now))
        if row.event_id is not None:
            withdraw_event(connection, row.event_id, now)
    return changed


def _same(rows: Sequence[Row], found: Found) -> Row | None:
    """The row that is the same interruption: of the same beginning, else the first that overlaps."""
    for row in rows:
        if row.started_at == found.started_at:
            return row
    for row in rows:
        begins_before_end = found.ended_at is None or row.started_at < found.ended_at
        if begins_before_end and (row.ended_at is None or found.started_at < row.ended_at):
            return row
    return None


def _insert(connection: Connection, station_id: int, parameter_id: int, found: Found) -> None:
    values: dict[str, Any] = found._asdict()
    del values["reportable"]
    number: int = connection.execute(
        insert(interruption)
        .values(station_id=station_id, parameter_id=parameter_id, **values)
        .returning(interruption.c.id)
    ).scalar_one()
    happening = Happening(
        "interrupted", station_id, parameter_id or None, "", found.started_at, _level(found),
        {"interruption": number},
    )  # fmt: skip
    event_id = open_event(connection, happening)
    amend(connection, event_id, ended_at=found.ended_at, detail={"interruption": number})
    connection.execute(update(interruption).where(interruption.c.id == number).values(event_id=event_id))


def _tell(connection: Connection, row: Row, found: Found) -> None:
    if row.event_id is not None:
        amend(
            connection,
            row.event_id,
            started_at=found.started_at,
            ended_at=found.ended_at,
            level=_level(found),
        )


def _level(found: Found) -> EventLevel:
    return "alarm" if found.reportable else "warning"
