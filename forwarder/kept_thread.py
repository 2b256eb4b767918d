"""A thread that is kept alive: when its work ends by an error, that is logged and it begins again."""

from collections.abc import Callable
from threading import Event, Thread

import structlog

log = structlog.get_logger()

_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 60.0
"""Seconds before the next start; doubled each time, so that a lasting fault does not fill the log."""


class KeptThread:
    """Runs `work(stop)` until it is told to stop."""

    def __init__(self, name: str, work: Callable[[Event], None]) -> None:
        self._work = work
        self._stop = Event()
        self._name = name
        self._thread = Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Begins."""
        self._thread.start()

    def tell_to_stop(self) -> None:
        """Asks the work to end; does not wait."""
        self._stop.set()

    def join(self, seconds: float) -> bool:
        """Waits so long for the end; whether it has ended."""
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def _run(self) -> None:
        pause = _FIRST_PAUSE
        while not self._stop.is_set():
            try:
                self._work(self._stop)
            except Exception:  # whatever it is, the rest of the role must go on; the log has it all
                log.exception("thread_died", thread=self._name, restart_in_seconds=pause)
                self._stop.wait(pause)
                pause = min(pause * 2, _LONGEST_PAUSE)
            else:
                return
