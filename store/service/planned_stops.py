"""Announced stops of stations and channels: maintenance that somebody told the department of.

Who announced it and when stands beside who wrote it down and when, so that a stop told before is never taken
for one told afterwards. A stop is cancelled, never deleted.
"""

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, insert, select, update

from quality.service import WHOLE_STATION
from store.audit import Act, record
from store.network.station_view import Visible
from store.service.interruption_marks import mark_station
from store.tables import parameter, planned_stop, station


class StopEntry(NamedTuple):
    """An announced stop. Times are in UTC."""

    id: int
    station: str
    parameter: str | None
    """None: the whole station."""
    from_at: datetime
    to_at: datetime
    """Not included."""
    reason: str
    announced_by: str
    announced_at: datetime
    recorded_by: str
    recorded_at: datetime
    cancelled_by: str | None
    cancelled_at: datetime | None

    @property
    def announced_before(self) -> bool:
        """Whether it was told before it began."""
        return self.announced_at <= self.from_at


class Announcement(NamedTuple):
    """What somebody told."""

    station_id: int
    parameter_id: int | None
    """None: the whole station."""
    from_at: datetime
    to_at: datetime
    reason: str
    announced_by: str
    announced_at: datetime


class StopProblemError(Exception):
    """A stop that cannot be, or is not there. `field` is what is wrong with it."""

    def __init__(self, field: str, message: str) -> None:
        self.field, self.what = field, message
        super().__init__(f"{field}: {message}")


_COLUMNS = (
    planned_stop.c.id,
    station.c.code.label("station"),
    parameter.c.code.label("parameter"),
    *(planned_stop.c[name] for name in StopEntry._fields[3:]),
)
LONGEST_DAYS = 366
"""What is to last longer is no stop but a phase."""


def announce(connection: Connection, told: Announcement, act: Act) -> int:
    """Writes a stop down; returns its id. Raises StopProblemError for one that cannot be."""
    if told.from_at >= told.to_at:
        raise StopProblemError("to", "is not after its beginning")
    if (told.to_at - told.from_at).days > LONGEST_DAYS:
        raise StopProblemError("to", f"a stop lasts at most {LONGEST_DAYS} days; else set the phase stopped")
    if not told.reason.strip():
        raise StopProblemError("reason", "is empty")
    if told.announced_at > act.at:
        raise StopProblemError("announced_at", "is yet to come")
    values = {
        **told._asdict(),
        "parameter_id": told.parameter_id or WHOLE_STATION,
        "reason": told.reason.strip(),
        "recorded_by": act.who,
        "recorded_at": act.at,
    }
    number: int = connection.execute(
        insert(planned_stop).values(values).returning(planned_stop.c.id)
    ).scalar_one()
    _changed(connection, "stop.add", number, told.station_id, told.from_at, told.to_at, act)
    return number


def cancel(connection: Connection, stop_id: int, act: Act) -> None:
    """Says that a stop was not, or is not to be. Raises StopProblemError where there is none in force."""
    query = select(planned_stop).where(planned_stop.c.id == stop_id).with_for_update()
    row = connection.execute(query).one_or_none()
    if row is None:
        raise StopProblemError("id", f"there is no planned stop {stop_id}")
    if row.cancelled_at is not None:
        raise StopProblemError("id", f"the planned stop {stop_id} is cancelled already")
    connection.execute(
        update(planned_stop)
        .where(planned_stop.c.id == stop_id)
        .values(cancelled_by=act.who, cancelled_at=act.at)
    )
    _changed(connection, "stop.cancel", stop_id, row.station_id, row.from_at, row.to_at, act)


def stop_page(
    connection: Connection,
    visible: Visible,
    station_id: int | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    after: int | None = None,
    limit: int | None = None,
) -> list[StopEntry]:
    """Stops, also cancelled ones, that touch the time from `since` up to `until`, by their ids."""
    query = _query()
    if visible is not None:
        query = query.where(planned_stop.c.station_id.in_(visible))
    if station_id is not None:
        query = query.where(planned_stop.c.station_id == station_id)
    if since is not None:
        query = query.where(planned_stop.c.to_at > since)
    if until is not None:
        query = query.where(planned_stop.c.from_at < until)
    if after is not None:
        query = query.where(planned_stop.c.id > after)
    rows = connection.execute(query.order_by(planned_stop.c.id).limit(limit))
    return [StopEntry(*row) for row in rows]


def find_stop(connection: Connection, stop_id: int, visible: Visible) -> StopEntry | None:
    """The stop of that number; None when there is none to be seen."""
    query = _query().where(planned_stop.c.id == stop_id)
    if visible is not None:
        query = query.where(planned_stop.c.station_id.in_(visible))
    row = connection.execute(query).one_or_none()
    return None if row is None else StopEntry(*row)


def _query() -> Select[*tuple[Any, ...]]:
    return (
        select(*_COLUMNS)
        .join(station, station.c.id == planned_stop.c.station_id)
        .outerjoin(parameter, parameter.c.id == planned_stop.c.parameter_id)
    )


def _changed(
    connection: Connection,
    action: str,
    stop_id: int,
    station_id: int,
    from_at: datetime,
    to_at: datetime,
    act: Act,
) -> None:
    code: str = connection.execute(select(station.c.code).where(station.c.id == station_id)).scalar_one()
    detail = {"id": stop_id, "from": from_at.isoformat(), "to": to_at.isoformat()}
    record(connection, act, action, code, detail)
    mark_station(connection, station_id, from_at)
