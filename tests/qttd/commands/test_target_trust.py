"""`qttd target add` and `change` for targets that prove who they are."""

from collections.abc import Iterator
from pathlib import Path

import asyncssh
import pytest

from tests.forwarder.encrypted_servers import Server, sshd, vsftpd
from tests.forwarder.test_encrypted_targets import KEY
from tests.qttd.conftest import CommandLine


@pytest.fixture
def ssh(tmp_path: Path) -> Iterator[Server]:
    with sshd(tmp_path, KEY) as server:
        yield server


def me() -> str:
    import getpass

    return getpass.getuser()


def test_an_sftp_target_with_a_key(ready: CommandLine, ssh: Server, tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.write_bytes(KEY.export_private_key("pkcs8-pem", passphrase="mật khẩu"))
    url = f"sftp://{me()}@127.0.0.1:{ssh.port}/{ssh.root}"
    wrong = ready("target", "add", "bo", "--url", url, "--key", str(key), stdin="another\n")
    assert (wrong.code, "passphrase" in wrong.err) == (65, True)
    done = ready("target", "add", "bo", "--url", url, "--key", str(key), stdin="mật khẩu\n")
    pinned = asyncssh.read_public_key(ssh.authority)
    assert (done.code, pinned.get_fingerprint() in done.err) == (0, True)
    (target,) = ready("target", "list", "--json").json()
    assert target["trust"] == " ".join(ssh.authority.read_text().split()[:2])
    assert ready("target", "test", "bo").code == 0
    (finding,) = [line for line in ready("doctor", "--json").json() if line["check"] == "target"]
    assert finding["state"] == "ok"
    other = asyncssh.generate_private_key("ssh-ed25519").get_fingerprint()
    assert ready("target", "change", "bo", "--trust", other).code == 0
    tried = ready("target", "test", "bo")
    assert (tried.code, "another host key" in tried.out) == (69, True)
    assert ready("target", "change", "bo", "--trust", "first").code == 0
    assert ready("target", "test", "bo").code == 0


def test_an_ftps_target_by_authority_fingerprint_or_not(ready: CommandLine, tmp_path: Path) -> None:
    with vsftpd(tmp_path) as server:
        url = f"ftps://anonymous@127.0.0.1:{server.port}/"
        assert ready("target", "add", "bo", "--url", url, stdin="x\n").code == 0
        tried = ready("target", "test", "bo")
        assert (tried.code, "certificate" in tried.out) == (69, True)
        assert ready("target", "change", "bo", "--trust", str(server.authority)).code == 0
        assert ready("target", "test", "bo").code == 0
        assert ready("target", "list", "--json").json()[0]["trust"] == "an authority of its own"
        assert ready("target", "change", "bo", "--trust", "first").code == 0
        assert ready("target", "list", "--json").json()[0]["trust"].startswith("SHA256:")
        assert ready("target", "test", "bo").code == 0


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["--url", "ftp://u@h/", "--trust", "first"], 64),
        (["--url", "ftps://u@h/", "--key", "k"], 64),
        (["--url", "ftps://u@127.0.0.1:1/", "--trust", "first"], 69),
        (["--url", "sftp://u@127.0.0.1:1/"], 69),
        (["--url", "sftp://u@h/", "--trust", "SHA256:short"], 65),
        (["--url", "ftps://u@h/", "--trust", "no_such_file"], 65),
        (["--url", "http://u@h/"], 64),
    ],
)
def test_what_cannot_be_trusted(ready: CommandLine, arguments: list[str], code: int) -> None:
    assert ready("target", "add", "bo", *arguments, stdin="x\n").code == code
    assert ready("target", "list", "--json").json() == []


def test_a_change_keeps_the_outbox_and_is_audited(ready: CommandLine, tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    assert ready("target", "add", "bo", "--url", f"file://{tmp_path / 'a'}").code == 0
    assert ready("target", "change", "bo").code == 64
    done = ready("target", "change", "bo", "--url", f"file://{tmp_path / 'b'}", "--upload", "direct")
    assert done.code == 0
    (target,) = ready("target", "list", "--json").json()
    assert (target["url"], target["upload"]) == (f"file://{tmp_path / 'b'}", "direct")
    assert ready("target", "change", "bo", "--url", "ftp://u@h/", stdin="mật khẩu\n").code == 0
    assert ready("target", "change", "nobody", "--url", "ftp://u@h/").code == 65
