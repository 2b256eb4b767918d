"""Station maps: under which code and folder a target knows a station, and in which days.

Once a target has a map, only mapped stations go there. A map replaces the one before as a whole.
Only names come from here; the bytes of a file never change.
"""

from collections.abc import Collection, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Connection, delete, insert, select, update

from parsers.vietnam_time import VN
from store.audit import Act, record
from store.lists.csv_table import LineProblem, ListError, problems_of
from store.lists.relay_map_csv import MapLine, complain_of_overlaps
from store.network.keys import code_key
from store.relay.targets import Target, ask_backfill, target_named
from store.revisions import bump
from store.tables import relay_map, relay_target, station, station_alias

_CHUNK = 400


class Route(NamedTuple):
    """How a target knows a station from `from_at` (None: from ever) until before `to_at` (None: for ever)."""

    station_id: int
    remote_code: str
    path: str
    """Folder below the target's root; empty: one named like the remote code; `/`: the root itself."""
    from_at: datetime | None
    to_at: datetime | None

    def covers(self, moment: datetime) -> bool:
        """Whether a file of this time goes this way."""
        begun = self.from_at is None or self.from_at <= moment
        return begun and (self.to_at is None or moment < self.to_at)


def routes_of(
    connection: Connection, target_ids: Collection[int], station_ids: Collection[int]
) -> dict[tuple[int, int], list[Route]]:
    """The routes of stations at mapped targets, by (target, station)."""
    found: dict[tuple[int, int], list[Route]] = {}
    if not target_ids:
        return found
    wanted = sorted(set(station_ids))
    columns = [relay_map.c[name] for name in Route._fields]
    for start in range(0, len(wanted), _CHUNK):
        query = select(relay_map.c.target_id, *columns).where(
            relay_map.c.target_id.in_(target_ids),
            relay_map.c.station_id.in_(wanted[start : start + _CHUNK]),
        )
        for target_id, *route in connection.execute(query):
            found.setdefault((target_id, route[0]), []).append(Route(*route))
    return found


def replace_map(connection: Connection, act: Act, name: str, lines: Sequence[MapLine]) -> Target:
    """Puts a map in place of the target's present one; returns the target.

    What waits under old names is renamed by store/relay/reroute.py, in the same transaction. Stations that
    are newly mapped catch up with what the ledger holds for them. Raises ListError naming every bad
    line, and UnknownTargetError; nothing is changed then.
    """
    target = target_named(connection, name)
    stations = _stations(connection)
    known: list[tuple[int, MapLine]] = []
    for line in lines:
        station_id = stations.get(code_key(line.station_code))
        if station_id is not None:
            known.append((station_id, line))
        elif line.station_code:
            line.row.complain("station_code", f"no station has the code or alias {line.station_code!r}")
    complain_of_overlaps(known)
    problems = problems_of(line.row for line in lines)
    if not lines:
        problems = [LineProblem(1, "", "no station follows: a target with such a map would get nothing")]
    if problems:
        raise ListError(problems)
    rows: list[dict[str, Any]] = [
        {
            "target_id": target.id,
            "station_id": station_id,
            "remote_code": line.remote_code,
            "path": line.path,
            "from_at": _midnight(line.first) if line.first else None,
            "to_at": _midnight(line.last + timedelta(days=1)) if line.last else None,
        }
        for station_id, line in known
    ]
    connection.execute(delete(relay_map).where(relay_map.c.target_id == target.id))
    connection.execute(insert(relay_map), rows)
    connection.execute(update(relay_target).where(relay_target.c.id == target.id).values(mapped=True))
    ask_backfill(connection, target.id)
    record(connection, act, "target.map", name, {"lines": len(lines)})
    bump(connection, "targets")
    return target_named(connection, name)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), VN)


def _stations(connection: Connection) -> dict[str, int]:
    """Ids by the key of every code and alias; a code comes before an alias of the same text."""
    aliases = connection.execute(select(station_alias.c.alias_key, station_alias.c.station_id))
    codes = connection.execute(select(station.c.code_key, station.c.id))
    return {**dict(aliases.all()), **dict(codes.all())}
