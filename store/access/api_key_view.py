"""Looking up who holds an API key, and all keys. Keys are made and withdrawn in store/access/api_keys.py."""

from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Connection, or_, select, update

from store.tables import api_key

USED_EVERY = timedelta(minutes=1)
"""How exactly it is known when a key was used last: a write for every call would be too many."""


class KeyHolder(NamedTuple):
    """A program that may call the interface."""

    name: str
    role: str
    stations: tuple[str, ...]
    """Codes that it is bound to; empty: as its role has it."""
    actions: tuple[str, ...] | None
    """What it may do of its role's; None: all of it."""
    last_used_at: datetime | None


class KeyEntry(NamedTuple):
    """A key, without anything that opens a door."""

    name: str
    role: str
    stations: tuple[str, ...]
    actions: tuple[str, ...] | None
    disabled: bool
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None


def key_holder(connection: Connection, key_hash: str, now: datetime) -> KeyHolder | None:
    """Who holds the key with this SHA-256 (hexadecimal); None where nobody does, or not any more."""
    columns = (api_key.c[name] for name in KeyHolder._fields)
    row = connection.execute(
        select(*columns).where(
            api_key.c.key_hash == key_hash,
            ~api_key.c.disabled,
            or_(api_key.c.expires_at.is_(None), api_key.c.expires_at > now),
        )
    ).one_or_none()
    if row is None:
        return None
    return KeyHolder(row.name, row.role, tuple(row.stations), _tuple(row.actions), row.last_used_at)


def used(connection: Connection, name: str, now: datetime) -> None:
    """The key was used."""
    connection.execute(update(api_key).where(api_key.c.name == name).values(last_used_at=now))


def all_keys(connection: Connection) -> list[KeyEntry]:
    """Every key, by name, withdrawn ones too."""
    columns = (api_key.c[name] for name in KeyEntry._fields)
    return [
        KeyEntry(
            row.name,
            row.role,
            tuple(row.stations),
            _tuple(row.actions),
            row.disabled,
            row.created_at,
            row.expires_at,
            row.last_used_at,
        )
        for row in connection.execute(select(*columns).order_by(api_key.c.name))
    ]


def _tuple(given: list[str] | None) -> tuple[str, ...] | None:
    return None if given is None else tuple(given)
