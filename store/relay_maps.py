"""Station maps: under which code and folder a target knows a station, and in which days.

Once a target has a map, only mapped stations go there. A map is read whole or not at all: every
bad line is reported with its number. Only names come from here; the bytes of a file never change.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from csv import reader as csv_reader
from datetime import date, datetime, time, timedelta
from io import StringIO
from itertools import pairwise
from typing import Any, NamedTuple

from sqlalchemy import Connection, delete, insert, select, update

from parsers.vietnam_time import VN
from store.audit import Act, record
from store.keys import code_key
from store.relay_targets import Target, ask_backfill, target_named
from store.revisions import bump
from store.tables import relay_map, relay_target, station, station_alias

_COLUMNS = ("station_code", "remote_code", "path", "from", "to")
_NEEDED = ("station_code", "remote_code")
ROOT = "/"
"""A map's path that means the target's own root: no folder of the station's own."""


class Route(NamedTuple):
    """How a target knows a station from `from_at` (None: from ever) until before `to_at` (None: for ever)."""

    station_id: int
    remote_code: str
    path: str
    """Folder below the target's root; empty: a folder named like the remote code."""
    from_at: datetime | None
    to_at: datetime | None

    def covers(self, moment: datetime) -> bool:
        """Whether a file of this time goes this way."""
        return (self.from_at is None or self.from_at <= moment) and (
            self.to_at is None or moment < self.to_at
        )


class BadMapLine(NamedTuple):
    """Why a line of a map could not be taken."""

    line: int
    """From 1, the header."""
    detail: str


class BadMapError(Exception):
    """The map has bad lines; nothing of it was taken."""

    def __init__(self, lines: Sequence[BadMapLine]) -> None:
        super().__init__(f"{len(lines)} bad line(s) in the map; nothing was changed")
        self.lines = tuple(lines)


def routes_of(
    connection: Connection, target_ids: Collection[int], station_ids: Collection[int]
) -> dict[tuple[int, int], list[Route]]:
    """The routes of stations at mapped targets, by (target, station)."""
    found: dict[tuple[int, int], list[Route]] = {}
    wanted = sorted(set(station_ids))
    columns = [relay_map.c[name] for name in Route._fields]
    for start in range(0, len(wanted) if target_ids else 0, 400):
        query = select(relay_map.c.target_id, *columns).where(
            relay_map.c.target_id.in_(target_ids), relay_map.c.station_id.in_(wanted[start : start + 400])
        )
        for target_id, *route in connection.execute(query):
            found.setdefault((target_id, route[0]), []).append(Route(*route))
    return found


def replace_map(connection: Connection, act: Act, name: str, text: str) -> Target:
    """Reads a map (CSV text) and puts it in place of the target's present one; returns the target.

    The caller re-routes what waits (store/outbox.py). Stations that are newly mapped first catch up
    with what the ledger holds for them. Raises BadMapError, UnknownTargetError.
    """
    target = target_named(connection, name)
    routes = read_map(text, _station_ids(connection))
    connection.execute(delete(relay_map).where(relay_map.c.target_id == target.id))
    rows: list[dict[str, Any]] = [{**route._asdict(), "target_id": target.id} for route in routes]
    connection.execute(insert(relay_map), rows)
    connection.execute(update(relay_target).where(relay_target.c.id == target.id).values(mapped=True))
    ask_backfill(connection, target.id)
    record(connection, act, "target.map", name, {"lines": len(routes)})
    bump(connection, "targets")
    return target_named(connection, name)


def read_map(text: str, station_ids: Mapping[str, int]) -> list[Route]:
    """The routes of a map's CSV text; station_ids by code key. Raises BadMapError naming every bad line."""
    rows = csv_reader(StringIO(text.removeprefix("\ufeff"), newline=""))
    header = [cell.strip() for cell in next(rows, [])]
    bad = [BadMapLine(1, detail) for detail in _header_faults(header)]
    if bad:
        raise BadMapError(bad)
    routes: list[tuple[int, Route]] = []
    for cells in rows:
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(header):
            bad.append(BadMapLine(rows.line_num, f"{len(cells)} cells, but the header has {len(header)}"))
            continue
        row = {name: cell.strip() for name, cell in zip(header, cells, strict=True)}
        try:
            routes.append((rows.line_num, _route(row, station_ids)))
        except ValueError as error:
            bad.append(BadMapLine(rows.line_num, str(error)))
    bad += _collisions(routes)
    if not routes and not bad:
        bad.append(
            BadMapLine(1, "no station follows the header, and a target with such a map would get nothing")
        )
    if bad:
        raise BadMapError(sorted(bad))
    return [route for _, route in routes]


def _header_faults(header: Sequence[str]) -> Iterable[str]:
    for name in header:
        if name not in _COLUMNS:
            yield f"unknown column {name!r}; known are {', '.join(_COLUMNS)}"
        elif header.count(name) > 1:
            yield f"column {name!r} stands there more than once"
    for name in _NEEDED:
        if name not in header:
            yield f"column {name!r} is missing"


def _route(row: Mapping[str, str], station_ids: Mapping[str, int]) -> Route:
    for name in _NEEDED:
        if not row[name]:
            raise ValueError(f"{name} is empty")
    station_id = station_ids.get(code_key(row["station_code"]))
    if station_id is None:
        raise ValueError(f"no station has the code or alias {row['station_code']!r}")
    remote_code, path = row["remote_code"], row.get("path", "")
    if "/" in remote_code or not remote_code.isprintable() or remote_code in (".", ".."):
        raise ValueError(f"remote_code {remote_code!r} cannot be part of a file's name")
    if path != ROOT:
        path = path.strip("/")
        if not path.isprintable() or any(part in ("", ".", "..") for part in path.split("/") if path):
            raise ValueError(f"path {row['path']!r} is not a folder below the target's root")
    first, last = _day(row, "from"), _day(row, "to")
    if first and last and last < first:
        raise ValueError(f"to {last} is before from {first}")
    to_at = _midnight(last + timedelta(days=1)) if last else None
    return Route(station_id, remote_code, path, _midnight(first) if first else None, to_at)


def _day(row: Mapping[str, str], name: str) -> date | None:
    text = row.get(name, "")
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{name} {text!r} is not a day such as 2026-05-30") from None


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), VN)


def _collisions(routes: Sequence[tuple[int, Route]]) -> Iterable[BadMapLine]:
    """Lines under which one station would go two ways, or two stations would meet in one name, on a day."""
    by_key: dict[int | tuple[str, str], list[tuple[int, Route]]] = {}
    for line, route in routes:
        keys: tuple[int | tuple[str, str], ...] = (
            route.station_id,
            (route.path or route.remote_code, route.remote_code),
        )
        for key in keys:
            by_key.setdefault(key, []).append((line, route))
    for key, same in by_key.items():
        ordered = sorted(same, key=lambda item: (item[1].from_at is not None, item[1].from_at or 0, item[0]))
        for (first_line, first), (line, route) in pairwise(ordered):
            if first.to_at is None or route.from_at is None or route.from_at < first.to_at:
                what = "the same station" if isinstance(key, int) else "the same remote name"
                yield BadMapLine(
                    max(line, first_line), f"{what} as line {min(line, first_line)}, in days that overlap"
                )


def _station_ids(connection: Connection) -> dict[str, int]:
    ids = {row.alias_key: row.station_id for row in connection.execute(select(station_alias))}
    ids.update({row.code_key: row.id for row in connection.execute(select(station.c.code_key, station.c.id))})
    return ids
