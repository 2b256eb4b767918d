"""People who open the pages: adding, changing and listing them. store/access/user_view.py looks one up."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, insert, select, update

from store.access.sessions import end_all_of
from store.audit import Act, record
from store.tables import app_user

ROLES = ("admin", "operator", "reviewer", "viewer", "auditor", "facility")
"""What a person or a program may be: a closed set."""


class UserProblemError(Exception):
    """The user that a command names is not there, or is there already, or would see nothing."""


class UserEntry(NamedTuple):
    """A person, without the password."""

    name: str
    role: str
    stations: tuple[str, ...]
    disabled: bool
    created_at: datetime


def add_user(
    connection: Connection,
    name: str,
    password_hash: str,
    role: str,
    act: Act,
    stations: Sequence[str] = (),
) -> None:
    """Adds a person. stations: codes; of a facility's user only. Raises UserProblemError."""
    if connection.scalar(select(app_user.c.id).where(app_user.c.name == name)) is not None:
        raise UserProblemError(f"the user {name} exists; `qttd user passwd` changes the password")
    if stations and role != "facility":
        raise UserProblemError(f"a user with the role {role} sees every station; only a facility's is bound")
    if role == "facility" and not stations:
        raise UserProblemError("a facility's user needs its stations: --stations CODE[,CODE]")
    values = {
        "name": name,
        "password_hash": password_hash,
        "role": role,
        "stations": list(stations),
        "created_at": act.at,
    }
    connection.execute(insert(app_user).values(values))
    record(connection, act, "user.add", name, {"role": role, "stations": list(stations)})


def set_password(connection: Connection, name: str, password_hash: str, act: Act) -> None:
    """Replaces a person's password and ends their sessions. UserProblemError: there is no such person."""
    _change(connection, name, act, "user.password", password_hash=password_hash)


def set_disabled(connection: Connection, name: str, disabled: bool, act: Act) -> None:
    """Shuts a person out, or lets them in again; sessions end. UserProblemError: there is no such person."""
    _change(connection, name, act, "user.disable" if disabled else "user.enable", disabled=disabled)


def all_users(connection: Connection) -> list[UserEntry]:
    """Everybody, by name."""
    columns = (app_user.c[name] for name in UserEntry._fields)
    rows = connection.execute(select(*columns).order_by(app_user.c.name))
    return [UserEntry(row.name, row.role, tuple(row.stations), row.disabled, row.created_at) for row in rows]


def _change(connection: Connection, name: str, act: Act, action: str, **values: object) -> None:
    statement = update(app_user).where(app_user.c.name == name).values(**values)
    if connection.execute(statement).rowcount != 1:
        raise UserProblemError(f"there is no user {name}")
    end_all_of(connection, name, act.at)
    record(connection, act, action, name)
