"""`qttd demo` as somebody runs it: it proves its point, ends cleanly, and leaves nothing running."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from qttd.demo.folder import MARKER

ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith("QTTD_")}


def demo(folder: Path, *options: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [
            sys.executable, "-m", "qttd", "demo", "--seconds", "15", "--lang", "en",
            "--folder", str(folder), *options,
        ],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=ENVIRONMENT,
    )  # fmt: skip


def still_running(folder: Path) -> list[str]:
    """Processes that work in the folder, or serve it."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            where = str((entry / "cwd").readlink())
        except OSError:
            continue  # no process, or one that has just ended
        if str(folder) in where or ("ministry_server" in command and str(folder) in command):
            found.append(command)
    return found


def eventually(look: Callable[[], bool], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not look():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


@pytest.mark.timeout(400)
def test_it_proves_that_nothing_is_lost_and_leaves_nothing_running(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    process = demo(folder)
    out, err = process.communicate(timeout=350)
    assert process.returncode == 0, f"{out}\n{err}\n{_log(folder)}"
    assert "PROVEN" in out
    assert "✘" not in out
    assert "HCM_VLAN_KHIKXQ" in out
    assert "The page: http://127.0.0.1:" in err
    for told in ("kill -9 of the receiving", "kill -9 of the relaying", "server is back", "read again"):
        assert told in err
    assert not still_running(folder)
    assert (folder / MARKER).is_file()
    assert list((folder / "ministry").rglob("*.txt"))


@pytest.mark.timeout(300)
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_whatever_ends_it_ends_everything_it_started(tmp_path: Path, number: signal.Signals) -> None:
    folder = tmp_path / "demo"
    process = demo(folder)
    try:
        assert eventually(lambda: len(still_running(folder)) >= 6, 120), _log(folder)
        process.send_signal(number)
        process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == (130 if number == signal.SIGINT else -signal.SIGKILL)
    assert eventually(lambda: not still_running(folder), 30), still_running(folder)


def test_a_folder_of_somebody_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    process = demo(tmp_path)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 77
    assert "no demonstration made" in err
    assert (tmp_path / "mine.txt").read_text() == "mine"


def _log(folder: Path) -> str:
    log = folder / "qttd.log"
    return log.read_text(encoding="utf-8")[-4000:] if log.is_file() else ""
