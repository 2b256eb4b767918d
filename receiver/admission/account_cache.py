"""Accounts and verified passwords on disk beside the journal, for restarts and hours without the store.

Two files, readable by their owner only: a SQLite file with the accounts (argon2 hashes as in the
store) and, for each password once verified, its keyed SHA-256; and the random key of that. With
them three thousand loggers can log in within a second of a restart, where argon2 would take a
minute. The cache is a convenience: when it can not be written, the door says so and goes on.
"""

import hmac
import json
import os
import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import ip_network
from pathlib import Path

import structlog

from receiver.admission.accounts import Account
from receiver.admission.quotas import Quota

log = structlog.get_logger()

_TABLES = """
CREATE TABLE IF NOT EXISTS account (name TEXT PRIMARY KEY, details TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS verified (
    name TEXT PRIMARY KEY, password_hash TEXT NOT NULL, digest BLOB NOT NULL
) STRICT;
"""


class AccountCache:
    """The cache of one journal; workers of the same journal share it.

    Raises OSError where it can not be made.
    """

    def __init__(self, journal_path: Path) -> None:
        self._path = journal_path.with_name(journal_path.name + "-accounts")
        self._key = _key_of(journal_path.with_name(journal_path.name + "-accounts.key"))
        os.close(os.open(self._path, os.O_CREAT | os.O_RDWR, 0o600))

    def digest(self, name: str, password: bytes) -> bytes:
        """The keyed hash under which a verified password is remembered."""
        return hmac.digest(self._key, name.encode() + b"\0" + password, "sha256")

    def load(self) -> list[Account]:
        """The accounts as last saved; none where the file is new or can not be read."""
        try:
            with self._connection() as connection:
                rows = connection.execute("SELECT details FROM account").fetchall()
        except sqlite3.Error:
            log.exception("account_cache_unreadable", path=str(self._path))
            return []
        return [_from_json(row[0]) for row in rows]

    def save(self, accounts: list[Account]) -> None:
        """Replaces the saved accounts, and forgets verified passwords of accounts that are gone."""
        rows = [(account.name, _to_json(account)) for account in accounts]
        try:
            with self._connection() as connection:
                connection.execute("DELETE FROM account")
                connection.executemany("INSERT INTO account VALUES (?, ?)", rows)
                connection.execute("DELETE FROM verified WHERE name NOT IN (SELECT name FROM account)")
        except sqlite3.Error:
            log.exception("account_cache_not_written", path=str(self._path))

    def verified(self) -> dict[str, tuple[str, bytes]]:
        """By account: the password hash that was verified against, and the digest of the password."""
        try:
            with self._connection() as connection:
                rows = connection.execute("SELECT name, password_hash, digest FROM verified").fetchall()
        except sqlite3.Error:
            log.exception("account_cache_unreadable", path=str(self._path))
            return {}
        return {name: (password_hash, digest) for name, password_hash, digest in rows}

    def remember(self, name: str, password_hash: str, digest: bytes) -> None:
        """Keeps a verified password's digest; it counts as long as the account keeps that hash."""
        try:
            with self._connection() as connection:
                connection.execute(
                    "INSERT OR REPLACE INTO verified VALUES (?, ?, ?)", (name, password_hash, digest)
                )
        except sqlite3.Error:
            log.exception("account_cache_not_written", path=str(self._path))

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        connection = sqlite3.connect(self._path, timeout=5, isolation_level=None)
        try:
            connection.executescript(_TABLES)
            connection.execute("PRAGMA synchronous=NORMAL")
            connection.execute("BEGIN IMMEDIATE")
            yield connection
            connection.execute("COMMIT")
        finally:
            connection.close()  # rolls back what was not committed


def _key_of(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        pass  # the first start makes it, below
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    descriptor = os.open(fresh, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(secrets.token_bytes(32))
    try:
        os.link(fresh, path)  # fails where another worker was first: all must use one key
    except FileExistsError:
        pass
    finally:
        fresh.unlink()
    return path.read_bytes()


def _to_json(account: Account) -> str:
    return json.dumps(
        {
            "name": account.name,
            "password_hash": account.password_hash,
            "stations": sorted(account.stations),
            "allow": [str(network) for network in account.allow],
            "permissions": sorted(account.permissions),
            "disabled": account.disabled,
            "layout": account.layout,
            "keys": sorted(account.keys),
            "quota": account.quota,
        }
    )


def _from_json(text: str) -> Account:
    details = json.loads(text)
    return Account(
        details["name"],
        details["password_hash"],
        frozenset(details["stations"]),
        tuple(ip_network(network) for network in details["allow"]),
        frozenset(details["permissions"]),
        details["disabled"],
        details.get("layout", 0),  # a cache written before there was one
        frozenset(details.get("keys", ())),
        Quota(*details["quota"]) if details.get("quota") else None,
    )
