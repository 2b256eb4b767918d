"""`qttd register`: the lists of the yearly report, in and out."""

import sys
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

from qttd.clock import clock_of_process
from qttd.named_station import station_named
from qttd.output import act_now, counted, print_json, print_table, say
from qttd.settings import load
from qttd.store_access import open_store
from store.engine import reading, writing
from store.register_kinds import REGISTERS, RegisterName
from store.registers import export_register, import_register, register_page, remove_line

app = typer.Typer(rich_markup_mode=None, help="Import, list and export the lists of the yearly report.")

Name = Annotated[RegisterName, typer.Argument(help="Which list.")]


@app.command("import")
def import_list(
    register: Name,
    file: Annotated[Path, typer.Argument(metavar="F.csv", help="The list; see docs/commands.md.")],
) -> None:
    """Take a list, all or nothing; a line with the key of one that is there changes it."""
    data = file.read_bytes()
    with open_store(load()) as engine, writing(engine) as connection:
        count = import_register(connection, register, data, act_now())
    say(f"{register}: {counted(count, 'line')} taken")


@app.command("list")
def list_register(
    register: Name,
    station: Annotated[str | None, typer.Option(metavar="CODE", help="Only this station's.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON array.")] = False,
) -> None:
    """Print a list, with what follows from its days."""
    with open_store(load()) as engine, reading(engine) as connection:
        station_id = None if station is None else station_named(connection, station).id
        lines = register_page(connection, register, None, clock_of_process()(), station_id)
    if as_json:
        print_json({name: _plain(value) for name, value in line.items()} for line in lines)
    else:
        columns = list(lines[0]) if lines else ["id", *REGISTERS[register].columns]
        print_table(columns, (line.values() for line in lines))


@app.command()
def export(register: Name) -> None:
    """Print a list as CSV, in the columns that `import` reads."""
    with open_store(load()) as engine, reading(engine) as connection:
        sys.stdout.write(export_register(connection, register, clock_of_process()()))


@app.command()
def remove(
    register: Name,
    line_id: Annotated[int, typer.Argument(metavar="ID", help="As `list` shows it.", min=1, max=2**63 - 1)],
) -> None:
    """Take a line out; what stood in it is in the audit log."""
    with open_store(load()) as engine, writing(engine) as connection:
        remove_line(connection, register, line_id, act_now())
    say(f"{register}: line {line_id} is taken out")


def _plain(value: Any) -> Any:
    """Days as REST writes them."""
    return value.isoformat() if isinstance(value, date) else value
