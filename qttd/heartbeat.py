"""A role's sign of life, written to the store every few seconds by a thread of its own."""

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from qttd.clock import system_now
from store.engine import writing_along
from store.role_beats import Beat, beat

log = structlog.get_logger()

BEAT_SECONDS = 3.0


@contextmanager
def heartbeat(engine: Engine, role: str) -> Iterator[None]:
    """Beats while the block runs. A store that is away misses beats, and nothing else."""
    stop = threading.Event()
    thread = threading.Thread(target=_beat, args=(engine, role, stop), name="heartbeat", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(BEAT_SECONDS)


def _beat(engine: Engine, role: str, stop: threading.Event) -> None:
    host, pid, started_at = socket.gethostname(), os.getpid(), system_now()
    missed = 0
    while not stop.is_set():
        try:
            with writing_along(engine) as connection:
                beat(connection, Beat(host, role, pid, started_at, system_now()))
            missed = 0
        except SQLAlchemyError as error:
            missed += 1
            if missed == 1:
                log.warning("heartbeat_missed", error=str(error))
        stop.wait(BEAT_SECONDS)
