"""A large department with every role at work: does one thing that runs beside the others starve another?

500 stations of ten channels send 100 files a second over FTP to `qttd run` with a ministry; the forward role
relays, settles, and watches interruptions, limits and signs in one process. What waits between the hops is
looked at every second; at the end the processor's time of each role, and how long files waited for the relay.

    python benchmarks/department.py [FILES_PER_SECOND] [SECONDS]

Of a machine that is busy with other work only the processor's seconds, and which queue grows, say something.
"""

import json
import os
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.latency import SESSIONS, SYMBOLS, Sender
from benchmarks.soak_watch import Watch
from tests.system.department import Department

STATIONS = 500
DRAIN_SECONDS = 600.0
TICKS = os.sysconf("SC_CLK_TCK")
WAITING = (
    "SELECT (SELECT count(*) FROM dirty_hour WHERE readings),"
    " (SELECT count(*) FROM relay_item WHERE state <> 'sent' OR sent_revision < revision),"
    " (SELECT count(*) FROM data_file)"
)


def processor(department: Department) -> dict[str, float]:
    """Seconds of the processor that each role, and the ministry, has had."""
    found = {}
    pids = {**department.roles(), "ministry": department.ministry.pid if department.ministry else 0}
    for role, pid in pids.items():
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        found[role] = (int(fields[11]) + int(fields[12])) / TICKS
    return found


def at(sorted_values: list[float], share: float) -> float:
    return sorted_values[min(len(sorted_values) - 1, int(len(sorted_values) * share))]


def main() -> None:
    rate = float(sys.argv[1]) if len(sys.argv) > 1 else 100.0
    files = round(rate * (float(sys.argv[2]) if len(sys.argv) > 2 else 300.0))
    codes = [f"BG_{number:04d}_NUO001" for number in range(STATIONS)]
    stop = threading.Event()
    with tempfile.TemporaryDirectory() as folder:
        department = Department(Path(folder) / "department")
        watch = Watch(department, stop)
        try:
            department.patience = 600
            department.declare(dict.fromkeys(codes, SYMBOLS))
            department.add_account("all", *codes)
            department.start_ministry()
            department.add_ministry()
            department.start()
            watch.start()
            before, began = processor(department), time.monotonic() + 1
            senders = [
                Sender(department.ftp_port, first, files, rate, began, STATIONS) for first in range(SESSIONS)
            ]
            for sender in senders:
                sender.start()
            marks, items = [], []
            while any(sender.is_alive() for sender in senders):
                time.sleep(1)
                ((mark, item, _),) = department.rows(WAITING)
                marks.append(int(str(mark)))
                items.append(int(str(item)))
            sent_for = time.monotonic() - began
            while department.rows(WAITING) != [(0, 0, files)]:
                time.sleep(0.2)
                if time.monotonic() > began + sent_for + DRAIN_SECONDS:
                    raise SystemExit(f"not drained: {department.rows(WAITING)}")
            drained = time.monotonic() - began - sent_for
            after = processor(department)
            lags = sorted(
                float(str(lag)) / 1000
                for (lag,) in department.rows("SELECT sent_at - queued_at FROM relay_item")
            )
        finally:
            stop.set()
            if watch.is_alive():
                watch.join()
            department.close()
    figures = {
        "files": files,
        "files_per_s": round(files / sent_for, 1),
        "processor_ms_per_file": {
            role: round((seconds - before[role]) * 1000 / files, 2) for role, seconds in after.items()
        },
        "relay_lag_s": {"p50": at(lags, 0.5), "p99": at(lags, 0.99), "max": lags[-1]},
        "hours_waiting_to_be_settled": {"median": statistics.median(marks), "max": max(marks)},
        "items_waiting_for_relay": {"median": statistics.median(items), "max": max(items)},
        "drained_after_s": round(drained, 1),
        "most_memory_mib": {
            role: max(look.memory >> 20 for look in watch.looks if look.role == role)
            for role in before
            if role != "ministry"
        },
    }
    print(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
