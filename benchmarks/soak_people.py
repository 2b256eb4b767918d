"""Who uses the department of a soak while it suffers (benchmarks/soak.py): loggers, a reviewer, readers.

Readers fetch by FTP, as an EnviSoft that polls, and ask REST and the page. What they are refused while
something is away does not matter; what they are given must be right.
"""

import ftplib
import io
import json
import random
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping

from tests.system.department import Department
from tests.system.test_kill import Logger

CORRECTED = "COD"
ASKED = ("/api/v1/files?limit=50", "/api/v1/stations", "/metrics", "/", "/api/v1/completeness?{days}")
DAYS = "from=2026-05-30&to=2026-06-05"


class PacedLogger(Logger):
    """Rests between two files, so that half an hour fits on a small disk."""

    def send(self, name: str, content: bytes) -> bool:
        time.sleep(0.1)
        return super().send(name, content)


class Reader(threading.Thread):
    """Fetches files by FTP as a reader account, and remembers what it was given."""

    def __init__(self, port: int, stop: threading.Event, chance: random.Random) -> None:
        super().__init__()
        self.port, self.stop, self.chance = port, stop, chance
        self.fetched: dict[str, bytes] = {}

    def run(self) -> None:
        while not self.stop.wait(0.5):
            try:
                with ftplib.FTP() as ftp:
                    ftp.connect("127.0.0.1", self.port, timeout=20)
                    ftp.login("doc", "bi-mat")
                    self.fetch_some(ftp)
            except (OSError, EOFError, ftplib.Error):
                continue  # something is away: 421, 451 or nobody there

    def fetch_some(self, ftp: ftplib.FTP) -> None:
        folder = ""
        while names := [name.rpartition("/")[2] for name in ftp.nlst(folder)]:
            if names[0].endswith(".txt"):
                for name in self.chance.sample(names, min(5, len(names))):
                    content = io.BytesIO()
                    ftp.retrbinary(f"RETR {folder}/{name}", content.write)
                    self.fetched[name] = content.getvalue()
                return
            folder = f"{folder}/{self.chance.choice(names)}"


class Asker(threading.Thread):
    """Asks REST, the metrics and the page."""

    def __init__(self, department: Department, stop: threading.Event) -> None:
        super().__init__()
        self.base, self.stop = f"http://127.0.0.1:{department.api_port}", stop
        self.key = department.qttd("apikey", "add", "soak", "--role", "auditor").strip()
        self.answered = 0
        self.wrong: list[str] = []

    def run(self) -> None:
        number = 0
        while not self.stop.wait(0.5):
            path = ASKED[number % len(ASKED)].format(days=DAYS)
            number += 1
            request = urllib.request.Request(
                self.base + path, headers={"Authorization": f"Bearer {self.key}"}
            )
            try:
                with urllib.request.urlopen(request, timeout=30) as answer:
                    body = answer.read()
                if path.startswith("/api"):
                    json.loads(body)
            except urllib.error.HTTPError as error:
                error.close()
                if error.code not in (429, 503):  # 503: the store is away
                    self.wrong.append(f"{path}: {error.code}")
            except (OSError, ValueError) as error:
                if isinstance(error, ValueError):
                    self.wrong.append(f"{path}: {error}")
            else:
                self.answered += 1


class Reviewer(threading.Thread):
    """Corrects one reading after another, of files that were acknowledged."""

    def __init__(
        self,
        department: Department,
        acknowledged: Callable[[], Mapping[str, bytes]],
        stop: threading.Event,
        chance: random.Random,
    ) -> None:
        super().__init__()
        self.department, self.acknowledged, self.stop, self.chance = department, acknowledged, stop, chance
        self.corrected: dict[str, str] = {}
        """The number that counts now, by the file's name."""
        self.unanswered: dict[str, str] = {}
        """Of these nobody knows whether they counted: the command had no answer."""

    def run(self) -> None:
        number = 0
        while not self.stop.wait(8):
            names = sorted(self.acknowledged().keys() - self.corrected.keys() - self.unanswered.keys())
            if not names:
                continue
            number += 1
            name, value = self.chance.choice(names), f"{number % 300}.25"
            code, _, stamp = name.removesuffix(".txt").rpartition("_")
            at = f"{stamp[:4]}-{stamp[4:6]}-{stamp[6:8]}T{stamp[8:10]}:{stamp[10:12]}"
            words = ("--parameter", CORRECTED, "--at", at, "--value", value, "--reason", "Calibration record")
            try:
                self.department.qttd("review", "correct", code, *words)
            except (AssertionError, subprocess.TimeoutExpired):  # the store is away, or has not the file yet
                self.unanswered[name] = value
            else:
                self.corrected[name] = value

    def expected(self, name: str, content: bytes) -> set[bytes]:
        """What the ministry may have of a file that was sent with this content."""
        if (value := self.corrected.get(name)) is not None:
            return {with_number(content, value)}
        if (value := self.unanswered.get(name)) is not None:
            return {content, with_number(content, value)}
        return {content}


def with_number(content: bytes, value: str) -> bytes:
    """The file with another number in its corrected line, all other bytes as the logger wrote them."""
    lines = content.splitlines(keepends=True)
    for at, line in enumerate(lines):
        cells = line.split(b"\t")
        if cells[0].decode() == CORRECTED:
            cells[1] = value.encode()
            lines[at] = b"\t".join(cells)
    return b"".join(lines)
