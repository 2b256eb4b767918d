"""map.csv: under which code and folder a relay target knows each station, and in which days.

Columns station_code, remote_code, path, from, to. A path is a folder below the target's root;
empty, the folder is named like the remote code; `/` is the root itself. Days are Vietnam's, and
`to` is the last one.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from store.lists import cells
from store.lists.csv_table import CellError, Row, read_rows

NEEDED = ("station_code", "remote_code")
OPTIONAL = ("path", "from", "to")
ROOT = "/"
"""A path that means the target's own root."""


@dataclass(frozen=True)
class MapLine:
    """What one line says."""

    row: Row
    station_code: str
    remote_code: str
    path: str
    first: date | None
    """None: from ever."""
    last: date | None
    """Included; None: for ever."""

    @property
    def remote_place(self) -> tuple[str, str]:
        """Two lines that agree in this would write the same files."""
        return self.path or self.remote_code, self.remote_code


def read_relay_map(data: bytes) -> list[MapLine]:
    """The lines of a map. Raises ListError where it cannot be read at all.

    A line with a wrong cell has problems in its `row`.
    """
    return [_line(row) for row in read_rows(data, NEEDED, OPTIONAL)]


def _line(row: Row) -> MapLine:
    line = MapLine(
        row,
        row.needed("station_code", cells.station_code) or "",
        row.needed("remote_code", cells.station_code) or "",
        row.read("path", _path, "").get("path", ""),
        row.read("from", cells.sane_day, None).get("from"),
        row.read("to", cells.sane_day, None).get("to"),
    )
    if line.first and line.last and line.last < line.first:
        row.complain("to", f"{line.last} is before {line.first}")
    return line


def _path(text: str) -> str:
    if text == ROOT:
        return ROOT
    parts = text.strip("/").split("/")
    if not text.isprintable() or any(part in ("", ".", "..") for part in parts):
        raise CellError(f"{text!r} is not a folder below the target's root")
    return "/".join(parts)


def complain_of_overlaps(lines: Iterable[tuple[int, MapLine]]) -> None:
    """Adds a problem to every line, given with its station's id, that another one contradicts.

    On one day a station goes one way, and two stations do not meet in one name.
    """
    same_station: dict[int, list[MapLine]] = {}
    same_place: dict[tuple[str, str], list[MapLine]] = {}
    for station_id, line in lines:
        same_station.setdefault(station_id, []).append(line)
        same_place.setdefault(line.remote_place, []).append(line)
    for group in same_station.values():
        _complain(group, "station_code", "the same station")
    for group in same_place.values():
        _complain(group, "remote_code", "the same remote name")


def _complain(group: Sequence[MapLine], column: str, what: str) -> None:
    by_day = sorted(group, key=lambda line: (line.first or date.min, line.row.line))
    for earlier, later in pairwise(by_day):
        if earlier.last is None or later.first is None or later.first <= earlier.last:
            upper, lower = sorted((earlier, later), key=lambda line: line.row.line)
            lower.row.complain(column, f"{what} as in line {upper.row.line}, on days that overlap")
