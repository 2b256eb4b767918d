"""`qttd phase`: from when on a station is being tested, official, or stopped."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from qttd.named_station import moment_named, station_named
from qttd.output import act_now, print_json, print_table, remark, say
from qttd.settings import load
from qttd.store_access import open_store
from quality.service import Phase
from store.engine import reading, writing
from store.lists.phases_csv import read_phases, write_phases
from store.service.phases import PhaseEntry, all_phases, put_phases, remove_phase, set_phase

app = typer.Typer(rich_markup_mode=None, help="Set, list, import and export the phases of stations.")


@app.command("set")
def set_one(
    station: Annotated[str, typer.Argument(metavar="STATION", help="The station's code or alias.")],
    phase: Annotated[Phase, typer.Argument(help="The phase that begins.")],
    from_: Annotated[str, typer.Option("--from", metavar="TIME", help="From when on; a bare day is 00:00.")],
    note: Annotated[str, typer.Option(metavar="TEXT", help="What is to be said of it.")] = "",
) -> None:
    """Say in which phase a station is from then on, until its next one."""
    begins = moment_named(from_, "--from")
    with open_store(load()) as engine, writing(engine) as connection:
        entry = station_named(connection, station)
        set_phase(connection, entry.id, phase, begins, remark("--note", note), act_now())
    say(f"{entry.code} is {phase} from {from_} on")


@app.command()
def remove(
    phase_id: Annotated[int, typer.Argument(metavar="ID", help="As `list` shows it.", min=1, max=2**63 - 1)],
) -> None:
    """Take back what was said wrongly."""
    with open_store(load()) as engine, writing(engine) as connection:
        remove_phase(connection, phase_id, act_now())
    say(f"phase {phase_id} is taken back")


@app.command("import")
def import_list(
    file: Annotated[Path, typer.Argument(metavar="F.csv", help="The list; see docs/commands.md.")],
) -> None:
    """Take the phases of a list, all or nothing; every bad line is reported (exit 65)."""
    lines = read_phases(file.read_bytes())
    with open_store(load()) as engine, writing(engine) as connection:
        new = put_phases(connection, lines, act_now())
    say(f"phases: {new} new or changed, {len(lines) - new} as they were")


@app.command("list")
def list_phases(
    station: Annotated[str | None, typer.Option(metavar="CODE", help="Only this station's.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON array.")] = False,
) -> None:
    """Print the phases of stations; one that is not listed is official."""
    entries = _entries(station)
    if as_json:
        print_json(entry._asdict() for entry in entries)
    else:
        print_table(PhaseEntry._fields, entries)


@app.command()
def export() -> None:
    """Print all phases as CSV, in the columns that `import` reads."""
    rows = ((entry.station, entry.phase, entry.from_at, entry.note) for entry in _entries(None))
    sys.stdout.write(write_phases(rows))


def _entries(station: str | None) -> list[PhaseEntry]:
    with open_store(load()) as engine, reading(engine) as connection:
        station_id = None if station is None else station_named(connection, station).id
        return all_phases(connection, None, station_id)
