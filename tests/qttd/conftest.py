"""A command line in a folder of its own, run in this process (quick) or as a user runs it."""

import io
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from qttd import command_line


class Done(NamedTuple):
    """What a command left behind."""

    code: int
    out: str
    err: str

    def json(self) -> Any:
        return json.loads(self.out)


class CommandLine:
    """Runs `qttd …` in a folder; `environment` is what it sees of QTTD_ variables."""

    def __init__(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        self.folder = folder
        self._monkeypatch = monkeypatch
        self._capsys = capsys
        for name in [name for name in os.environ if name.startswith("QTTD_")]:
            monkeypatch.delenv(name)
        monkeypatch.chdir(folder)

    def __call__(self, *arguments: str, stdin: str = "", **environment: str) -> Done:
        """In this process."""
        with self._monkeypatch.context() as patch:
            patch.setenv("QTTD_CONFIG", "")
            for name, value in environment.items():
                patch.setenv(name, value)
            patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin.encode())))
            # a log that is set up here would outlive the command, and write to a captured stderr that is gone
            patch.setattr(command_line, "_log_to_stderr", lambda: None)
            self._capsys.readouterr()
            code = command_line.run(arguments)
        seen = self._capsys.readouterr()
        return Done(code, seen.out, seen.err)

    def process(self, *arguments: str, stdin: str = "", **environment: str) -> Done:
        """In a process of its own."""
        done = subprocess.run(
            [sys.executable, "-m", "qttd", *arguments],
            input=stdin, capture_output=True, text=True, cwd=self.folder, timeout=60, check=False,
            env={**os.environ, **environment},
        )  # fmt: skip
        return Done(done.returncode, done.stdout, done.stderr)

    def write(self, name: str, text: str) -> str:
        """A file in the folder, byte for byte; its path."""
        (self.folder / name).write_bytes(text.encode())
        return str(self.folder / name)


@pytest.fixture
def qttd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> CommandLine:
    """`qttd` in an empty folder."""
    folder = tmp_path / "qttd"
    folder.mkdir()
    return CommandLine(folder, monkeypatch, capsys)


@pytest.fixture
def ready(qttd: CommandLine) -> CommandLine:
    """`qttd` in a folder where `qttd init` was run."""
    assert qttd("init").code == 0
    return qttd


def eventually(look: Callable[[], object], seconds: float = 30.0) -> None:
    """Looks until it is true; fails after `seconds`."""
    deadline = time.monotonic() + seconds
    while not look():
        assert time.monotonic() < deadline, f"not within {seconds} s"
        time.sleep(0.05)
