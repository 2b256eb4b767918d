"""phases.csv: from when on a station is in which phase, one change a line."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from parsers.vietnam_time import VN
from quality.service import PHASES, Phase
from store.lists import cells
from store.lists.csv_table import CellError, Row, read_rows, write_rows

NEEDED = ("station_code", "phase", "from")
OPTIONAL = ("note",)


@dataclass(frozen=True)
class PhaseLine:
    """What one line says; what is missing has a problem in `row`."""

    row: Row
    station_code: str
    phase: Phase | None
    from_at: datetime | None
    note: str


def read_phases(data: bytes) -> list[PhaseLine]:
    """The lines of a list. Raises ListError where it cannot be read at all."""
    return [
        PhaseLine(
            row,
            row.needed("station_code", cells.station_code) or "",
            row.needed("phase", phase),
            row.needed("from", cells.moment),
            row.read("note", cells.words, "").get("note", ""),
        )
        for row in read_rows(data, NEEDED, OPTIONAL)
    ]


def write_phases(entries: Iterable[tuple[str, str, datetime, str]]) -> str:
    """The same columns back: station, phase, from, note."""
    rows = ((code, name, moment_text(from_at), note) for code, name, from_at, note in entries)
    return write_rows((*NEEDED, *OPTIONAL), rows)


def phase(text: str) -> Phase:
    """A phase: a closed set."""
    for known in PHASES:
        if known == text:
            return known
    raise CellError(f"{text!r} is not one of {', '.join(PHASES)}")


def moment_text(moment: datetime) -> str:
    """A moment as a list writes it: a bare day where it is a midnight in Vietnam."""
    local = moment.astimezone(VN)
    if (local.hour, local.minute, local.second, local.microsecond) == (0, 0, 0, 0):
        return local.date().isoformat()
    return local.isoformat(timespec="seconds")
