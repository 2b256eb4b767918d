"""Reads the demonstration's station files once more, in a few lines of its own, for the proof.

It shares nothing with parsers/: were the two to misunderstand a file in the same way, the proof would
prove nothing. It knows only the shapes that device_file.py writes.
"""

from datetime import datetime
from typing import NamedTuple
from unicodedata import normalize

from parsers.vietnam_time import VN

BOM = b"\xef\xbb\xbf"
_COLUMNS = 5


class PlainLine(NamedTuple):
    """One reading, and its cells as they stand in the file."""

    cells: tuple[bytes, ...]
    symbol: str
    number: float | None
    unit: str
    measured_at: datetime
    status: str

    @property
    def key(self) -> tuple[str, datetime]:
        return self.symbol, self.measured_at

    @property
    def said(self) -> tuple[str, datetime, float | None, str, str]:
        """Two lines that agree in this say the same."""
        return self.symbol, self.measured_at, self.number, self.unit, self.status


class PlainFile(NamedTuple):
    """The rows of a file, each with the readings in it and its line end; whole, or cut or rubbish."""

    rows: list[tuple[list[PlainLine], bytes]]
    bom: bytes
    whole: bool

    @property
    def lines(self) -> list[PlainLine]:
        """All readings, in order."""
        return [line for lines, _ in self.rows for line in lines]


def read_plain(content: bytes) -> PlainFile:
    """Reads a file; what is no reading is left out, and makes it not whole."""
    bom = BOM if content.startswith(BOM) else b""
    rows: list[tuple[list[PlainLine], bytes]] = []
    whole = True
    for row in content[len(bom) :].splitlines(keepends=True):
        body = row.rstrip(b"\r\n")
        cells = body.split(b"\t")
        if body == row or len(cells) % _COLUMNS:
            whole = False
            continue
        try:
            lines = [_line(cells[at : at + _COLUMNS]) for at in range(0, len(cells), _COLUMNS)]
        except ValueError:
            whole = False
            continue
        rows.append((lines, row[len(body) :]))
    return PlainFile(rows, bom, whole)


def _line(cells: list[bytes]) -> PlainLine:
    """Raises ValueError for what is no reading; bytes that are not UTF-8 are such a thing."""
    symbol, text, unit, time, status = (cell.decode() for cell in cells)
    stamp = datetime.strptime(time.ljust(14, "0"), "%Y%m%d%H%M%S").replace(tzinfo=VN)
    number = None if text == "---" else float(text.replace(",", "."))
    return PlainLine(tuple(cells), normalize("NFC", symbol), number, unit, stamp, status)
