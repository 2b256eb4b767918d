"""What would fill the log while the store is away is said at once, and then once a minute.

Every part of qttd that needs the store tries again by itself, some of them several times a second, and says
so in its own place; here, where all lines pass, the repeats are counted and left out.
"""

import threading
from collections.abc import Callable, Hashable
from time import monotonic

import structlog
from structlog.typing import EventDict, WrappedLogger

EVERY_SECONDS = 60.0
REPEATED = frozenset(
    {
        "alarms_wait_for_store",
        "api_store_unreachable",
        "audit_herald_waits_for_store",
        "completeness_waits_for_store",
        "interruptions_wait_for_store",
        "limit_watch_waits_for_store",
        "reader_store_away",
        "relay_waits_for_store",
        "signs_wait_for_store",
        "store_away",
    }
)
"""Events (docs/events.md) that say nothing new when they come again, for the same target."""


class Repeats:
    """A processor of the log's chain, for one process. Any thread may use it."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._said: dict[Hashable, tuple[float, int]] = {}
        """When an event was said last, and how often it was left out since."""

    def __call__(self, _logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        """Passes a line on, with how many were `left_out` before it. Raises DropEvent for one too many."""
        name = event.get("event")
        if name not in REPEATED:
            return event
        key, now = (name, event.get("target")), self._clock()
        with self._lock:
            said_at, left_out = self._said.get(key, (-EVERY_SECONDS, 0))
            if now - said_at < EVERY_SECONDS:
                self._said[key] = said_at, left_out + 1
                raise structlog.DropEvent
            self._said[key] = now, 0
        if left_out:
            event["left_out"] = left_out
        return event
