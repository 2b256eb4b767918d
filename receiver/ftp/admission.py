"""Who is let in at the door: banned addresses, and addresses with too many sessions that never log in.

Only sessions without a login count, so six hundred loggers behind one router, or three thousand that
come in the same second, are never touched. Whoever is turned away is told 421 before anything is
built for him. Counts are those of one process.
"""

import time
from collections import Counter
from typing import TYPE_CHECKING

import structlog

if TYPE_CHECKING:
    from receiver.admission.bans import Bans

MINUTE = 60.0

log = structlog.get_logger()


class Admission:
    """Decides about each new client of one door. Used by the event loop alone."""

    def __init__(self, bans: "Bans", waiting_per_address: int, fruitless_per_minute: int) -> None:
        self._bans = bans
        self._waiting_per_address = waiting_per_address
        self._fruitless_per_minute = fruitless_per_minute
        self._waiting: Counter[str] = Counter()
        self._fruitless: Counter[str] = Counter()
        self._minute_began = time.monotonic()
        self._said: set[str] = set()

    def refusal(self, peer: str) -> str | None:
        """What a new client from that address is told instead of the greeting, None where it is let in."""
        if self._bans.refuses_address(peer):
            self._say("banned_client_refused", peer)
            return "421 This address is shut out after too many failed logins; try again later."
        self._turn_minute()
        if self._waiting[peer] >= self._waiting_per_address or (
            self._fruitless and self._fruitless[peer] >= self._fruitless_per_minute
            and not self._bans.knows(peer)
        ):  # fmt: skip
            self._say("too_many_without_login", peer)
            return "421 Too many sessions without a login; try again later."
        return None

    def came(self, peer: str) -> None:
        """A session begins; it has not logged in."""
        self._waiting[peer] += 1

    def proved(self, peer: str) -> None:
        """It has logged in."""
        self._leave(peer)

    def left(self, peer: str) -> None:
        """It ended without ever having logged in."""
        self._leave(peer)
        self._turn_minute()
        self._fruitless[peer] += 1

    def _leave(self, peer: str) -> None:
        self._waiting[peer] -= 1
        if not self._waiting[peer]:
            del self._waiting[peer]

    def _turn_minute(self) -> None:
        if (now := time.monotonic()) - self._minute_began >= MINUTE:
            self._minute_began = now
            self._fruitless.clear()
            self._said.clear()

    def _say(self, event: str, peer: str) -> None:
        """Once a minute for each address: whoever is turned away comes again at once."""
        self._turn_minute()
        if peer not in self._said:
            self._said.add(peer)
            log.warning(event, peer=peer)
