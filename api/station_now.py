"""What stations are doing now, for whoever shows them: the REST interface and the page say the same."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Connection

from quality.service import Phase, Service
from quality.slots import day_of
from quality.station_state import Patience, StationState, station_state
from quality.stretches import Stretch, united
from store.limits.dated_rules import load_rules
from store.network.station_now_view import Newest, newest
from store.network.station_view import StationEntry
from store.service.known_until import known_until
from store.service.service_view import services

_LOOK_BACK = timedelta(days=30)
"""How far back our own outages may excuse a silence that lasts until now."""


class StationNow(NamedTuple):
    """One station at a moment."""

    state: StationState
    phase: Phase
    last: Newest
    service: Service
    """Its phases, and the stops and outages of the last month and of the time that was asked for."""
    patience: Patience
    excused: Sequence[Stretch]
    """Our outages, and the time of which what came is not read yet: a silence in them is none."""


def stations_now(
    connection: Connection,
    entries: Sequence[StationEntry],
    now: datetime,
    since: datetime | None = None,
    until: datetime | None = None,
) -> Mapping[int, StationNow]:
    """By station id. now: aware. since, until: the time whose stops and outages are wanted besides."""
    ids = [entry.id for entry in entries]
    patience = Patience.at(load_rules(connection), now)
    latest = newest(connection, ids, now, patience.ahead)
    begin, end = min(now - _LOOK_BACK, since or now), max(now, until or now)
    known = services(connection, ids, begin, end, now)
    unread = Stretch(known_until(connection, now), now)
    found = {}
    for entry in entries:
        last, service = latest[entry.id], known[entry.id]
        excused = united([*service.outages, unread]) if unread.begin < now else service.outages
        state = station_state(
            entry.intervals.on(day_of(now)),
            last.last_measured_at,
            last.last_arrival_at,
            last.latest,
            now,
            patience,
            exceeding=last.exceeding,
            warned=last.warned,
            outages=excused,
        )
        found[entry.id] = StationNow(state, service.phase_at(now), last, service, patience, excused)
    return found
