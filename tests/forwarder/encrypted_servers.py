"""Servers that ministries run: vsftpd and ProFTPD, which demand a reused TLS session, and OpenSSH's sshd."""

import grp
import os
import pwd
import shutil
import socket
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import asyncssh
import trustme

from tests.forwarder.department import until
from tests.forwarder.ministry import PASSWORD

TOOLS = Path(__file__).parents[2] / ".tools" / "proftpd"

VSFTPD = """listen=YES
listen_address=127.0.0.1
listen_port={port}
run_as_launching_user=YES
background=NO
anonymous_enable=YES
local_enable=NO
no_anon_password=NO
anon_root={root}
write_enable=YES
anon_upload_enable=YES
anon_mkdir_write_enable=YES
anon_other_write_enable=YES
anon_umask=022
allow_writeable_chroot=YES
seccomp_sandbox=NO
xferlog_enable=NO
pasv_address=127.0.0.1
ssl_enable=YES
allow_anon_ssl=YES
force_anon_logins_ssl=YES
force_anon_data_ssl=YES
require_ssl_reuse=YES
ssl_ciphers=HIGH
rsa_cert_file={chain}
rsa_private_key_file={key}
implicit_ssl={implicit}
"""

PROFTPD = """ServerName ministry
ServerType standalone
DefaultServer on
DefaultAddress 127.0.0.1
Port {port}
UseIPv6 off
UseReverseDNS off
User {user}
Group {group}
ModulePath {modules}
LoadModule mod_tls.c
PidFile {folder}/pid
ScoreboardFile none
DelayEngine off
WtmpLog off
TransferLog none
SystemLog {folder}/log
AuthOrder mod_auth_file.c
AuthUserFile {folder}/users
RequireValidShell off
RootLogin on
AllowOverwrite on
<IfModule mod_tls.c>
  TLSEngine on
  TLSRequired on
  TLSProtocol {protocol}
  TLSRSACertificateFile {chain}
  TLSRSACertificateKeyFile {key}
  TLSVerifyClient off
</IfModule>
"""

SSHD = """ListenAddress 127.0.0.1
Port {port}
HostKey {folder}/host
AuthorizedKeysFile {folder}/authorized
PidFile none
StrictModes no
UsePAM no
PasswordAuthentication no
PermitRootLogin yes
Subsystem sftp internal-sftp
ForceCommand internal-sftp -d {root}
"""


class Server(NamedTuple):
    """A server that runs, and what is kept there."""

    port: int
    root: Path
    authority: Path
    """The PEM file to be trusted."""

    def files(self) -> dict[str, bytes]:
        """By path below the root."""
        return {
            str(path.relative_to(self.root)): path.read_bytes()
            for path in self.root.rglob("*")
            if path.is_file()
        }


class Certificate(NamedTuple):
    """Where chain, key and authority lie."""

    chain: Path
    key: Path
    authority: Path


def certificate(
    folder: Path,
    name: str = "127.0.0.1",
    until: datetime | None = None,
    authority: trustme.CA | None = None,
) -> Certificate:
    """Valid until then, if that is given; by an authority of its own, unless that is."""
    authority = authority or trustme.CA()
    issued = authority.issue_cert(name, not_after=until)
    found = Certificate(folder / "chain.pem", folder / "key.pem", folder / "authority.pem")
    found.chain.write_bytes(b"".join(blob.bytes() for blob in issued.cert_chain_pems))
    found.key.write_bytes(issued.private_key_pem.bytes())
    found.key.chmod(0o600)
    authority.cert_pem.write_to_path(found.authority)
    return found


@contextmanager
def vsftpd(
    folder: Path,
    *,
    implicit: bool = False,
    until: datetime | None = None,
    authority: trustme.CA | None = None,
) -> Iterator[Server]:
    """Log in as anonymous. `until`, `authority`: of its certificate."""
    made = certificate(folder, until=until, authority=authority)
    root = folder / "vsftpd"
    root.mkdir()
    port = _free_port()
    config = folder / "vsftpd.conf"
    config.write_text(
        VSFTPD.format(port=port, root=root, implicit="YES" if implicit else "NO", **made._asdict())
    )
    with _running(["vsftpd", str(config)], port):
        yield Server(port, root, made.authority)


@contextmanager
def proftpd(folder: Path, protocol: str) -> Iterator[Server]:
    """Log in as user "bo" with PASSWORD. It wants the session reused unless told otherwise."""
    made = certificate(folder)
    root = folder / "proftpd"
    root.mkdir()
    port = _free_port()
    me, my_group = pwd.getpwuid(os.getuid()), grp.getgrgid(os.getgid())
    hashed = subprocess.run(
        ["openssl", "passwd", "-6", PASSWORD], capture_output=True, text=True, check=True
    ).stdout.strip()
    users = folder / "users"
    users.write_text(f"bo:{hashed}:{os.getuid()}:{os.getgid()}::{root}:/bin/false\n")
    users.chmod(0o600)
    config = folder / "proftpd.conf"
    given = {
        "port": port,
        "user": me.pw_name,
        "group": my_group.gr_name,
        "folder": folder,
        "protocol": protocol,
    }
    config.write_text(PROFTPD.format(modules=TOOLS / "usr/lib/proftpd", **given, **made._asdict()))
    program = TOOLS / "usr/sbin/proftpd"
    assert program.exists(), "ProFTPD is missing: make tools"
    with _running([str(program), "-n", "-q", "-c", str(config)], port):
        yield Server(port, root, made.authority)


@contextmanager
def sshd(folder: Path, client: asyncssh.SSHKey) -> Iterator[Server]:
    """Log in as the user who runs the tests, with the key."""
    host = asyncssh.generate_private_key("ssh-ed25519")
    (folder / "host").write_bytes(host.export_private_key("openssh"))
    (folder / "host").chmod(0o600)
    host.write_public_key(folder / "host.pub")
    client.write_public_key(folder / "authorized")
    root = folder / "sshd"
    root.mkdir()
    if os.getuid() == 0:
        Path("/run/sshd").mkdir(exist_ok=True)
    port = _free_port()
    config = folder / "sshd_config"
    config.write_text(SSHD.format(port=port, folder=folder, root=root))
    program = shutil.which("sshd", path=f"{os.environ['PATH']}:/usr/sbin")
    assert program is not None, "sshd is missing: make tools"
    with _running([program, "-D", "-e", "-f", str(config)], port):
        yield Server(port, root, folder / "host.pub")


@contextmanager
def _running(command: Sequence[str], port: int) -> Iterator[None]:
    environment = {**os.environ, "PATH": f"{os.environ['PATH']}:/usr/sbin"}
    process = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)

    def answers() -> bool:
        assert process.poll() is None, f"{command[0]} did not start"
        with socket.socket() as knock:
            return knock.connect_ex(("127.0.0.1", port)) == 0

    try:
        until(answers)
        yield
    finally:
        process.terminate()
        process.wait(10)


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
