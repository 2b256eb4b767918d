"""Whose turn it is: which stations' items a target's worker takes next.

A few items of each station in turn, each station's oldest first. The list of stations is looked up
anew when it is worked off, and from time to time before that, so that neither a backlog of months
nor one busy station keeps the others waiting.
"""

from collections import deque
from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import Connection

from store.relay.outbox_work import Item, next_items, stations_waiting

_OLD = timedelta(seconds=2)
"""A list of stations older than this is looked up anew."""


class Rota:
    """The stations of one target that have something waiting, in their turn."""

    def __init__(self, target_id: int) -> None:
        self._target_id = target_id
        self._stations: deque[int] = deque()
        self._looked_up_at: datetime | None = None

    def pick(
        self, connection: Connection, now: datetime, most: int, rests: Callable[[int], bool]
    ) -> list[Item]:
        """Up to `most` items that are due, those of one station next to one another and in order.

        rests: whether a station is to be left alone for now.
        """
        if not self._stations or self._looked_up_at is None or not _fresh(self._looked_up_at, now):
            waiting = stations_waiting(connection, self._target_id, now)
            self._stations = deque(station_id for station_id in waiting if not rests(station_id))
            self._looked_up_at = now
        share = max(1, most // max(1, len(self._stations)))
        picked: list[Item] = []
        for _ in range(len(self._stations)):
            if len(picked) >= most:
                break
            station_id = self._stations.popleft()
            if rests(station_id):
                continue
            items = next_items(connection, self._target_id, station_id, now, min(share, most - len(picked)))
            picked += items
            if len(items) >= share:
                self._stations.append(station_id)  # it probably has more
        return picked


def _fresh(looked_up_at: datetime, now: datetime) -> bool:
    """Whether a list of then is still good; a clock that was set back makes it old."""
    return timedelta() <= now - looked_up_at < _OLD
