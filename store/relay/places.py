"""Where a file goes at a target, under which name, and when: one place for queueing and re-routing.

The path is [the map's folder or the station's code]/dated folder/CODE_yyyyMMddHHmmss.txt from the
target's own root. The day is that of the file's time in Vietnam. Nothing is written here.
"""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Connection

from parsers.vietnam_time import VN
from store.files.folder_layouts import dated_folder, file_name
from store.lists.relay_map_csv import ROOT
from store.relay.maps import Route, routes_of
from store.relay.targets import Target

Routes = dict[tuple[int, int], list[Route]]
"""By (target, station)."""


class Place(NamedTuple):
    """A remote file: its path from the target's root, and its name, the path's last part."""

    path: str
    name: str


def load_routes(connection: Connection, targets: Iterable[Target], station_ids: Collection[int]) -> Routes:
    """The routes of these stations at those of the targets that have a map."""
    return routes_of(connection, [target.id for target in targets if target.mapped], station_ids)


def place_at(
    target: Target, routes: Routes, station_id: int, station_code: str, measured_at: datetime
) -> Place | None:
    """Where a station's file of this time goes; None: the map does not have the station on that day."""
    folder = code = station_code
    if target.mapped:
        ways = routes.get((target.id, station_id), ())
        route = next((route for route in ways if route.covers(measured_at)), None)
        if route is None:
            return None
        code = route.remote_code
        folder = "" if route.path == ROOT else route.path or code
    name = file_name(code, measured_at)
    parts = (folder, dated_folder(target.layout, measured_at), name)
    return Place("/".join(part for part in parts if part), name)


def due(target: Target, release_at: datetime | None, now: datetime) -> tuple[str, datetime | None]:
    """State (waiting or held) and due time of a new revision. What goes as received waits for no review."""
    if target.send == "as_received":
        release_at = now
    if release_at is None:
        return "held", None
    state = "held" if release_at > now else "waiting"
    return state, next_sending(max(release_at, now), target.every_minutes)


def next_sending(moment: datetime, every_minutes: int | None) -> datetime:
    """The moment itself, or the first multiple of N minutes of the Vietnam day from it on."""
    if every_minutes is None:
        return moment
    local = moment.astimezone(VN)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    step = timedelta(minutes=every_minutes)
    steps = -((midnight - local) // step)
    return min(midnight + steps * step, midnight + timedelta(days=1))
