"""Readings → the bytes of a canonical station file (Circular 10/2021, docs/file-format.md).

For files that are written new: the demo's loggers, the samples of tests, and what came in XML, since the
ministry reads text. What is relayed is otherwise never written from readings but cut from the received
bytes (parsers/kept_lines.py).
"""

import re
from collections.abc import Iterable

from parsers.records import Reading
from parsers.time_stamp import digits_of
from parsers.xml_file import is_xml, read_xml

_BREAKS_A_LINE = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


def canonical_bytes(readings: Iterable[Reading]) -> bytes:
    """UTF-8 without BOM, a line per reading: symbol, value, unit, yyyyMMddHHmmss (+07:00), status; CRLF.

    The number's text is kept digit for digit, with a decimal point; the text of a missing value is kept.
    Raises ValueError for what no line can carry: control characters or padding in a cell, an empty
    symbol or status, a time without a zone.
    """
    return "".join(map(_line, readings)).encode()


def _line(reading: Reading) -> str:
    text = reading.text if reading.value is None else reading.text.replace(",", ".")
    cells = (reading.symbol, text, reading.unit, digits_of(reading.measured_at), reading.status)
    if not reading.symbol or not reading.status:
        raise ValueError(f"a line needs a symbol and a status: {cells!r}")
    for cell in cells:
        if _BREAKS_A_LINE.search(cell) or cell != cell.strip():
            raise ValueError(f"the cell {cell!r} cannot stand in a line: control character or padding")
    return "\t".join(cells) + "\r\n"


def station_text(data: bytes) -> bytes:
    """A received file as text: XML is written anew, a line per reading; anything else stays as it is.

    Of XML, what is no reading is left out, and a status that was left out is the one that was assumed, 00.
    """
    if not is_xml(data):
        return data
    outcomes = (part.outcome for part in read_xml(data).parts)
    return canonical_bytes(outcome for outcome in outcomes if isinstance(outcome, Reading))
