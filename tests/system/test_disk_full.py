"""A disk that fills up, the journal's or the store's: nothing acknowledged is lost, and it recovers alone.

The disk is a small one of its own where that may be mounted; elsewhere files may not grow beyond a limit,
which is what a full disk and a quota look like from inside.
"""

import ftplib
import io
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from parsers.vietnam_time import VN
from tests.postgresql import PASSWORD, Server
from tests.system.department import Department, eventually
from tests.system.small_disk import DatabaseDisk, SmallDisk

CODE = "QN_THUB_NUODAU"
START = datetime(2026, 5, 30, tzinfo=VN)
LINES = 200
"""A file of about 10 KB, so that few of them fill the disk."""


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


def fill_up(department: Department, disk: SmallDisk, stored: Callable[[], int]) -> dict[str, bytes]:
    """Lets the store's disk fill up under a logger that goes on, then gives it room; what was answered."""
    logger = begin(department, disk)
    assert {logger.send() for _ in range(3)} == {"226"}
    eventually(lambda: stored() == 3, seconds=90, what="three files in the store")
    disk.leave(0)
    for _ in range(40):
        assert logger.send() == "226"
    eventually(lambda: "store_away" in department.log(), what="ingest says that it waits")
    assert stored() < len(logger.acknowledged)
    disk.give_back()
    eventually(lambda: stored() == len(logger.acknowledged), seconds=90, what="the store catches up")
    return logger.acknowledged


@pytest.mark.timeout(300)
def test_the_stores_disk_fills_up_and_the_doors_do_not_notice(
    make_department: Callable[..., Department], disk: SmallDisk
) -> None:
    store = disk.folder / "qttd.db"
    department = make_department(environment={"QTTD_STORE__URL": f"sqlite:///{store}"})
    sent = fill_up(department, disk, lambda: len(kept(store)))
    assert kept(store) == sent
    assert department.stop() == 0


@pytest.fixture
def database_disk(postgresql: Server) -> Iterator[DatabaseDisk]:
    disk = DatabaseDisk(postgresql, "small")
    yield disk
    disk.remove()


@pytest.mark.timeout(300)
def test_the_databases_disk_fills_up_and_the_doors_do_not_notice(
    make_department: Callable[..., Department], postgresql: Server, database_disk: DatabaseDisk
) -> None:
    def told(query: str) -> str:
        return postgresql.query("small", query)

    department = make_department(
        environment={"QTTD_STORE__URL": postgresql.network_url("small"), "QTTD_STORE__PASSWORD": PASSWORD}
    )
    sent = fill_up(department, database_disk, lambda: int(told("SELECT count(*) FROM data_file")))
    assert told("SELECT DISTINCT state FROM data_file") == "accepted"
    assert told("SELECT count(DISTINCT name) FROM data_file") == str(len(sent))
    assert told("SELECT count(*) FROM reading") == str(len(sent) * LINES)
    assert department.stop() == 0
