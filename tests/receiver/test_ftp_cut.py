"""What counts as an upload and what does not: ends, cuts, and commands that must not overtake."""

import socket
import ssl
from collections.abc import Callable
from pathlib import Path

import pytest

from receiver.journal.changes import Change
from receiver.journal.committer import Committer, Done

from .conftest import Client, Door, poll, reset

Certificate = tuple[Path, Path, Path]


def begin(client: Client, name: str = "x.txt", content: bytes = b"half a file") -> socket.socket:
    """An upload of which the server has read something."""
    sock = client.data(f"STOR {name}")
    sock.sendall(content)
    return sock


def test_a_reset_is_no_end(door: Door) -> None:
    with door.client() as client:
        reset(begin(client))
        assert client.reply().startswith("426")
        assert client.names() == []
        assert client.store("y.txt", b"whole").startswith("226")
    assert door.files() == [("/y.txt", b"whole", "complete")]


def test_a_reset_before_the_command_is_no_end(door: Door) -> None:
    with door.client() as client:
        reset(socket.create_connection((client.host, client.passive()), timeout=10))
        client.send(b"STOR x.txt\r\n")
        answers = [client.reply()]
        if answers[0].startswith("150"):
            answers.append(client.reply())
        assert answers[-1].startswith("42")
    assert door.files() == []


def test_an_end_and_then_a_reset_is_an_end(door: Door) -> None:
    with door.client() as client:
        sock = begin(client, content=b"whole")
        sock.shutdown(socket.SHUT_WR)
        reset(sock)
        assert client.reply()[:3] in ("226", "426")  # the reset may overtake in the kernel
        stored = client.names()
    assert [path for path, _, _ in door.files()] == [f"/{name}" for name in stored]


def test_abor(door: Door) -> None:
    with door.client() as client:
        with begin(client):
            assert client.ask("ABOR").startswith("426")
            assert client.reply().startswith("226")
        assert client.ask("NOOP").startswith("200")
        assert client.names() == []
        assert client.ask("ABOR").startswith("225")
    assert door.files() == []


def test_abor_with_telnet_signs_and_out_of_band(door: Door) -> None:
    with door.client() as client, begin(client):
        client.socket.send(b"\xff\xf4\xff", socket.MSG_OOB)
        assert client.ask(b"\xf2ABOR").startswith("426")
        assert client.reply().startswith("226")
    assert door.files() == []


def test_abor_frees_a_port_that_waits(door: Door) -> None:
    with door.client() as client:
        port = client.passive()
        assert client.ask("ABOR").startswith("225")
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((client.host, port), timeout=5)


def test_a_stall_is_cut(make_door: Callable[..., Door]) -> None:
    door = make_door(data_timeout=0.3)
    with door.client() as client:
        with begin(client):
            assert client.reply().startswith("426")
        assert client.ask("NOOP").startswith("200")
    assert door.files() == []


def test_slow_is_not_stalled(make_door: Callable[..., Door]) -> None:
    door = make_door(data_timeout=0.5)
    with door.client() as client:
        with client.data("STOR x.txt") as sock:
            for _ in range(8):
                sock.sendall(b"x")
                client.socket.settimeout(0.1)
                with pytest.raises(TimeoutError):  # nothing is said meanwhile
                    client.socket.recv(1)
        client.socket.settimeout(10)
        assert client.reply().startswith("226")
    assert door.files() == [("/x.txt", b"x" * 8, "complete")]


def test_no_data_connection_comes(make_door: Callable[..., Door]) -> None:
    door = make_door(connect_timeout=0.2)
    with door.client() as client:
        client.passive()
        assert client.ask("STOR x.txt").startswith("150")
        assert client.reply().startswith("425")
        assert client.ask("STOR x.txt").startswith("425")
    assert door.files() == []


def test_control_connection_lost_before_the_end(door: Door) -> None:
    client = door.client()
    with begin(client) as sock:
        client.socket.close()
        assert sock.recv(1) == b""  # the door lets go
    with door.client() as other:
        assert other.names() == []
    assert door.files() == []


def test_end_and_then_control_connection_lost(door: Door) -> None:
    client = door.client()
    begin(client, content=b"whole").close()
    client.socket.close()
    assert poll(door.files) == [("/x.txt", b"whole", "complete")]


def test_end_and_then_control_connection_reset(door: Door) -> None:
    client = door.client()
    begin(client, content=b"whole").close()
    reset(client.socket)
    assert poll(door.files) == [("/x.txt", b"whole", "complete")]


def test_all_in_one_breath_and_gone(door: Door) -> None:
    """Command, data, its end and the loss of the control connection reach the door in one round."""
    client = door.client()
    port = client.passive()
    with Client(client.host, door.port):
        sock = socket.create_connection((client.host, port), timeout=10)
        sock.sendall(b"whole")
        sock.close()
        client.send(b"STOR x.txt\r\n")
        client.socket.close()
    assert poll(door.files) == [("/x.txt", b"whole", "complete")]


@pytest.mark.parametrize("behind", [b"QUIT\r\n", b"EPSV\r\n", b"PASV\r\nQUIT\r\n", b"CWD /\r\nNOOP\r\n"])
def test_nothing_overtakes_the_226(door: Door, behind: bytes) -> None:
    with door.client() as client:
        port = client.passive()
        client.send(b"STOR x.txt\r\n" + behind)
        assert client.reply().startswith("150")
        with socket.create_connection((client.host, port), timeout=10) as sock:
            sock.sendall(b"whole")
        assert client.reply().startswith("226")
        client.reply()
    assert door.files() == [("/x.txt", b"whole", "complete")]


def test_commands_wait_for_a_slow_commit(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    waiting: list[tuple[Committer, Change, Done]] = []
    put = Committer.put
    monkeypatch.setattr(Committer, "put", lambda self, change, done: waiting.append((self, change, done)))
    with door.client() as client:
        begin(client, content=b"whole").close()
        poll(lambda: waiting)
        client.send(b"NOOP\r\nABOR\r\nEPSV\r\nQUIT\r\n")
        client.socket.settimeout(0.3)
        with pytest.raises(TimeoutError):
            client.socket.recv(1)
        client.socket.settimeout(10)
        put(*waiting[0])
        assert [client.reply()[:3] for _ in range(5)] == ["226", "200", "225", "229", "221"]
    assert door.files() == [("/x.txt", b"whole", "complete")]


def test_control_lost_while_the_commit_runs(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    waiting: list[tuple[Committer, Change, Done]] = []
    put = Committer.put
    monkeypatch.setattr(Committer, "put", lambda self, change, done: waiting.append((self, change, done)))
    client = door.client()
    begin(client, content=b"whole").close()
    poll(lambda: waiting)
    client.socket.close()
    put(*waiting[0])
    assert poll(door.files) == [("/x.txt", b"whole", "complete")]


def secure(client: Client, context: ssl.SSLContext) -> None:
    """AUTH TLS, login, PROT P."""
    assert client.ask("AUTH TLS").startswith("234")
    client.socket = context.wrap_socket(client.socket, server_hostname="localhost")
    client.login()
    assert client.ask("PBSZ 0").startswith("200")
    assert client.ask("PROT P").startswith("200")


@pytest.fixture
def context(certificate: Certificate) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(certificate[2]))


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
@pytest.mark.parametrize(
    ("ending", "counts"),
    [("close_notify", True), ("fin", True), ("close", True), ("notify_only", True), ("reset", False)],
)
def test_how_a_tls_upload_ends(
    tls_door: Door, context: ssl.SSLContext, version: ssl.TLSVersion, ending: str, counts: bool
) -> None:
    context.minimum_version = context.maximum_version = version
    with tls_door.client(login=False) as client:
        secure(client, context)
        raw = socket.create_connection((client.host, client.passive()), timeout=10)
        assert client.ask("STOR x.txt").startswith("150")
        data = context.wrap_socket(raw, server_hostname="localhost", suppress_ragged_eofs=False)
        data.sendall(b"whole")
        if ending == "close_notify":
            data.unwrap().close()  # waits for the door's close_notify
        elif ending == "notify_only":
            data.settimeout(0)
            try:
                data.unwrap()
            except (ssl.SSLWantReadError, OSError):
                data.close()
        elif ending == "fin":
            data.shutdown(socket.SHUT_WR)
        elif ending == "close":  # nobody is there any more to take the door's alert
            data.close()
        else:
            reset(data)
        assert client.reply().startswith("226" if counts else "426")
        data.close()
        client.socket.close()
    assert tls_door.files() == ([("/x.txt", b"whole", "complete")] if counts else [])


def test_what_came_before_the_handshake_is_forgotten(tls_door: Door, context: ssl.SSLContext) -> None:
    with tls_door.client(login=False) as client:
        client.send(b"AUTH TLS\r\nUSER evil\r\nNOOP\r\n")
        assert client.reply().startswith("234")
        client.socket = context.wrap_socket(client.socket, server_hostname="localhost")
        client.login()
        client.socket.close()
