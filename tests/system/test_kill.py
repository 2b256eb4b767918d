"""kill -9 of any role, or of all, at any moment of a load: nothing acknowledged is lost or doubled."""

import ftplib
import io
import os
import random
import signal
import threading
import time
from collections import Counter
from datetime import datetime, timedelta

import pytest

from parsers.vietnam_time import VN
from tests.system.department import Department, eventually

STATIONS = [f"QN_{number:04d}_NUO001" for number in range(6)]
SYMBOLS = ["pH", "COD", "TSS"]
KILLS = 20
START = datetime(2026, 5, 30, tzinfo=VN)


class Logger(threading.Thread):
    """A station's logger: sends slot after slot, and each again until it is answered 226."""

    def __init__(self, port: int, code: str, stop: threading.Event) -> None:
        super().__init__()
        self.port, self.code, self.stop = port, code, stop
        self.acknowledged: dict[str, bytes] = {}

    def run(self) -> None:
        slot = 0
        while not self.stop.is_set():
            stamp = f"{START + timedelta(minutes=5 * slot):%Y%m%d%H%M%S}"
            lines = [f"{symbol}\t{slot}.{at}\t\t{stamp}\t00\r\n" for at, symbol in enumerate(SYMBOLS)]
            content = "".join(lines).encode()
            name = f"{self.code}_{stamp}.txt"
            while not self.send(name, content):
                if self.stop.wait(0.05):
                    return
            self.acknowledged[name] = content
            slot += 1

    def send(self, name: str, content: bytes) -> bool:
        try:
            with ftplib.FTP() as ftp:
                ftp.connect("127.0.0.1", self.port, timeout=10)
                ftp.login("all", "bi-mat")
                return ftp.storbinary(f"STOR {name}", io.BytesIO(content)).startswith("226")
        except (OSError, EOFError, ftplib.Error):
            return False


@pytest.mark.timeout(300)
def test_twenty_kills_lose_nothing_and_double_nothing(department: Department) -> None:
    department.declare(dict.fromkeys(STATIONS, SYMBOLS))
    department.add_account("all", *STATIONS)
    department.start_ministry()
    department.add_ministry()
    department.start()
    stop = threading.Event()
    loggers = [Logger(department.ftp_port, code, stop) for code in STATIONS]
    for logger in loggers:
        logger.start()
    chance = random.Random(20260530)
    try:
        for number in range(KILLS):
            time.sleep(chance.uniform(0.2, 1.0))  # the moment of a kill is meant to be any
            if number % 5 == 4:
                department.kill_all()
                department.start()
            else:
                roles = eventually(department.roles)
                os.kill(chance.choice(sorted(roles.values())), signal.SIGKILL)
        eventually(department.ready)
    finally:
        stop.set()
        for logger in loggers:
            logger.join()
    sent = {name: content for logger in loggers for name, content in logger.acknowledged.items()}
    assert len(sent) > 10 * len(STATIONS), "a load that is worth killing under"

    def drained() -> bool:
        waiting = department.rows(
            "SELECT count(*) FROM relay_item WHERE state <> 'sent' OR sent_revision < revision"
        )
        known = department.rows("SELECT count(DISTINCT name) FROM data_file")
        return waiting == [(0,)] and known[0][0] >= len(sent)  # type: ignore[operator]

    eventually(drained, seconds=240, what="everything acknowledged is stored and relayed")

    rows = department.rows("SELECT name, state, content FROM data_file")
    kept = {name: content for name, state, content in rows if state == "accepted"}
    states = Counter(state for _, state, _ in rows)
    assert set(states) <= {"accepted", "duplicate"}, states
    assert states["accepted"] == len(kept), "each file counts once, however often it was sent"
    assert {name: kept[name] for name in sent if name in kept} == sent
    # a file may have been committed while its 226 was lost: no logger knows of it, and it is not lost either
    assert len(kept.keys() - sent.keys()) <= KILLS * len(STATIONS)

    readings = department.rows(
        "SELECT count(*), count(DISTINCT station_id || ' ' || measured_at || ' ' || parameter_id)"
        " FROM reading"
    )
    assert readings == [(len(kept) * len(SYMBOLS),) * 2]

    received = department.received()
    assert {path.rpartition("/")[2]: content for path, content in received.items()} == kept
    assert len(received) == len(kept), "none stands there twice, and no temporary file is left"
    assert department.stop() == 0
