"""The watch over signs of manipulation: every night, each station's days that are over are looked through.

A loop round store.signs.looking.look_through, a station at a time, from a while after midnight in Vietnam on,
when nearly all of the day before has come. Losing it loses nothing: what was not looked at is, the next time.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Event

import structlog
from sqlalchemy import Engine

from quality.slots import day_of, day_start
from store.engine import STORE_AWAY, reading
from store.signs.days import stations_to_look_at
from store.signs.looking import look_through

log = structlog.get_logger()

AFTER_MIDNIGHT = timedelta(minutes=40)
POLL_SECONDS = 60.0
RETRY_SECONDS = 30.0


def run_sign_watch(
    engine: Engine,
    now: Callable[[], datetime],
    stop: Event,
    poll_seconds: float = POLL_SECONDS,
    retry_seconds: float = RETRY_SECONDS,
) -> None:
    """Looks until `stop` is set; the station that is under way then is finished."""
    while not stop.is_set():
        try:
            _look(engine, now, stop)
        except STORE_AWAY as error:
            log.warning("signs_wait_for_store", error=str(error.orig))
            stop.wait(retry_seconds)
            continue
        stop.wait(poll_seconds)


def _look(engine: Engine, now: Callable[[], datetime], stop: Event) -> None:
    moment = now()
    due = day_start(day_of(moment)) + AFTER_MIDNIGHT
    if moment < due:
        due -= timedelta(days=1)
    with reading(engine) as connection:
        waiting = stations_to_look_at(connection, due)
    for station_id in waiting:
        if stop.is_set():
            return
        found = look_through(engine, station_id, now())
        if found:
            log.info("signs_found", station_id=station_id, signs=found)
