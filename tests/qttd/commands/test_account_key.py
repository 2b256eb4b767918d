"""`qttd account key`: only public keys that are safe are taken, and each change is heard of at the door."""

from pathlib import Path

import asyncssh
import pytest
from sqlalchemy import Engine

from qttd.store_accounts import StoreAccounts
from store.audit import entries
from store.engine import open_engine, reading
from tests.qttd.conftest import CommandLine


def public(kind: str = "ssh-ed25519", **options: object) -> str:
    key = asyncssh.generate_private_key(kind, "tủ đo số 1", **options)
    return key.export_public_key("openssh").decode()


@pytest.fixture
def account(ready: CommandLine) -> CommandLine:
    assert ready("account", "add", "thub", "--stations", "QN_THUB_NUODAU", stdin="mật khẩu\n").code == 0
    return ready


def store(line: CommandLine) -> Engine:
    return open_engine(f"sqlite:///{line.folder / 'qttd.db'}")


def test_a_key_comes_and_goes(account: CommandLine) -> None:
    file = account.write("thub.pub", public())
    before = StoreAccounts(store(account)).revision()
    assert account("account", "key", "add", "thub", file).code == 0
    (row,) = account("account", "key", "list", "thub", "--json").json()
    assert (row["account"], row["kind"], row["comment"]) == ("thub", "ssh-ed25519", "tủ đo số 1")
    source = StoreAccounts(store(account))
    (known,) = source.load()
    assert known.keys == {" ".join(Path(file).read_text(encoding="utf-8").split(" ")[:2])}
    assert source.revision() > before
    again = account("account", "key", "add", "thub", file)
    assert (again.code, "already" in again.err) == (65, True)
    assert account("account", "key", "remove", "thub", row["fingerprint"]).code == 0
    assert account("account", "key", "remove", "thub", row["fingerprint"]).code == 65
    assert account("account", "key", "list", "--json").json() == []
    with reading(store(account)) as connection:
        actions = [entry.action for entry in entries(connection)]
    assert actions[-2:] == ["account.key_add", "account.key_remove"]


def test_a_key_from_stdin(account: CommandLine) -> None:
    assert account("account", "key", "add", "thub", "-", stdin=public("ecdsa-sha2-nistp256")).code == 0


@pytest.mark.parametrize("kind", ["private", "short", "text"])
def test_what_is_no_key_to_take(account: CommandLine, kind: str) -> None:
    text = {
        "private": asyncssh.generate_private_key("ssh-ed25519").export_private_key().decode(),
        "short": public("ssh-rsa", key_size=1024),
        "text": "ssh-ed25519 AAAA nonsense\n",
    }[kind]
    done = account("account", "key", "add", "thub", account.write("x.pub", text))
    assert done.code == 65
    assert account("account", "key", "list", "--json").json() == []


def test_of_an_account_that_is_not_there(account: CommandLine) -> None:
    done = account("account", "key", "add", "nobody", "-", stdin=public())
    assert (done.code, "no account nobody" in done.err) == (65, True)
