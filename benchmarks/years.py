"""Years of one station by the commands a person types: imported late, settled, and a year judged anew.

One station with ten channels, a file every five minutes (105,120 a year), in dated folders. `import-tree`
takes them all in, the daemon settles them, then every channel is given every check from the beginning on and
`recheck` of the newest year says what would change, and changes it, while the daemon runs. Seconds of the
clock and the most memory of each.

    python benchmarks/years.py [YEARS]
"""

import ftplib
import io
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.ingest import SYMBOLS, UNITS
from benchmarks.judgement import value_of
from parsers.vietnam_time import VN
from tests.system.department import Department, eventually

CODE, OTHER = "BG_0001_NUO001", "BG_0002_NUO001"
SLOTS = 105_120
END = datetime(2026, 1, 1, tzinfo=VN)
CHECKS = "zero;negative;flat_line=12;rate_of_change=1.9;spike=500"
"""One reading in some fifty steps too far."""
HOUR = 3600.0
WAITING = "SELECT (SELECT count(*) FROM dirty_hour) + (SELECT count(*) FROM owed_hour)"


def plant(root: Path, years: int) -> None:
    chance = Random(7)
    for number in range(years * SLOTS):
        moment = END - timedelta(minutes=5) * (years * SLOTS - number)
        stamp = f"{moment:%Y%m%d%H%M%S}"
        folder = root / CODE / f"{moment:%Y/%m/%d}"
        folder.mkdir(parents=True, exist_ok=True)
        lines = [
            f"{symbol}\t{value_of(chance, number, at)}\t{unit}\t{stamp}\t00\r\n"
            for at, (symbol, unit) in enumerate(zip(SYMBOLS, UNITS, strict=True))
        ]
        path = folder / f"{CODE}_{stamp}.txt"
        path.write_text("".join(lines), encoding="utf-8")
        os.utime(path, (moment.timestamp() + 60,) * 2)


def measured(department: Department, *arguments: str) -> dict[str, float]:
    """Runs a command; its seconds by the clock and the most memory it held."""
    began = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-m", "qttd", *arguments],
        env=department.environment, cwd=department.folder, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    _, status, used = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{arguments} ended with {status}")
    return {"seconds": round(time.monotonic() - began, 1), "mib": used.ru_maxrss // 1024}


class Beside(threading.Thread):
    """Sends files of another station, and looks for each in the store, until it is told to end."""

    def __init__(self, department: Department) -> None:
        super().__init__()
        self.department, self.end = department, threading.Event()
        self.answers: list[float] = []
        self.waits: list[float] = []

    def run(self) -> None:
        waiting: dict[int, float] = {}
        with ftplib.FTP() as ftp:
            ftp.connect("127.0.0.1", self.department.ftp_port, timeout=60)
            ftp.login("other", "bi-mat")
            while waiting or not self.end.wait(0.2):
                if not self.end.is_set():
                    stamp = f"{END + timedelta(minutes=5 * len(self.answers)):%Y%m%d%H%M%S}"
                    began = time.monotonic()
                    ftp.storbinary(
                        f"STOR {OTHER}_{stamp}.txt", io.BytesIO(f"pH\t7.1\t\t{stamp}\t00\r\n".encode())
                    )
                    waiting[len(self.answers)] = time.monotonic()
                    self.answers.append(waiting[len(self.answers)] - began)
                ((there,),) = self.department.rows("SELECT count(*) FROM data_file WHERE door = 'ftp'")
                for number in [one for one in waiting if one < int(str(there))]:
                    self.waits.append(time.monotonic() - waiting.pop(number))

    def ended(self) -> dict[str, object]:
        """How many were sent; the longest that one waited for its 226, and then for the store; seconds."""
        self.end.set()
        self.join()
        return {
            "files": len(self.waits),
            "226": round(max(self.answers), 2),
            "store": round(max(self.waits), 2),
        }


def settled(department: Department) -> None:
    eventually(lambda: department.rows(WAITING) == [(0,)], seconds=HOUR, what="all is settled")


def most_memory(department: Department) -> dict[str, int]:
    """The most that each role of the daemon ever held, in MiB."""
    found = {}
    for role, pid in department.roles().items():
        status = Path(f"/proc/{pid}/status").read_text()
        found[role] = int(status.partition("VmHWM:")[2].split()[0]) // 1024
    return found


def main() -> None:
    years = int(sys.argv[1]) if len(sys.argv) > 1 else 4
    said: dict[str, object] = {"files": years * SLOTS}
    with tempfile.TemporaryDirectory(dir=os.environ.get("QTTD_BENCH_DIR")) as folder:
        department = Department(Path(folder) / "department")
        try:
            department.declare({CODE: list(SYMBOLS), OTHER: list(SYMBOLS)})
            department.add_account("other", OTHER)
            plant(Path(folder) / "tree", years)
            said["import"] = measured(department, "import-tree", str(Path(folder) / "tree"))
            began = time.monotonic()
            department.start()
            settled(department)
            said["settling_seconds"] = round(time.monotonic() - began, 1)
            rows = "".join(f"{CODE},{symbol},{symbol},,{CHECKS}\n" for symbol in SYMBOLS)
            checks = department.folder / "checks.csv"
            checks.write_text("station_code,symbol,parameter,unit,checks\n" + rows, encoding="utf-8")
            department.qttd("channel", "import", str(checks), "--valid-from", "2000-01-01")
            settled(department)
            year = ("recheck", "--station", CODE, "--from", "2025-01-01", "--to", "2025-12-31")
            said["recheck"] = measured(department, *year)
            said["recheck_apply"] = measured(department, *year, "--apply")
            began = time.monotonic()
            settled(department)
            said["settled_again_seconds"] = round(time.monotonic() - began, 1)
            beside = Beside(department)
            beside.start()
            days = ("--from", "2025-11-28", "--to", "2025-12-31", "--reason", "benchmark")
            said["review"] = measured(department, "review", "reject", CODE, *days)
            said["beside_the_review"] = beside.ended()
            said["daemon_mib"] = most_memory(department)
            ((flagged,),) = department.rows("SELECT count(*) FROM reading WHERE flags IS NOT NULL")
            said["flagged_readings"] = flagged
        finally:
            department.close()
    print(json.dumps(said, indent=2))


if __name__ == "__main__":
    main()
