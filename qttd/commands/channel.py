"""`qttd channel`: which parameters each station measures, in and out."""

import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from parsers.vietnam_time import VN
from qttd.errors import BadDataError
from qttd.output import act_now, print_json, print_table, say
from qttd.period import span
from qttd.settings import load
from qttd.store_access import open_store
from store.engine import reading, writing
from store.lists.channels_csv import (
    NEEDED,
    OPTIONAL,
    ChannelEntry,
    channel_columns,
    read_channels,
    write_channels,
)
from store.network.channels import all_channels, put_channels, remove_channel

app = typer.Typer(rich_markup_mode=None, help="Import, list, export and remove channels.")


@app.command("import")
def import_list(
    file: Annotated[Path, typer.Argument(metavar="F.csv", help="The list; see docs/commands.md.")],
    valid_from: Annotated[
        str | None,
        typer.Option(
            "--valid-from",
            metavar="DATE",
            help="From when changed factors, ranges and checks judge; else now.",
        ),
    ] = None,
) -> None:
    """Add or update the channels of a list, all or nothing; every bad line is reported (exit 65)."""
    begin, _ = span(valid_from, None, ("--valid-from", ""))
    lines = read_channels(file.read_bytes())
    act = act_now()
    with open_store(load()) as engine, writing(engine) as connection:
        changes = put_channels(connection, lines, act, begin)
    if changes.new_parameters:
        say(f"new parameters, known nowhere before: {', '.join(changes.new_parameters)}")
    if changes.without_channel:
        say(f"not compared until they have a channel: {', '.join(changes.without_channel)}")
    if changes.taken_back:
        say(f"later changes of settings that are taken back: {changes.taken_back}")
    say(
        f"channels: {len(changes.added)} added, {len(changes.changed)} changed,"
        f" {len(changes.unchanged)} as they were"
    )
    if changes.changed:
        since = f"{(begin or act.at).astimezone(VN):%Y-%m-%d %H:%M}"
        say(
            f"changed factors, ranges and checks judge what is measured from {since} on;"
            " `qttd recheck` shows what they would change in data that is there"
        )


@app.command("list")
def list_channels(as_json: Annotated[bool, typer.Option("--json", help="One JSON array.")] = False) -> None:
    """Print all channels."""
    entries = _entries()
    if as_json:
        print_json([_json(entry) for entry in entries])
    else:
        print_table((*NEEDED, *OPTIONAL), (channel_columns(entry).values() for entry in entries))


@app.command()
def export() -> None:
    """Print all channels as CSV, in the columns that `import` reads."""
    sys.stdout.write(write_channels(_entries()))


@app.command()
def remove(
    station: Annotated[str, typer.Argument(metavar="STATION", help="The station's code or alias.")],
    parameter: Annotated[str, typer.Argument(metavar="PARAMETER", help="As `list` shows it.")],
) -> None:
    """Take a channel away that was declared by mistake; its readings stay, and become undeclared."""
    with open_store(load()) as engine, writing(engine) as connection:
        if not remove_channel(connection, station, parameter, act_now()):
            raise BadDataError(f"{station} has no channel {parameter}; `qttd channel list` names them all")
    say(f"channel {parameter} of {station} is removed")


def _entries() -> list[ChannelEntry]:
    with open_store(load()) as engine, reading(engine) as connection:
        return all_channels(connection)


def _json(entry: ChannelEntry) -> dict[str, object]:
    values = asdict(entry)
    return {"station_code": values.pop("station_code"), "symbol": list(values.pop("symbols")), **values}
