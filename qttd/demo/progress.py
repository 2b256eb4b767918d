"""How far the demonstration is: figures for those who watch, taken from the running store."""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

from quality.slots import day_of
from quality.station_state import Patience, StationState, station_state
from store.activity_view import Mark, activity_since
from store.engine import reading
from store.limits.dated_rules import load_rules
from store.network.station_now_view import newest
from store.network.station_view import station_page
from store.relay.view import targets_now


class StationProgress(NamedTuple):
    """A station's line while it runs."""

    state: StationState
    last_measured_at: datetime | None


class Progress(NamedTuple):
    """What the store has."""

    stored: int = 0
    rejected: int = 0
    sent: int = 0
    """Files acknowledged by the ministry, each time one went."""
    waiting: int = 0
    stations: Mapping[str, StationProgress] = {}
    """By code; a station that is not declared is not in it."""


def look(engine: Engine, now: datetime, before: Progress) -> Progress:
    """The figures of now (aware); `before` where the store is too busy to be asked."""
    try:
        with reading(engine) as connection:
            activity = activity_since(connection, Mark(0, 0))
            waiting = sum(target.waiting for target in targets_now(connection))
            stations = station_page(connection, None)
            patience = Patience.at(load_rules(connection), now)
            latest = newest(connection, [entry.id for entry in stations], now, patience.ahead)
    except OperationalError:
        return before
    return Progress(
        stored=sum(activity.files.values()),
        rejected=_of(activity.files, "rejected"),
        sent=_of(activity.attempts, "sent"),
        waiting=waiting,
        stations={
            entry.code: StationProgress(
                station_state(
                    entry.intervals.on(day_of(now)),
                    latest[entry.id].last_measured_at,
                    latest[entry.id].last_arrival_at,
                    latest[entry.id].latest,
                    now,
                    patience,
                    exceeding=latest[entry.id].exceeding,
                    warned=latest[entry.id].warned,
                ),
                latest[entry.id].last_measured_at,
            )
            for entry in stations
        },
    )


def _of(counts: Mapping[tuple[str, str], int], wanted: str) -> int:
    return sum(count for (_, what), count in counts.items() if what == wanted)
