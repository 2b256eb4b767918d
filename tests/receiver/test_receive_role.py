"""The role as a whole: starting, stopping, reloading, sharing its port, and being killed."""

import signal
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
import trustme

from receiver.admission.accounts import Account
from receiver.ftp.tls import CertificateError
from receiver.journal.arrivals import Journal
from receiver.journal.committer import Committer
from receiver.journal.schema import JournalError

from .conftest import Accounts, Client, Door, free_range, poll

PROGRAM = Path(__file__).with_name("receive_process.py")


def test_stop_finishes_what_is_under_way(make_door: Callable[..., Door]) -> None:
    door = make_door()
    idle, client = door.client(), door.client()
    with client.data("STOR x.txt") as sock:
        sock.sendall(b"half ")
        door.stop.set()
        assert idle.reply().startswith("421")
        poll(lambda: _refused(door))
        sock.sendall(b"and half")
    assert client.reply().startswith("226")
    assert client.reply().startswith("421")
    idle.socket.close()
    client.socket.close()
    door.close()
    assert door.files() == [("/x.txt", b"half and half", "complete")]


def _refused(door: Door) -> bool:
    try:
        socket.create_connection((door.host, door.port), timeout=5).close()
    except ConnectionRefusedError:
        return True
    return False


def test_stop_does_not_wait_for_ever(make_door: Callable[..., Door]) -> None:
    door = make_door(shutdown_grace=0.3)
    with door.client() as client, client.data("STOR x.txt") as sock:
        sock.sendall(b"half ")
        door.close()
    assert door.files() == []


def test_reload_takes_a_new_certificate_and_accounts(
    make_door: Callable[..., Door], account: Account, tmp_path: Path
) -> None:
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"

    def issue() -> ssl.SSLContext:
        authority = trustme.CA()
        issued = authority.issue_cert("127.0.0.1")
        cert.write_bytes(b"".join(blob.bytes() for blob in issued.cert_chain_pems))
        key.write_bytes(issued.private_key_pem.bytes())
        context = ssl.create_default_context()
        authority.configure_trust(context)
        return context

    def accepted(context: ssl.SSLContext) -> bool:
        with Client(door.host, door.port) as client:
            assert client.ask("AUTH TLS").startswith("234")
            try:
                client.socket = context.wrap_socket(client.socket, server_hostname="127.0.0.1")
            except ssl.SSLCertVerificationError:
                return False
            return client.login().startswith("230")

    first = issue()
    accounts = Accounts(account)
    door = make_door(accounts, tls_cert=cert, tls_key=key)
    assert accepted(first)
    second = issue()
    assert not accepted(second)
    loads = accounts.loads
    door.reload.set()
    assert poll(lambda: accepted(second))
    poll(lambda: accounts.loads > loads)
    key.write_text("rubbish")
    door.reload.set()
    poll(lambda: not door.reload.is_set())
    assert accepted(second)  # what worked stays in use


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
def test_old_tls_is_refused(
    tls_door: Door, certificate: tuple[Path, Path, Path], version: ssl.TLSVersion
) -> None:
    context = ssl.create_default_context(cafile=str(certificate[2]))
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = context.maximum_version = version
    with Client(tls_door.host, tls_door.port) as client:
        assert client.ask("AUTH TLS").startswith("234")
        with pytest.raises(OSError, match=r"SSL|reset"):
            context.wrap_socket(client.socket, server_hostname="localhost")
    with tls_door.client() as client:
        assert client.store("x.txt", b"x").startswith("226")


def test_required_tls(make_door: Callable[..., Door], certificate: tuple[Path, Path, Path]) -> None:
    door = make_door(tls_cert=certificate[0], tls_key=certificate[1], require_tls=True)
    with Client(door.host, door.port) as client:
        assert client.ask("USER u").startswith("530")
        assert client.ask("PASS x").startswith("503")
        assert client.ask("PROT P").startswith("503")
        assert client.ask("AUTH KERBEROS").startswith("504")
        assert client.ask("AUTH TLS").startswith("234")
        context = ssl.create_default_context(cafile=str(certificate[2]))
        client.socket = context.wrap_socket(client.socket, server_hostname="localhost")
        assert client.ask("AUTH TLS").startswith("503")
        client.login()
        assert client.ask("PROT P").startswith("503")
        assert client.ask("PBSZ 0").startswith("200")
        client.passive()
        assert client.ask("STOR x.txt").startswith("522")
        assert client.ask("PROT S").startswith("536")
        assert client.ask("PROT P").startswith("200")
        with socket.create_connection((door.host, client.passive())) as raw:
            assert client.ask("STOR x.txt").startswith("150")
            with context.wrap_socket(raw, server_hostname="localhost") as data:
                data.sendall(b"x")
                data.unwrap()
        assert client.reply().startswith("226")
        with socket.create_connection((door.host, client.passive())) as raw:
            assert client.ask("STOR y.txt").startswith("150")
            raw.sendall(b"clear text")
            assert client.reply().startswith("522")
        client.socket.close()
    assert door.files() == [("/x.txt", b"x", "complete")]


def test_bad_files_stop_the_start(
    make_door: Callable[..., Door], certificate: tuple[Path, Path, Path], tmp_path: Path
) -> None:
    with pytest.raises(CertificateError, match="missing"):
        make_door(tls_cert=tmp_path / "missing.pem", tls_key=certificate[1])
    with pytest.raises(CertificateError, match="require_tls"):
        make_door(require_tls=True)
    (tmp_path / "intake.db").write_bytes(b"no database" * 1000)
    with pytest.raises(JournalError):
        make_door()


def test_workers_share_a_port(make_door: Callable[..., Door], account: Account) -> None:
    first = make_door()
    second = make_door(port=first.port)
    assert second.port == first.port
    for at in range(40):
        with first.client() as client:
            assert client.store(f"{at}.txt", b"%d" % at).startswith("226")
            assert client.ask(f"SIZE {at}.txt").startswith("213")
    with first.client() as client:
        assert len(client.names()) == 40
    assert [arrival.id for arrival in first.arrivals()] == list(range(1, 41))


def test_a_file_is_seen_after_a_restart(make_door: Callable[..., Door]) -> None:
    door = make_door()
    with door.client() as client:
        client.store("2026/x.txt", b"x")
        client.ask("MKD made")
    door.close()
    again = make_door()
    with again.client() as client:
        assert client.names() == ["2026", "made"]
        assert client.read("RETR 2026/x.txt") == b"x"


def test_killed_under_load(tmp_path: Path, account: Account) -> None:
    """Whatever was answered 226 before a kill -9 is in the journal exactly once, byte for byte."""
    journal_path = tmp_path / "intake.db"
    promised: list[str] = []
    for round_number in range(3):
        with subprocess.Popen(
            [sys.executable, PROGRAM, journal_path, str(free_range(200).start), account.password_hash],
            stdout=subprocess.PIPE,
            text=True,
        ) as process:
            assert process.stdout is not None
            port = int(next(line for line in process.stdout if line.startswith("port ")).split()[1])
            before = len(promised)
            loaders = [
                threading.Thread(target=_load, args=(port, f"{round_number}-{at}", promised))
                for at in range(6)
            ]
            for loader in loaders:
                loader.start()
            poll(lambda start=before: len(promised) >= start + 150, 60)
            process.send_signal(signal.SIGKILL)
            for loader in loaders:
                loader.join(20)
    with Journal.open(journal_path) as journal:
        kept = {arrival.path: arrival.content for arrival in journal.after(0, 100_000)}
        assert len(journal.after(0, 100_000)) == len(kept)
        assert journal.connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert len(promised) == len(set(promised))
    assert all(kept.get(path) == path.encode() for path in promised)
    assert all(content == path.encode() for path, content in kept.items())


def _load(port: int, name: str, promised: list[str]) -> None:
    """Uploads until the door is gone; notes each path that was answered 226."""
    with suppress(OSError, EOFError, AssertionError):  # the door is killed in the middle of anything
        for session in range(10_000):
            with Client("127.0.0.1", port) as client:
                client.login()
                for at in range(5):
                    path = f"/{name}/{session}-{at}.txt"
                    if client.store(path, path.encode()).startswith("226"):
                        promised.append(path)


def test_sigterm_ends_the_process_in_order(tmp_path: Path, account: Account) -> None:
    with subprocess.Popen(
        [sys.executable, PROGRAM, tmp_path / "intake.db", str(free_range(200).start), account.password_hash],
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        port = int(next(line for line in process.stdout if line.startswith("port ")).split()[1])
        with Client("127.0.0.1", port) as client:
            client.login()
            assert client.store("x.txt", b"x").startswith("226")
            process.send_signal(signal.SIGTERM)
            assert client.reply().startswith("421")
        process.stdout.read()
        assert process.wait(20) == 0


def test_a_role_whose_committer_died_ends(
    make_door: Callable[..., Door], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing can be stored then: the supervisor must start the role anew."""
    door = make_door()
    monkeypatch.setattr(Committer, "alive", False)
    with pytest.raises(RuntimeError, match="committer"):
        poll(door.raise_error)
    door.error = None
