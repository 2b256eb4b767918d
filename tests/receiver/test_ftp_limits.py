"""Where the door says no: too long, disk full, commit failing, no port, too many, too idle."""

import os
import socket
from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace

import pytest

from receiver.admission.accounts import Account
from receiver.journal.changes import Upload
from receiver.journal.committer import CommitError, Committer, Done
from receiver.upload_body import MemoryBudget

from .conftest import PASSWORD, Accounts, Client, Door, free_range, poll


def send_until_refused(sock: socket.socket, content: bytes) -> None:
    """Sends the content again and again until the door closes the connection."""
    try:
        while True:
            sock.sendall(content)
    except (ConnectionResetError, BrokenPipeError):
        return


@pytest.mark.parametrize("name", ["x.txt", "x.tmp"])
def test_too_large(make_door: Callable[..., Door], name: str) -> None:
    door = make_door(max_file_bytes=100_000)
    content = bytes(at % 251 for at in range(4_000_000))
    with door.client() as client:
        with client.data(f"STOR {name}") as sock:
            send_until_refused(sock, content)
        assert client.reply().startswith("552")
        assert client.ask("NOOP").startswith("200")
        assert client.names() == []
        assert client.store("y.txt", b"short").startswith("226")
    first, second = door.arrivals()
    assert (first.path, first.fate) == (f"/{name}", "too_large")
    assert 100_000 < len(first.content) <= 100_000 + 65536
    assert (content * 2).startswith(first.content)
    assert (second.path, second.fate) == ("/y.txt", "complete")


def test_exactly_as_large_as_allowed(make_door: Callable[..., Door]) -> None:
    door = make_door(max_file_bytes=100_000)
    with door.client() as client:
        assert client.store("x.txt", b"x" * 100_000).startswith("226")
        assert client.store("y.txt", b"x" * 100_001).startswith("552")
    assert [arrival.fate for arrival in door.arrivals()] == ["complete", "too_large"]


def test_disk_nearly_full(make_door: Callable[..., Door], monkeypatch: pytest.MonkeyPatch) -> None:
    free = [50]
    monkeypatch.setattr("receiver.disk_space.LOOK_SECONDS", 0)
    monkeypatch.setattr(
        "receiver.disk_space.os",
        SimpleNamespace(statvfs=lambda _: SimpleNamespace(f_bavail=free[0], f_frsize=1024)),
    )
    door = make_door(min_free_bytes=51 * 1024)
    with door.client() as client:
        port = client.passive()
        assert client.ask("STOR x.txt").startswith("452")
        with pytest.raises(ConnectionRefusedError):  # its port is free again
            socket.create_connection((client.host, port), timeout=5)
        free[0] = 51
        assert client.store("x.txt", b"x").startswith("226")
    assert door.files() == [("/x.txt", b"x", "complete")]


def test_the_disk_is_asked_really(make_door: Callable[..., Door]) -> None:
    door = make_door(min_free_bytes=1 << 60)
    with door.client() as client:
        client.passive()
        assert client.ask("STOR x.txt").startswith("452")


def test_a_failed_commit_is_told_and_forgotten(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(self: Committer, change: Upload, done: Done) -> None:
        done(CommitError("database or disk is full"))

    with door.client() as client:
        with monkeypatch.context() as patch:
            patch.setattr(Committer, "put", fail)
            assert client.store("x.txt", b"x").startswith("451")
            assert client.ask("MKD folder").startswith("451")
        assert client.names() == []
        assert client.store("x.txt", b"x").startswith("226")
    assert door.files() == [("/x.txt", b"x", "complete")]


def test_no_temporary_file(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("receiver.journal.spool.Spool.open", full)
    with door.client() as client:
        with client.data("STOR x.txt") as sock:
            send_until_refused(sock, b"x" * 100_000)
        assert client.reply().startswith("451")
        assert client.store("y.txt", b"y").startswith("226")
    assert door.files() == [("/y.txt", b"y", "complete")]


def test_uploads_spill_when_memory_is_short(
    make_door: Callable[..., Door], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("receiver.ftp.door.MemoryBudget", lambda: MemoryBudget(10))
    door = make_door()
    with door.client() as client:
        for at in range(3):
            assert client.store(f"{at}.txt", b"x" * 1000).startswith("226")
        assert client.store("small.txt", b"x" * 10).startswith("226")
    assert [len(content) for _, content, _ in door.files()] == [1000, 1000, 1000, 10]


def test_passive_range_exhausted(make_door: Callable[..., Door]) -> None:
    door = make_door(passive_ports=free_range(2))
    with door.client() as first, door.client() as second, door.client() as third:
        first.passive()
        second.passive()
        for command in ("EPSV", "PASV"):
            assert third.ask(command).startswith("425")
        assert first.store("x.txt", b"x").startswith("226")  # asking anew gives its own port back
        third.passive()
        assert first.ask("EPSV").startswith("425")
        second.socket.close()
        assert poll(lambda: first.ask("EPSV").startswith("229"))


def test_a_port_held_by_somebody_else_is_passed_over(make_door: Callable[..., Door]) -> None:
    ports = free_range(2)
    door = make_door(passive_ports=ports)
    with socket.create_server(("127.0.0.1", ports[0])), door.client() as client:
        for _ in range(5):
            assert client.passive() == ports[1]


def test_each_port_is_reusable_at_once(make_door: Callable[..., Door]) -> None:
    door = make_door(passive_ports=free_range(1))
    with door.client() as client:
        for at in range(30):
            assert client.store(f"{at}.txt", b"x").startswith("226")


def test_a_foreign_data_connection_is_turned_away(door: Door) -> None:
    with door.client() as client:
        port = client.passive()
        assert client.ask("STOR x.txt").startswith("150")
        with socket.create_connection(("127.0.0.1", port), source_address=("127.0.0.2", 0)) as stranger:
            assert stranger.recv(1) == b""
        with socket.create_connection(("127.0.0.1", port)) as sock:
            sock.sendall(b"mine")
        assert client.reply().startswith("226")
    assert door.files() == [("/x.txt", b"mine", "complete")]


def test_active_address_that_refuses(door: Door) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with door.client() as client:
        assert client.ask(f"PORT 127,0,0,1,{port >> 8},{port & 255}").startswith("200")
        assert client.ask("STOR x.txt").startswith("150")
        assert client.reply().startswith("425")
        assert client.store("x.txt", b"x").startswith("226")


def test_too_many_sessions(make_door: Callable[..., Door]) -> None:
    door = make_door(max_connections=2)
    with door.client(), door.client() as second:
        with socket.create_connection((door.host, door.port), timeout=10) as sock:
            assert sock.recv(100).startswith(b"421")
        second.socket.close()

        def served() -> bool:
            with socket.create_connection((door.host, door.port), timeout=10) as sock:
                return sock.recv(100).startswith(b"220")

        poll(served)


def test_out_of_descriptors(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    with door.client() as client:
        accept = socket.socket.accept
        refused: list[int] = []

        def fail(self: socket.socket) -> tuple[socket.socket, object]:
            if self.getsockname()[1] == door.port and len(refused) < 3:
                refused.append(1)
                raise OSError(24, "Too many open files")
            return accept(self)

        monkeypatch.setattr(socket.socket, "accept", fail)
        with door.client() as other:  # waits in the backlog meanwhile
            assert other.store("x.txt", b"x").startswith("226")
        assert len(refused) == 3
        assert client.store("y.txt", b"y").startswith("226")


def test_idle_sessions_end(make_door: Callable[..., Door]) -> None:
    door = make_door(control_timeout=0.4, login_timeout=0.2)
    with door.client() as client, door.client(login=False) as nobody:
        assert nobody.reply().startswith("421")
        assert client.ask("NOOP").startswith("200")
        assert client.reply().startswith("421")
        with pytest.raises(EOFError):
            client.reply()


def test_a_transfer_is_not_idle(make_door: Callable[..., Door]) -> None:
    door = make_door(control_timeout=0.2, data_timeout=5.0)
    with door.client() as client:
        with client.data("STOR x.txt") as sock:
            client.socket.settimeout(0.6)
            with pytest.raises(TimeoutError):
                client.socket.recv(1)
            client.socket.settimeout(10)
            sock.sendall(b"x")
        assert client.reply().startswith("226")


def test_a_client_that_does_not_read_its_download(make_door: Callable[..., Door]) -> None:
    door = make_door(data_timeout=0.3, max_file_bytes=50_000_000)
    with door.client() as client:
        assert client.store("big.bin", os.urandom(12_000_000)).startswith("226")
        with client.data("RETR big.bin"):
            assert client.reply().startswith("426")
        assert client.ask("NOOP").startswith("200")


def test_a_download_that_is_broken_off(make_door: Callable[..., Door]) -> None:
    door = make_door(max_file_bytes=50_000_000)
    with door.client() as client:
        assert client.store("big.bin", os.urandom(12_000_000)).startswith("226")
        with client.data("RETR big.bin") as sock:
            sock.recv(10)
        assert client.reply().startswith("426")
        assert client.ask("NOOP").startswith("200")


def test_a_reader_may_not_upload(make_door: Callable[..., Door], account: Account) -> None:
    door = make_door(Accounts(replace(account, permissions=frozenset({"read"}))))
    with door.client() as client:
        client.passive()
        assert client.ask("STOR x.txt").startswith("550")
        assert client.ask("MKD x").startswith("550")
        assert client.ask("DELE x.txt").startswith("550")
        assert client.ask("RNFR x.txt").startswith("550")


def test_three_hundred_at_once(make_door: Callable[..., Door]) -> None:
    door = make_door(passive_ports=free_range(400))
    clients = [Client(door.host, door.port) for _ in range(300)]
    for client in clients:
        client.send(f"USER u\r\nPASS {PASSWORD}\r\nEPSV\r\n".encode())
    ports = []
    for client in clients:
        answers = [client.reply() for _ in range(3)]
        assert [answer[:3] for answer in answers] == ["331", "230", "229"]
        ports.append(int(answers[2].split("|||")[1].split("|")[0]))
    assert len(set(ports)) == 300
    data = [socket.create_connection((door.host, port), timeout=10) for port in ports]
    for at, client in enumerate(clients):
        client.send(b"STOR %d.txt\r\n" % at)
    for at, sock in enumerate(data):
        sock.sendall(b"%d" % at)
        sock.close()
    for client in clients:
        assert client.reply()[:3] == "150"
        assert client.reply().startswith("226")
        client.socket.close()
    assert sorted(door.files()) == sorted((f"/{at}.txt", b"%d" % at, "complete") for at in range(300))
