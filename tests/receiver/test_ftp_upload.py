"""Uploads as real clients make them: ftplib, curl and lftp, in every mode a logger may use."""

import ftplib
import io
import socket
import ssl
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from receiver.ftp.masquerade import read_masquerade

from .conftest import PASSWORD, Client, Door, free_range

CONTENT = "pH\t7.12\t\t20260530101500\t00\r\nNhi\u1ec7t\u0111\u1ed9\t31.5\toC\t20260530101500\t00\n".encode()
NAME = "QN_THUB_NUODAU_20260530101500.txt"

Certificate = tuple[Path, Path, Path]


class ReusingFtps(ftplib.FTP_TLS):
    """ftplib with the control connection's TLS session on data connections."""

    def ntransfercmd(self, cmd: str, rest: int | str | None = None) -> tuple[socket.socket, int | None]:
        connection, size = ftplib.FTP.ntransfercmd(self, cmd, rest)
        assert isinstance(self.sock, ssl.SSLSocket)
        session = self.sock.session
        wrapped = self.context.wrap_socket(connection, server_hostname=self.host, session=session)
        assert wrapped.session_reused
        return wrapped, size


def ftplib_client(door: Door, security: str, certificate: Certificate, *, tls13: bool = True) -> ftplib.FTP:
    if security == "plain":
        client = ftplib.FTP(encoding="utf-8")
    else:
        context = ssl.create_default_context(cafile=str(certificate[2]))
        if not tls13:
            context.maximum_version = ssl.TLSVersion.TLSv1_2
        client = (ReusingFtps if security == "reused" else ftplib.FTP_TLS)(context=context)
    client.connect(door.host, door.port, timeout=10)
    client.login("u", PASSWORD)
    if isinstance(client, ftplib.FTP_TLS):
        client.prot_p()
    return client


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "::"])
@pytest.mark.parametrize("mode", ["passive", "active"])
@pytest.mark.parametrize("security", ["plain", "tls", "reused"])
def test_ftplib(
    make_door: Callable[..., Door], certificate: Certificate, security: str, mode: str, host: str
) -> None:
    door = make_door(host=host, tls_cert=certificate[0], tls_key=certificate[1])
    # ftplib reads the session of TLS 1.3 too late to reuse it at once
    client = ftplib_client(door, security, certificate, tls13=security != "reused")
    client.set_pasv(mode == "passive")
    assert client.storbinary(f"STOR 2026/Thang05/{NAME}", io.BytesIO(CONTENT)).startswith("226")
    assert client.storlines("STOR lines.txt", io.BytesIO(CONTENT)).startswith("226")
    assert client.storbinary("STOR up.tmp", io.BytesIO(CONTENT)).startswith("226")
    assert client.rename("up.tmp", "renamed.txt").startswith("250")
    assert client.size(f"2026/Thang05/{NAME}") == len(CONTENT)
    assert client.sendcmd(f"MDTM 2026/Thang05/{NAME}") == "213 20260530031600"
    assert client.nlst() == ["2026", "lines.txt", "renamed.txt"]
    assert client.nlst("2026/Thang05") == [NAME]
    lines: list[str] = []
    client.retrlines("LIST", lines.append)
    assert [line.split()[-1] for line in lines] == ["2026", "lines.txt", "renamed.txt"]
    assert {name: facts["type"] for name, facts in client.mlsd()} == {
        "2026": "dir",
        "lines.txt": "file",
        "renamed.txt": "file",
    }
    back: list[bytes] = []
    client.retrbinary(f"RETR 2026/Thang05/{NAME}", back.append)
    assert b"".join(back) == CONTENT
    assert client.quit().startswith("221")
    crlf = CONTENT.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")  # storlines itself sends line ends so
    assert door.files() == [
        (f"/2026/Thang05/{NAME}", CONTENT, "complete"),
        ("/lines.txt", crlf, "complete"),
        ("/renamed.txt", CONTENT, "complete"),
    ]
    assert {(arrival.account, arrival.door) for arrival in door.arrivals()} == {("u", "ftp")}
    assert {arrival.peer for arrival in door.arrivals()} == {"127.0.0.1" if "." in host else "::1"}


def test_ipv4_on_a_socket_for_both(make_door: Callable[..., Door]) -> None:
    door = make_door(host="::")
    with Client("127.0.0.1", door.port) as client:
        client.login()
        assert client.ask("PASV").startswith("227 Entering passive mode (127,0,0,1,")
        assert client.store("x.txt", b"x").startswith("226")
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
            assert client.ask(f"PORT 127,0,0,1,{port >> 8},{port & 255}").startswith("200")
            assert client.ask("STOR y.txt").startswith("150")
            connection, _ = listener.accept()
            connection.sendall(b"y")
            connection.close()
            assert client.reply().startswith("226")
    assert [arrival.peer for arrival in door.arrivals()] == ["127.0.0.1", "127.0.0.1"]


CURL_WAYS = {
    "epsv": ["--ftp-pasv"],
    "pasv": ["--ftp-pasv", "--disable-epsv"],
    "eprt": ["--ftp-port", "-"],
    "port": ["--ftp-port", "-", "--disable-eprt"],
    "ascii": ["--use-ascii"],
    "one-by-one": ["--ftp-method", "multicwd"],
    "no-cwd": ["--ftp-method", "nocwd"],
}


CURL_SECURITY = ["plain", "tls", "tls-no-reuse", "tls1.2"]
CURL_CASES = [  # curl 7.88 sends clear text when active and told to encrypt (curl issue 10666)
    (security, way)
    for security in CURL_SECURITY
    for way in CURL_WAYS
    if security == "plain" or way not in ("eprt", "port")
]


@pytest.mark.parametrize(("security", "way"), CURL_CASES)
def test_curl(tls_door: Door, certificate: Certificate, tmp_path: Path, security: str, way: str) -> None:
    source = tmp_path / NAME
    source.write_bytes(CONTENT)
    secure = {
        "plain": [],
        "tls": ["--ssl-reqd", "--cacert", str(certificate[2])],
        "tls-no-reuse": ["--ssl-reqd", "--cacert", str(certificate[2]), "--no-sessionid"],
        "tls1.2": ["--ssl-reqd", "--cacert", str(certificate[2]), "--tls-max", "1.2"],
    }[security]
    url = f"ftp://127.0.0.1:{tls_door.port}/Nam%202026/thang%2005/{NAME}"
    common = ["-sS", "--max-time", "15", "-u", f"u:{PASSWORD}", "--ftp-create-dirs", "-T", source]
    subprocess.run(["curl", *common, *secure, *CURL_WAYS[way], url], check=True)
    sent = (
        CONTENT.replace(b"\n", b"\r\n") if way == "ascii" else CONTENT
    )  # curl itself changes line ends then
    assert tls_door.files() == [(f"/Nam 2026/thang 05/{NAME}", sent, "complete")]


@pytest.mark.parametrize("passive", ["on", "off"])
@pytest.mark.parametrize("security", ["plain", "tls"])
@pytest.mark.parametrize("way", ["direct", "rename", "ascii"])
def test_lftp(
    tls_door: Door, certificate: Certificate, tmp_path: Path, security: str, passive: str, way: str
) -> None:
    source = tmp_path / NAME
    source.write_bytes(CONTENT)
    put = {
        "direct": f"put {source}",
        "rename": f"put {source} -o {NAME}.tmp; mv {NAME}.tmp {NAME}",
        "ascii": f"put -a {source}",
    }[way]
    script = (
        f"set net:max-retries 1; set net:timeout 10; set ftp:passive-mode {passive};"
        f"set ftp:ssl-allow {'no' if security == 'plain' else 'yes'}; set ftp:ssl-force {security == 'tls'};"
        f"set ssl:ca-file {certificate[2]}; set ftp:ssl-protect-data yes; set cmd:fail-exit yes;"
        f"open -u 'u,{PASSWORD}' ftp://127.0.0.1:{tls_door.port};"
        f"mkdir -p -f 2026/05; cd 2026/05; {put}; ls; bye"
    )
    result = subprocess.run(["lftp", "-c", script], check=True, capture_output=True, timeout=30)
    assert NAME in result.stdout.decode()
    sent = (
        CONTENT.replace(b"\n", b"\r\n") if way == "ascii" else CONTENT
    )  # lftp itself changes line ends then
    assert tls_door.files() == [(f"/2026/05/{NAME}", sent, "complete")]


def test_type_a_changes_nothing(door: Door) -> None:
    raw = b"a\r\nb\nc\rd\r\r\n\n\r"
    with door.client() as client:
        assert client.ask("TYPE A").startswith("200")
        assert client.store("x.txt", raw).startswith("226")
        assert client.ask("SIZE x.txt") == f"213 {len(raw)}"
        assert client.read("RETR x.txt") == raw
    assert door.files() == [("/x.txt", raw, "complete")]


@pytest.mark.parametrize("size", [0, 1, 65535, 65536, 65537, 1_000_000])
def test_sizes(door: Door, size: int) -> None:
    content = bytes(at % 253 for at in range(size))
    with door.client() as client:
        assert client.store("x.bin", content).startswith("226")
        assert client.read("RETR x.bin") == content
    assert door.files() == [("/x.bin", content, "complete")]


def test_data_may_come_before_the_command(door: Door) -> None:
    with door.client() as client:
        with socket.create_connection((client.host, client.passive()), timeout=10) as sock:
            sock.sendall(b"early")
        assert client.ask("STOR x.txt").startswith("150")
        assert client.reply().startswith("226")
    assert door.files() == [("/x.txt", b"early", "complete")]


def test_data_may_come_after_the_command(door: Door) -> None:
    with door.client() as client:
        port = client.passive()
        assert client.ask("STOR x.txt").startswith("150")
        with socket.create_connection((client.host, port), timeout=10) as sock:
            sock.sendall(b"late")
        assert client.reply().startswith("226")
    assert door.files() == [("/x.txt", b"late", "complete")]


def test_many_files_in_one_session(door: Door) -> None:
    with door.client() as client:
        for at in range(50):
            assert client.store(f"{at}.txt", b"%d" % at).startswith("226")
    assert [content for _, content, _ in door.files()] == [b"%d" % at for at in range(50)]


def test_a_new_version_replaces_the_old_in_the_listing_only(door: Door) -> None:
    with door.client() as client:
        client.store("x.txt", b"one")
        client.store("x.txt", b"second")
        assert client.names() == ["x.txt"]
        assert client.ask("SIZE x.txt") == "213 6"
        assert client.read("RETR x.txt") == b"second"
    assert door.files() == [("/x.txt", b"one", "complete"), ("/x.txt", b"second", "complete")]


def test_appending_makes_a_new_version(door: Door) -> None:
    with door.client() as client:
        client.store("x.txt", b"one\r\n")
        with client.data("APPE x.txt") as sock:
            sock.sendall(b"two\r\n")
        assert client.reply().startswith("226")
        with client.data("APPE new.txt") as sock:
            sock.sendall(b"three\r\n")
        assert client.reply().startswith("226")
    assert [content for _, content, _ in door.files()] == [b"one\r\n", b"one\r\ntwo\r\n", b"three\r\n"]


def test_restart_keeps_the_beginning(door: Door) -> None:
    with door.client() as client:
        client.store("x.txt", b"one two three")
        client.ask("TYPE I")
        assert client.ask("REST 4").startswith("350")
        assert client.store("x.txt", b"2").startswith("226")
        assert client.read("RETR x.txt") == b"one 2"
        assert client.ask("REST 2").startswith("350")
        assert client.read("RETR x.txt") == b"e 2"
        assert client.ask("REST 99").startswith("350")
        assert client.ask("RETR x.txt").startswith("554")
        assert client.ask("REST x").startswith("501")
        assert client.read("RETR x.txt") == b"one 2"


def test_stou_invents_a_name(door: Door) -> None:
    with door.client() as client:
        with client.data("STOU") as sock:
            sock.sendall(b"x")
        assert client.reply().startswith("226")
        (name,) = client.names()
        assert name.startswith("file.")
    assert door.files() == [(f"/{name}", b"x", "complete")]


def test_passive_port_is_in_the_range_and_masquerade_is_told(make_door: Callable[..., Door]) -> None:
    ports = free_range(3)
    door = make_door(passive_ports=ports, masquerade=read_masquerade("203.0.113.9"))
    with door.client() as client:
        for _ in range(20):
            assert client.passive() in ports
        answer = client.ask("PASV")
        numbers = answer.split("(")[1].split(")")[0].split(",")
        assert numbers[:4] == ["203", "0", "113", "9"]
        assert int(numbers[4]) * 256 + int(numbers[5]) in ports
