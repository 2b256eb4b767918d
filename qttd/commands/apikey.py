"""`qttd apikey`: keys of programs that call the interface."""

import sys
from typing import Annotated

import typer

from qttd.output import act_now, say, told_as_usage
from qttd.roles_of_people import Role
from qttd.settings import load
from qttd.store_access import open_store
from store.api_keys import add_api_key
from store.engine import writing
from store.lists import cells

app = typer.Typer(rich_markup_mode=None, help="Make keys for programs.")


@app.callback()
def _group() -> None:
    """Keeps `add` a subcommand although it is the only one."""


@app.command()
def add(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Which program it is for.")],
    role: Annotated[Role, typer.Option(help="What the program may do.")],
    stations: Annotated[
        str, typer.Option(metavar="CODE[,CODE]", help="Stations that a facility's key may see and send for.")
    ] = "",
) -> None:
    """Make a key. It is printed once, alone, on stdout: only its hash is kept."""
    with told_as_usage():
        cells.account_name(name)
        codes = cells.codes(stations)
    with open_store(load()) as engine, writing(engine) as connection:
        key = add_api_key(connection, name, role.value, codes, act_now())
    if role is Role.facility and not codes:
        say("warning: this key sees no station and sends for none; --stations says which it may")
    say(f"key {name} ({role.value}), shown only this once:")
    sys.stdout.write(f"{key}\n")
