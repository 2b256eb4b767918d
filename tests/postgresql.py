"""A PostgreSQL server of the tests' own: Debian's programs, a folder that is thrown away, no flush."""

import ctypes
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

PASSWORD = "p@ss/w:rd é"
"""Has in it what a URL must escape."""
_OPTIONS = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "shared_buffers": "32MB",
    "max_connections": "120",
    "log_min_messages": "fatal",
    "listen_addresses": "127.0.0.1",
}


def programs() -> Path:
    """The folder of the newest server's programs."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[4]))
    if not found:
        raise AssertionError("PostgreSQL's server is not installed: apt-get install postgresql")
    return found[-1].parent


def _end_with_parent() -> None:
    """Asks the kernel to end the server with the tests, even where they are killed."""
    ctypes.CDLL(None).prctl(1, signal.SIGQUIT)


class Server:
    """Runs from `start` to `stop`, as often as wanted; as user postgres, because root may not run it."""

    def __init__(self) -> None:
        self._as_user: dict[str, Any] = {}
        if os.getuid() == 0:
            self._as_user = {"user": "postgres", "group": "postgres", "extra_groups": []}
        self.folder = Path(tempfile.mkdtemp(prefix="qttd-pg-", dir="/tmp"))
        self.own(self.folder)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        self._data = self.folder / "data"
        self._process: subprocess.Popen[bytes] | None = None
        secret = self.folder / "password"
        secret.write_text(PASSWORD, encoding="utf-8")
        secret.chmod(0o644)
        self._run(
            "initdb", "--pgdata", str(self._data), "--username", "qttd", "--pwfile", str(secret),
            "--no-sync", "--encoding", "UTF8", "--locale", "C.UTF-8", "--auth-local", "trust",
            "--auth-host", "scram-sha-256",
        )  # fmt: skip

    def own(self, folder: Path) -> None:
        """Gives a folder to whom the server runs as."""
        if self._as_user:
            shutil.chown(folder, "postgres", "postgres")

    def start(self) -> None:
        settings = [part for name, value in _OPTIONS.items() for part in ("-c", f"{name}={value}")]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [programs() / "postgres", "-D", self._data, "-k", self.folder, "-p", str(self.port),
                 *settings], cwd="/", stdout=log, stderr=log, start_new_session=True,
                preexec_fn=_end_with_parent, **self._as_user,
            )  # fmt: skip
        deadline = time.monotonic() + 30
        while not self._answers():
            assert time.monotonic() < deadline, (self.folder / "log").read_text()
            time.sleep(0.05)

    def stop(self) -> None:
        """At once: sessions are cut, what was committed stays."""
        if self._process is not None:
            self._process.send_signal(signal.SIGQUIT)
            self._process.wait(timeout=30)
            self._process = None

    def remove(self) -> None:
        self.stop()
        shutil.rmtree(self.folder)

    def url(self, database: str) -> str:
        """For a test's own engine: through the socket, without a password."""
        return f"postgresql://qttd@/{database}?host={self.folder}&port={self.port}"

    def network_url(self, database: str) -> str:
        """As a department writes it into its settings; the password is told apart."""
        return f"postgresql://qttd@127.0.0.1:{self.port}/{database}"

    def query(self, database: str, statement: str) -> str:
        """What psql prints, past all of our code."""
        return self._run(
            "psql", "-h", str(self.folder), "-p", str(self.port), "-U", "qttd", "-X", "-q", "-A", "-t",
            "-v", "ON_ERROR_STOP=1", "-c", statement, database,
        ).strip()  # fmt: skip

    def _answers(self) -> bool:
        done = subprocess.run(
            [programs() / "pg_isready", "-q", "-h", self.folder, "-p", str(self.port)], check=False
        )
        return done.returncode == 0

    def _run(self, program: str, *arguments: str) -> str:
        done = subprocess.run(
            [programs() / program, *arguments], cwd="/", capture_output=True, text=True, check=False,
            timeout=60, **self._as_user,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return str(done.stdout)
