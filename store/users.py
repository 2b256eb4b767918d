"""People who open the pages: adding them, and changing their passwords. Looking up is store/user_view.py."""

from sqlalchemy import Connection, insert, select, update

from store.audit import Act, record
from store.tables import app_user

ROLES = ("admin", "operator", "reviewer", "viewer", "auditor", "facility")
"""What a person or a program may be: a closed set."""


class UserProblemError(Exception):
    """The user that a command names is not there, or is there already."""


def add_user(connection: Connection, name: str, password_hash: str, role: str, act: Act) -> None:
    """Adds a person. Raises UserProblemError where the name is taken."""
    if connection.scalar(select(app_user.c.id).where(app_user.c.name == name)) is not None:
        raise UserProblemError(f"the user {name} exists; `qttd user passwd` changes the password")
    values = {"name": name, "password_hash": password_hash, "role": role, "created_at": act.at}
    connection.execute(insert(app_user).values(values))
    record(connection, act, "user.add", name, {"role": role})


def set_password(connection: Connection, name: str, password_hash: str, act: Act) -> None:
    """Replaces a person's password. Raises UserProblemError where there is no such person."""
    statement = update(app_user).where(app_user.c.name == name).values(password_hash=password_hash)
    if connection.execute(statement).rowcount != 1:
        raise UserProblemError(f"there is no user {name}")
    record(connection, act, "user.password", name)
