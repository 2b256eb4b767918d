"""When stations are to deliver, as one value each: phases, announced stops and our own outages together."""

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import Connection, select

from quality.service import PhaseChange, Service
from quality.stretches import Stretch
from store.service.outages import outage_stretches
from store.tables import planned_stop, station_phase


def services(
    connection: Connection,
    station_ids: Collection[int],
    since: datetime | None,
    until: datetime | None,
    now: datetime,
) -> Mapping[int, Service]:
    """By station id; stops and outages are those that touch the time from `since` up to `until` (None: open).

    now: aware; an outage that goes on lasts until then.
    """
    phases: dict[int, list[PhaseChange]] = {one: [] for one in station_ids}
    query = select(station_phase).where(station_phase.c.station_id.in_(station_ids))
    for row in connection.execute(query.order_by(station_phase.c.from_at)):
        phases[row.station_id].append(PhaseChange(row.from_at, row.phase))
    stops: dict[int, dict[int, list[Stretch]]] = {one: {} for one in station_ids}
    announced = select(planned_stop).where(
        planned_stop.c.station_id.in_(station_ids), planned_stop.c.cancelled_at.is_(None)
    )
    if since is not None:
        announced = announced.where(planned_stop.c.to_at > since)
    if until is not None:
        announced = announced.where(planned_stop.c.from_at < until)
    for row in connection.execute(announced.order_by(planned_stop.c.from_at)):
        of_parameter = stops[row.station_id].setdefault(row.parameter_id, [])
        of_parameter.append(Stretch(row.from_at, row.to_at))
    ours = outage_stretches(connection, since, until, now)
    return {one: Service(phases[one], stops[one], ours) for one in station_ids}
