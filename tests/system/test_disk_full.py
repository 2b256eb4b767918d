"""A disk that fills up, the journal's or the store's: nothing acknowledged is lost, and it recovers alone.

The disk is a small one of its own where that may be mounted; elsewhere files may not grow beyond a limit,
which is what a full disk and a quota look like from inside.
"""

import ftplib
import io
import resource
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from parsers.vietnam_time import VN
from tests.system.department import Department, eventually

CODE = "QN_THUB_NUODAU"
START = datetime(2026, 5, 30, tzinfo=VN)
SIZE = 24 << 20
LINES = 200
"""A file of about 10 KB, so that few of them fill the disk."""


class SmallDisk:
    """A folder of which little is left, or nothing, when that is wanted."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        options = ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "none", str(folder)]
        self.mounted = subprocess.run(options, capture_output=True, check=False).returncode == 0
        self.daemon: int | None = None

    def leave(self, free: int) -> None:
        """So many bytes are free from now on, up to a page."""
        if self.mounted:
            self.give_back()
            space = subprocess.run(
                ["stat", "-f", "-c", "%a %S", str(self.folder)], capture_output=True, text=True, check=True
            )
            blocks, size = map(int, space.stdout.split())
            with (self.folder / "ballast").open("wb", buffering=0) as ballast, suppress(OSError):
                # others write meanwhile: full is full
                for _ in range(max(0, blocks * size - free) // size):
                    ballast.write(bytes(size))
        else:
            self._limit(max(path.stat().st_size for path in self.folder.iterdir()) + free)

    def give_back(self) -> None:
        """There is room again."""
        if self.mounted:
            (self.folder / "ballast").unlink(missing_ok=True)
        else:
            self._limit(resource.RLIM_INFINITY)

    def _limit(self, size: int) -> None:
        """For the daemon and its roles; a process's limit is its own."""
        assert self.daemon is not None
        children = Path(f"/proc/{self.daemon}/task/{self.daemon}/children").read_text().split()
        for process in (self.daemon, *map(int, children)):
            resource.prlimit(process, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))

    def remove(self) -> None:
        if self.mounted:
            subprocess.run(["umount", "-l", str(self.folder)], check=True)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    disk = SmallDisk(tmp_path / "disk")
    yield disk
    disk.remove()


class Logger:
    """Sends slot after slot, and knows what was answered."""

    def __init__(self, department: Department) -> None:
        self.port = department.ftp_port
        self.acknowledged: dict[str, bytes] = {}
        self.slot = 0

    def send(self) -> str:
        """The code that the next file was answered with; a refused one is sent again the next time."""
        stamp = f"{START + timedelta(minutes=5 * self.slot):%Y%m%d%H%M%S}"
        lines = [f"P{number}\t{number}.5\tmg/L\t{stamp}\t00\r\n" for number in range(LINES)]
        name, content = f"{CODE}_{stamp}.txt", "".join(lines).encode()
        try:
            with ftplib.FTP() as ftp:
                ftp.connect("127.0.0.1", self.port, timeout=20)
                ftp.login("thub", "bi-mat")
                answer = ftp.storbinary(f"STOR {name}", io.BytesIO(content))
        except ftplib.Error as error:
            return str(error)[:3]
        self.acknowledged[name] = content
        self.slot += 1
        return answer[:3]


def kept(store: Path) -> dict[str, bytes]:
    with closing(sqlite3.connect(f"file:{store}?mode=ro", uri=True)) as connection:
        rows = connection.execute("SELECT name, content FROM data_file WHERE state = 'accepted'").fetchall()
        assert connection.execute("SELECT count(*) FROM data_file").fetchone() == (len(rows),), "each once"
        readings = connection.execute("SELECT count(*) FROM reading").fetchone()
    assert readings == (len(rows) * LINES,)
    return dict(rows)


def begin(department: Department, disk: SmallDisk) -> Logger:
    department.declare({CODE: ["pH"]})
    department.add_account("thub", CODE)
    department.start()
    assert department.daemon is not None
    disk.daemon = department.daemon.pid
    return Logger(department)


@pytest.mark.timeout(300)
def test_the_journals_disk_fills_up(make_department: Callable[..., Department], disk: SmallDisk) -> None:
    department = make_department(environment={"QTTD_INTAKE__JOURNAL": str(disk.folder / "intake.db")})
    logger = begin(department, disk)
    assert {logger.send() for _ in range(5)} == {"226"}
    if disk.mounted:
        disk.leave(1 << 19)  # below intake.min_free_mib
        eventually(lambda: logger.send() == "452", what="uploads are refused before the disk is full")
        disk.give_back()
    else:
        # no commit of the journal finds room; what cannot be committed is not acknowledged
        disk.leave(0)
        eventually(lambda: logger.send() == "451", what="an upload that cannot be committed is refused")
        disk.give_back()
    before = logger.slot
    eventually(lambda: logger.send() == "226", what="uploads are taken again, by themselves")
    assert logger.slot == before + 1
    assert {logger.send() for _ in range(5)} == {"226"}
    eventually(lambda: len(kept(department.folder / "qttd.db")) >= len(logger.acknowledged), 90)
    assert kept(department.folder / "qttd.db") == logger.acknowledged
    assert department.stop() == 0


@pytest.mark.timeout(300)
def test_the_stores_disk_fills_up_and_the_doors_do_not_notice(
    make_department: Callable[..., Department], disk: SmallDisk
) -> None:
    store = disk.folder / "qttd.db"
    department = make_department(environment={"QTTD_STORE__URL": f"sqlite:///{store}"})
    logger = begin(department, disk)
    assert {logger.send() for _ in range(3)} == {"226"}
    eventually(lambda: len(kept(store)) == 3, seconds=90, what="three files in the store")
    disk.leave(0)
    for _ in range(40):
        assert logger.send() == "226"
    eventually(lambda: "store_away" in department.log(), what="ingest says that it waits")
    waiting = len(kept(store))
    assert waiting < len(logger.acknowledged)
    disk.give_back()
    eventually(lambda: len(kept(store)) == len(logger.acknowledged), seconds=90, what="the store catches up")
    assert kept(store) == logger.acknowledged
    assert department.stop() == 0
