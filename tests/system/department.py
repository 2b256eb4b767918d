"""A whole department on this machine: `qttd run` as a user starts it, and a ministry that is
another FTP server in another process.
"""

import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")

STATIONS = "code,name,kind,facility,province,interval_minutes\n"
CHANNELS = "station_code,symbol,parameter,unit\n"

MINISTRY = """
import sys
from pyftpdlib.authorizers import DummyAuthorizer
from pyftpdlib.handlers import FTPHandler
from pyftpdlib.log import config_logging
from pyftpdlib.servers import FTPServer
config_logging(level=40)
authorizer = DummyAuthorizer()
authorizer.add_user("bo", "mat-khau", sys.argv[1], perm="elradfmwMT")
FTPHandler.authorizer = authorizer
FTPServer(("127.0.0.1", int(sys.argv[2])), FTPHandler).serve_forever()
"""


def eventually(look: Callable[[], T], seconds: float = 30, what: str = "") -> T:
    """Looks until it is true, and gives what was seen; fails after `seconds`."""
    deadline = time.monotonic() + seconds
    while True:
        seen = look()
        if seen:
            return seen
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s: {what or look} (last seen: {seen!r})")
        time.sleep(0.05)


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on now."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()


class Department:
    """A folder with qttd.toml, the commands a user would type, and the daemon."""

    def __init__(self, folder: Path, environment: Mapping[str, str] | None = None, **ftp: object) -> None:
        self.folder = folder
        self.patience = 60.0
        """Seconds that a command may take."""
        self.ftp_port, self.api_port, self.ministry_port = free_ports(3)
        self.ministry_folder = folder / "ministry"
        self.ministry_folder.mkdir(parents=True)
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("QTTD_")},
            "QTTD_CONFIG": str(folder / "qttd.toml"),
            "QTTD_FTP__HOST": "127.0.0.1",
            "QTTD_FTP__PORT": str(self.ftp_port),
            "QTTD_FTP__PASSIVE_PORTS": "20000-25999",
            "QTTD_API__PORT": str(self.api_port),
            "QTTD_INTAKE__MIN_FREE_MIB": "1",
            **{f"QTTD_FTP__{name.upper()}": str(value) for name, value in ftp.items()},
            **(environment or {}),
        }
        self.daemon: subprocess.Popen[bytes] | None = None
        self.ministry: subprocess.Popen[bytes] | None = None
        self.key = ""
        self.qttd("init", str(folder))

    def qttd(self, *arguments: str, stdin: str = "", fails: int = 0) -> str:
        """Runs a command and gives its standard output; `fails` is the exit code it must end with."""
        done = subprocess.run(
            [sys.executable, "-m", "qttd", *arguments],
            input=stdin, capture_output=True, text=True, env=self.environment, cwd=self.folder,
            timeout=self.patience, check=False,
        )  # fmt: skip
        assert done.returncode == fails, (arguments, done.returncode, done.stdout, done.stderr)
        return done.stdout

    def fails(self, *arguments: str, code: int) -> str:
        """Runs a command that must end with this exit code, and gives what it says of it."""
        done = subprocess.run(
            [sys.executable, "-m", "qttd", *arguments],
            capture_output=True, text=True, env=self.environment, cwd=self.folder, timeout=60, check=False,
        )  # fmt: skip
        assert done.returncode == code, (arguments, done.returncode, done.stdout, done.stderr)
        return done.stderr

    def declare(self, stations: dict[str, list[str]], interval: int = 5) -> None:
        """Stations with the symbols of their channels; each symbol is the name of a known parameter."""
        rows = [f"{code},Trạm {code},wastewater,Nhà máy {code},QN,{interval}\n" for code in stations]
        (self.folder / "stations.csv").write_text(STATIONS + "".join(rows), encoding="utf-8")
        self.qttd("station", "import", str(self.folder / "stations.csv"))
        rows = [f"{code},{symbol},{symbol},\n" for code, symbols in stations.items() for symbol in symbols]
        (self.folder / "channels.csv").write_text(CHANNELS + "".join(rows), encoding="utf-8")
        self.qttd("channel", "import", str(self.folder / "channels.csv"))

    def add_account(self, name: str, *stations: str) -> None:
        self.qttd("account", "add", name, "--stations", ",".join(stations), stdin="bi-mat\n")

    def start_ministry(self) -> None:
        script = self.folder / "ministry.py"
        script.write_text(MINISTRY, encoding="utf-8")
        self.ministry = subprocess.Popen(
            [sys.executable, str(script), str(self.ministry_folder), str(self.ministry_port)]
        )
        eventually(lambda: answers(self.ministry_port), what="the ministry's server answers")

    def add_ministry(self, *options: str) -> None:
        url = f"ftp://bo@127.0.0.1:{self.ministry_port}/"
        self.qttd("target", "add", "bo", "--url", url, *options, stdin="mat-khau\n")

    def start(self) -> None:
        self.launch()
        eventually(self.ready, seconds=90, what="/readyz answers 200")

    def launch(self) -> None:
        """Starts the daemon and waits for nothing."""
        log = (self.folder / "qttd.log").open("ab")
        self.daemon = subprocess.Popen(
            [sys.executable, "-m", "qttd", "run"],
            env=self.environment, cwd=self.folder, stderr=log, stdout=log, start_new_session=True,
        )  # fmt: skip
        log.close()

    def ready(self) -> bool:
        assert self.daemon is not None
        assert self.daemon.poll() is None, self.log()
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.api_port}/readyz", timeout=5) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    def log(self) -> str:
        return (self.folder / "qttd.log").read_text(encoding="utf-8", errors="replace")

    def get(self, path: str) -> dict[str, object]:
        """A REST call as an auditor would make it."""
        if not self.key:
            self.key = self.qttd("apikey", "add", "tests", "--role", "auditor").strip()
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.api_port}/api/v1{path}", headers={"Authorization": f"Bearer {self.key}"}
        )
        with urllib.request.urlopen(request, timeout=20) as answer:
            return dict(json.load(answer))

    def rows(self, query: str) -> list[tuple[object, ...]]:
        """Looks into the store's file, past all of our code."""
        with closing(sqlite3.connect(f"file:{self.folder / 'qttd.db'}?mode=ro", uri=True)) as store:
            return store.execute(query).fetchall()

    def roles(self) -> dict[str, int]:
        """The processes of the daemon's roles, by role."""
        assert self.daemon is not None
        found = {}
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            try:
                words = (entry / "cmdline").read_bytes().split(b"\0")
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except (OSError, IndexError):
                continue  # it has ended meanwhile
            if parent == self.daemon.pid and b"--role" in words:
                found[words[words.index(b"--role") + 1].decode()] = int(entry.name)
        return found

    def received(self) -> dict[str, bytes]:
        """What the ministry has: path to bytes. What is still under its temporary name is not there yet."""
        return {
            str(path.relative_to(self.ministry_folder)): path.read_bytes()
            for path in sorted(self.ministry_folder.rglob("*"))
            if path.is_file() and path.suffix != ".qttd-part"
        }

    def kill_all(self) -> None:
        assert self.daemon is not None
        os.killpg(self.daemon.pid, signal.SIGKILL)
        self.daemon.wait()

    def stop(self) -> int:
        assert self.daemon is not None
        self.daemon.terminate()
        return self.daemon.wait(timeout=30)

    def close(self) -> None:
        for process in (self.daemon, self.ministry):
            if process is not None and process.poll() is None:
                process.kill()
                process.wait()


def answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True
