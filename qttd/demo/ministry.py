"""The stand-in ministry as the demonstration handles it: its server comes and goes, its folder stays."""

import os
import secrets
import subprocess
import sys
from pathlib import Path

from qttd.demo.ending import end_process, failed
from qttd.demo.ministry_server import USER
from qttd.demo.ports import HOST, hold_port
from qttd.environment import SUPERVISOR_VARIABLE


class Ministry:
    """An FTP server in another process, with a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "ministry"
        self.folder.mkdir()
        self.password = secrets.token_urlsafe(12)
        self._holder = hold_port()
        self._port = self._holder.getsockname()[1]
        self.url = f"ftp://{USER}@{HOST}:{self._port}/"
        self._log = folder / "ministry.log"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Starts the server. Call it in the main thread: the server ends with the thread that began it."""
        command = [sys.executable, "-m", "qttd.demo.ministry_server", str(self.folder), str(self._port)]
        with self._log.open("ab") as log:
            process = subprocess.Popen(  # noqa: S603 - ourselves
                command,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                env={**os.environ, SUPERVISOR_VARIABLE: str(os.getpid())},
                process_group=0,
            )
        assert process.stdin is not None, "it was asked for"  # noqa: S101 - tells mypy
        with process.stdin as stdin:
            stdin.write(f"{self.password}\n".encode())
        self._process = process

    def check(self) -> None:
        """Raises DemoError where the server has ended although nobody stopped it."""
        if self._process is not None and self._process.poll() is not None:
            raise failed("the ministry's server", self._process.returncode, self._log)

    def close(self) -> None:
        """Ends the server for good."""
        self.stop()
        self._holder.close()

    def stop(self) -> None:
        """Ends the server; files in flight are cut, as when a server goes down."""
        process, self._process = self._process, None
        if process is not None:
            end_process(process, 3.0)

    def files(self) -> dict[str, bytes]:
        """What lies in its folder: path to bytes."""
        return {
            path.relative_to(self.folder).as_posix(): path.read_bytes()
            for path in sorted(self.folder.rglob("*"))
            if path.is_file()
        }
