"""The clock watch: notices that the machine's clock was set back, and has nothing wait for its return.

A loop round store.relay.clock_back. It looks when it begins, since the clock may have been set while nobody
ran, and for a while after the clock went back: what arrived just before may be stored only then.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Event
from time import monotonic

import structlog
from sqlalchemy import Engine

from store.engine import STORE_AWAY, reading, writing
from store.relay.clock_back import anything_ahead, move_what_is_ahead

log = structlog.get_logger()

REST_SECONDS = 0.5
_SET_BACK = timedelta(seconds=5)
"""Less than this is what keeps a clock in step doing its work."""
_LOOK_ON_SECONDS = 60.0


def run_clock_watch(
    engine: Engine, now: Callable[[], datetime], stop: Event, rest_seconds: float = REST_SECONDS
) -> None:
    """Watches until `stop` is set. A store that is locked or away is waited for; any other error is a bug."""
    latest, look_until = now(), monotonic() + rest_seconds
    while not stop.is_set():
        moment = now()
        if moment < latest - _SET_BACK:
            log.warning("clock_went_back", seconds=round((latest - moment).total_seconds()))
            look_until = monotonic() + _LOOK_ON_SECONDS
        latest = moment
        try:
            if monotonic() < look_until:
                _move(engine, moment)
        except STORE_AWAY as error:
            log.warning("clock_watch_waits_for_store", error=str(error.orig))
            look_until = max(look_until, monotonic() + 2 * rest_seconds)
        stop.wait(rest_seconds)


def _move(engine: Engine, now: datetime) -> None:
    """Looks first without asking for the right to write: mostly nothing is ahead, and nobody need wait."""
    with reading(engine) as connection:
        if not anything_ahead(connection, now):
            return
    with writing(engine) as connection:
        moved = move_what_is_ahead(connection, now)
    if moved:
        log.warning("relay_moved_with_clock", items=moved)
