"""What a station file says, as values: the records every other room passes on.

No behaviour lives here. A record is immutable and knows no database, clock or path. The
shapes follow docs/file-format.md; the codes are closed sets, and each is a word of the
outside contract.
"""

from datetime import datetime
from typing import Literal, NamedTuple

FileState = Literal["accepted", "partial", "rejected"]
ProblemCode = Literal[
    "bad_number", "bad_time", "bad_columns", "cut_line", "conflict", "empty_file",
    "not_text", "too_large", "no_station", "not_allowed", "not_renamed", "internal_error"
]  # fmt: skip
NoteCode = Literal[
    "bom", "encoding_guessed", "decimal_comma", "no_seconds", "status_assumed", "status_unknown",
    "unit_missing", "one_line", "time_first", "several_times", "name_time_differs",
    "repeated_line", "missing_value",
]  # fmt: skip


class Reading(NamedTuple):
    """One value of one parameter at one time, as the logger wrote it."""

    line: int
    """Line in the file, from 1."""
    symbol: str
    """The whole first cell, stripped, in NFC."""
    text: str
    """The number's text, stripped, never reformatted; of a missing value what stood there ("", "---")."""
    value: float | None
    """The number, or None where the value is missing. Missing is never 0."""
    unit: str
    """The unit's cell, stripped; empty where the logger gave none."""
    measured_at: datetime
    """Measured time, aware, in +07:00."""
    status: str
    """"00" measuring, "01" calibrating, "02" device error; anything else as written."""
    notes: tuple[NoteCode, ...] = ()
    """What was unusual in this very line; what concerns the whole file is a note of the file."""


class Problem(NamedTuple):
    """Why a line, or the whole file, could not be read."""

    line: int | None
    """Line in the file, from 1; None when the whole file is meant."""
    code: ProblemCode
    detail: str
    """English sentence for a person: what stood there and what was expected."""


class ParsedFile(NamedTuple):
    """Everything one station file said. `state` is rejected when it holds no reading at all."""

    name: str
    state: FileState
    station_code: str | None
    """From the name; None when the name has no 14 digits (then the folder or the account says it)."""
    name_time: datetime | None
    """From the name, aware, in +07:00; None when the name has none or it does not exist."""
    encoding: str | None
    """The codec the bytes were read with ("utf-8", "utf-16", "windows-1258"); None when not text."""
    notes: tuple[NoteCode, ...]
    """What was unusual in the file as a whole (see docs/file-format.md for which note stands where)."""
    readings: tuple[Reading, ...]
    """In the file's order; one for each (symbol, measured_at)."""
    problems: tuple[Problem, ...]
    """In the file's order."""
    conflicts: tuple[Reading, ...] = ()
    """Later lines that give a reading's (symbol, measured_at) another value, unit or status, each also a
    `conflict` problem: kept beside the reading, so that a person can decide."""
