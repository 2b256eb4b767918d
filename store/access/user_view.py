"""Looking up a person who opens the pages. Users are made elsewhere; this only looks."""

from typing import NamedTuple

from sqlalchemy import Connection, select

from store.tables import app_user


class User(NamedTuple):
    """A person with a password."""

    name: str
    password_hash: str
    role: str
    stations: tuple[str, ...] = ()
    """Codes that a facility's user may see."""


def find_user(connection: Connection, name: str) -> User | None:
    """The user of that name; None when there is none or it is disabled."""
    row = connection.execute(
        select(app_user.c.name, app_user.c.password_hash, app_user.c.role, app_user.c.stations).where(
            app_user.c.name == name, ~app_user.c.disabled
        )
    ).one_or_none()
    return None if row is None else User(*row[:3], tuple(row.stations))
