"""Public keys of accounts, as administration sees them and as the SFTP door asks for them.

Only public halves come here, so nothing is secret; what a key is worth is decided by who may add one. Every
change is audited and moves the revision of the accounts, which the doors look at.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, delete, insert, select

from store import revisions
from store.access.accounts import AccountProblemError
from store.audit import Act, record
from store.tables import account, account_key


class PublicKey(NamedTuple):
    """A public key, read and found to be one (qttd/public_key.py)."""

    key: str
    """Kind and base64: `ssh-ed25519 AAAA…`."""
    fingerprint: str
    """`SHA256:…`, as OpenSSH prints it."""
    comment: str


@dataclass(frozen=True)
class AccountKey:
    """A key of an account."""

    account: str
    kind: str
    fingerprint: str
    comment: str
    created_at: datetime
    """UTC."""


def add_key(connection: Connection, name: str, key: PublicKey, act: Act) -> None:
    """Lets an account log in with a key. Raises AccountProblemError: no such account, or it has the key."""
    number = _account_id(connection, name)
    there = select(account_key.c.id).where(
        account_key.c.account_id == number, account_key.c.fingerprint == key.fingerprint
    )
    if connection.scalar(there) is not None:
        raise AccountProblemError(f"the account {name} has the key {key.fingerprint} already")
    connection.execute(
        insert(account_key).values(
            account_id=number,
            key=key.key,
            fingerprint=key.fingerprint,
            comment=key.comment,
            created_at=act.at,
        )
    )
    detail = {"fingerprint": key.fingerprint, "comment": key.comment}
    record(connection, act, "account.key_add", name, detail)
    revisions.bump(connection, "accounts")


def remove_key(connection: Connection, name: str, fingerprint: str, act: Act) -> None:
    """Takes a key from an account. Raises AccountProblemError where it has no such key."""
    number = _account_id(connection, name)
    wanted = (account_key.c.account_id == number, account_key.c.fingerprint == fingerprint)
    if connection.execute(delete(account_key).where(*wanted)).rowcount != 1:
        raise AccountProblemError(
            f"the account {name} has no key {fingerprint}; `qttd account key list {name}` names them"
        )
    record(connection, act, "account.key_remove", name, {"fingerprint": fingerprint})
    revisions.bump(connection, "accounts")


def all_keys(connection: Connection, name: str | None = None) -> list[AccountKey]:
    """The keys of all accounts, or of one, oldest first. Raises AccountProblemError for an unknown name."""
    query = (
        select(account.c.name, account_key)
        .join(account, account.c.id == account_key.c.account_id)
        .order_by(account.c.name, account_key.c.id)
    )
    if name is not None:
        query = query.where(account_key.c.account_id == _account_id(connection, name))
    return [
        AccountKey(row.name, row.key.partition(" ")[0], row.fingerprint, row.comment, row.created_at)
        for row in connection.execute(query)
    ]


def keys_by_account(connection: Connection) -> dict[str, frozenset[str]]:
    """Each account's keys, as kind and base64: for the door."""
    found: dict[str, set[str]] = {}
    query = select(account.c.name, account_key.c.key).join(account, account.c.id == account_key.c.account_id)
    for row in connection.execute(query):
        found.setdefault(row.name, set()).add(row.key)
    return {name: frozenset(keys) for name, keys in found.items()}


def _account_id(connection: Connection, name: str) -> int:
    number = connection.scalar(select(account.c.id).where(account.c.name == name))
    if number is None:
        raise AccountProblemError(f"there is no account {name}; `qttd account list` names them all")
    return int(number)
