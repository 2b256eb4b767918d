"""Bans: who is shut out by failed logins, for how long, and who must not be."""

import ftplib
import stat
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from pathlib import Path

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from receiver.admission.accounts import Account
from receiver.admission.ban_file import BanFile
from receiver.admission.ban_rules import BanPolicy, Record, Subject, after_failure, banned_address
from receiver.admission.bans import Bans

from .conftest import NOW, PASSWORD, Accounts, Client, Door, poll

POLICY = BanPolicy(after=3, seconds=600.0)
HOME, ELSEWHERE = "10.0.0.1", "203.0.113.9"


class Clock:
    """A time that a test moves."""

    def __init__(self) -> None:
        self.time = NOW

    def __call__(self) -> datetime:
        return self.time

    def pass_by(self, **span: float) -> None:
        self.time += timedelta(**span)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def make_bans(tmp_path: Path, clock: Clock, no_leaks: None) -> Iterator[Callable[[], Bans]]:
    made: list[Bans] = []

    def make() -> Bans:
        made.append(Bans(tmp_path / "intake.db", POLICY, clock))
        return made[-1]

    yield make
    for bans in made:
        bans.close()


def fail(bans: Bans, account: Account | str, peer: str, times: int = 3) -> None:
    for _ in range(times):
        if isinstance(account, str):
            bans.failed(account, None, peer)
        else:
            bans.failed(account.name, account, peer)


def test_rules_of_growing() -> None:
    record, now = None, 1000.0
    lengths = []
    for _ in range(12):
        for _ in range(3):
            record = after_failure(record, now, 3, POLICY)
        assert record is not None
        lengths.append((record.banned_until - now) / 60)
        now = record.banned_until + 1
    assert lengths == [10, 20, 40, 80, 160, 320, 640, 1280, 1440, 1440, 1440, 1440]
    assert record is not None
    now = record.banned_until + 86_401
    for _ in range(3):
        record = after_failure(record, now, 3, POLICY)
    assert record.banned_until - now == 600


def test_failures_far_apart_do_not_add_up() -> None:
    record = None
    for at in range(100):
        record = after_failure(record, at * 3601.0, 3, POLICY)
        assert record == Record(1, at * 3601.0, 0, 0.0)
    assert after_failure(Record(1, 0.0, 0, 0.0), 3600.0, 3, POLICY).failures == 2


@given(st.lists(st.floats(0, 5000), max_size=60), st.integers(1, 5))
def test_a_ban_is_never_shorter_than_set_nor_longer_than_a_day(gaps: list[float], threshold: int) -> None:
    record, now = None, 0.0
    for gap in gaps:
        now += gap
        before = record
        record = after_failure(before, now, threshold, POLICY)
        if before is not None and before.banned_until > now:
            assert record == before
        elif record.banned_until > now:
            assert 600 - 1e-6 <= record.banned_until - now <= 86_400
            assert record.failures == 0


@pytest.mark.parametrize(
    ("peer", "address"),
    [
        ("10.1.2.3", "10.1.2.3"), ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"), ("fe80::1%eth0", "fe80::/64"),
    ],
)  # fmt: skip
def test_what_an_address_is(peer: str, address: str) -> None:
    assert banned_address(peer) == address


def test_a_strange_address(make_bans: Callable[[], Bans], clock: Clock) -> None:
    bans = make_bans()
    with structlog.testing.capture_logs() as logs:
        fail(bans, "root", ELSEWHERE, 2)
        assert not bans.refuses_address(ELSEWHERE)
        fail(bans, "admin", ELSEWHERE, 1)
    assert logs == [
        {"event": "login_banned", "log_level": "warning", "address": ELSEWHERE, "account": "", "minutes": 10,
         "times": 1},
    ]  # fmt: skip
    assert bans.refuses_address(ELSEWHERE)
    assert bans.refuses_login("anybody", None, ELSEWHERE)
    assert not bans.refuses_address(HOME)
    clock.pass_by(minutes=10)
    assert not bans.refuses_address(ELSEWHERE)
    fail(bans, "root", ELSEWHERE)
    clock.pass_by(minutes=19, seconds=59)
    assert bans.refuses_address(ELSEWHERE)
    clock.pass_by(seconds=1)
    assert not bans.refuses_address(ELSEWHERE)


def test_one_bad_logger_behind_a_router_shuts_no_other_out(
    make_bans: Callable[[], Bans], account: Account
) -> None:
    bans = make_bans()
    bad, good = replace(account, name="bad"), replace(account, name="good")
    bans.succeeded("bad", HOME)
    bans.succeeded("good", HOME)
    fail(bans, bad, HOME, 3)
    assert bans.refuses_login("bad", bad, HOME)
    assert not bans.refuses_login("bad", bad, "10.0.0.2")
    assert not bans.refuses_login("good", good, HOME)
    assert not bans.refuses_login("new", None, HOME)
    assert not bans.refuses_address(HOME)
    fail(bans, "guess", HOME)  # the address itself is banned now: only who is known there gets in
    assert bans.refuses_login("new", None, HOME)
    assert not bans.refuses_login("good", good, HOME)
    assert not bans.refuses_address(HOME)
    fail(bans, good, HOME)
    assert bans.refuses_address(HOME)  # nobody in good standing is left


def test_a_lone_account_that_fails_shuts_its_address(make_bans: Callable[[], Bans], account: Account) -> None:
    bans = make_bans()
    bans.succeeded("u", HOME)
    fail(bans, account, HOME)
    assert bans.refuses_address(HOME)


def test_guessing_elsewhere_never_locks_a_logger_out(make_bans: Callable[[], Bans], account: Account) -> None:
    bans = make_bans()
    listed = replace(account, name="listed", allow=(ip_network("10.0.0.0/8"),))
    bans.succeeded("u", HOME)
    for at in range(4):
        fail(bans, account, f"203.0.113.{at}", 3)
        fail(bans, listed, f"198.51.100.{at}", 3)
    assert bans.refuses_login("u", account, "192.0.2.1")  # a strange address
    assert not bans.refuses_login("u", account, HOME)
    assert bans.refuses_login("listed", listed, "192.0.2.1")
    assert not bans.refuses_login("listed", listed, "10.9.9.9")


def test_one_address_alone_bans_no_account(
    make_bans: Callable[[], Bans], account: Account, clock: Clock
) -> None:
    bans = make_bans()
    for _ in range(4):
        fail(bans, account, ELSEWHERE)
        assert bans.refuses_address(ELSEWHERE)
        clock.pass_by(minutes=30)
    assert not bans.refuses_login("u", account, HOME)


def test_a_good_login_forgives(make_bans: Callable[[], Bans], account: Account) -> None:
    bans = make_bans()
    bans.succeeded("u", HOME)
    for _ in range(5):
        fail(bans, account, HOME, 2)
        bans.succeeded("u", HOME)
    assert not bans.refuses_login("u", account, HOME)
    poll(lambda: not bans._to_note)
    bans.close()
    again = make_bans()
    fail(again, account, HOME, 2)
    assert not again.refuses_login("u", account, HOME)
    fail(again, account, HOME, 1)
    assert again.refuses_login("u", account, HOME)


def test_workers_share_bans_and_restarts_keep_them(
    make_bans: Callable[[], Bans], account: Account, tmp_path: Path
) -> None:
    first, second = make_bans(), make_bans()
    first.succeeded("u", HOME)
    poll(lambda: second.knows(HOME))
    fail(first, "x", ELSEWHERE, 1)
    fail(second, "y", ELSEWHERE, 1)
    fail(first, "z", ELSEWHERE, 1)
    assert first.refuses_address(ELSEWHERE)
    poll(lambda: second.refuses_address(ELSEWHERE))
    first.close()
    second.close()
    third = make_bans()
    assert third.refuses_address(ELSEWHERE)
    assert third.knows(HOME)
    assert stat.S_IMODE((tmp_path / "intake.db-bans").stat().st_mode) == 0o600


def test_bans_are_listed_and_lifted_from_outside(
    make_bans: Callable[[], Bans], account: Account, clock: Clock, tmp_path: Path
) -> None:
    bans = make_bans()
    fail(bans, account, ELSEWHERE)
    fail(bans, "x", "203.0.113.10")
    clock.pass_by(seconds=1)
    fail(bans, "x", "2001:db8::5")
    file = BanFile(tmp_path / "intake.db")
    assert [(ban.address, ban.account, ban.times) for ban in file.bans(clock())] == [
        ("203.0.113.10", "", 1), (ELSEWHERE, "", 1), ("2001:db8::/64", "", 1),
    ]  # fmt: skip
    assert file.bans(clock())[0].until == (NOW + timedelta(minutes=10)).astimezone(UTC)
    assert file.lift("nobody", clock()) == []
    with structlog.testing.capture_logs() as logs:
        # the logger behind it is locked out: its name opens the address it failed from
        assert [ban.address for ban in file.lift("u", clock())] == [ELSEWHERE]
        poll(lambda: not bans.refuses_address(ELSEWHERE))
        poll(lambda: logs)
    assert logs == [{"event": "ban_lifted", "log_level": "info", "address": ELSEWHERE, "account": ""}]
    assert bans.refuses_address("203.0.113.10")
    assert [ban.address for ban in file.lift("2001:db8::77", clock())] == ["2001:db8::/64"]
    assert [ban.address for ban in file.lift(None, clock())] == ["203.0.113.10"]
    poll(lambda: not bans.refuses_address("203.0.113.10"))
    file.close()


def test_old_records_go(tmp_path: Path, make_bans: Callable[[], Bans], clock: Clock) -> None:
    bans = make_bans()
    fail(bans, "x", ELSEWHERE)
    file = BanFile(tmp_path / "intake.db")
    file.note_known([Subject(HOME, "u")], 20000)
    now = NOW.timestamp()
    file.forget_old(now - 1, 20090)
    assert file.records()
    assert file.known(20090)
    file.forget_old(now + 601, 20091)
    assert file.records() == {}
    assert file.known(20091) == {}
    file.close()


def test_an_unreadable_file_does_not_stop_the_door(tmp_path: Path, make_bans: Callable[[], Bans]) -> None:
    (tmp_path / "intake.db-bans").write_bytes(b"rubbish" * 1000)
    with structlog.testing.capture_logs() as logs:
        bans = make_bans()
        fail(bans, "x", ELSEWHERE)
    assert [entry["event"] for entry in logs] == ["bans_not_written", "login_banned"]
    assert bans.refuses_address(ELSEWHERE)


def test_no_bans_where_they_are_off(tmp_path: Path, no_leaks: None) -> None:
    bans = Bans(tmp_path / "intake.db", BanPolicy(0), lambda: NOW)
    fail(bans, "x", ELSEWHERE, 100)
    assert not bans.refuses_address(ELSEWHERE)
    bans.close()


# --- at the door


def greeting(door: Door) -> str:
    try:
        Client(door.host, door.port).socket.close()
    except AssertionError as refused:
        return str(refused)
    return "220"


def refused(door: Door) -> str:
    """What the door says to whom it does not let in, seen by the standard library's client."""
    try:
        with ftplib.FTP() as ftp:
            ftp.connect(door.host, door.port, timeout=10)
            return "let in"
    except ftplib.error_temp as error:
        return str(error)


def guess(door: Door, name: str, times: int) -> None:
    for _ in range(times):
        with Client(door.host, door.port) as client:
            client.ask(f"USER {name}")
            assert client.ask("PASS wrong") == "530 Login incorrect."


def test_a_guesser_is_answered_421(make_door: Callable[..., Door]) -> None:
    door = make_door(bans=POLICY)
    with structlog.testing.capture_logs() as logs:
        guess(door, "nobody", 2)
        guess(door, "u", 1)
        for _ in range(5):
            assert refused(door).startswith("421 This address is shut out")
    assert [entry["event"] for entry in logs].count("banned_client_refused") == 1
    assert [entry["event"] for entry in logs].count("login_banned") == 1
    door.close()
    again = make_door(bans=POLICY)
    assert refused(again).startswith("421")
    file = BanFile(again.journal_path)
    file.lift("127.0.0.1", NOW)
    file.close()
    poll(lambda: refused(again) == "let in")
    with again.client() as client:
        assert client.store("x.txt", b"x").startswith("226")


def test_a_banned_account_hears_the_same_530_and_others_go_on(
    make_door: Callable[..., Door], account: Account
) -> None:
    door = make_door(Accounts(account, replace(account, name="other")), bans=POLICY)
    for name in ("u", "other"):
        with Client(door.host, door.port) as client:
            client.login(name)
    guess(door, "u", 3)
    with Client(door.host, door.port) as client:
        client.ask("USER u")
        with structlog.testing.capture_logs() as logs:
            assert client.ask(f"PASS {PASSWORD}") == "530 Login incorrect."
        assert logs[0]["reason"] == "banned"
        client.login("other")
        assert client.store("x.txt", b"x").startswith("226")


def test_guesses_already_in_the_row_are_not_verified(
    make_door: Callable[..., Door], monkeypatch: pytest.MonkeyPatch
) -> None:
    verified: list[bytes] = []

    def verify(plain: bytes, _hashed: str) -> bool:
        verified.append(plain)
        return False

    monkeypatch.setattr("receiver.admission.logins.verify_password", verify)
    door = make_door(bans=POLICY)
    clients = [Client(door.host, door.port) for _ in range(12)]
    for at, client in enumerate(clients):
        client.send(b"USER u\r\nPASS guess %d\r\n" % at)
    for client in clients:
        assert [client.reply()[:3] for _ in range(2)] == ["331", "530"]
        client.socket.close()
    assert len(verified) == 3


def test_too_many_sessions_without_a_login(make_door: Callable[..., Door]) -> None:
    door = make_door(waiting_logins_per_address=3)
    waiting = [Client(door.host, door.port) for _ in range(3)]
    assert refused(door).startswith("421 Too many sessions without a login")
    waiting[0].login()
    more = Client(door.host, door.port)  # who is logged in does not count
    assert refused(door).startswith("421")
    more.socket.close()
    poll(lambda: refused(door) == "let in")
    for client in waiting:
        client.socket.close()


def test_fruitless_sessions(make_door: Callable[..., Door]) -> None:
    door = make_door(fruitless_sessions_per_minute=5)
    poll(lambda: greeting(door).startswith("421") or refused(door).startswith("421"))
    door.close()
    other = make_door(fruitless_sessions_per_minute=5)
    other.client().socket.close()  # an address that an account came from is never turned away
    assert {refused(other) for _ in range(20)} == {"let in"}
