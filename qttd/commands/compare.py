"""`qttd compare`: an EnviSoft export beside ours, every difference explained as far as it can be."""

import hashlib
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Annotated

import typer

from parsers.export_sheet import ExportError
from parsers.export_table import Export, read_export
from parsers.vietnam_time import VN
from qttd.clock import clock_of_process
from qttd.envisoft.record import RecordHead, record_html
from qttd.envisoft.words import EXPLANATIONS, UNKNOWN
from qttd.errors import BadDataError, NotAllowedError, UsageError
from qttd.output import counted, print_json, print_table, say, told_as_usage
from qttd.settings import load
from qttd.store_access import open_store
from quality.alarms import Language
from quality.comparison.comparing import Comparison, compare
from quality.comparison.sides import Theirs
from quality.comparison.stretches import Stretch, stretches
from store.engine import reading
from store.lists import cells
from store.network.keys import symbol_key
from store.network.station_view import StationEntry, find_station
from store.readings.comparison_view import names_of_parameters, our_side

app = typer.Typer(rich_markup_mode=None)
MINUTE = timedelta(minutes=1)
_COLUMNS = ("parameter", "from", "to", "values", "envisoft", "ours", "explanation", "meaning")


@app.command("compare")
def compare_export(
    envisoft: Annotated[Path, typer.Option(metavar="F.xlsx|F.csv", help="The table that EnviSoft exported.")],
    station: Annotated[str, typer.Option(metavar="CODE", help="The station that it is of.")],
    from_: Annotated[str, typer.Option("--from", metavar="DATE", help="First day.")],
    to: Annotated[str, typer.Option("--to", metavar="DATE", help="Last day.")],
    language: Annotated[
        Language, typer.Option("--lang", help="Of the meanings; the record's is Vietnamese.")
    ] = "en",
    as_json: Annotated[bool, typer.Option("--json", help="Each difference, as one JSON array.")] = False,
    record: Annotated[
        Path | None, typer.Option(metavar="F.html", help="Write a record to print and sign.")
    ] = None,
    authority: Annotated[str, typer.Option(metavar="NAME", help="Record: the office above.")] = "",
    office: Annotated[str, typer.Option(metavar="NAME", help="Record: the office that makes it.")] = "",
    place: Annotated[str, typer.Option(metavar="NAME", help="Record: where it is made.")] = "",
    force: Annotated[bool, typer.Option("--force", help="Replace a record that is there.")] = False,
) -> None:
    """Compare an EnviSoft export with what qttd has, and explain what differs."""
    with told_as_usage("--from"):
        first = cells.day(from_)
    with told_as_usage("--to"):
        last = cells.day(to)
    if first > last:
        raise UsageError(f"--from {from_} is after --to {to}")
    if record is not None and record.exists() and not force:
        raise NotAllowedError(f"{record} exists; another name, or --force to replace it")
    data = envisoft.read_bytes()
    try:
        export = read_export(data)
    except ExportError as error:
        raise BadDataError(f"{envisoft}: {error}") from error
    entry, result, known, unmapped = _compare(export, station, first, last)
    _tell(export, entry, result, known, unmapped, language)
    if record is not None:
        head = RecordHead(
            authority, office, place, clock_of_process()().astimezone(VN), envisoft.name,
            hashlib.sha256(data).hexdigest(), first, last,
        )  # fmt: skip
        record.write_text(record_html(head, entry, result, known, unmapped), encoding="utf-8")
        say(f"the record is in {record}: open it in a browser to print it")
    if as_json:
        print_json(one._asdict() for one in result.differences)
    else:
        print_table(_COLUMNS, (_cells(one, language) for one in stretches(result)))


def _compare(
    export: Export, code: str, first: date, last: date
) -> tuple[StationEntry, Comparison, list[str], list[str]]:
    begin = datetime.combine(first, time(), VN)
    end = datetime.combine(last, time(), VN) + timedelta(days=1)
    with open_store(load()) as engine, reading(engine) as connection:
        entry = find_station(connection, code, None)
        if entry is None:
            raise BadDataError(f"there is no station {code}; `qttd station list` names them all")
        names = names_of_parameters(connection, entry.id)
        # files that came late tell something about those before them
        ours = our_side(connection, entry.id, begin, end)
    columns = _columns(export, names)
    unmapped = [column for column in export.columns if column not in columns]
    if not columns:
        raise BadDataError(
            f"no column of the export is a parameter of {entry.code}: {', '.join(export.columns)};"
            " add the names as symbols of its channels"
        )
    theirs = {
        label.replace(second=0): {
            columns[column]: Theirs(cell.value, cell.decimals, cell.text)
            for column, cell in row.items()
            if column in columns
        }
        for label, row in export.rows.items()
    }
    known = list(dict.fromkeys(columns.values()))
    result = compare(theirs, ours.readings, known, entry.intervals, begin, end, ours.unread.__contains__)
    return entry, result, known, unmapped


def _columns(export: Export, names: Mapping[str, str]) -> dict[str, str]:
    """The export's columns that are parameters, with the parameters' own names; the first of two counts."""
    folded = {name.casefold(): code for name, code in reversed(list(names.items()))}
    found: dict[str, str] = {}
    for column in export.columns:
        key = symbol_key(column)
        code = names.get(key) or folded.get(key.casefold())
        if code is not None and code not in found.values():
            found[column] = code
    return found


def _tell(
    export: Export,
    entry: StationEntry,
    result: Comparison,
    known: list[str],
    unmapped: list[str],
    language: Language,
) -> None:
    say(f"{entry.code}: {', '.join(known)}")
    if unmapped:
        say(f"warning: no parameter is known by the name of these columns: {', '.join(unmapped)}")
    for part in result.parts:
        kind = "hourly means" if part.hourly else "readings"
        every = counted(part.interval // MINUTE, "minute")
        say(f"{part.first.date()} to {(part.end - MINUTE).date()}: {kind}, measured every {every}")
        if part.shift:
            behind = counted(part.shift // MINUTE, "minute")
            why = getattr(EXPLANATIONS["label_at_end"], language)
            say(f"the export's labels stand {behind} after ours ({why})")
    for problem in export.problems:
        say(f"line {problem.line}: {problem.detail}")
    if export.repeated:
        rows = counted(export.repeated, "row repeats", "rows repeat")
        say(f"warning: {rows} the time of another one; the first counts")
    counts = result.counts()
    unknown = sum(many for code, many in counts.items() if code in UNKNOWN)
    say(
        f"{counted(result.compared, 'value')} compared: {result.same} the same,"
        f" {len(result.differences)} different,"
        f" of which {unknown} are not explained"
    )


def _cells(one: Stretch, language: Language) -> tuple[object, ...]:
    meaning = getattr(EXPLANATIONS[one.explanation], language)
    sides = (one.theirs or "-", one.ours or "-")
    return (one.parameter, one.first, one.last, one.values, *sides, one.explanation, meaning)
