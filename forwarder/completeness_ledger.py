"""The completeness ledger: keeps checks, slots and averages up with what arrives and what is acknowledged.

A loop round store.slots.settling.settle. Ingest and the senders only leave marks, so that neither waits for
the settling; the ledger empties the marks within a second, in transactions short enough that
other writers hardly notice them. Losing it loses nothing: the marks stay until they are settled.
"""

from collections.abc import Callable
from datetime import datetime
from threading import Event
from time import monotonic

import structlog
from sqlalchemy import Engine

from store.engine import STORE_AWAY
from store.readings.check_plans import PlanBook
from store.slots.settling import settle

log = structlog.get_logger()

POLL_SECONDS = 0.3
"""How long it rests when there is nothing to settle."""
RETRY_SECONDS = 5.0
"""How long it rests when the store does not answer."""
_FIRST_CHUNK = 128
_LEAST, _MOST = 16, 1024
_SHORT, _LONG = 0.1, 0.3
"""Seconds of one transaction, below which the next takes more marks and above which it takes fewer."""


def run_completeness_ledger(
    engine: Engine,
    now: Callable[[], datetime],
    stop: Event,
    poll_seconds: float = POLL_SECONDS,
    retry_seconds: float = RETRY_SECONDS,
) -> None:
    """Settles until `stop` is set; the transaction that is under way then is finished.

    A store that is locked or away is waited for; any other error is a bug and ends the role.
    """
    chunk = _FIRST_CHUNK
    book = PlanBook()
    while not stop.is_set():
        began = monotonic()
        try:
            taken = settle(engine, chunk, now(), book=book)
        except STORE_AWAY as error:
            log.warning("completeness_waits_for_store", error=str(error.orig))
            stop.wait(retry_seconds)
            continue
        if taken == chunk:
            chunk = next_chunk(chunk, monotonic() - began)
        else:
            stop.wait(poll_seconds)


def next_chunk(chunk: int, seconds: float) -> int:
    """How many marks to take next, after `chunk` marks took so many seconds."""
    if seconds > _LONG:
        return max(chunk // 2, _LEAST)
    if seconds < _SHORT:
        return min(chunk * 2, _MOST)
    return chunk
