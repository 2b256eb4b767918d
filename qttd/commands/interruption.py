"""`qttd interruptions` and `qttd interruption note`: when stations sent nothing in time, and why."""

import csv
import sys
from collections.abc import Iterator
from typing import Annotated, Any

import typer
from sqlalchemy import Engine

from qttd.clock import clock_of_process
from qttd.errors import UsageError
from qttd.named_station import moment_named, station_named
from qttd.output import act_now, local_time, print_json, print_table, remark, say
from qttd.period import span
from qttd.settings import load
from qttd.store_access import open_store
from store.engine import reading, writing
from store.service.interruption_view import (
    InterruptionEntry,
    InterruptionFilter,
    Note,
    interruption_page,
    note_interruption,
)

list_app = typer.Typer(rich_markup_mode=None)
app = typer.Typer(rich_markup_mode=None, help="Say why an interruption was, and what was done.")
_PAGE = 500
_COLUMNS = InterruptionEntry._fields


@list_app.command()
def list_interruptions(
    station: Annotated[str | None, typer.Option(metavar="CODE", help="Only this station's.")] = None,
    from_: Annotated[str | None, typer.Option("--from", metavar="D", help="That reach beyond it.")] = None,
    to: Annotated[str | None, typer.Option("--to", metavar="D", help="Begun up to that day.")] = None,
    reportable: Annotated[bool, typer.Option("--reportable", help="Only those that are.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON array.")] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Comma separated.")] = False,
) -> None:
    """List the interruptions of stations and channels, in the order in which they began."""
    if as_json and as_csv:
        raise UsageError("--json or --csv, not both")
    begin, end = span(from_, to)
    with open_store(load()) as engine:
        station_id = None
        if station is not None:
            with reading(engine) as connection:
                station_id = station_named(connection, station).id
        entries = _all(engine, InterruptionFilter(None, station_id, begin, end, reportable))
        if as_json:
            print_json(entry._asdict() for entry in entries)
        elif as_csv:
            sheet = csv.writer(sys.stdout, lineterminator="\n")
            sheet.writerow(_COLUMNS)
            sheet.writerows(map(_cells, entries))
        else:
            print_table(_COLUMNS, entries)


@app.command()
def note(
    interruption_id: Annotated[
        int, typer.Argument(metavar="ID", help="As the list shows it.", min=1, max=2**63 - 1)
    ],
    cause: Annotated[str | None, typer.Option(metavar="TEXT", help="Why it was.")] = None,
    notice: Annotated[str | None, typer.Option(metavar="TEXT", help="What the facility told.")] = None,
    notice_by: Annotated[str | None, typer.Option(metavar="TEXT", help="Who told it.")] = None,
    notice_at: Annotated[str | None, typer.Option(metavar="TIME", help="When.")] = None,
    remedy: Annotated[str | None, typer.Option(metavar="TEXT", help="What was done.")] = None,
) -> None:
    """Say why it was, what notice came from the facility, and what was done; what is not given stays."""
    told_at = None if notice_at is None else moment_named(notice_at, "--notice-at")
    said = Note(cause, notice, notice_by, told_at, remedy)
    for name, text in said._asdict().items():
        if isinstance(text, str):
            remark("--" + name.replace("_", "-"), text)
    if not any(said):
        raise UsageError("nothing to note: give --cause, --notice, --notice-by, --notice-at or --remedy")
    with open_store(load()) as engine, writing(engine) as connection:
        note_interruption(connection, interruption_id, said, act_now())
    say(f"interruption {interruption_id} is noted")


@app.callback()
def _group() -> None:
    """Keeps `note` a subcommand of its own."""


def _all(engine: Engine, wanted: InterruptionFilter) -> Iterator[InterruptionEntry]:
    now, after = clock_of_process()(), None
    while True:
        with reading(engine) as connection:
            entries, after = interruption_page(connection, wanted, after, _PAGE, now)
        yield from entries
        if after is None:
            return


def _cells(entry: InterruptionEntry) -> Iterator[Any]:
    for name, value in entry._asdict().items():
        if name.endswith("_at"):
            yield local_time(value)
        elif name == "reportable":
            yield "yes" if value else "no"
        else:
            yield value
