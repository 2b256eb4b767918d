"""Logins: who gets in, what is remembered, and what the door does while the store is away."""

import stat
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path

import pytest
import structlog

from receiver.admission.account_book import AccountBook
from receiver.admission.account_cache import AccountCache
from receiver.admission.accounts import Account
from receiver.admission.ban_file import BanFile
from receiver.admission.ban_rules import BanPolicy
from receiver.admission.bans import Bans
from receiver.admission.logins import Logins, Verdict
from store.access.secrets import hash_password, verify_password

from .conftest import NOW, PASSWORD, Accounts, Client, Door, poll

RIGHT = PASSWORD.encode()


class Desk:
    """Logins with all that belongs to them."""

    def __init__(self, folder: Path, source: Accounts) -> None:
        self.source = source
        self.cache = AccountCache(folder / "intake.db")
        self.book = AccountBook(source, self.cache)
        self.bans = Bans(folder / "intake.db", BanPolicy(), lambda: NOW)
        self.logins = Logins(self.book, self.cache, self.bans)

    def ask(self, name: str, password: bytes = RIGHT, peer: str = "10.0.0.1") -> Verdict:
        answers: list[Verdict] = []
        done = threading.Event()

        def take(verdict: Verdict) -> None:
            answers.append(verdict)
            done.set()

        at_once = self.logins.check(name, password, peer, take)
        if at_once is not None:
            return at_once
        assert done.wait(20)
        return answers[0]

    def close(self) -> None:
        self.logins.close()
        self.bans.close()
        self.book.close()


@pytest.fixture
def make_desk(tmp_path: Path, account: Account, no_leaks: None) -> Iterator[Callable[..., Desk]]:
    desks: list[Desk] = []

    def make(source: Accounts | None = None) -> Desk:
        desk = Desk(tmp_path, source or Accounts(account))
        desks.append(desk)
        poll(lambda: desk.book.get("u") or desk.source.away or not desk.source.accounts)
        return desk

    yield make
    for desk in desks:
        desk.close()


@pytest.fixture
def verifications(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Each argon2 verification is noted by the hash it was against."""
    seen: list[str] = []

    def verify(plain: bytes, hashed: str) -> bool:
        seen.append(hashed)
        return verify_password(plain, hashed)

    monkeypatch.setattr("receiver.admission.logins.verify_password", verify)
    return seen


def test_hashes_are_argon2id_as_agreed() -> None:
    hashed = hash_password("x")
    assert hashed.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert verify_password("x", hashed)
    assert verify_password(b"x", hashed)
    assert not verify_password("y", hashed)
    assert not verify_password("x", "no hash at all")


def test_right_and_wrong(make_desk: Callable[..., Desk], account: Account) -> None:
    desk = make_desk()
    assert desk.ask("u") == Verdict(account, "ok")
    assert desk.ask("u", b"wrong") == Verdict(None, "wrong_password")
    assert desk.ask("nobody") == Verdict(None, "unknown_user")
    assert desk.ask("") == Verdict(None, "unknown_user")
    assert desk.ask("u", b"") == Verdict(None, "wrong_password")


def test_a_verified_password_is_known_again(make_desk: Callable[..., Desk], verifications: list[str]) -> None:
    desk = make_desk()
    assert desk.ask("u").reason == "ok"
    assert len(verifications) == 1
    assert desk.logins.check("u", RIGHT, "10.0.0.1", lambda _: None) is not None
    desk.close()
    after_restart = make_desk()
    assert after_restart.logins.check("u", RIGHT, "10.0.0.1", lambda _: None) is not None
    assert len(verifications) == 1


def test_an_unknown_name_costs_a_verification_too(
    make_desk: Callable[..., Desk], verifications: list[str]
) -> None:
    desk = make_desk()
    desk.ask("nobody")
    assert len(verifications) == 1
    desk.ask("u", b"wrong")
    assert len(verifications) == 2


def test_sessions_of_one_account_share_a_verification(
    make_desk: Callable[..., Desk], verifications: list[str]
) -> None:
    desk = make_desk()
    answers: list[Verdict] = []
    for _ in range(50):
        at_once = desk.logins.check("u", RIGHT, "10.0.0.1", answers.append)
        answers += [at_once] if at_once else []
    poll(lambda: len(answers) == 50)
    assert {answer.reason for answer in answers} == {"ok"}
    assert len(verifications) == 1


def test_guesses_at_one_account_do_not_keep_another_waiting(
    make_desk: Callable[..., Desk], account: Account
) -> None:
    desk = make_desk(Accounts(account, replace(account, name="other")))
    order: list[str] = []
    for at in range(20):
        desk.logins.check("u", b"guess %d" % at, "10.0.0.1", lambda _: order.append("guess"))
        desk.logins.check(f"nobody{at}", b"x", "10.0.0.1", lambda _: order.append("unknown"))
    desk.logins.check("other", RIGHT, "10.0.0.1", lambda _: order.append("other"))
    poll(lambda: "other" in order)
    assert order.index("other") <= 4


def test_a_changed_password_counts_at_once(make_desk: Callable[..., Desk], account: Account) -> None:
    desk = make_desk()
    assert desk.ask("u").reason == "ok"
    desk.source.change(replace(account, password_hash=hash_password("new")))
    assert desk.ask("u", b"new").reason == "ok"
    assert desk.ask("u").reason == "wrong_password"


def test_an_account_added_a_moment_ago(make_desk: Callable[..., Desk], account: Account) -> None:
    desk = make_desk()
    desk.source.change(account, replace(account, name="new"))
    assert desk.ask("new").reason == "ok"


def test_a_disabled_account(make_desk: Callable[..., Desk], account: Account) -> None:
    desk = make_desk()
    assert desk.ask("u").reason == "ok"
    desk.source.change(replace(account, disabled=True))
    desk.book.look()
    assert desk.ask("u").reason == "disabled"


@pytest.mark.parametrize(
    ("peer", "reason"),
    [
        ("10.1.2.3", "ok"), ("10.2.0.1", "address"), ("2001:db8::5", "ok"), ("2001:db9::5", "address"),
        ("fe80::1%eth0", "address"), ("203.0.113.7", "ok"),
    ],
)  # fmt: skip
def test_addresses(make_desk: Callable[..., Desk], account: Account, peer: str, reason: str) -> None:
    allow = (ip_network("10.1.0.0/16"), ip_network("2001:db8::/32"), ip_network("203.0.113.7/32"))
    desk = make_desk(Accounts(replace(account, allow=allow)))
    assert desk.ask("u", peer=peer).reason == reason


def test_a_right_password_from_a_wrong_address_is_told(
    make_desk: Callable[..., Desk], account: Account, tmp_path: Path
) -> None:
    desk = make_desk(Accounts(replace(account, allow=(ip_network("10.1.0.0/16"),))))
    for peer, password in (("10.1.2.3", RIGHT), ("10.2.0.1", RIGHT), ("10.2.0.1", RIGHT), ("10.3.0.1", b"x")):
        desk.ask("u", password, peer)
    with closing(BanFile(tmp_path / "intake.db")) as file:
        assert poll(lambda: file.misplaced(NOW - timedelta(hours=1)))
        (found,) = file.misplaced(NOW - timedelta(hours=1))
    assert (found.account, found.address) == ("u", "10.2.0.1")


def test_hours_without_the_store(make_desk: Callable[..., Desk], account: Account) -> None:
    allow = (ip_network("10.0.0.0/8"),)
    full = replace(account, allow=allow)
    first = make_desk(Accounts(full, replace(full, name="gone")))
    assert first.ask("u").reason == "ok"
    first.close()
    source = Accounts()
    source.away = True
    desk = make_desk(source)
    assert desk.book.get("u") == full
    assert desk.ask("u") == Verdict(full, "ok")
    assert desk.ask("gone").reason == "ok"  # never verified before, but its hash is here
    assert desk.ask("u", b"wrong").reason == "wrong_password"
    source.change(full)
    source.away = False
    desk.book.look(again=True)
    assert desk.ask("gone").reason == "unknown_user"


def test_without_store_and_cache_nobody_is_called_a_liar(make_desk: Callable[..., Desk]) -> None:
    source = Accounts()
    source.away = True
    desk = make_desk(source)
    poll(lambda: desk.book.blind)
    assert desk.ask("u").reason == "busy"


def test_the_cache_is_for_its_owner_and_holds_no_password(
    make_desk: Callable[..., Desk], tmp_path: Path
) -> None:
    desk = make_desk()
    assert desk.ask("u").reason == "ok"
    desk.close()
    files = sorted(tmp_path.iterdir())
    assert [path.name for path in files] == ["intake.db-accounts", "intake.db-accounts.key", "intake.db-bans"]
    for path in files:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert RIGHT not in path.read_bytes()


def test_an_unreadable_cache_does_not_stop_the_door(make_desk: Callable[..., Desk], tmp_path: Path) -> None:
    (tmp_path / "intake.db-accounts").write_bytes(b"rubbish" * 1000)
    desk = make_desk()
    assert desk.ask("u").reason == "ok"


def test_at_the_door(door: Door) -> None:
    with structlog.testing.capture_logs() as logs:
        with Client(door.host, door.port) as client:
            assert client.ask("PASS x").startswith("503")
            for name, password in [("u", "wrong"), ("nobody", PASSWORD)]:
                assert client.ask(f"USER {name}") == "331 Please specify the password."
                assert client.ask(f"PASS {password}") == "530 Login incorrect."
            assert client.ask("STOR x.txt").startswith("530")
            client.send(f"USER u\r\nPASS {PASSWORD}\r\nPWD\r\n".encode())  # the PWD waits for the verdict
            assert [client.reply()[:3] for _ in range(3)] == ["331", "230", "257"]
            assert client.ask("PASS x").startswith("503")
        with Client(door.host, door.port) as client:
            for _ in range(3):
                client.ask("USER anonymous")
                assert client.ask("PASS me@example.org").startswith("530")
            with pytest.raises(EOFError):
                client.reply()
    failed = [(entry["account"], entry["reason"]) for entry in logs if entry["event"] == "login_failed"]
    assert (
        failed == [("u", "wrong_password"), ("nobody", "unknown_user")] + [("anonymous", "unknown_user")] * 3
    )
    assert PASSWORD not in repr(logs)
    assert "wrong'" not in repr(logs).replace("wrong_password", "")


def test_a_refused_login_is_answered_late(make_door: Callable[..., Door]) -> None:
    door = make_door(login_delay=0.5)
    with Client(door.host, door.port) as client:
        client.ask("USER u")
        client.send(b"PASS wrong\r\n")
        client.socket.settimeout(0.3)
        with pytest.raises(TimeoutError):
            client.socket.recv(1)
        client.socket.settimeout(10)
        assert client.reply().startswith("530")


def test_the_door_without_store_or_cache_asks_to_come_back(make_door: Callable[..., Door]) -> None:
    accounts = Accounts()
    accounts.away = True
    door = make_door(accounts)
    with Client(door.host, door.port) as client:
        client.ask("USER u")
        assert client.ask(f"PASS {PASSWORD}").startswith("421")
