"""A station file: its bytes and its name → everything it says. The door to this room.

Pure: no path is opened, no clock asked, no setting read; the same bytes and name always give the
same answer, and no input raises. Sizes are the caller's concern, time and memory stay linear in
them. The rules, with their reasons, are in docs/file-format.md.
"""

from collections import Counter
from typing import NamedTuple

from parsers.canonical_lines import canonical_readings
from parsers.excerpt import excerpt
from parsers.file_name import read_name
from parsers.line_reading import MAX_PROBLEMS, parts_of
from parsers.records import FileState, NoteCode, ParsedFile, Problem, ProblemCode, Reading
from parsers.repeats import FirstReadings, says_the_same
from parsers.text_decoding import DecodedText, decode


class _Said(NamedTuple):
    """What the lines of a file said together."""

    readings: tuple[Reading, ...]
    problems: tuple[Problem, ...]
    conflicts: tuple[Reading, ...]
    notes: tuple[NoteCode, ...]
    """`one_line`, `repeated_line`."""


def parse(data: bytes, name: str) -> ParsedFile:
    """Read a station file. `name` is its name, or its path, as the client sent it.

    Every line gives its readings or a problem. The state is `accepted` with readings and no problem,
    `partial` with both, `rejected` without a reading. Times are aware, in +07:00.
    """
    decoded = decode(data)
    if decoded is None:
        return rejected(
            name, "not_text", "The file holds bytes that no text holds: it is binary, or damaged."
        )
    if not decoded.torn and not decoded.text.strip():
        return rejected(name, "empty_file", "The file holds no line, only white space or nothing.", decoded)
    station_code, name_time = read_name(name)
    readings = None if decoded.torn else canonical_readings(decoded.text)
    problems: tuple[Problem, ...] = ()
    conflicts: tuple[Reading, ...] = ()
    notes = decoded.notes
    if readings is None:
        readings, problems, conflicts, line_notes = _line_by_line(decoded)
        notes += line_notes
    times = {reading.measured_at for reading in readings}
    if len(times) > 1:
        notes += ("several_times",)
    if times and name_time is not None and name_time not in times:
        notes += ("name_time_differs",)
    state: FileState = "rejected" if not readings else "partial" if problems else "accepted"
    return ParsedFile(
        name, state, station_code, name_time, decoded.encoding, notes, readings, problems, conflicts
    )


def rejected(name: str, code: ProblemCode, detail: str, decoded: DecodedText | None = None) -> ParsedFile:
    """A file of which nothing was read, for the one reason given: also for one too large to be read."""
    station_code, name_time = read_name(name)
    return ParsedFile(
        name=name,
        state="rejected",
        station_code=station_code,
        name_time=name_time,
        encoding=decoded.encoding if decoded else None,
        notes=decoded.notes if decoded else (),
        readings=(),
        problems=(Problem(None, code, detail),),
    )


def _line_by_line(decoded: DecodedText) -> _Said:
    firsts = FirstReadings()
    readings: list[Reading] = []
    problems: list[Problem] = []
    conflicts: list[Reading] = []
    notes: dict[NoteCode, None] = {}
    untold: Counter[ProblemCode] = Counter()
    for part in parts_of(decoded):
        if part.start:
            notes["one_line"] = None
        outcome = part.outcome
        if isinstance(outcome, Reading):
            first = firsts.meet(outcome)
            if first is outcome:
                readings.append(outcome)
                continue
            if says_the_same(first, outcome):
                notes["repeated_line"] = None
                continue
            conflicts.append(outcome)
            outcome = _conflict(first, outcome)
        if len(problems) < MAX_PROBLEMS or outcome.line is None:
            problems.append(outcome)
        else:
            untold[outcome.code] += 1
    problems.extend(
        Problem(None, code, f"The same is wrong in {times} more places, which are not listed one by one.")
        for code, times in untold.items()
    )
    return _Said(tuple(readings), tuple(problems), tuple(conflicts), tuple(notes))


def _conflict(first: Reading, later: Reading) -> Problem:
    return Problem(
        later.line,
        "conflict",
        f"{excerpt(later.symbol)} at {later.measured_at.isoformat()} is {_said(later)} here, "
        f"but {_said(first)} in line {first.line}, which stands.",
    )


def _said(reading: Reading) -> str:
    return f"{excerpt(reading.text)} {excerpt(reading.unit)} with status {excerpt(reading.status)}"
