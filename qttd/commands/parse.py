"""`qttd parse FILE… [--json]`: what station files say, and what is wrong with them.

Needs no settings, looks up no station and touches nothing. With --json one object per file and
line, the form that other programs rely on; without it the same for a person, who also reads what
each note and problem means and how it is mended (qttd/commands/parse_words.py).
"""

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from parsers.records import ParsedFile, Problem, Reading
from parsers.station_file import parse as parse_station_file
from parsers.station_file import rejected
from qttd.commands.parse_words import NOTES, PROBLEMS
from qttd.errors import BadDataError, InputOutputError

MAX_FILE_BYTES = 1024 * 1024
"""The default of intake.max_file_kib: a larger file would be rejected at the door, so it is here."""

app = typer.Typer(rich_markup_mode=None)


@app.command()
def parse(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Station files to read.")],
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON object per file, each on a line.")
    ] = False,
) -> None:
    """Read station files and explain them.

    Ends with 65 when a file is rejected, and with 74 when one cannot be read at all; the others are
    read all the same.
    """
    page = Console(highlight=False)
    any_rejected = any_unreadable = False
    for path in files:
        try:
            parsed = _read(path)
        except OSError as error:
            any_unreadable = True
            typer.echo(f"{_printable(str(path))}: cannot be read: {error.strerror or error}", err=True)
            continue
        any_rejected |= parsed.state == "rejected"
        if as_json:
            typer.echo(json.dumps(as_object(parsed)))
        else:
            _explain(parsed, page)
    if any_unreadable:
        raise typer.Exit(InputOutputError.exit_code)
    if any_rejected:
        raise typer.Exit(BadDataError.exit_code)


def as_object(parsed: ParsedFile) -> dict[str, Any]:
    """The file as the object of `--json`; times ISO 8601 with +07:00, a missing value null."""
    return {
        "file": parsed.name,
        "state": parsed.state,
        "station_code": parsed.station_code,
        "name_time": parsed.name_time and parsed.name_time.isoformat(),
        "encoding": parsed.encoding,
        "notes": list(parsed.notes),
        "readings": [
            {
                "line": reading.line,
                "symbol": reading.symbol,
                "text": reading.text,
                "value": reading.value,
                "unit": reading.unit,
                "measured_at": reading.measured_at.isoformat(),
                "status": reading.status,
                "notes": list(reading.notes),
            }
            for reading in parsed.readings
        ],
        "problems": [problem._asdict() for problem in parsed.problems],
    }


def _read(path: Path) -> ParsedFile:
    """Never more than the largest file allowed is held, however large the file (or endless the pipe) is."""
    with path.open("rb") as file:
        data = file.read(MAX_FILE_BYTES + 1)
    if len(data) > MAX_FILE_BYTES:
        return rejected(path.name, "too_large", f"The file has more than {MAX_FILE_BYTES // 1024} KiB.")
    return parse_station_file(data, path.name)


def _explain(parsed: ParsedFile, page: Console) -> None:
    colour = {"accepted": "green", "partial": "yellow", "rejected": "red"}[parsed.state]
    station = _printable(parsed.station_code) if parsed.station_code else "not in the name"
    time = f"{parsed.name_time:%Y-%m-%d %H:%M:%S} (+07:00)" if parsed.name_time else "not in the name"
    lines = [
        Text.assemble((_printable(parsed.name), "bold"), ": ", (parsed.state, f"bold {colour}")),
        Text(f"  station {station}, time {time}, encoding {parsed.encoding or 'none: not text'}"),
    ]
    if parsed.readings:
        page.print(*lines, sep="\n", soft_wrap=True)
        page.print(_table(parsed.readings))
        lines = []
    notes = dict.fromkeys((*parsed.notes, *(note for reading in parsed.readings for note in reading.notes)))
    lines += [Text(f"  note {note}: {NOTES[note]}") for note in notes]
    lines += [
        Text(f"  {_place(problem)}{problem.code}: {problem.detail}", style="yellow")
        for problem in parsed.problems
    ]
    codes = dict.fromkeys(problem.code for problem in parsed.problems)
    lines += [Text(f"  to mend {code}: {PROBLEMS[code]}") for code in codes]
    page.print(*lines, "", sep="\n", soft_wrap=True)


def _table(readings: tuple[Reading, ...]) -> Table:
    table = Table(show_edge=False, pad_edge=True, header_style="bold")
    table.add_column("line", justify="right")
    table.add_column("symbol", overflow="fold")
    table.add_column("value", justify="right", overflow="fold")
    table.add_column("unit", overflow="fold")
    table.add_column("measured (+07:00)", no_wrap=True)
    table.add_column("status", overflow="fold")
    table.add_column("notes", overflow="fold")
    for reading in readings:
        value = f"missing ({reading.text or 'empty'})" if reading.value is None else reading.text
        cells = (
            str(reading.line),
            reading.symbol,
            value,
            reading.unit,
            f"{reading.measured_at:%Y-%m-%d %H:%M:%S}",
            reading.status,
            " ".join(reading.notes),
        )
        table.add_row(*(Text(_printable(cell)) for cell in cells))
    return table


def _place(problem: Problem) -> str:
    return "" if problem.line is None else f"line {problem.line}: "


def _printable(text: str) -> str:
    """`text` without anything that a terminal would obey or could not encode."""
    return "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in text)
