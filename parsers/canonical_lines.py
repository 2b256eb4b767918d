"""The quick way through a file in which every line is canonical, as nearly all are.

One regular expression reads the whole text: a parse must cost little beside the FTP session that
brought the file. It takes only what needs no judgement: five columns, plain decimal numbers,
14-digit times, status 00, 01 or 02, nothing twice. Anything else, and any doubt, is for the reading
line by line (parsers/line_reading.py), which gives the same readings: tests hold the two against
each other.
"""

import re
import unicodedata

from parsers.line_shape import LONGEST_CELL
from parsers.records import NoteCode, Reading
from parsers.time_stamp import vietnam_time


def _canonical_line(first: str, letter: str) -> re.Pattern[str]:
    """The pattern of one line whose cells are made of `letter` and neither begin nor end with white space."""
    cell = rf"{first}{letter}{{0,{LONGEST_CELL - 1}}}+(?<!\s)"
    number = r"[+-]?[0-9]{1,15}+(?:\.[0-9]{0,15}+)?"
    return re.compile(rf"(?m)^({cell})\t({number})\t((?:{cell})?)\t([0-9]{{14}})\t(0[012])(?:\r?\n|\Z)")


_ASCII_LINE = _canonical_line("[!-~]", "[ -~]")
_LINE = _canonical_line(r"[^\s\x00-\x1f\x7f-\x9f]", r"[^\x00-\x1f\x7f-\x9f]")

_NO_NOTES: tuple[NoteCode, ...] = ()


def canonical_readings(text: str) -> tuple[Reading, ...] | None:
    """The readings of a text that holds canonical lines only, or None when it holds anything else."""
    is_ascii = text.isascii()
    rows = (_ASCII_LINE if is_ascii else _LINE).findall(text)
    if not rows or len(rows) != text.count("\n") + (text[-1] != "\n"):
        return None
    if not is_ascii and not unicodedata.is_normalized("NFC", text):
        return None
    times = {time: vietnam_time(time) for time in {row[3] for row in rows}}
    if None in times.values():
        return None
    keys = {row[0] for row in rows} if len(times) == 1 else {(row[0], row[3]) for row in rows}
    if len(keys) != len(rows):
        return None
    # tuple.__new__ is what Reading(...) ends in; the Python frame around it would cost a third of the parse.
    new = tuple.__new__
    return tuple(
        [
            new(Reading, (line, symbol, number, float(number), unit, times[time], status, _NO_NOTES))
            for line, (symbol, number, unit, time, status) in enumerate(rows, 1)
        ]
    )
