"""Keys of programs that call the interface: making and withdrawing them. Looking up is api_key_view.

A key is 32 random bytes as text; only its SHA-256 is kept. A random text of that length cannot be
guessed, so the slow hash that passwords need would only slow each call down.
"""

from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from secrets import token_urlsafe

from sqlalchemy import Connection, insert, select, update

from store import revisions
from store.audit import Act, record
from store.files import read_again
from store.tables import api_key

PREFIX = "qttd_"
"""Begins every key, so that one that leaked is recognised for what it is."""


class ApiKeyProblemError(Exception):
    """The key that a command names is there already."""


def key_hash(key: str) -> str:
    """What is kept of a key: its SHA-256, hexadecimal."""
    return sha256(key.encode()).hexdigest()


def add_api_key(
    connection: Connection,
    name: str,
    role: str,
    stations: Sequence[str],
    act: Act,
    *,
    actions: Sequence[str] | None = None,
    expires_at: datetime | None = None,
) -> str:
    """Makes a key and returns it, once and for all. Raises ApiKeyProblemError for a taken name.

    stations: those it is bound to; none: as its role has it. actions: what it may do of its role's; None:
    all of it.
    """
    if connection.scalar(select(api_key.c.id).where(api_key.c.name == name)) is not None:
        raise ApiKeyProblemError(f"a key named {name} exists; choose another name")
    key = PREFIX + token_urlsafe(32)
    values: dict[str, object] = {
        "name": name,
        "key_hash": key_hash(key),
        "role": role,
        "stations": list(stations),
        "expires_at": expires_at,
        "created_at": act.at,
    }
    if actions is not None:
        values["actions"] = list(actions)
    connection.execute(insert(api_key).values(values))
    detail: dict[str, object] = {"role": role, "stations": list(stations)}
    if actions is not None:
        detail["actions"] = list(actions)
    if expires_at is not None:
        detail["expires_at"] = expires_at.isoformat()
    record(connection, act, "apikey.add", name, detail)
    # what a key may send for is looked up with the accounts
    revisions.bump(connection, "accounts")
    read_again.ask_rejected(connection, read_again.NETWORK_REASONS, act.at)
    return key


def disable_api_key(connection: Connection, name: str, act: Act) -> None:
    """Withdraws a key, for good. Raises ApiKeyProblemError where there is none of that name in force."""
    statement = update(api_key).where(api_key.c.name == name, ~api_key.c.disabled).values(disabled=True)
    if connection.execute(statement).rowcount != 1:
        raise ApiKeyProblemError(f"there is no key {name} in force; `qttd apikey list` names them all")
    record(connection, act, "apikey.disable", name)
