"""The relay over TLS and SSH, against the servers themselves: what was promised for plain FTP holds there."""

import getpass
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncssh
import pytest

from forwarder.ftps_connection import IMPLICIT_PORT, shown_certificate
from forwarder.outcome import RelayError
from forwarder.sender import SendingTimes
from forwarder.sftp_connection import shown_host_key
from forwarder.target_trust import BadTrustError, certificate_trust, fingerprint, host_trust
from store.engine import writing
from store.relay.targets import TargetSettings, add_target
from tests.forwarder.department import ACT, CODE, Department, stamp
from tests.forwarder.encrypted_servers import Server, certificate, proftpd, sshd, vsftpd
from tests.forwarder.ministry import PASSWORD

TIMES = SendingTimes(5.0, 5.0)
KEY = asyncssh.generate_private_key("ssh-ed25519")
PRIVATE = KEY.export_private_key().decode()
KINDS = ("vsftpd", "proftpd-1.3", "sshd")
STEPS = ["connect", "login", "list", "upload", "size", "rename", "remove"]


class Ministry:
    """A server of one kind, as a target of the department."""

    def __init__(self, department: Department, server: Server, kind: str) -> None:
        self.department, self.server, self.kind = department, server, kind
        user, folder, scheme, secret = {
            "vsftpd": ("anonymous", "quan trắc", "ftps", "anybody"),
            "proftpd": ("bo", "quan trắc", "ftps", PASSWORD),
            "sshd": (
                getpass.getuser(),
                f"/{server.root}/quan trắc",
                "sftp",
                KEY.export_private_key().decode(),
            ),
        }[kind.partition("-")[0]]
        self.url = f"{scheme}://{user}@127.0.0.1:{server.port}/{folder.replace('//', '/')}"
        self.secret = secret

    def add(self, trust: str | None = None, secret: str | None = None, **settings: object) -> None:
        settings = {"trust": self.server.authority.read_text() if trust is None else trust, **settings}
        sealed = self.department.secrets.seal(secret or self.secret)
        with writing(self.department.engine) as connection:
            add_target(connection, ACT, "bo", TargetSettings(self.url, **settings), sealed)  # type: ignore[arg-type]


@contextmanager
def opened(department: Department, kind: str, folder: Path) -> Iterator[Ministry]:
    name, _, version = kind.partition("-")
    server = {
        "vsftpd": lambda: vsftpd(folder),
        "proftpd": lambda: proftpd(folder, f"TLSv{version}"),
        "sshd": lambda: sshd(folder, KEY),
    }[name]()
    with server as running:
        yield Ministry(department, running, kind)


@pytest.fixture
def ministry(request: pytest.FixtureRequest, department: Department, tmp_path: Path) -> Iterator[Ministry]:
    with opened(department, request.param, tmp_path) as ministry:
        yield ministry


every_kind = pytest.mark.parametrize("ministry", KINDS, indirect=True)
one_database = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)


def path(minutes: int) -> str:
    return f"quan trắc/{CODE}/Nam 2026/thang 05/ngay 30/{CODE}_{stamp(minutes)}.txt"


@pytest.mark.parametrize("ministry", [*KINDS, "proftpd-1.2"], indirect=True)
@one_database
def test_files_arrive_once_in_order_and_a_change_replaces_one(ministry: Ministry) -> None:
    department = ministry.department
    ministry.add(layout=9)
    sent = {path(minutes): department.receive(minutes) for minutes in (10, 5)}
    department.receive(0, "pH 7.1 ~ 00")
    department.relay()
    sent[path(0)] = department.receive(0, "pH 7.1 ~ 00", "COD 3 mg/L 00")
    department.relay()
    assert ministry.server.files() == sent
    assert department.outcomes() == ["sent"] * 4


@every_kind
@one_database
def test_a_trial_says_each_step(ministry: Ministry) -> None:
    (ministry.server.root / "quan trắc").mkdir(mode=0o777)
    (ministry.server.root / "quan trắc").chmod(0o777)
    ministry.add()
    sender = ministry.department.sender()
    assert [(step.name, step.works) for step in sender.trial("t.tmp")] == [(name, True) for name in STEPS]
    sender.close()
    assert ministry.server.files() == {}


@every_kind
@one_database
def test_what_may_have_arrived_is_looked_for(ministry: Ministry) -> None:
    ministry.add()
    sender = ministry.department.sender()
    sender.connect()
    assert sender.send("A/x.txt", b"12345", may_be_there=False) == ""
    assert sender.send("A/x.txt", b"54321", may_be_there=True) == "was there already"
    assert sender.send("A/x.txt", b"another", may_be_there=True) == ""
    assert sender.sizes("A") == {"x.txt": 7}
    assert sender.sizes("B") == {}
    sender.close()
    assert ministry.server.files() == {"quan trắc/A/x.txt": b"another"}


@every_kind
@one_database
def test_another_certificate_or_host_key_is_not_believed(ministry: Ministry, tmp_path: Path) -> None:
    other = asyncssh.generate_private_key("ssh-ed25519").get_fingerprint()
    for trust in ("SHA256:" + "0" * 64 if ministry.kind != "sshd" else other, None):
        if trust is None:
            (tmp_path / "other").mkdir()
            if ministry.kind == "sshd":
                trust = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode()
            else:
                trust = certificate(tmp_path / "other").authority.read_text()
        ministry.add(trust=trust)
        sender = ministry.department.sender()
        with pytest.raises(RelayError) as refused:
            sender.connect()
        assert refused.value.outcome == "cannot_connect"
        assert "certificate" in refused.value.detail or "host key" in refused.value.detail
        sender.close()
        with writing(ministry.department.engine) as connection:
            connection.exec_driver_sql("DELETE FROM relay_target")
    assert ministry.server.files() == {}


@every_kind
@one_database
def test_what_the_server_shows_can_be_pinned(ministry: Ministry) -> None:
    if ministry.kind == "sshd":
        trust = shown_host_key("127.0.0.1", ministry.server.port, TIMES)
        assert host_trust(trust).pin == asyncssh.read_public_key(ministry.server.authority).get_fingerprint()
        trust = host_trust(trust).pin
    else:
        trust = shown_certificate("127.0.0.1", ministry.server.port, TIMES)
    ministry.add(trust=trust)
    department = ministry.department
    data = department.receive(0)
    department.relay()
    assert list(ministry.server.files().values()) == [data]


@pytest.mark.parametrize("ministry", ["proftpd-1.3", "sshd"], indirect=True)
@one_database
def test_a_refused_login_is_known_as_one(ministry: Ministry) -> None:
    wrong = asyncssh.generate_private_key("ssh-ed25519").export_private_key().decode()
    ministry.add(secret=wrong if ministry.kind == "sshd" else "wrong")
    sender = ministry.department.sender()
    with pytest.raises(RelayError) as refused:
        sender.connect()
    assert refused.value.outcome == "refused_login"
    assert "wrong" not in refused.value.detail
    sender.close()


@pytest.mark.parametrize("ministry", ["vsftpd", "sshd"], indirect=True)
@one_database
def test_a_path_that_cannot_be_blocks_only_itself(ministry: Ministry) -> None:
    ministry.add()
    (ministry.server.root / "quan trắc").mkdir()
    (ministry.server.root / "quan trắc" / "A").write_bytes(b"in the way")
    sender = ministry.department.sender()
    sender.connect()
    with pytest.raises(RelayError) as refused:
        sender.send("A/x.txt", b"1", may_be_there=False)
    assert refused.value.outcome in ("rejected_path", "transfer_error")
    assert sender.send("B/x.txt", b"1", may_be_there=False) == ""
    sender.close()


@pytest.mark.parametrize("ministry", ["proftpd-1.2", "sshd"], indirect=True)
@one_database
def test_a_session_that_is_lost_is_made_anew(ministry: Ministry) -> None:
    ministry.add()
    sender = ministry.department.sender()
    sender.connect()
    sender.send("A/x.txt", b"1", may_be_there=False)
    sender.abort()
    with pytest.raises(RelayError) as lost:
        sender.send("A/y.txt", b"2", may_be_there=False)
    assert lost.value.outcome == "transfer_error"
    sender.connect()
    assert sender.send("A/y.txt", b"2", may_be_there=True) == ""
    sender.close()
    files = ministry.server.files()
    assert {name: data for name, data in files.items() if name.endswith(".txt")} == {
        "quan trắc/A/x.txt": b"1",
        "quan trắc/A/y.txt": b"2",
    }


@one_database
def test_a_server_without_tls_gets_nothing_in_the_clear(department: Department, tmp_path: Path) -> None:
    from tests.forwarder.ministry import open_ministry

    with open_ministry(tmp_path / "plain") as plain:
        url = plain.url.replace("ftp://", "ftps://")
        with writing(department.engine) as connection:
            add_target(connection, ACT, "bo", TargetSettings(url), department.secrets.seal(PASSWORD))
        sender = department.sender()
        with pytest.raises(RelayError) as refused:
            sender.connect()
        sender.close()
    assert refused.value.outcome == "cannot_connect"


@one_database
def test_implicit_tls(department: Department, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert IMPLICIT_PORT == 990
    with vsftpd(tmp_path, implicit=True) as server:
        monkeypatch.setattr("forwarder.ftps_connection.IMPLICIT_PORT", server.port)
        ministry = Ministry(department, server, "vsftpd")
        ministry.add(trust=shown_certificate("127.0.0.1", server.port, TIMES))
        data = department.receive(0)
        department.relay()
        assert list(server.files().values()) == [data]


# --- what is trusted


def test_fingerprints_in_both_spellings(tmp_path: Path) -> None:
    made = certificate(tmp_path)
    der = ssl.PEM_cert_to_DER_cert(
        made.chain.read_text().partition("-----END CERTIFICATE-----")[0] + "-----END CERTIFICATE-----\n"
    )
    plain = fingerprint(der)
    digits = plain.removeprefix("SHA256:").upper()
    with_colons = "SHA256:" + ":".join(digits[at : at + 2] for at in range(0, 64, 2))
    for text in (plain, with_colons):
        assert certificate_trust(text).accepts(der)
        assert not certificate_trust(text).accepts(der + b"x")
    assert certificate_trust("").accepts(der)
    assert certificate_trust("").context.verify_mode == ssl.CERT_REQUIRED
    assert certificate_trust("").context.check_hostname


@pytest.mark.parametrize("text", ["SHA256:", "SHA256:abc", "SHA256:" + "g" * 64, "no key", "-----BEGIN"])
def test_what_proves_nothing(text: str) -> None:
    with pytest.raises(BadTrustError):
        certificate_trust(text)
    with pytest.raises(BadTrustError):
        host_trust(text)


def test_a_host_key_must_be_known() -> None:
    with pytest.raises(BadTrustError, match="--trust first"):
        host_trust("")
