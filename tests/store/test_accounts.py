"""Accounts, users and keys in the store: what is kept of them, and what a change moves."""

from datetime import UTC, datetime
from hashlib import sha256

import pytest
from sqlalchemy import Engine, insert, select

from store.access import accounts, api_keys, users
from store.audit import Act, entries
from store.engine import reading, writing
from store.lists.accounts_csv import read_account_list
from store.lists.csv_table import ListError
from store.revisions import current
from store.tables import api_key, app_user, data_file, read_again

ACT = Act("cli:lan", datetime(2026, 5, 30, 3, 0, tzinfo=UTC))


def put(engine: Engine, text: str, **hashes: str) -> tuple[int, int, int]:
    with writing(engine) as connection:
        return accounts.put_accounts(connection, read_account_list(text.encode()), hashes.get, ACT)


def revision(engine: Engine) -> int:
    with reading(engine) as connection:
        return current(connection, "accounts")


def known(engine: Engine) -> dict[str, tuple[tuple[str, ...], tuple[str, ...], str]]:
    with reading(engine) as connection:
        hashes = accounts.password_hashes(connection)
        return {e.name: (e.stations, e.allow, hashes[e.name]) for e in accounts.all_accounts(connection)}


def test_an_account_is_added_once(engine: Engine) -> None:
    with writing(engine) as connection:
        accounts.add_account(connection, "log", "h", ["B", "a"], ["10.0.0.0/8"], False, ACT)
    with reading(engine) as connection:
        (entry,) = accounts.all_accounts(connection)
    assert entry == accounts.AccountEntry("log", ("a", "B"), ("10.0.0.0/8",), False, 0, False, ACT.at)
    assert revision(engine) == 1
    with pytest.raises(accounts.AccountProblemError, match="exists"), writing(engine) as connection:
        accounts.add_account(connection, "log", "h", [], [], True, ACT)
    assert revision(engine) == 1


def test_password_and_closing_move_the_revision(engine: Engine) -> None:
    with writing(engine) as connection:
        accounts.add_account(connection, "log", "h", ["A"], [], False, ACT)
        accounts.set_password(connection, "log", "h2", ACT)
        accounts.set_disabled(connection, "log", True, ACT)
        (entry,) = accounts.all_accounts(connection)
        assert (entry.disabled, accounts.password_hashes(connection)) == (True, {"log": "h2"})
        accounts.set_disabled(connection, "log", False, ACT)
        assert [one.action for one in entries(connection)] == [
            "account.add", "account.password", "account.disable", "account.enable",
        ]  # fmt: skip
        assert "h2" not in str(entries(connection))
    assert revision(engine) == 4
    with pytest.raises(accounts.AccountProblemError, match="no account other"), writing(engine) as connection:
        accounts.set_password(connection, "other", "h", ACT)


def test_a_list_adds_and_changes_only_what_it_says(engine: Engine) -> None:
    assert put(engine, "name,password,stations,allow\na,x,A;B,10.0.0.1\nb,y,,\n", a="h1", b="h2") == (2, 0, 0)
    first = {"a": (("A", "B"), ("10.0.0.1/32",), "h1"), "b": ((), (), "h2")}
    assert known(engine) == first
    assert put(engine, "name\na\nb\n") == (0, 0, 2)
    assert put(engine, "name,stations\na,b;a\n") == (0, 0, 1)
    assert (known(engine), revision(engine)) == (first, 1)
    assert put(engine, "name,password,stations\na,new,C\n", a="h3") == (0, 1, 0)
    assert known(engine)["a"] == (("C",), ("10.0.0.1/32",), "h3")
    assert put(engine, "name,allow\na,\n") == (0, 1, 0)
    assert known(engine)["a"] == (("C",), (), "h3")
    assert revision(engine) == 3


def test_bad_lines_are_told_and_nothing_is_taken(engine: Engine) -> None:
    text = "name,password,stations,allow\na,x,A,10.0.0.0/33\nb,,B,\na,x,A,\nc,x,A/B,\nd,x,D,\n"
    with pytest.raises(ListError) as caught:
        put(engine, text, a="h", d="h")
    assert [(one.line, one.column) for one in caught.value.problems] == [
        (2, "allow"), (3, "password"), (4, "name"), (5, "stations"),
    ]  # fmt: skip
    assert known(engine) == {}


def test_files_that_were_not_allowed_are_read_again(engine: Engine) -> None:
    values = {
        "id": 1, "journal_uuid": "u", "journal_id": 1, "account": "a", "path": "/p", "name": "p",
        "door": "ftp", "peer": "::1", "received_at": ACT.at, "size": 1, "sha256": "0", "state": "rejected",
        "reason": "not_allowed", "readings": 0, "problems": 1, "notes": [], "content": b"x",
    }  # fmt: skip
    with writing(engine) as connection:
        connection.execute(insert(data_file).values(values))
    put(engine, "name,password,stations\na,x,A\n", a="h")
    with reading(engine) as connection:
        assert connection.scalars(select(read_again.c.file_id)).all() == [1]


def test_only_the_hash_of_a_key_is_kept(engine: Engine) -> None:
    with writing(engine) as connection:
        key = api_keys.add_api_key(connection, "k", "facility", ["A"], ACT)
        row = connection.execute(select(api_key)).one()
        assert (row.role, row.stations, row.key_hash) == ("facility", ["A"], sha256(key.encode()).hexdigest())
        assert key.startswith("qttd_")
        assert len(key) == 48
        assert key not in str(entries(connection))
        assert api_keys.add_api_key(connection, "k2", "viewer", [], ACT) != key
    assert revision(engine) == 2
    with pytest.raises(api_keys.ApiKeyProblemError, match="k exists"), writing(engine) as connection:
        api_keys.add_api_key(connection, "k", "viewer", [], ACT)


def test_users_are_added_once_and_change_their_password(engine: Engine) -> None:
    with writing(engine) as connection:
        users.add_user(connection, "lan", "h", "admin", ACT)
        users.set_password(connection, "lan", "h2", ACT)
        row = connection.execute(select(app_user)).one()
        assert (row.name, row.password_hash, row.role, row.disabled) == ("lan", "h2", "admin", False)
    with pytest.raises(users.UserProblemError, match="lan exists"), writing(engine) as connection:
        users.add_user(connection, "lan", "h", "viewer", ACT)
    with pytest.raises(users.UserProblemError, match="no user an"), writing(engine) as connection:
        users.set_password(connection, "an", "h", ACT)
