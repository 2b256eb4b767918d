"""Keys of programs that call the interface: making and withdrawing them. Looking up is api_key_view.

A key is 32 random bytes as text; only its SHA-256 is kept. A random text of that length cannot be
guessed, so the slow hash that passwords need would only slow each call down.
"""

from collections.abc import Sequence
from hashlib import sha256
from secrets import token_urlsafe

from sqlalchemy import Connection, insert, select

from store import read_again, revisions
from store.audit import Act, record
from store.tables import api_key

PREFIX = "qttd_"
"""Begins every key, so that one that leaked is recognised for what it is."""


class ApiKeyProblemError(Exception):
    """The key that a command names is there already."""


def key_hash(key: str) -> str:
    """What is kept of a key: its SHA-256, hexadecimal."""
    return sha256(key.encode()).hexdigest()


def add_api_key(connection: Connection, name: str, role: str, stations: Sequence[str], act: Act) -> str:
    """Makes a key and returns it, once and for all. Raises ApiKeyProblemError for a taken name."""
    if connection.scalar(select(api_key.c.id).where(api_key.c.name == name)) is not None:
        raise ApiKeyProblemError(f"a key named {name} exists; choose another name")
    key = PREFIX + token_urlsafe(32)
    values = {
        "name": name,
        "key_hash": key_hash(key),
        "role": role,
        "stations": list(stations),
        "created_at": act.at,
    }
    connection.execute(insert(api_key).values(values))
    record(connection, act, "apikey.add", name, {"role": role, "stations": list(stations)})
    # what a key may send for is looked up with the accounts
    revisions.bump(connection, "accounts")
    read_again.ask_rejected(connection, read_again.NETWORK_REASONS, act.at)
    return key
