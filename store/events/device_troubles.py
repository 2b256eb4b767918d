"""Devices that say of themselves that they are faulty (status 02), or calibrate for too long (01).

Looked at is what each declared channel said last; its station must count, and nobody have announced a stop.
An event begins with the first reading of the status and ends with the first one after it of another; while
nothing comes it goes on, because nobody said otherwise. How long calibrating may take is the dated figure
`calibrating_minutes`.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Connection, and_, func, select

from quality.dated_rules import DatedRules
from quality.events import EventKind
from quality.service import Service
from quality.slots import day_of
from store.events.writing import Event, Happening, amend, close_event, open_event, open_events
from store.limits.dated_rules import load_rules
from store.minutes_before import minutes_before
from store.network.intervals import minutes_on
from store.service.service_view import services
from store.tables import channel, reading, station

KINDS: dict[str, EventKind] = {"01": "calibrating_long", "02": "device_error"}
"""What a status becomes."""
_LOOK_BACK = timedelta(days=31)
"""A status that has lasted for longer is told to have begun within this."""


class _Said(NamedTuple):
    """What a channel said last."""

    station_id: int
    parameter_id: int
    measured_at: datetime
    status: str


def keep_device_troubles(connection: Connection, now: datetime) -> None:
    """Opens and closes the events of all channels. now: aware."""
    rules = load_rules(connection)
    said = {(one.station_id, one.parameter_id): one for one in _said(connection, now, rules)}
    for status, kind in KINDS.items():
        known = {(one.station_id, one.parameter_id): one for one in open_events(connection, kind)}
        for key, one in said.items():
            if key in known and one.status != status:
                close_event(connection, known[key].id, _end(connection, known[key], one, status))
        begun = [one for key, one in said.items() if one.status == status and key not in known]
        duty = services(connection, {one.station_id for one in begun}, now, now + timedelta(1), now)
        for one in begun:
            if _counts(duty[one.station_id], one.parameter_id, now):
                _begin(connection, one, kind, rules)


def _begin(connection: Connection, one: _Said, kind: EventKind, rules: DatedRules) -> None:
    started_at = _start(connection, one)
    detail = {}
    if kind == "calibrating_long":
        allowed = rules.minutes("calibrating_minutes", started_at)
        if one.measured_at - started_at <= allowed:
            return
        detail["allowed_minutes"] = allowed // timedelta(minutes=1)
    number = open_event(
        connection, Happening(kind, one.station_id, one.parameter_id, "", started_at, "warning", detail)
    )
    amend(connection, number, ended_at=None)


def _counts(duty: Service, parameter_id: int, now: datetime) -> bool:
    stops = duty.stopped(parameter_id)
    return duty.phase_at(now) == "official" and not any(one.begin <= now < one.end for one in stops)


def _said(connection: Connection, now: datetime, rules: DatedRules) -> Iterator[_Said]:
    """What each station's declared channels said in its newest slot, which may have come in several files."""
    newest = (
        select(func.max(reading.c.measured_at))
        .where(
            reading.c.station_id == station.c.id,
            reading.c.measured_at <= now + rules.minutes("future_minutes", now),
        )
        .correlate(station)
        .scalar_subquery()
    )
    stations = select(station.c.id, minutes_on(day_of(now)).label("minutes"), newest.label("measured_at"))
    # materialized, or PostgreSQL looks for the newest again at every reading that it compares with it
    last = stations.cte("newest").prefix_with("MATERIALIZED")
    of_slot = and_(
        reading.c.station_id == last.c.id,
        reading.c.measured_at > minutes_before(last.c.measured_at, last.c.minutes),
        reading.c.measured_at <= last.c.measured_at,
    )
    declared = and_(
        channel.c.station_id == reading.c.station_id, channel.c.parameter_id == reading.c.parameter_id
    )
    columns = (reading.c.station_id, reading.c.parameter_id, reading.c.measured_at, reading.c.status)
    query = select(*columns).select_from(last).join(reading, of_slot).join(channel, declared)
    for row in connection.execute(query.order_by(reading.c.measured_at)).all():
        yield _Said(*row)


def _start(connection: Connection, one: _Said) -> datetime:
    """The first of the readings of its status that lead up to it without another in between."""
    of_channel = and_(
        reading.c.station_id == one.station_id,
        reading.c.parameter_id == one.parameter_id,
        reading.c.measured_at > one.measured_at - _LOOK_BACK,
        reading.c.measured_at <= one.measured_at,
    )
    other = (
        select(reading.c.measured_at)
        .where(of_channel, reading.c.status != one.status)
        .order_by(reading.c.measured_at.desc())
        .limit(1)
    )
    before = connection.scalar(other)
    query = select(func.min(reading.c.measured_at)).where(of_channel)
    if before is not None:
        query = query.where(reading.c.measured_at > before)
    return connection.execute(query).scalar_one() or one.measured_at


def _end(connection: Connection, known: Event, one: _Said, status: str) -> datetime:
    """The first reading of another status after the last of the event's."""
    since = and_(
        reading.c.station_id == one.station_id,
        reading.c.parameter_id == one.parameter_id,
        reading.c.measured_at >= known.started_at,
        reading.c.measured_at <= one.measured_at,
    )
    last = (
        select(reading.c.measured_at)
        .where(since, reading.c.status == status)
        .order_by(reading.c.measured_at.desc())
        .limit(1)
    )
    after = connection.scalar(last)
    query = select(func.min(reading.c.measured_at)).where(since, reading.c.status != status)
    if after is not None:
        query = query.where(reading.c.measured_at > after)
    return connection.scalar(query) or one.measured_at
