"""Accounts that loggers and readers log in with, as administration sees them.

An account names its stations by code, and the codes may be declared later. A password comes
here hashed; a change of any account moves the revision of the accounts, which doors look at, and has files
read again that were rejected because their account was not allowed to send them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select, update

from store import revisions
from store.audit import Act, record
from store.files import read_again
from store.lists.accounts_csv import AccountLine
from store.lists.csv_table import LineProblem, ListError, problems_of
from store.network.keys import code_key
from store.tables import account, account_station


class AccountProblemError(Exception):
    """The account that a command names is not there, or is there already."""


@dataclass(frozen=True)
class AccountEntry:
    """An account without its password's hash: what may be shown."""

    name: str
    stations: tuple[str, ...]
    """Codes as the department wrote them."""
    allow: tuple[str, ...]
    """Addresses and ranges it may come from; none: any."""
    reader: bool
    """Sees every station's files and sends none."""
    layout: int
    """Of the dated folders that a reader sees (store/files/folder_layouts.py)."""
    disabled: bool
    created_at: datetime
    """UTC."""


def all_accounts(connection: Connection) -> list[AccountEntry]:
    """Every account, disabled ones too, by name."""
    stations: dict[int, list[str]] = {}
    query = select(account_station.c.account_id, account_station.c.code).order_by(account_station.c.code_key)
    for row in connection.execute(query):
        stations.setdefault(row.account_id, []).append(row.code)
    return [
        AccountEntry(
            row.name,
            tuple(stations.get(row.id, ())),
            tuple(row.allow),
            row.reader,
            row.layout,
            row.disabled,
            row.created_at,
        )
        for row in connection.execute(select(account).order_by(account.c.name))
    ]


def password_hashes(connection: Connection) -> dict[str, str]:
    """Each account's password hash: for the doors, and to see whether a password in a list is new."""
    return {
        row.name: row.password_hash
        for row in connection.execute(select(account.c.name, account.c.password_hash))
    }


def add_account(
    connection: Connection,
    name: str,
    password_hash: str,
    stations: Sequence[str],
    allow: Sequence[str],
    reader: bool,
    act: Act,
    layout: int = 0,
) -> None:
    """Adds an account. Raises AccountProblemError where the name is taken."""
    if connection.scalar(select(account.c.id).where(account.c.name == name)) is not None:
        raise AccountProblemError(f"the account {name} exists; `qttd account passwd` changes its password")
    _insert(connection, name, password_hash, stations, allow, reader, act, layout)
    _changed(connection, act)


def put_accounts(
    connection: Connection, lines: Sequence[AccountLine], hash_of: Callable[[str], str | None], act: Act
) -> tuple[int, int, int]:
    """Adds and updates the accounts of a list: how many were added, changed and left as they are.

    `hash_of(name)` is the hash of the password that the list gives the account, and None where the list
    gives none or the present one: hashing takes its time and is done before the transaction begins.
    Raises ListError, with every bad line, and changes nothing then.
    """
    present = {entry.name: entry for entry in all_accounts(connection)}
    problems = problems_of(line.row for line in lines)
    line_of: dict[str, int] = {}
    for line in lines:
        if not line.name:
            continue
        if line.name in line_of:
            message = f"{line.name} stands in line {line_of[line.name]} too"
            problems.append(LineProblem(line.row.line, "name", message))
        line_of.setdefault(line.name, line.row.line)
        if line.name not in present and not line.password:
            problems.append(LineProblem(line.row.line, "password", "a new account needs one"))
    if problems:
        raise ListError(problems)
    added = changed = 0
    for line in lines:
        hashed = hash_of(line.name)
        if line.name not in present and hashed is not None:
            _insert(connection, line.name, hashed, line.stations or (), line.allow or (), False, act)
            added += 1
        elif line.name in present and _update(connection, present[line.name], line, hashed, act):
            changed += 1
    if added or changed:
        _changed(connection, act)
    return added, changed, len(lines) - added - changed


def set_password(connection: Connection, name: str, password_hash: str, act: Act) -> None:
    """Replaces an account's password. Raises AccountProblemError where there is no such account."""
    _set(connection, name, act, "account.password", password_hash=password_hash)


def set_disabled(connection: Connection, name: str, disabled: bool, act: Act) -> None:
    """Closes or opens an account. Raises AccountProblemError where there is no such account."""
    _set(connection, name, act, "account.disable" if disabled else "account.enable", disabled=disabled)


def _set(connection: Connection, name: str, act: Act, action: str, **values: object) -> None:
    if connection.execute(update(account).where(account.c.name == name).values(values)).rowcount != 1:
        raise AccountProblemError(f"there is no account {name}; `qttd account list` names them all")
    record(connection, act, action, name)
    _changed(connection, act)


def _insert(
    connection: Connection,
    name: str,
    password_hash: str,
    stations: Sequence[str],
    allow: Sequence[str],
    reader: bool,
    act: Act,
    layout: int = 0,
) -> None:
    statement = insert(account).values(
        name=name,
        password_hash=password_hash,
        allow=list(allow),
        reader=reader,
        layout=layout,
        created_at=act.at,
    )
    number = connection.execute(statement.returning(account.c.id)).scalar_one()
    _put_stations(connection, number, stations)
    detail: dict[str, object] = {"stations": list(stations), "allow": list(allow), "reader": reader}
    if reader:
        detail["layout"] = layout
    record(connection, act, "account.add", name, detail)


def _update(
    connection: Connection, present: AccountEntry, line: AccountLine, hashed: str | None, act: Act
) -> bool:
    """Whether the line changed anything."""
    detail: dict[str, object] = {}
    values: dict[str, object] = {}
    number = connection.execute(select(account.c.id).where(account.c.name == present.name)).scalar_one()
    if hashed is not None:
        values["password_hash"], detail["password"] = hashed, "changed"
    if line.allow is not None and line.allow != present.allow:
        values["allow"] = list(line.allow)
        detail["allow"] = [list(present.allow), list(line.allow)]
    if line.stations is not None and _keys(line.stations) != _keys(present.stations):
        detail["stations"] = [list(present.stations), list(line.stations)]
        connection.execute(delete(account_station).where(account_station.c.account_id == number))
        _put_stations(connection, number, line.stations)
    if values:
        connection.execute(update(account).where(account.c.id == number).values(values))
    if detail:
        record(connection, act, "account.change", present.name, detail)
    return bool(detail)


def _put_stations(connection: Connection, account_id: int, stations: Sequence[str]) -> None:
    codes = {code_key(code): code for code in stations}
    rows = [{"account_id": account_id, "code_key": key, "code": code} for key, code in codes.items()]
    if rows:
        connection.execute(insert(account_station), rows)


def _keys(codes: Sequence[str]) -> set[str]:
    return {code_key(code) for code in codes}


def _changed(connection: Connection, act: Act) -> None:
    revisions.bump(connection, "accounts")
    read_again.ask_rejected(connection, read_again.NETWORK_REASONS, act.at)
