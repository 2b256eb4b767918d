"""A station file: its bytes and its name → everything it says. The door to this room.

Pure: no path is opened, no clock asked, no setting read; the same bytes and name always give the
same answer, and no input raises. Sizes are the caller's concern, time and memory stay linear in
them. The rules, with their reasons, are in docs/file-format.md.
"""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from parsers.canonical_lines import canonical_readings
from parsers.excerpt import excerpt
from parsers.file_name import read_name
from parsers.line_reading import MAX_PROBLEMS, LinePart, parts_of
from parsers.records import FileState, NoteCode, ParsedFile, Problem, ProblemCode, Reading
from parsers.repeats import FirstReadings, says_the_same
from parsers.text_decoding import DecodedText, decode
from parsers.xml_file import is_xml, read_xml


class _Said(NamedTuple):
    """What the lines of a file said together."""

    readings: tuple[Reading, ...]
    problems: tuple[Problem, ...]
    conflicts: tuple[Reading, ...]
    notes: tuple[NoteCode, ...]
    """`one_line`, `repeated_line`, and those of the whole file."""


def parse(data: bytes, name: str) -> ParsedFile:
    """Read a station file. `name` is its name, or its path, as the client sent it.

    Every line gives its readings or a problem. The state is `accepted` with readings and no problem,
    `partial` with both, `rejected` without a reading. Times are aware, in +07:00.
    """
    if is_xml(data):
        return _of_xml(data, name)
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
        readings, problems, conflicts, line_notes = _line_by_line(parts_of(decoded))
        notes += line_notes
    said = _Said(readings, problems, conflicts, notes)
    return _whole(name, station_code, name_time, decoded.encoding, said)


def _of_xml(data: bytes, name: str) -> ParsedFile:
    """A station file in XML. Its own word for the station counts where the name has none."""
    station_code, name_time = read_name(name)
    file = read_xml(data)
    said = _line_by_line(file.parts)
    if not said.readings and not said.problems:
        empty = Problem(None, "empty_file", "The file holds no reading.")
        said = said._replace(problems=(empty,))
    if station_code and file.station and station_code.casefold() != file.station.casefold():
        # whose readings these are nobody can say: none is taken
        told = f"The name says the station {excerpt(station_code)}, the file {excerpt(file.station)}."
        said = _Said((), (Problem(None, "conflict", told),), (), ())
    said = said._replace(notes=file.notes + said.notes)
    return _whole(name, station_code or file.station, name_time, file.encoding, said)


def _whole(
    name: str, station_code: str | None, name_time: datetime | None, encoding: str, said: _Said
) -> ParsedFile:
    """The file's own notes and its state, from what its lines said."""
    readings, problems, conflicts, notes = said
    times = {reading.measured_at for reading in readings}
    if len(times) > 1:
        notes += ("several_times",)
    if times and name_time is not None and name_time not in times:
        notes += ("name_time_differs",)
    state: FileState = "rejected" if not readings else "partial" if problems else "accepted"
    return ParsedFile(name, state, station_code, name_time, encoding, notes, readings, problems, conflicts)


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


def _line_by_line(parts: Iterable[LinePart]) -> _Said:
    firsts = FirstReadings()
    readings: list[Reading] = []
    problems: list[Problem] = []
    conflicts: list[Reading] = []
    notes: dict[NoteCode, None] = {}
    untold: Counter[ProblemCode] = Counter()
    for part in parts:
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
