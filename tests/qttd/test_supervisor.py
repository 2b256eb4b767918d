"""The supervisor: a role that dies comes back, and nothing outlives it. Real processes, real signals."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from qttd.errors import BadSettingsError, TryAgainError
from qttd.process_ties import only_one
from qttd.supervisor import Child, Supervisor
from tests.qttd.conftest import CommandLine, eventually


class Daemon:
    """`qttd run` in a session of its own, so that its process group is known."""

    def __init__(self, folder: Path) -> None:
        ports = [self._free_port() for _ in range(2)]
        self.api_port = ports[1]
        self.log = folder / "log"
        environment = {
            **os.environ,
            "QTTD_FTP__HOST": "127.0.0.1",
            "QTTD_FTP__PORT": str(ports[0]),
            "QTTD_FTP__PASSIVE_PORTS": "61000-61099",
            "QTTD_FTP__WORKERS": "2",
            "QTTD_INTAKE__MIN_FREE_MIB": "0",
            "QTTD_API__PORT": str(ports[1]),
        }
        with self.log.open("wb") as log:
            command = [sys.executable, "-m", "qttd", "run"]
            self.process = subprocess.Popen(
                command, cwd=folder, env=environment, stderr=log, start_new_session=True
            )

    @staticmethod
    def _free_port() -> int:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            return int(probe.getsockname()[1])

    def group(self) -> dict[int, str]:
        """Every process of the group but the supervisor, with its arguments after `run`."""
        found = {}
        for entry in Path("/proc").iterdir():
            with contextlib.suppress(OSError, ValueError):  # it has ended meanwhile, or is no process
                state, _parent, group = (entry / "stat").read_text().rpartition(")")[2].split()[:3]
                number = int(entry.name)
                if int(group) == self.process.pid and number != self.process.pid and state != "Z":
                    words = (entry / "cmdline").read_bytes().decode().split("\0")
                    found[number] = " ".join(words[words.index("run") + 1 : -1]) if "run" in words else "?"
        return found

    def pid_of(self, role: str) -> int | None:
        return next((number for number, words in self.group().items() if words == role), None)

    def ready(self) -> bool:
        assert self.process.poll() is None, self.log.read_text(encoding="utf-8")
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.api_port}/readyz", timeout=5) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    def end(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


@pytest.fixture
def daemon(ready: CommandLine) -> Iterator[Daemon]:
    daemon = Daemon(ready.folder)
    yield daemon
    daemon.end()


ROLES = {
    "--role receive --worker 0", "--role receive --worker 1", "--role ingest", "--role forward", "--role api",
}  # fmt: skip


def test_a_life_of_the_daemon(daemon: Daemon, ready: CommandLine) -> None:
    """One daemon for all of it: starting one takes its time."""
    eventually(daemon.ready, 60)
    before = daemon.group()
    assert set(before.values()) == ROLES, "one process a role, all in the supervisor's process group"

    key = ready("apikey", "add", "tests", "--role", "operator").out.strip()
    upload = urllib.request.Request(
        f"http://127.0.0.1:{daemon.api_port}/api/v1/files?path=QN_X_20260530101500.txt",
        data=b"pH\t7.12\t\t20260530101500\t00\r\n",
        headers={"Authorization": f"Bearer {key}"},
    )
    with urllib.request.urlopen(upload, timeout=20) as answer:
        assert answer.status == 201
    eventually(lambda: ready("files", "--json").json())
    (entry,) = ready("files", "--json").json()
    assert (entry["door"], entry["account"], entry["reason"]) == ("http", "key:tests", "no_station")

    killed = daemon.pid_of("--role ingest")
    assert killed
    os.kill(killed, signal.SIGKILL)
    eventually(lambda: daemon.pid_of("--role ingest") not in (None, killed), 10)
    eventually(lambda: set(daemon.group().values()) == ROLES, 10)
    eventually(daemon.ready, 60)

    daemon.process.send_signal(signal.SIGHUP)
    eventually(lambda: daemon.log.read_text(encoding="utf-8").count("reloaded") >= 2, 20)
    assert set(daemon.group().values()) == ROLES, "SIGHUP ends nobody"

    second = subprocess.run(
        [sys.executable, "-m", "qttd", "run"],
        cwd=daemon.log.parent, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert second.returncode == 75
    assert f"another `qttd run` (process {daemon.process.pid})" in second.stderr

    daemon.process.terminate()
    assert daemon.process.wait(40) == 0
    assert daemon.group() == {}
    log = daemon.log.read_text(encoding="utf-8")
    assert "Traceback" not in log
    assert "role_killed" not in log


def test_nothing_outlives_a_killed_supervisor(daemon: Daemon) -> None:
    eventually(lambda: set(daemon.group().values()) == ROLES, 30)
    daemon.process.kill()
    daemon.process.wait()
    eventually(lambda: daemon.group() == {}, 10)


def test_a_role_that_cannot_live_is_made_to_wait_longer_each_time() -> None:
    child = Child("broken", ["nonsense"])
    pauses = []
    for _ in range(3):
        child.start()
        assert child.process
        child.process.wait(30)
        assert child.has_died() == 64
        assert child.start_at == pytest.approx(time.monotonic() + child.pause, abs=0.5)
        assert child.has_died() is None
        pauses.append(child.pause)
    assert pauses == [0.25, 0.5, 1.0]
    child.start()
    assert child.process
    child.process.wait(30)
    child.started -= 60
    child.has_died()
    assert child.pause == 0.0, "one that had lived is started again at once"


def test_a_machine_that_has_no_process_left_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    child = Child("api", ["nonsense"])
    before = signal.getsignal(signal.SIGHUP)
    with monkeypatch.context() as patch:
        patch.setattr("qttd.supervisor.sys.executable", "/no/such/python")
        child.start()
    assert child.process is None
    assert child.start_at > time.monotonic()
    assert signal.getsignal(signal.SIGHUP) is before


@pytest.mark.parametrize(("opens_at", "patience", "looks"), [(3, 20.0, 3), (1000, 0.5, 3)])
def test_the_doors_open_first_and_are_not_waited_for_for_ever(
    monkeypatch: pytest.MonkeyPatch, opens_at: int, patience: float, looks: int
) -> None:
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)}
    monkeypatch.setattr("qttd.supervisor.DOORS_FIRST_SECONDS", patience)
    started: list[str] = []
    looked: list[int] = []

    class Noted(Child):
        def start(self) -> None:
            started.append(self.name)
            self.start_at = float("inf")
            if self.name == "api":
                signal.raise_signal(signal.SIGTERM)

    def doors_open() -> bool:
        assert "api" not in started, "it waits"
        looked.append(1)
        return len(looked) == opens_at

    try:
        Supervisor(
            [Noted("api", (), after_doors=True), Noted("receive", ()), Noted("ingest", ())],
            doors_open=doors_open,
        ).run()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    assert started == ["receive", "ingest", "api"]
    assert len(looked) == looks


def test_a_role_that_finds_the_settings_wrong_ends_everything(ready: CommandLine) -> None:
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)}
    try:
        with pytest.raises(BadSettingsError, match="the api role cannot run"):
            Supervisor([Child("api", ["run", "--role", "api", "--config", "nowhere.toml"])]).run()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def test_only_one_daemon_works_on_a_journal(tmp_path: Path) -> None:
    journal = tmp_path / "intake.db"
    with only_one(journal), pytest.raises(TryAgainError, match=f"process {os.getpid()}"), only_one(journal):
        pass
    with only_one(journal):
        pass
