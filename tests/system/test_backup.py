"""A backup under load, restored on another machine: what was acknowledged before it began is there, once."""

import os
import shutil
import signal
import threading
from collections import Counter
from collections.abc import Callable

import pytest

from tests.system.department import Department, eventually
from tests.system.test_kill import STATIONS, SYMBOLS, Logger


@pytest.mark.timeout(300)
def test_a_backup_under_load_restored_elsewhere_has_all_and_nothing_twice(
    make_department: Callable[..., Department],
) -> None:
    department = make_department()
    department.declare(dict.fromkeys(STATIONS, SYMBOLS))
    department.add_account("all", *STATIONS)
    department.start()
    stop = threading.Event()
    loggers = [Logger(department.ftp_port, code, stop) for code in STATIONS[:3]]
    for logger in loggers:
        logger.start()

    def acknowledged() -> dict[str, bytes]:
        return {name: content for logger in loggers for name, content in list(logger.acknowledged.items())}

    def more_than(count: int) -> None:
        eventually(lambda: len(acknowledged()) > count, seconds=60)

    backup = department.folder / "b.zip"
    try:
        more_than(30)
        # what the journal holds beyond the store is the difficult part: let there be some
        ingest = department.roles()["ingest"]
        os.kill(ingest, signal.SIGSTOP)
        wake = threading.Timer(3, os.kill, (ingest, signal.SIGCONT))
        wake.start()
        more_than(len(acknowledged()) + 20)
        before = acknowledged()
        department.qttd("backup", str(backup))
        wake.join()
        more_than(len(before) + 30)
    finally:
        stop.set()
        for logger in loggers:
            logger.join()
    department.kill_all()
    everything = acknowledged()

    other = make_department()
    other.qttd("restore", str(backup))
    other.start()
    compare(other, before)
    assert other.stop() == 0

    # and where only the store was lost: its journal has all that came after the backup
    third = make_department()
    for name in ("intake.db", "intake.db-wal"):
        shutil.copy(department.folder / name, third.folder / name)
    third.qttd("restore", str(backup))
    third.start()
    compare(third, everything)
    assert third.stop() == 0


def compare(department: Department, sent: dict[str, bytes]) -> None:
    """Everything that was sent is in the store, byte for byte and once."""

    def known() -> int:
        return int(str(department.rows("SELECT count(DISTINCT name) FROM data_file")[0][0]))

    eventually(lambda: known() >= len(sent), seconds=60, what="all is read")
    rows = department.rows("SELECT name, state, content FROM data_file")
    times = Counter(name for name, state, _ in rows if state == "accepted")
    kept = {name: content for name, state, content in rows if state == "accepted"}
    assert {name: kept.get(name) for name in sent} == sent
    assert {name: times[name] for name in sent} == dict.fromkeys(sent, 1)
    assert {state for _, state, _ in rows} <= {"accepted", "duplicate"}
