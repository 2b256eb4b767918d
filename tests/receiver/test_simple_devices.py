"""Loggers that know little of FTP, or an old kind of it: each of their habits is answered kindly."""

import ftplib
import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from receiver.ftp.masquerade import read_masquerade

from .conftest import PASSWORD, Door

NAME = "QN_THUB_NUODAU_20260530101500.txt"
FILE = b"pH\t7.12\t\t20260530101500\t00\r\n"
Certificate = tuple[Path, Path, Path]


ANSWERS = [
    ("MODE S", 200), ("mode s", 200), ("MODE B", 504), ("STRU F", 200), ("stru f", 200), ("STRU R", 504),
    ("TYPE A", 200), ("TYPE A N", 200), ("type a n", 200), ("TYPE I", 200), ("type i", 200),
    ("TYPE L 8", 200), ("TYPE A X", 504), ("TYPE E", 504), ("OPTS UTF8 ON", 200), ("OPTS UTF8", 200),
    ("opts utf8 on", 200), ("ALLO 162", 202), ("ALLO 162 R 80", 202), ("SITE UMASK 022", 202),
    ("SITE CHMOD 644 x", 202), ("SITE", 202), ("noop", 200), ("Noop", 200), ("syst", 215), ("pwd", 257),
    ("XPWD", 257), ("XMKD a", 257), ("XCWD a", 250), ("XCUP", 250), ("XRMD a", 250), ("CDUP", 250),
    ("CWD", 250), ("REST 0", 350), ("STAT", 211), ("HELP", 214), ("MDTM 20260530101500 x", 550),
]  # fmt: skip


def test_single_commands(door: Door) -> None:
    seen = []
    for command, _ in ANSWERS:
        with door.client() as client:
            if command.startswith(("XCWD", "XRMD")):
                client.ask("MKD a")
            seen.append((command, int(client.ask(command)[:3])))
            client.ask("RMD a")
    assert seen == ANSWERS


@pytest.mark.parametrize(
    ("given", "path"),
    [
        (f'"{NAME}"', f"/{NAME}"),
        (f'"2026/05/{NAME}"', f"/2026/05/{NAME}"),
        (f"\\2026\\05\\{NAME}", f"/2026/05/{NAME}"),
        (f".\\{NAME}", f"/{NAME}"),
        (f"//2026//{NAME}", f"/2026/{NAME}"),
        ('"', '/"'),
        ('""', '/""'),
    ],
)
def test_quotation_marks_and_backslashes(door: Door, given: str, path: str) -> None:
    with door.client() as client:
        assert client.store(given, FILE).startswith("226")
        assert client.ask(f"SIZE {given}") == f"213 {len(FILE)}"
    assert door.files() == [(path, FILE, "complete")]


@pytest.mark.parametrize("extended", [False, True])
def test_active_mode(door: Door, extended: bool) -> None:
    with door.client() as client, socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(10)
        port = listener.getsockname()[1]
        named = f"EPRT |1|127.0.0.1|{port}|" if extended else f"PORT 127,0,0,1,{port >> 8},{port & 255}"
        for _ in range(2):
            assert client.ask(named).startswith("200")
            assert client.ask(f"STOR {NAME}").startswith("150")
            data, _ = listener.accept()
            with data:
                data.sendall(FILE)
            assert client.reply().startswith("226")
    assert door.files() == [(f"/{NAME}", FILE, "complete")] * 2


# --- implicit FTPS


class ImplicitFtps(ftplib.FTP_TLS):
    """A client that encrypts from the first byte, as ftplib does not by itself."""

    def connect_encrypted(self, port: int) -> None:
        bare = socket.create_connection(("127.0.0.1", port), timeout=10)
        self.host, self.port, self.af, self.timeout = "localhost", port, socket.AF_INET, 10
        self.sock = self.context.wrap_socket(bare, server_hostname="localhost")
        self.file = self.sock.makefile("r", encoding=self.encoding)
        assert self.getresp().startswith("220")


@pytest.fixture
def implicit(make_door: Callable[..., Door], certificate: Certificate) -> Door:
    return make_door(tls_cert=certificate[0], tls_key=certificate[1], implicit_port=0, require_tls=True)


@pytest.mark.parametrize("asks", [False, True])
def test_implicit_ftps(implicit: Door, certificate: Certificate, tmp_path: Path, asks: bool) -> None:
    context = ssl.create_default_context(cafile=str(certificate[2]))
    (tmp_path / NAME).write_bytes(FILE)
    with ImplicitFtps(context=context) as client, (tmp_path / NAME).open("rb") as file:
        client.connect_encrypted(implicit.ftps_port)
        ftplib.FTP.login(client, "u", PASSWORD)
        if asks:
            client.prot_p()
        client._prot_p = True
        assert client.storbinary(f"STOR {NAME}", file).startswith("226")
        assert client.nlst() == [NAME]
    assert implicit.files() == [(f"/{NAME}", FILE, "complete")]


def test_clear_text_at_the_implicit_port_gets_no_further(implicit: Door) -> None:
    with socket.create_connection(("127.0.0.1", implicit.ftps_port), timeout=10) as clear:
        clear.sendall(b"USER u\r\n")
        said = b""
        with suppress(ConnectionResetError):
            while chunk := clear.recv(4096):
                said += chunk
    assert b"220" not in said


# --- where PASV sends clients


def test_the_address_depends_on_where_a_client_comes_from() -> None:
    rules = read_masquerade("203.0.113.10, 10.0.0.0/8=10.1.2.3,10.9.0.0/16 = , 192.168.7.7=192.168.7.1")
    assert rules.address_for("198.51.100.1") == "203.0.113.10"
    assert rules.address_for("10.1.1.1") == "10.1.2.3"
    assert rules.address_for("10.9.1.1") is None
    assert rules.address_for("192.168.7.7") == "192.168.7.1"
    assert rules.address_for("192.168.7.8") == "203.0.113.10"
    assert rules.address_for("2001:db8::1") is None
    assert read_masquerade("").address_for("10.1.1.1") is None


@pytest.mark.parametrize(
    "text",
    ["router", "1.2.3", "10.0.0.1/8=10.1.2.3", "=10.1.2.3", "::1", "10.0.0.0/8=router", "1.2.3.4,1.2.3.5"],
)
def test_what_is_no_masquerade(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_masquerade(text)


def test_pasv_names_it(make_door: Callable[..., Door]) -> None:
    door = make_door(masquerade=read_masquerade("203.0.113.10, 127.0.0.0/8="))
    with door.client() as client:
        assert "(127,0,0,1," in client.ask("PASV")
