"""What systemd hears of the daemon: sd_notify's datagrams, and nothing where nobody listens."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from qttd.service_manager import ServiceManager


@pytest.fixture
def systemd(tmp_path: Path) -> Iterator[tuple[str, Callable[[], str]]]:
    """The address of a socket, and what is heard there next."""
    address = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(address)
        listener.settimeout(30)
        yield address, lambda: listener.recv(4096).decode()


def test_the_environment_is_taken_out_so_that_no_child_speaks(systemd: Any) -> None:
    address, heard = systemd
    environment = {
        "NOTIFY_SOCKET": address,
        "WATCHDOG_USEC": "20000",
        "WATCHDOG_PID": str(os.getpid()),
        "A": "b",
    }
    manager = ServiceManager.of(environment)
    assert environment == {"A": "b"}
    manager.ready()
    assert heard().startswith("READY=1\n")
    manager.reloading()
    first, second = heard().split("\n")
    assert first == "RELOADING=1"
    assert abs(int(second.removeprefix("MONOTONIC_USEC=")) - time.monotonic_ns() // 1000) < 10_000_000
    manager.stopping()
    assert heard().startswith("STOPPING=1\n")


def test_the_watchdog_is_fed_at_half_its_time(systemd: Any) -> None:
    address, heard = systemd
    manager = ServiceManager(address, watchdog_seconds=0.2)
    began = time.monotonic()
    for _ in range(3):
        manager.alive()
        manager.alive()
        assert heard() == "WATCHDOG=1"
        while time.monotonic() < began + 0.1:
            time.sleep(0.01)
        began = time.monotonic()
    ServiceManager(address).alive()
    ServiceManager.of({"NOTIFY_SOCKET": address, "WATCHDOG_USEC": "1", "WATCHDOG_PID": "1"}).alive()
    manager.stopping()
    assert heard().startswith("STOPPING"), "a watchdog of another process, or none, is not fed"


def test_an_abstract_address_and_one_where_nobody_listens(tmp_path: Path) -> None:
    name = f"qttd-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(f"\0{name}")
        listener.settimeout(10)
        ServiceManager(f"@{name}").ready()
        assert listener.recv(100).startswith(b"READY=1")
    ServiceManager(str(tmp_path / "nobody")).ready()
    ServiceManager().ready()


def test_the_doors_alone_tell_that_they_are_open(ready: Any, systemd: Any) -> None:
    address, heard = systemd
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {
        **os.environ,
        "NOTIFY_SOCKET": address,
        "QTTD_FTP__HOST": "127.0.0.1",
        "QTTD_FTP__PORT": str(port),
        "QTTD_FTP__PASSIVE_PORTS": "61120-61139",
    }
    command = [sys.executable, "-m", "qttd", "run", "--role", "receive"]
    with (ready.folder / "log").open("wb") as log:
        doors = subprocess.Popen(command, cwd=ready.folder, env=environment, stderr=log)
    try:
        assert heard().startswith("READY=1")
        with socket.create_connection(("127.0.0.1", port), 5) as door:
            assert door.recv(100).startswith(b"220")
        doors.terminate()
        assert doors.wait(40) == 0
    finally:
        if doors.poll() is None:
            doors.kill()
            doors.wait()


def test_a_daemon_tells_that_it_is_ready_reloads_and_stops(ready: Any, systemd: Any) -> None:
    address, heard = systemd
    with socket.socket() as first, socket.socket() as second:
        first.bind(("127.0.0.1", 0))
        second.bind(("127.0.0.1", 0))
        ports = first.getsockname()[1], second.getsockname()[1]
    environment = {
        **os.environ,
        "NOTIFY_SOCKET": address,
        "WATCHDOG_USEC": "1000000",
        "QTTD_FTP__HOST": "127.0.0.1",
        "QTTD_FTP__PORT": str(ports[0]),
        "QTTD_FTP__PASSIVE_PORTS": "61100-61119",
        "QTTD_API__PORT": str(ports[1]),
        "QTTD_INTAKE__MIN_FREE_MIB": "0",
    }
    with (ready.folder / "log").open("wb") as log:
        command = [sys.executable, "-m", "qttd", "run"]
        daemon = subprocess.Popen(
            command, cwd=ready.folder, env=environment, stderr=log, start_new_session=True
        )

    def until(wanted: str) -> None:
        while not (state := heard()).startswith(wanted):
            assert state == "WATCHDOG=1"

    try:
        until("READY=1")
        with socket.create_connection(("127.0.0.1", ports[0]), 5) as door:
            assert door.recv(100).startswith(b"220")
        daemon.send_signal(signal.SIGHUP)
        until("RELOADING=1")
        until("READY=1")
        until("WATCHDOG=1")
        daemon.terminate()
        until("STOPPING=1")
        assert daemon.wait(40) == 0
    finally:
        if daemon.poll() is None:
            os.killpg(daemon.pid, signal.SIGKILL)
            daemon.wait()
