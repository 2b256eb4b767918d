"""Writers of an SQLite store take turns, about in the order in which they came.

SQLite lets one writer in at a time, and the others look again and again whether it is gone, at pauses that
grow to a tenth of a second. Where several write all day, the one that looks seldom may wait for half a minute
while the lock is free between its looks. Here they queue: the kernel wakes the first of a line that waits for
a lock on the store's folder (which is there, needs no rights but to read, and ends with its process).

It is manners only. SQLite's own lock decides; who waits here in vain goes on to it, and is told by it.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Lock, Thread

from sqlalchemy import Engine

PATIENCE_SECONDS = 20.0
"""How long a turn is waited for: one that stands still in the middle of its turn stops nobody for ever."""


@contextmanager
def own_turn(engine: Engine) -> Iterator[None]:
    """Waits for this writer's turn, which ends with the block. PostgreSQL's writers have no need of it."""
    file = engine.url.database if engine.dialect.name == "sqlite" else None
    try:
        place = os.open(Path(file).parent, os.O_RDONLY | os.O_DIRECTORY) if file else None
    except OSError:
        place = None  # no folder, no store: to open it says so better
    if place is None:
        yield
        return
    turn = _Turn(place)
    try:
        turn.wait()
        yield
    finally:
        turn.end()


class _Turn:
    """One writer's place in the line: an open folder, which is closed once, by whoever ends it last."""

    def __init__(self, place: int) -> None:
        self._place = place
        self._came = Event()
        self._lock = Lock()
        self._over = False
        self._waiting = False

    def wait(self) -> None:
        """Returns when it is this writer's turn, or when it has been waited for too long."""
        try:
            fcntl.flock(self._place, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            # the kernel's line has no time-out: another thread stands in it
            self._waiting = True
            Thread(target=self._stand, name="turn", daemon=True).start()
            self._came.wait(PATIENCE_SECONDS)

    def _stand(self) -> None:
        try:
            fcntl.flock(self._place, fcntl.LOCK_EX)
        finally:
            with self._lock:
                self._waiting = False
                if self._over:
                    os.close(self._place)
            self._came.set()

    def end(self) -> None:
        """Lets the next one in."""
        with self._lock:
            self._over = True
            if not self._waiting:
                os.close(self._place)
