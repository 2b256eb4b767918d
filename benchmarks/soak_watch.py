"""What each role of a soak's department takes (benchmarks/soak.py): memory and descriptors, from /proc.

While roles are killed nothing can be said of growth, so a soak ends with a stretch in which none is; there
each role's beginning is compared with its end.
"""

import os
import threading
import time
from pathlib import Path
from statistics import median
from typing import NamedTuple

from tests.system.department import Department

MIB = 1 << 20
LOOK_SECONDS = 2.0
MOST_MIB = 400
"""For any one role."""
MOST_FILES = 250
GROWN_MIB, GROWN_FILES = 24, 12
"""What a role may grow by in the stretch without kills: caches fill, pools open connections."""
MOST_LOG_MIB = 128
"""What the write-ahead logs of store and journal may be."""


class Look(NamedTuple):
    at: float
    role: str
    pid: int
    memory: int
    files: int


class Watch(threading.Thread):
    """Looks until it is told to stop."""

    def __init__(self, department: Department, stop: threading.Event) -> None:
        super().__init__()
        self.department, self.stop = department, stop
        self.looks: list[Look] = []
        self.most_log = 0

    def run(self) -> None:
        page = os.sysconf("SC_PAGE_SIZE")
        while not self.stop.wait(LOOK_SECONDS):
            daemon = self.department.daemon
            supervisor = {} if daemon is None else {"supervisor": daemon.pid}
            for role, pid in {**supervisor, **self.department.roles()}.items():
                process = Path(f"/proc/{pid}")
                try:
                    memory = int((process / "statm").read_text().split()[1]) * page
                    files = sum(1 for _ in (process / "fd").iterdir())
                except (OSError, IndexError):
                    continue  # it has just ended
                self.looks.append(Look(time.monotonic(), role, pid, memory, files))
            for name in ("qttd.db-wal", "intake.db-wal"):
                path = self.department.folder / name
                self.most_log = max(self.most_log, path.stat().st_size if path.exists() else 0)

    def told(self, since: float) -> list[str]:
        """A line for each role: the most it took, and how it grew since then."""
        return [
            f"{role:11} most {most.memory / MIB:4.0f} MiB, {most.files:3} descriptors;"
            f" without kills {grown.memory / MIB:+6.1f} MiB, {grown.files:+3} descriptors"
            for role, most, grown in self._figures(since)
        ]

    def is_bounded(self, since: float) -> bool:
        figures = self._figures(since)
        return (
            bool(figures)
            and all(most.memory <= MOST_MIB * MIB and most.files <= MOST_FILES for _, most, _ in figures)
            and all(grown.memory <= GROWN_MIB * MIB and grown.files <= GROWN_FILES for _, _, grown in figures)
        )

    def logs_are_small(self) -> bool:
        return self.most_log <= MOST_LOG_MIB * MIB

    def _figures(self, since: float) -> list[tuple[str, Look, Look]]:
        """By role: the most it ever took, and the difference between the quiet stretch's two ends."""
        found = []
        for role in sorted({look.role for look in self.looks}):
            all_of = [look for look in self.looks if look.role == role]
            most = Look(0, role, 0, max(look.memory for look in all_of), max(look.files for look in all_of))
            late = [look for look in all_of if look.at >= since and look.pid == all_of[-1].pid]
            fifth = max(1, len(late) // 5)
            grown = [
                int(
                    median([look[at] for look in late[-fifth:]]) - median([look[at] for look in late[:fifth]])
                )
                if late
                else 0
                for at in (3, 4)
            ]
            found.append((role, most, Look(0, role, 0, *grown)))
        return found
