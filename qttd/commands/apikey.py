"""`qttd apikey`: keys of programs that call the interface."""

import sys
from typing import Annotated

import typer

from api.permissions import ACTIONS, may
from qttd.errors import UsageError
from qttd.named_station import bound_to
from qttd.output import act_now, print_json, print_table, say, told_as_usage
from qttd.period import span
from qttd.roles_of_people import Role
from qttd.settings import load
from qttd.store_access import open_store
from store.access.api_key_view import KeyEntry, all_keys
from store.access.api_keys import add_api_key, disable_api_key
from store.engine import reading, writing
from store.lists import cells

app = typer.Typer(rich_markup_mode=None, help="Make keys for programs, list them, withdraw them.")


@app.command()
def add(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Which program it is for.")],
    role: Annotated[Role, typer.Option(help="What the program may do.")],
    stations: Annotated[
        str | None,
        typer.Option(metavar="CODE[,CODE]", help="Stations that it is bound to."),
    ] = None,
    action: Annotated[
        list[str] | None,
        typer.Option(metavar="ACTION", help="What it may do of its role's; may be repeated; else all of it."),
    ] = None,
    expires: Annotated[
        str | None, typer.Option(metavar="DATE", help="The last day on which it is good, in Vietnam.")
    ] = None,
) -> None:
    """Make a key. It is printed once, alone, on stdout: only its hash is kept."""
    with told_as_usage():
        cells.account_name(name)
    codes = bound_to(stations)
    act = act_now()
    until = span(None, expires, ("", "--expires"))[1]
    if until is not None and until <= act.at:
        raise UsageError(f"--expires {expires} has passed already")
    with open_store(load()) as engine, writing(engine) as connection:
        key = add_api_key(
            connection, name, role.value, codes, act, actions=_actions(action, role), expires_at=until
        )
    if role is Role.facility and not codes:
        say("warning: this key sees no station and sends for none; --stations says which it may")
    say(f"key {name} ({role.value}), shown only this once:")
    sys.stdout.write(f"{key}\n")


@app.command("list")
def list_keys(as_json: Annotated[bool, typer.Option("--json", help="One JSON array.")] = False) -> None:
    """Print every key: whose, for what, until when, when it was used last. Never the key itself."""
    with open_store(load()) as engine, reading(engine) as connection:
        found = all_keys(connection)
    if as_json:
        print_json(entry._asdict() for entry in found)
    else:
        print_table(KeyEntry._fields, found)


@app.command()
def disable(
    name: Annotated[str, typer.Argument(metavar="NAME", help="As `list` shows it.")],
) -> None:
    """Withdraw a key, for good."""
    with open_store(load()) as engine, writing(engine) as connection:
        disable_api_key(connection, name, act_now())
    say(f"key {name} is withdrawn")


def _actions(given: list[str] | None, role: Role) -> list[str] | None:
    if not given:
        return None
    for action in given:
        if action not in ACTIONS or not may(role.value, action):
            allowed = ", ".join(one for one in ACTIONS if may(role.value, one))
            raise UsageError(f"--action: a {role.value} may not {action!r}; it may: {allowed}")
    return given
