"""`qttd station`: the list of stations, in and out."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from qttd.output import act_now, print_json, print_table, say, told_as_usage
from qttd.settings import load
from qttd.store_access import open_store
from quality.intervals import Since
from quality.slots import day_of
from store.engine import reading, writing
from store.lists import cells
from store.lists.stations_csv import (
    NEEDED,
    OPTIONAL,
    StationEntry,
    read_stations,
    station_columns,
    write_stations,
)
from store.network.keys import code_key
from store.network.stations import all_stations, interval_histories, put_stations

app = typer.Typer(rich_markup_mode=None, help="Import, list and export stations.")


@app.command("import")
def import_list(
    file: Annotated[Path, typer.Argument(metavar="F.csv", help="The list; see docs/commands.md.")],
    valid_from: Annotated[
        str | None,
        typer.Option(
            "--valid-from",
            metavar="DAY",
            help="From which day on, 00:00 in Vietnam, the list's intervals hold; else today.",
        ),
    ] = None,
) -> None:
    """Add or update the stations of a list, all or nothing; every bad line is reported (exit 65)."""
    with told_as_usage("--valid-from"):
        day = None if valid_from is None else cells.sane_day(valid_from)
    lines = read_stations(file.read_bytes())
    act = act_now()
    with open_store(load()) as engine, writing(engine) as connection:
        changes = put_stations(connection, lines, act, day)
    if changes.taken_back:
        say(f"later changes of intervals that are taken back: {changes.taken_back}")
    say(
        f"stations: {len(changes.added)} added, {len(changes.changed)} changed,"
        f" {len(changes.unchanged)} as they were"
    )
    if changes.intervals:
        say(
            f"slots and averages go by the new interval from {day or day_of(act.at)} on:"
            f" {', '.join(changes.intervals)}; `qttd recheck` judges the neighbours of what is there anew"
        )


@app.command("list")
def list_stations(as_json: Annotated[bool, typer.Option("--json", help="One JSON array.")] = False) -> None:
    """Print all stations."""
    with open_store(load()) as engine, reading(engine) as connection:
        entries, intervals = all_stations(connection), interval_histories(connection)
    if as_json:
        print_json([_json(entry, intervals[code_key(entry.code)]) for entry in entries])
    else:
        print_table((*NEEDED, *OPTIONAL), (station_columns(entry).values() for entry in entries))


@app.command()
def export() -> None:
    """Print all stations as CSV, in the columns that `import` reads."""
    with open_store(load()) as engine, reading(engine) as connection:
        entries = all_stations(connection)
    sys.stdout.write(write_stations(entries))


def _json(entry: StationEntry, intervals: Sequence[Since]) -> dict[str, object]:
    from_day = entry.in_service_from
    return {
        **station_columns(entry),
        "interval_minutes": entry.interval_minutes,
        "intervals": [
            {
                "valid_from": None if one.valid_from is None else one.valid_from.isoformat(),
                "minutes": one.minutes,
            }
            for one in intervals
        ],
        "latitude": entry.latitude,
        "longitude": entry.longitude,
        "aliases": list(entry.aliases),
        "in_service_from": None if from_day is None else from_day.isoformat(),
    }
