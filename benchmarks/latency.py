"""From the 226 to the REST interface: how long until a file that was acknowledged can be seen.

Runs the whole daemon, sends files over FTP at an even rate from several sessions, and asks
`GET /api/v1/files` for what is new, again and again. A file's latency runs from the moment its 226
came to the end of the first answer that shows it. Asking costs time too, so the figure is an upper bound.

    python benchmarks/latency.py [FILES_PER_SECOND] [SECONDS]
"""

import ftplib
import io
import json
import statistics
import sys
import tempfile
import threading
import time
import urllib.request
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from parsers.vietnam_time import VN
from tests.system.department import Department

STATIONS = 50
SESSIONS = 10
SYMBOLS = ["pH", "COD", "TSS", "DO", "Flow", "Temp", "Color", "TP", "TN", "TOC"]
START = datetime(2026, 5, 1, tzinfo=VN)


class Sender(threading.Thread):
    """One FTP session that sends every SESSIONS-th file when its moment has come."""

    def __init__(
        self, port: int, first: int, files: int, rate: float, began: float, stations: int = STATIONS
    ) -> None:
        super().__init__()
        self.port, self.numbers, self.rate, self.began = port, range(first, files, SESSIONS), rate, began
        self.stations = stations
        self.answered: dict[str, float] = {}

    def run(self) -> None:
        with ftplib.FTP() as ftp:
            ftp.connect("127.0.0.1", self.port, timeout=20)
            ftp.login("all", "bi-mat")
            for number in self.numbers:
                stamp = f"{START + timedelta(minutes=5 * (number // self.stations)):%Y%m%d%H%M%S}"
                name = f"BG_{number % self.stations:04d}_NUO001_{stamp}.txt"
                lines = [f"{symbol}\t{number}.{at}\t\t{stamp}\t00\r\n" for at, symbol in enumerate(SYMBOLS)]
                time.sleep(max(0.0, self.began + number / self.rate - time.monotonic()))
                ftp.storbinary(f"STOR {name}", io.BytesIO("".join(lines).encode()))
                self.answered[name] = time.monotonic()


def watch(department: Department, files: int, seen: dict[str, float], until: float) -> None:
    """Notes when each file is first shown, following the list from where it ended."""
    cursor = ""
    base = f"http://127.0.0.1:{department.api_port}/api/v1/files?state=accepted&limit=50"
    while len(seen) < files and time.monotonic() < until:
        request = urllib.request.Request(base + cursor, headers={"Authorization": f"Bearer {department.key}"})
        with urllib.request.urlopen(request, timeout=20) as answer:
            page: dict[str, Any] = json.load(answer)
        now = time.monotonic()
        for item in page["items"]:
            seen.setdefault(item["name"], now)
        if page["next"]:
            cursor = f"&cursor={page['next']}"
        else:
            time.sleep(0.01)


def main() -> None:
    rate = float(sys.argv[1]) if len(sys.argv) > 1 else 100.0
    files = round(rate * (float(sys.argv[2]) if len(sys.argv) > 2 else 10.0))
    codes = [f"BG_{number:04d}_NUO001" for number in range(STATIONS)]
    with tempfile.TemporaryDirectory() as folder:
        department = Department(Path(folder) / "department")
        try:
            department.declare(dict.fromkeys(codes, SYMBOLS))
            department.add_account("all", *codes)
            department.start()
            department.get("/files")
            began = time.monotonic() + 1
            senders = [Sender(department.ftp_port, first, files, rate, began) for first in range(SESSIONS)]
            for sender in senders:
                sender.start()
            seen: dict[str, float] = {}
            watch(department, files, seen, began + files / rate + 60)
            for sender in senders:
                sender.join()
        finally:
            department.close()
    answered = {name: at for sender in senders for name, at in sender.answered.items()}
    waits = sorted(max(0.0, seen[name] - at) * 1000 for name, at in answered.items())
    took = max(answered.values()) - began
    print(
        json.dumps(
            {
                "files": len(waits),
                "files_per_s": round(len(waits) / took, 1),
                "p50_ms": round(statistics.median(waits)),
                "p99_ms": round(waits[int(len(waits) * 0.99)]),
                "max_ms": round(waits[-1]),
            }
        )
    )


if __name__ == "__main__":
    main()
