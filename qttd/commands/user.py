"""`qttd user`: people who open the pages."""

from typing import Annotated

import typer

from qttd.errors import UsageError
from qttd.named_station import bound_to
from qttd.output import act_now, counted, print_json, print_table, read_password, say, told_as_usage
from qttd.roles_of_people import Role
from qttd.session_rules import session_rules
from qttd.settings import load
from qttd.store_access import open_store
from store.access import sessions, users
from store.access.secrets import hash_password
from store.audit import record
from store.engine import reading, writing
from store.lists import cells

app = typer.Typer(
    rich_markup_mode=None, help="Add people who open the pages; list them, shut them out, sign them out."
)
_SHORT = 10
"""Of a password: fewer characters than these can be guessed in the time that a guesser has."""
Name = Annotated[str, typer.Argument(metavar="NAME", help="The name to log in with.")]


@app.command()
def add(
    name: Name,
    role: Annotated[Role, typer.Option(help="What the person may do.")] = Role.viewer,
    stations: Annotated[
        str | None, typer.Option(metavar="CODE[,CODE]", help="Stations that a facility's user may see.")
    ] = None,
) -> None:
    """Add a person. The password comes from stdin, or is asked for."""
    with told_as_usage():
        cells.account_name(name)
    codes = bound_to(stations)
    hashed = _hashed(f"password of {name}")
    with open_store(load()) as engine, writing(engine) as connection:
        users.add_user(connection, name, hashed, role.value, act_now(), codes)
    say(f"user {name} is added as {role.value}")


@app.command()
def passwd(name: Name) -> None:
    """Change a person's password, and sign them out. The new one comes from stdin, or is asked for."""
    hashed = _hashed(f"new password of {name}")
    with open_store(load()) as engine, writing(engine) as connection:
        users.set_password(connection, name, hashed, act_now())
    say(f"the password of {name} is changed")


def _hashed(asked: str) -> str:
    password = read_password(asked)
    if len(password) < _SHORT:
        say(f"the password is short; {_SHORT} characters or more are hard to guess (`qttd user passwd`)")
    return hash_password(password)


@app.command()
def disable(
    name: Name, enable: Annotated[bool, typer.Option("--enable", help="Let the person in again.")] = False
) -> None:
    """Shut a person out, and sign them out."""
    with open_store(load()) as engine, writing(engine) as connection:
        users.set_disabled(connection, name, not enable, act_now())
    say(f"user {name} is let in again" if enable else f"user {name} is shut out")


@app.command("list")
def list_users(as_json: Annotated[bool, typer.Option("--json", help="One JSON array.")] = False) -> None:
    """Print everybody."""
    with open_store(load()) as engine, reading(engine) as connection:
        found = users.all_users(connection)
    if as_json:
        print_json(user._asdict() for user in found)
    else:
        print_table(users.UserEntry._fields, found)


@app.command("sessions")
def list_sessions(
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="Only this person's.")] = None,
    end: Annotated[bool, typer.Option("--end", help="Sign the person out everywhere.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON array.")] = False,
) -> None:
    """Print who is signed in at the pages, or sign somebody out."""
    settings = load()
    if end:
        if name is None:
            raise UsageError("--end needs the NAME of whom to sign out")
        act = act_now()
        with open_store(settings) as engine, writing(engine) as connection:
            ended = sessions.end_all_of(connection, name, act.at)
            record(connection, act, "user.sessions_end", name, {"sessions": ended})
        say(f"{counted(ended, 'session')} of {name} ended")
        return
    with open_store(settings) as engine, reading(engine) as connection:
        found = [
            entry
            for entry in sessions.in_force(connection, act_now().at, session_rules(settings))
            if name is None or entry.user == name
        ]
    if as_json:
        print_json(entry._asdict() for entry in found)
    else:
        print_table(sessions.SessionEntry._fields, found)
