"""Which targets a station's data is owed to, as far as accounts name them."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, select

from store.tables import relay_map, relay_target


class Duty(NamedTuple):
    """A target and its name."""

    target_id: int
    name: str


class _Stretch(NamedTuple):
    """Days in which a map names a station; None: from ever, for ever."""

    from_at: datetime | None
    to_at: datetime | None


class Duties:
    """The enabled targets: of those with a map, each station has the ones that name it."""

    def __init__(
        self, targets: list[tuple[Duty, bool]], mapped: Mapping[tuple[int, int], list[_Stretch]]
    ) -> None:
        self._targets = targets
        self._mapped = mapped

    def of(self, station_id: int, begin: datetime, end: datetime) -> list[Duty]:
        """The targets of a station at any time from `begin` up to `end`, by name."""
        return [
            duty
            for duty, by_map in self._targets
            if not by_map
            or any(
                (stretch.from_at is None or stretch.from_at < end)
                and (stretch.to_at is None or stretch.to_at > begin)
                for stretch in self._mapped.get((duty.target_id, station_id), ())
            )
        ]


def load_duties(connection: Connection) -> Duties:
    """All of them, in two small statements."""
    query = (
        select(relay_target.c.id, relay_target.c.name, relay_target.c.mapped)
        .where(~relay_target.c.disabled)
        .order_by(relay_target.c.name)
    )
    targets = [(Duty(row.id, row.name), row.mapped) for row in connection.execute(query)]
    mapped: dict[tuple[int, int], list[_Stretch]] = defaultdict(list)
    for row in connection.execute(select(relay_map)):
        mapped[row.target_id, row.station_id].append(_Stretch(row.from_at, row.to_at))
    return Duties(targets, mapped)
