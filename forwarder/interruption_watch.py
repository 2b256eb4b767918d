"""The watch over interruptions, as a thread of the forward role: a loop round
store.service.interruption_watch.

Ingest, the completeness ledger and administration only leave marks; here they are worked off within seconds,
and stations that have fallen silent are noticed. Losing it loses nothing: what it finds follows from what is
stored, and is found again.
"""

from collections.abc import Callable
from datetime import datetime
from threading import Event
from time import monotonic

import structlog
from sqlalchemy import Engine

from store.engine import STORE_AWAY, retried
from store.service.interruption_watch import STATIONS, notice_silence, watch

log = structlog.get_logger()

POLL_SECONDS = 3.0
"""How long it rests when there is nothing to look at."""
RETRY_SECONDS = 5.0
"""How long it rests when the store does not answer."""
_REST = 5
"""It rests so many times as long as it worked: while a station back-fills years, all that came since its
silence is looked at each time, and others wait to write."""
HELD_SECONDS = 0.3
"""How long a look may take before fewer stations are looked at together: what arrives for them waits."""


def run_interruption_watch(
    engine: Engine, now: Callable[[], datetime], stop: Event, poll_seconds: float = POLL_SECONDS
) -> None:
    """Watches until `stop` is set; a look that is under way then is finished.

    A store that is locked or away is waited for; any other error is a bug and ends the role.
    """
    stations = STATIONS

    def look() -> bool:
        return watch(engine, now(), stations)

    while not stop.is_set():
        woke = monotonic()
        try:
            notice_silence(engine, now())
            more = True
            while more and not stop.is_set():
                began = monotonic()
                more = retried(look)
                took = monotonic() - began
                stations = max(1, stations // 2) if took > HELD_SECONDS else min(STATIONS, stations + 1)
        except STORE_AWAY as error:
            log.warning("interruptions_wait_for_store", error=str(error.orig))
            stop.wait(RETRY_SECONDS)
            continue
        stop.wait(max(poll_seconds, _REST * (monotonic() - woke)))
