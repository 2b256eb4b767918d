"""`qttd user`: people who open the pages."""

from typing import Annotated

import typer

from qttd.output import act_now, read_password, say, told_as_usage
from qttd.roles_of_people import Role
from qttd.settings import load
from qttd.store_access import open_store
from store import users
from store.engine import writing
from store.lists import cells
from store.secrets import hash_password

app = typer.Typer(rich_markup_mode=None, help="Add people who open the pages.")
Name = Annotated[str, typer.Argument(metavar="NAME", help="The name to log in with.")]


@app.command()
def add(
    name: Name, role: Annotated[Role, typer.Option(help="What the person may do.")] = Role.viewer
) -> None:
    """Add a person. The password comes from stdin, or is asked for."""
    with told_as_usage():
        cells.account_name(name)
    hashed = hash_password(read_password(f"password of {name}"))
    with open_store(load()) as engine, writing(engine) as connection:
        users.add_user(connection, name, hashed, role.value, act_now())
    say(f"user {name} is added as {role.value}")


@app.command()
def passwd(name: Name) -> None:
    """Change a person's password. The new one comes from stdin, or is asked for."""
    hashed = hash_password(read_password(f"new password of {name}"))
    with open_store(load()) as engine, writing(engine) as connection:
        users.set_password(connection, name, hashed, act_now())
    say(f"the password of {name} is changed")
