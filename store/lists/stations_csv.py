"""stations.csv: one station a line, read into what it says and written from what is known."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any

from store.lists import cells
from store.lists.csv_table import CellError, Row, read_rows, write_rows

NEEDED = ("code", "name", "kind")
OPTIONAL = (
    "facility",
    "province",
    "interval_minutes",
    "latitude",
    "longitude",
    "aliases",
    "review",
    "in_service_from",
)


@dataclass(frozen=True)
class StationEntry:
    """A station as its list writes it; the defaults are those of an empty cell."""

    code: str
    name: str
    kind: str
    facility: str = ""
    province: str = ""
    interval_minutes: int = 5
    latitude: float | None = None
    longitude: float | None = None
    aliases: tuple[str, ...] = ()
    review: str = "auto"
    in_service_from: date | None = None
    """A day in Vietnam; None: the day of its first reading."""


@dataclass(frozen=True)
class StationLine:
    """What one line says: only the columns that the list has; others stay as they are known."""

    row: Row
    code: str
    given: dict[str, Any]


def read_stations(data: bytes) -> list[StationLine]:
    """The lines of a station list. Raises ListError where it cannot be read at all.

    A line with a wrong cell has problems in its `row`; whoever stores them asks for those first.
    """
    lines = []
    for row in read_rows(data, NEEDED, OPTIONAL):
        code = row.needed("code", cells.station_code)
        given: dict[str, Any] = {
            "code": code,
            "name": row.needed("name", cells.words),
            "kind": row.needed("kind", cells.kind),
            **row.read("facility", cells.words, ""),
            **row.read("province", cells.words, ""),
            **row.read("interval_minutes", cells.interval, 5),
            **row.read("latitude", partial(_within, row, 90), None),
            **row.read("longitude", partial(_within, row, 180), None),
            **row.read("aliases", cells.codes, ()),
            **row.read("review", cells.review, "auto"),
            **row.read("in_service_from", cells.sane_day, None),
        }
        lines.append(StationLine(row, code or "", given))
    return lines


def write_stations(entries: Iterable[StationEntry]) -> str:
    """The same columns back, as CSV."""
    return write_rows((*NEEDED, *OPTIONAL), (list(station_columns(entry).values()) for entry in entries))


def station_columns(entry: StationEntry) -> dict[str, str]:
    """A station's columns as text."""
    return {
        "code": entry.code,
        "name": entry.name,
        "kind": entry.kind,
        "facility": entry.facility,
        "province": entry.province,
        "interval_minutes": str(entry.interval_minutes),
        "latitude": "" if entry.latitude is None else repr(entry.latitude),
        "longitude": "" if entry.longitude is None else repr(entry.longitude),
        "aliases": ";".join(entry.aliases),
        "review": entry.review,
        "in_service_from": "" if entry.in_service_from is None else entry.in_service_from.isoformat(),
    }


def _within(row: Row, limit: int, text: str) -> float:
    value = row.number(text)
    if not -limit <= value <= limit:
        raise CellError(f"{text!r} is not between -{limit} and {limit}")
    return value
