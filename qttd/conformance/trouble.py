"""What the kit does to a logger: one upload is cut, one is refused, and for a while nobody gets in.

The order is fixed, by the number of uploads, so that a run means the same for every logger: the first two
are taken, the third is cut in the middle, the sixth is answered 452, and after the eighth the server is away
for some slots. Each happens once. What the logger did about it is remembered for judging.py.
"""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

CUT_AT = 3
REFUSED_AT = 6
AWAY_AFTER = 8
PLAN = {"cut": CUT_AT, "refused": REFUSED_AT}

Outcome = Literal["taken", "cut", "refused"]


class Attempt(NamedTuple):
    """One STOR."""

    path: str
    at: datetime
    encrypted: bool
    outcome: Outcome


class Outage(NamedTuple):
    """From when until when nobody got in, and how often it was tried meanwhile."""

    began_at: datetime
    ends_at: datetime
    knocks: int


class Trouble:
    """A receiver.trial.Trial. `now` gives aware UTC."""

    def __init__(self, now: Callable[[], datetime], away: timedelta) -> None:
        self._now = now
        self._away = away
        self._lock = threading.Lock()
        self._attempts: list[Attempt] = []
        self._to_cut: str | None = None
        self._outage: Outage | None = None

    def refuses_session(self, peer: str) -> str | None:
        """While the server is away it says what a server that is going down says."""
        with self._lock:
            now = self._now()
            if self._outage is None and len(self._attempts) >= AWAY_AFTER:
                self._outage = Outage(now, now + self._away, 0)
            if self._outage is None or now >= self._outage.ends_at:
                return None
            self._outage = self._outage._replace(knocks=self._outage.knocks + 1)
            return "421 The server is going down; try again soon."

    def refuses_upload(self, path: str, encrypted: bool) -> str | None:
        """Counts the upload; the sixth meets a full disk."""
        with self._lock:
            number = len(self._attempts) + 1
            outcome: Outcome = "cut" if number == CUT_AT else "refused" if number == REFUSED_AT else "taken"
            self._attempts.append(Attempt(path, self._now(), encrypted, outcome))
            self._to_cut = path if outcome == "cut" else None
            return "452 The disk is nearly full; try again later." if outcome == "refused" else None

    def cuts(self, path: str, size: int) -> bool:
        """The third upload, as soon as anything of it is here."""
        with self._lock:
            return path == self._to_cut and size > 0

    def attempts(self) -> list[Attempt]:
        """Every STOR so far."""
        with self._lock:
            return list(self._attempts)

    def outage(self) -> Outage | None:
        """When the server was away, if it was yet."""
        with self._lock:
            return self._outage
