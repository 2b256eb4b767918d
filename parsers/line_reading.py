"""One line → its readings and problems, and a text → its lines' readings and problems.

Every line stands for itself: what is wrong with one never touches another. What needs the whole
file (repeated lines, conflicts, the notes of the file) is in parsers/station_file.py; which lines
may be relayed is in parsers/kept_lines.py, and both read lines here, so that they cannot disagree.
"""

import re
import unicodedata
from collections.abc import Iterator
from typing import NamedTuple

from parsers.device_status import KNOWN, MEASURING, status_of
from parsers.excerpt import excerpt
from parsers.line_shape import Misplaced, Placed, arrange, is_whole
from parsers.number import NotANumberError, is_missing, number_of
from parsers.records import NoteCode, Problem, Reading
from parsers.text_decoding import DecodedText
from parsers.text_lines import lines_of
from parsers.time_stamp import WITHOUT_SECONDS, vietnam_time


class LinePart(NamedTuple):
    """A line, or one reading's cells of a line that holds several."""

    start: int
    """Number of its first cell in the line, from 0: above 0 the line holds several readings."""
    stop: int
    """Number of the cell behind its last."""
    outcome: Reading | Problem


MAX_PROBLEMS = 1000
"""Problems told one by one. A file of rubbish would otherwise fill the ledger with its lines."""

_LIKE_A_TIME = re.compile(r"[0-9]{12}")


def parts_of(decoded: DecodedText) -> Iterator[LinePart]:
    """What every line of the text says, in the file's order; blank lines say nothing.

    A last line without a line end that does not look whole, and whatever is torn off behind the text, is
    one `cut_line`. After 1000 problems, lines in which nothing is like a time are only counted, for one
    last problem.
    """
    before: str | None = None
    number, ended = 0, True
    problems = untold = 0
    for number, line, end in lines_of(decoded.text):
        ended = bool(end)
        if not line or line.isspace():
            continue
        if problems >= MAX_PROBLEMS and not _LIKE_A_TIME.search(line):
            untold += 1
        elif ended or (not decoded.torn and is_whole(line, before)):
            for part in _read(number, line):
                problems += isinstance(part.outcome, Problem)
                yield part
        elif not decoded.torn:
            yield _cut(number, f"The file ends inside a line: {excerpt(line.strip())} has no line end.")
        before = line
    if decoded.torn:
        yield _cut(number + ended, "The file ends in half a character or in NUL bytes: the rest is missing.")
    if untold:
        yield LinePart(
            0, 1, Problem(None, "bad_columns", f"{untold} more lines hold no time, and no reading.")
        )


def _cut(line: int, detail: str) -> LinePart:
    return LinePart(0, 1, Problem(line, "cut_line", detail))


def _read(number: int, line: str) -> Iterator[LinePart]:
    for placed in arrange(line):
        if isinstance(placed, Misplaced):
            yield LinePart(placed.start, placed.stop, Problem(number, placed.code, placed.detail))
        else:
            yield LinePart(placed.start, placed.stop, reading_of(number, placed))


def reading_of(line: int, placed: Placed) -> Reading | Problem:
    """What the cells of one reading mean; `line` is where they stand, from 1."""
    measured_at = vietnam_time(placed.time)
    if measured_at is None:
        return Problem(line, "bad_time", f"There is no time {excerpt(placed.time)}; expected yyyyMMddHHmmss.")
    notes: list[NoteCode] = []
    value = None
    if is_missing(placed.text):
        notes.append("missing_value")
    else:
        try:
            value = number_of(placed.text)
        except NotANumberError:
            return Problem(line, "bad_number", f"{excerpt(placed.text)} is not a number.")
        if "," in placed.text:
            notes.append("decimal_comma")
    if placed.unit is None:
        notes.append("unit_missing")
    if placed.time_at == 0:
        notes.append("time_first")
    if len(placed.time) == WITHOUT_SECONDS:
        notes.append("no_seconds")
    status = status_of(placed.status) if placed.status else MEASURING
    if not placed.status:
        notes.append("status_assumed")
    elif status not in KNOWN:
        notes.append("status_unknown")
    symbol = placed.symbol if placed.symbol.isascii() else unicodedata.normalize("NFC", placed.symbol)
    return Reading(line, symbol, placed.text, value, placed.unit or "", measured_at, status, tuple(notes))
