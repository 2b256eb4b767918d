"""By which doors each station's files come at present, and which targets take them: the stage it is in.

The stages are those of working beside another server (docs/beside-envisoft.md): `shadow`, the other server
receives and we look on; `front`, we receive; `relay`, we receive and send on; `silent`, nothing came.
"""

from datetime import datetime
from typing import Literal, NamedTuple

from sqlalchemy import Connection, func, select

from store.network.station_view import StationEntry, station_page
from store.relay.places import Routes, load_routes, place_at
from store.relay.targets import Target, active_targets
from store.tables import account, data_file

Stage = Literal["silent", "shadow", "front", "relay"]


class StationStage(NamedTuple):
    """Where a station stands."""

    station: str
    stage: Stage
    shadow_files: int
    """That came by a shadow since the time asked about."""
    own_files: int
    """That came by our own doors, drop folders included."""
    last_shadow_at: datetime | None
    last_own_at: datetime | None
    targets: tuple[str, ...]
    """Names of the targets that take its files now."""


def stages(connection: Connection, since: datetime, now: datetime) -> list[StationStage]:
    """Every station, by code. `since`: files that arrived from then on say which doors are in use."""
    came = {
        (row.station_id, row.door): row
        for row in connection.execute(
            select(
                data_file.c.station_id,
                data_file.c.door,
                func.count().label("files"),
                func.max(data_file.c.received_at).label("last"),
            )
            .where(data_file.c.received_at >= since, data_file.c.station_id.is_not(None))
            .group_by(data_file.c.station_id, data_file.c.door)
        )
    }
    listed = station_page(connection, None)
    targets = active_targets(connection)
    routes = load_routes(connection, targets, [entry.id for entry in listed])
    found = []
    for entry in listed:
        shadow = came.get((entry.id, "shadow"))
        own = [row for (station_id, door), row in came.items()
               if station_id == entry.id and door not in ("shadow", "import")]  # fmt: skip
        names = tuple(target.name for target in targets if _gets(target, routes, entry, now))
        stage: Stage = "relay" if own and names else "front" if own else "shadow" if shadow else "silent"
        found.append(
            StationStage(
                entry.code,
                stage,
                shadow.files if shadow else 0,
                sum(row.files for row in own),
                shadow.last if shadow else None,
                max((row.last for row in own), default=None),
                names,
            )
        )
    return found


def _gets(target: Target, routes: Routes, entry: StationEntry, now: datetime) -> bool:
    """Whether a file that came to us just now would go to the target."""
    place = place_at(target, routes, entry.id, entry.code, now)
    return place is not None and target.takes(target.after_file + 1, now, "ftp")


def readers(connection: Connection) -> list[str]:
    """Names of the open reader accounts: through one of them another program may poll us."""
    query = select(account.c.name).where(account.c.reader, ~account.c.disabled).order_by(account.c.name)
    return list(connection.scalars(query))
