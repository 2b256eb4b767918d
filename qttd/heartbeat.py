"""A role's sign of life, written to the store every few seconds by a thread of its own.

A role with doors says when they are open. From then on its beats say so too, and from those the store knows
when no door of ours was open (store/service/outages.py). Ingest's say how far it has read, and from those it
is known whose silence is only ours (store/service/known_until.py).
"""

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from qttd.clock import system_now
from store.engine import writing_along
from store.role_beats import Beat, beat

log = structlog.get_logger()

BEAT_SECONDS = 3.0
BEAT_WITHIN = timedelta(seconds=15)
"""Five beats: a role that is silent for so long is not at work."""

ASLEEP = timedelta(seconds=30)
"""A rest between beats that took so long was no rest: the machine slept, and its doors with it."""


class Life:
    """What the beats say beside that the role lives."""

    def __init__(self) -> None:
        self.open_since: datetime | None = None
        self.read_until: datetime | None = None
        self._changed = threading.Event()

    def doors_open(self) -> None:
        """Says that the role's doors are open from now on. From any thread."""
        self.open_since = system_now()
        self._changed.set()

    def has_read(self, until: datetime) -> None:
        """Says that what came until then is in the store. From any thread."""
        self.read_until = until

    def rest(self, seconds: float) -> None:
        """Waits for the next beat; doors that slept meanwhile are open only from now on."""
        began = system_now()
        self._changed.wait(seconds)
        self._changed.clear()
        if self.open_since is not None and system_now() - began > ASLEEP:
            self.open_since = system_now()

    def end(self) -> None:
        """Ends a rest."""
        self._changed.set()


@contextmanager
def heartbeat(engine: Engine, role: str) -> Iterator[Life]:
    """Beats while the block runs. A store that is away misses beats, and nothing else."""
    stop, life = threading.Event(), Life()
    thread = threading.Thread(target=_beat, args=(engine, role, stop, life), name="heartbeat", daemon=True)
    thread.start()
    try:
        yield life
    finally:
        stop.set()
        life.end()
        thread.join(BEAT_SECONDS)


def _beat(engine: Engine, role: str, stop: threading.Event, life: Life) -> None:
    host, pid, started_at = socket.gethostname(), os.getpid(), system_now()
    missed = 0
    while not stop.is_set():
        try:
            with writing_along(engine) as connection:
                now = system_now()
                beat(connection, Beat(host, role, pid, started_at, now, life.open_since, life.read_until))
            missed = 0
        except SQLAlchemyError as error:
            missed += 1
            if missed == 1:
                log.warning("heartbeat_missed", error=str(error))
        life.rest(BEAT_SECONDS)
