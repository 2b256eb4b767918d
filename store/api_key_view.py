"""Looking up who holds an API key. Keys are made and withdrawn elsewhere; this only looks."""

from typing import NamedTuple

from sqlalchemy import Connection, select

from store.tables import api_key


class KeyHolder(NamedTuple):
    """A program that may call the interface."""

    name: str
    role: str
    stations: tuple[str, ...]
    """Codes that a facility's key may see and send for."""


def key_holder(connection: Connection, key_hash: str) -> KeyHolder | None:
    """Who holds the key with this SHA-256 (hexadecimal); None when nobody does or it was withdrawn."""
    row = connection.execute(
        select(api_key.c.name, api_key.c.role, api_key.c.stations).where(
            api_key.c.key_hash == key_hash, ~api_key.c.disabled
        )
    ).one_or_none()
    return None if row is None else KeyHolder(row.name, row.role, tuple(row.stations))
