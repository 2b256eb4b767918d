"""A department whose store is PostgreSQL: the main job, and the database away in the middle of it."""

import ftplib
import io
import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import pytest

from parsers.vietnam_time import VN
from tests.postgresql import PASSWORD, Server
from tests.system.department import Department, eventually

STATIONS = [f"QN_{number:04d}_NUO001" for number in range(4)]
SYMBOLS = ["pH", "COD"]
START = datetime(2026, 5, 30, tzinfo=VN)
AWAY_SECONDS = 8.0


@pytest.fixture
def own_server() -> Iterator[Server]:
    """A server that this test may stop."""
    server = Server()
    server.start()
    yield server
    server.remove()


class Loggers(threading.Thread):
    """Sends slot after slot of every station; everything must be answered 226, whatever the store does."""

    def __init__(self, port: int) -> None:
        super().__init__()
        self.port, self.told_to_stop = port, threading.Event()
        self.acknowledged: dict[str, bytes] = {}
        self.fault: Exception | None = None

    def run(self) -> None:
        slot = 0
        try:
            while not self.told_to_stop.wait(0.05):
                self.send(slot)
                slot += 1
        except (OSError, EOFError, ftplib.Error) as error:
            self.fault = error

    def send(self, slot: int) -> None:
        stamp = f"{START + timedelta(minutes=5 * slot):%Y%m%d%H%M%S}"
        content = "".join(f"{symbol}\t{slot}.5\t\t{stamp}\t00\r\n" for symbol in SYMBOLS).encode()
        with ftplib.FTP() as ftp:
            ftp.connect("127.0.0.1", self.port, timeout=20)
            ftp.login("all", "bi-mat")
            for code in STATIONS:
                name = f"{code}_{stamp}.txt"
                assert ftp.storbinary(f"STOR {name}", io.BytesIO(content)).startswith("226")
                self.acknowledged[name] = content


@pytest.mark.timeout(240)
def test_the_database_stops_and_starts_under_load(
    own_server: Server, make_department: Callable[..., Department]
) -> None:
    own_server.query("postgres", "CREATE DATABASE tram")
    department = make_department(
        environment={"QTTD_STORE__URL": own_server.network_url("tram"), "QTTD_STORE__PASSWORD": PASSWORD}
    )
    assert not (department.folder / "qttd.db").exists()
    department.declare(dict.fromkeys(STATIONS, SYMBOLS))
    department.add_account("all", *STATIONS)
    department.start_ministry()
    department.add_ministry()
    department.start()
    loggers = Loggers(department.ftp_port)
    loggers.start()
    try:
        eventually(department.received, what="the first file at the ministry")
        own_server.stop()
        gone_at = len(loggers.acknowledged)
        time.sleep(AWAY_SECONDS)  # how long it is away is the point
        assert not department.ready()
        department.qttd("station", "list", fails=69)
        assert len(loggers.acknowledged) > gone_at + 20, "the door answers while the store is away"
        own_server.start()
        eventually(department.ready, seconds=60, what="ready again by itself")
    finally:
        loggers.told_to_stop.set()
        loggers.join()
    assert loggers.fault is None
    sent = loggers.acknowledged

    def caught_up() -> bool:
        unsent = own_server.query("tram", "SELECT count(*) FROM relay_item WHERE state <> 'sent'")
        marks = own_server.query("tram", "SELECT count(*) FROM dirty_hour")
        return unsent == marks == "0" and own_server.query("tram", "SELECT count(*) FROM data_file") == str(
            len(sent)
        )

    eventually(caught_up, seconds=90, what="everything is stored, counted and relayed")
    received = department.received()
    assert {path.rpartition("/")[2]: content for path, content in received.items()} == sent
    assert len(received) == len(sent)
    assert own_server.query("tram", "SELECT count(*) FROM reading") == str(len(sent) * len(SYMBOLS))
    assert own_server.query("tram", "SELECT DISTINCT state FROM data_file") == "accepted"
    assert own_server.query("tram", "SELECT count(*) FROM reading_default") == "0"
    counted = own_server.query("tram", "SELECT sum(valid) FROM slot_day")
    assert counted == str(len(sent) * len(SYMBOLS))
    answer = department.get(f"/readings?station={STATIONS[0]}&parameter=COD&limit=1")
    assert answer["items"][0]["value"] == 0.5  # type: ignore[index]
    assert department.stop() == 0


def test_a_wrong_password_and_a_missing_server_are_told(
    postgresql: Server, database: str, make_department: Callable[..., Department]
) -> None:
    environment = {"QTTD_STORE__URL": postgresql.network_url(database), "QTTD_STORE__PASSWORD": PASSWORD}
    department = make_department(environment=environment)
    department.environment["QTTD_STORE__PASSWORD"] = "sai-mat-khau"
    refused = department.fails("migrate", code=69)
    assert "refuses the login" in refused
    assert "QTTD_STORE__PASSWORD" in refused
    assert "sai-mat-khau" not in refused
    department.environment["QTTD_STORE__URL"] = "postgresql://qttd@127.0.0.1:1/tram"
    assert "does PostgreSQL run" in department.fails("station", "list", code=69)
