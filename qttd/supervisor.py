"""`qttd run`: one process a role, each started again when it dies, all ended together.

The supervisor does nothing else: it opens no store, listens on no port, and so has nothing that could fail.
It tells the service manager when the doors are open, and that it is alive (qttd/service_manager.py).
Roles stay in its process group and end with it (qttd/process_ties.py). SIGTERM and SIGINT end
what is in flight, then everything, with exit code 0; SIGHUP is passed on.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from types import FrameType

import structlog

from qttd.environment import SUPERVISOR_VARIABLE
from qttd.errors import BadSettingsError
from qttd.service_manager import ServiceManager

log = structlog.get_logger()

LOOK_SECONDS = 0.05
"""How long a dead role may go unnoticed."""
GRACE_SECONDS = 40.0
"""How long roles may take to finish what is in flight: longer than any role's own grace."""
LIVED_SECONDS = 10.0
"""A role that lived so long is started again at once; one that died sooner is made to wait."""
READY_SECONDS = 0.2
"""How often the doors are looked at until they are open."""
DOORS_FIRST_SECONDS = 20.0
"""How long, at the start, roles that can wait leave the processors to the doors."""
_FIRST_PAUSE = 0.25
_LONGEST_PAUSE = 30.0
_BAD_SETTINGS = 78


@dataclass
class Child:
    """A role's process, and when to start it anew."""

    name: str
    arguments: Sequence[str]
    """After `python -m qttd`."""
    after_doors: bool = False
    """Whether it can wait until the doors are open, so that loggers find them shut no longer than need be."""
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    start_at: float = 0.0
    pause: float = field(default=0.0)

    def start(self) -> None:
        """Starts the role as a child of this very thread, which the kernel watches."""
        environment = {**os.environ, SUPERVISOR_VARIABLE: str(os.getpid())}
        command = [sys.executable, "-m", "qttd", *self.arguments]
        # until the role has its own handler, a SIGHUP that we pass on would end it: ignoring is inherited
        before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
        try:
            self.process = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL)  # noqa: S603 - ourselves
        except OSError as error:
            # no process or no memory left, for now: the other roles go on
            self._wait_longer()
            log.warning("role_not_started", name=self.name, error=str(error), again_in=self.pause)
            return
        finally:
            signal.signal(signal.SIGHUP, before)
        self.started = time.monotonic()
        log.info("role_started", name=self.name, pid=self.process.pid)

    def has_died(self) -> int | None:
        """The exit code of a role that has just died, after which `start_at` says when it comes again."""
        if self.process is None or (code := self.process.poll()) is None:
            return None
        lived = time.monotonic() - self.started
        if lived >= LIVED_SECONDS:
            self.pause = self.start_at = 0.0
        else:
            self._wait_longer()
        self.process = None
        log.warning(
            "role_died", name=self.name, code=code, lived_seconds=round(lived, 1), again_in=self.pause
        )
        return code

    def _wait_longer(self) -> None:
        self.pause = min(_LONGEST_PAUSE, self.pause * 2 or _FIRST_PAUSE)
        self.start_at = time.monotonic() + self.pause

    def send(self, number: int) -> None:
        """Passes a signal on."""
        if self.process is not None:
            self.process.send_signal(number)


class Supervisor:
    """Runs the children until it is told to stop."""

    def __init__(
        self,
        children: Sequence[Child],
        manager: ServiceManager | None = None,
        doors_open: Callable[[], bool] = lambda: True,
    ) -> None:
        """`doors_open` is asked until it is true, which the manager is told then; it answers quickly."""
        self._children = children
        self._manager = manager or ServiceManager()
        self._doors_open = doors_open
        self._ready = False
        self._look_at_doors = 0.0
        self._began = time.monotonic()
        self._stop = False
        self._impatient = False
        self._reload = False

    def run(self) -> None:
        """Returns when it was told to stop and everything has ended.

        Raises BadSettingsError where a role finds the settings wrong: starting it again mends nothing.
        """
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_stop)
        signal.signal(signal.SIGHUP, self._on_reload)
        try:
            while not self._stop:
                self._look()
                self._report()
                time.sleep(LOOK_SECONDS)
        finally:
            self._end()

    def _report(self) -> None:
        self._manager.alive()
        if not self._ready and time.monotonic() >= self._look_at_doors:
            self._look_at_doors = time.monotonic() + READY_SECONDS
            if self._doors_open():
                self._ready = True
                self._manager.ready()

    def _look(self) -> None:
        if self._reload:
            self._reload = False
            self._manager.reloading()
            for child in self._children:
                child.send(signal.SIGHUP)
            if self._ready:
                self._manager.ready()
        for child in self._children:
            if child.has_died() == _BAD_SETTINGS:
                raise BadSettingsError(
                    f"the {child.name} role cannot run with these settings; its reason is above"
                )
            if child.process is None and time.monotonic() >= child.start_at and not self._waits(child):
                child.start()

    def _waits(self, child: Child) -> bool:
        too_long = time.monotonic() > self._began + DOORS_FIRST_SECONDS
        return child.after_doors and not self._ready and not too_long

    def _end(self) -> None:
        log.info("stopping")
        self._manager.stopping()
        for child in self._children:
            child.send(signal.SIGTERM)
        deadline = time.monotonic() + GRACE_SECONDS
        while running := [
            child for child in self._children if child.process and child.process.poll() is None
        ]:
            if self._impatient or time.monotonic() > deadline:
                for child in running:
                    log.warning("role_killed", name=child.name)
                    child.send(signal.SIGKILL)
            self._manager.alive()
            time.sleep(LOOK_SECONDS)
        log.info("stopped")

    def _on_stop(self, _number: int, _frame: FrameType | None) -> None:
        self._impatient = self._stop
        self._stop = True

    def _on_reload(self, _number: int, _frame: FrameType | None) -> None:
        self._reload = True
