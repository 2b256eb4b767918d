"""`qttd station`: the list of stations, in and out."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from qttd.output import act_now, print_json, print_table, say
from qttd.settings import load
from qttd.store_access import open_store
from store.engine import reading, writing
from store.lists.stations_csv import (
    NEEDED,
    OPTIONAL,
    StationEntry,
    read_stations,
    station_columns,
    write_stations,
)
from store.stations import all_stations, put_stations

app = typer.Typer(rich_markup_mode=None, help="Import, list and export stations.")


@app.command("import")
def import_list(
    file: Annotated[Path, typer.Argument(metavar="F.csv", help="The list; see docs/commands.md.")],
) -> None:
    """Add or update the stations of a list, all or nothing; every bad line is reported (exit 65)."""
    lines = read_stations(file.read_bytes())
    with open_store(load()) as engine, writing(engine) as connection:
        changes = put_stations(connection, lines, act_now())
    say(
        f"stations: {len(changes.added)} added, {len(changes.changed)} changed,"
        f" {len(changes.unchanged)} as they were"
    )


@app.command("list")
def list_stations(as_json: Annotated[bool, typer.Option("--json", help="One JSON array.")] = False) -> None:
    """Print all stations."""
    entries = _entries()
    if as_json:
        print_json([_json(entry) for entry in entries])
    else:
        print_table((*NEEDED, *OPTIONAL), (station_columns(entry).values() for entry in entries))


@app.command()
def export() -> None:
    """Print all stations as CSV, in the columns that `import` reads."""
    sys.stdout.write(write_stations(_entries()))


def _entries() -> list[StationEntry]:
    with open_store(load()) as engine, reading(engine) as connection:
        return all_stations(connection)


def _json(entry: StationEntry) -> dict[str, object]:
    from_day = entry.in_service_from
    return {
        **station_columns(entry),
        "interval_minutes": entry.interval_minutes,
        "latitude": entry.latitude,
        "longitude": entry.longitude,
        "aliases": list(entry.aliases),
        "in_service_from": None if from_day is None else from_day.isoformat(),
    }
