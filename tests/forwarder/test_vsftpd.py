"""The relay against vsftpd, the FTP server of most Linux hosts: collected where it is installed."""

import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.forwarder.department import CODE, Department, stamp, until

CONFIG = """
listen=YES
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
anon_other_write_enable={other}
anon_umask=022
allow_writeable_chroot=YES
seccomp_sandbox=NO
xferlog_enable=NO
pasv_address=127.0.0.1
"""
"""Without anon_other_write_enable it refuses every rename, overwrite and DELE, as upload-only servers do."""


class Vsftpd:
    """A running server and its folder."""

    def __init__(self, folder: Path, *, renames: bool) -> None:
        self.root = folder / "vsftpd"
        self.root.mkdir()
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        config = folder / "vsftpd.conf"
        config.write_text(
            CONFIG.format(port=self.port, root=self.root, other="YES" if renames else "NO").lstrip()
        )
        self.process = subprocess.Popen(["vsftpd", str(config)])
        until(self._answers)

    @property
    def url(self) -> str:
        return f"ftp://anonymous@127.0.0.1:{self.port}/quan trắc"

    def files(self) -> dict[str, bytes]:
        return {
            str(path.relative_to(self.root)): path.read_bytes()
            for path in self.root.rglob("*")
            if path.is_file()
        }

    def _answers(self) -> bool:
        assert self.process.poll() is None, "vsftpd did not start"
        with socket.socket() as knock:
            return knock.connect_ex(("127.0.0.1", self.port)) == 0


Start = Callable[..., Vsftpd]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    running: list[Vsftpd] = []

    def begin(*, renames: bool) -> Vsftpd:
        running.append(Vsftpd(tmp_path, renames=renames))
        return running[-1]

    yield begin
    for server in running:
        server.process.terminate()
        server.process.wait(10)


def path(minutes: int) -> str:
    return f"quan trắc/{CODE}/Nam 2026/thang 05/ngay 30/{CODE}_{stamp(minutes)}.txt"


def test_files_arrive_once_in_order_byte_for_byte(department: Department, start: Start) -> None:
    server = start(renames=True)
    department.add_target(server.url, layout=9)
    sent = {path(minutes): department.receive(minutes) for minutes in (10, 5, 0)}
    department.relay()
    assert server.files() == sent
    assert department.outcomes() == ["sent"] * 3
    assert not any(item["out_of_order"] for item in department.items())


def test_a_change_replaces_the_file(department: Department, start: Start) -> None:
    server = start(renames=True)
    department.add_target(server.url, layout=9)
    department.receive(0, "pH 7.1 ~ 00")
    department.relay()
    whole = department.receive(0, "pH 7.1 ~ 00", "COD 3 mg/L 00")
    department.relay()
    assert server.files() == {path(0): whole}


def test_an_upload_only_server_gets_its_files_straight(department: Department, start: Start) -> None:
    server = start(renames=False)
    department.add_target(server.url, layout=9, upload="direct")
    sent = {path(minutes): department.receive(minutes) for minutes in (0, 5)}
    department.relay()
    assert server.files() == sent


def test_a_server_that_renames_nothing_is_understood(department: Department, start: Start) -> None:
    server = start(renames=False)
    department.add_target(server.url, layout=9)
    sent = {path(minutes): department.receive(minutes) for minutes in (0, 5)}
    department.relay()
    assert {name: data for name, data in server.files().items() if name.endswith(".txt")} == sent
    assert department.states() == ["sent", "sent"]


def test_a_trial_says_each_step(department: Department, start: Start) -> None:
    server = start(renames=True)
    department.add_target(server.url)
    sender = department.sender()
    steps = [(step.name, step.works) for step in sender.trial("trial.tmp")]
    sender.close()
    assert steps == [
        ("connect", True),
        ("login", True),
        ("list", True),
        ("upload", True),
        ("size", True),
        ("rename", True),
        ("remove", True),
    ]
    assert server.files() == {}
