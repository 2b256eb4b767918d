"""The clock is set forward and back under a running department: every file counts once, at every hop."""

import ftplib
import io
import struct
import subprocess
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from parsers.vietnam_time import VN
from tests.system.department import Department, eventually

CODE = "QN_THUB_NUODAU"
START = datetime(2026, 5, 30, tzinfo=VN)
HOUR = 3600


class Logger(threading.Thread):
    """Sends slot after slot; everything must be answered 226, whatever the clock says."""

    def __init__(self, port: int) -> None:
        super().__init__()
        self.port, self.stop = port, threading.Event()
        self.acknowledged: dict[str, bytes] = {}
        self.fault: Exception | None = None

    def run(self) -> None:
        try:
            with ftplib.FTP() as ftp:
                ftp.connect("127.0.0.1", self.port, timeout=20)
                ftp.login("thub", "bi-mat")
                while not self.stop.wait(0.05):
                    stamp = f"{START + timedelta(minutes=5 * len(self.acknowledged)):%Y%m%d%H%M%S}"
                    name, content = f"{CODE}_{stamp}.txt", f"pH\t7.0\t\t{stamp}\t00\r\n".encode()
                    assert ftp.storbinary(f"STOR {name}", io.BytesIO(content)).startswith("226")
                    self.acknowledged[name] = content
        except (OSError, EOFError, AssertionError, ftplib.Error) as error:
            self.fault = error

    def sends(self, count: int) -> None:
        """Waits until so many more files were taken."""
        wanted = len(self.acknowledged) + count
        eventually(lambda: len(self.acknowledged) >= wanted or self.fault, what="the door answers")


class OtherClock:
    """The clock of a department's programs, so far ahead of the machine's as it is set to be."""

    def __init__(self, folder: Path) -> None:
        self._file, library = folder / "clock", folder / "other_clock.so"
        self.set(0)
        source = Path(__file__).with_name("other_clock.c")
        subprocess.run(["gcc", "-shared", "-fPIC", "-O2", "-o", library, source, "-ldl"], check=True)
        self.environment = {"LD_PRELOAD": str(library), "OTHER_CLOCK": str(self._file)}

    def set(self, seconds: int) -> None:
        # in place: the programs look at this very file
        with self._file.open("r+b" if self._file.exists() else "wb") as file:
            file.write(struct.pack("=q", seconds))


@pytest.mark.timeout(400)
def test_the_clock_is_set_forward_and_back(
    make_department: Callable[..., Department], tmp_path: Path
) -> None:
    clock = OtherClock(tmp_path)
    department = make_department()
    department.declare({CODE: ["pH"]})
    department.add_account("thub", CODE)
    department.start_ministry()
    department.add_ministry()
    department.environment |= clock.environment
    department.start()
    roles = department.roles()
    logger = Logger(department.ftp_port)
    logger.start()
    try:
        for ahead, set_back in ((2 * HOUR, 0), (0, 1), (-3 * HOUR, 2), (0, 2)):
            clock.set(ahead)
            logger.sends(60)  # three seconds at least
            noticed = f"the clock was seen to be set back {set_back} times"
            eventually(lambda: department.log().count("clock_went_back") >= set_back, what=noticed)  # noqa: B023
    finally:
        logger.stop.set()
        logger.join()
    assert logger.fault is None
    sent = logger.acknowledged
    eventually(lambda: len(department.received()) >= len(sent), 90, "the ministry has all")
    received = department.received()
    assert {path.rpartition("/")[2]: content for path, content in received.items()} == sent
    assert len(received) == len(sent)
    assert department.rows("SELECT state, count(*) FROM data_file GROUP BY state") == [
        ("accepted", len(sent))
    ]
    assert department.rows("SELECT count(*) FROM reading") == [(len(sent),)]
    eventually(
        lambda: department.rows("SELECT sum(valid) FROM slot_day") == [(len(sent),)], what="all counted"
    )
    receipts = "SELECT count(*) FROM relay_item WHERE state = 'sent'"
    eventually(lambda: department.rows(receipts) == [(len(sent),)], what="every receipt")
    assert department.roles() == roles, "nobody was taken for dead"
    assert department.stop() == 0
