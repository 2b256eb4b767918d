"""The relay beside work that never rests: files a second to one target while the same process settles.

One thread of Python runs at a time. A thread that computes gives way only when the switch interval is over,
and a relay that waits for its server a dozen times a file loses that interval each time. All in one run:
alone, beside a computing thread at Python's own interval, and at the forward role's.

    python benchmarks/relay_beside.py [FILES]
"""

import json
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from forwarder.ftp_sender import FtpSender
from forwarder.relay_worker import SWITCH_SECONDS
from forwarder.sender import SendingTimes
from forwarder.target_url import parse_target_url
from tests.system.department import MINISTRY, answers, eventually, free_ports

PYTHONS_OWN = 0.005


def compute(stop: threading.Event) -> None:
    """As settling does: Python code, which lets nobody else in by itself."""
    while not stop.is_set():
        sum(number * number for number in range(2000))


def files_per_second(port: int, files: int, round_name: str) -> float:
    sender = FtpSender(parse_target_url(f"ftp://bo@127.0.0.1:{port}/"), "mat-khau", "rename", SendingTimes())
    sender.connect()
    began = time.monotonic()
    for number in range(files):
        sender.send(f"{round_name}/{number}.txt", b"pH\t7\t\t20260530000000\t00\r\n", may_be_there=False)
    took = time.monotonic() - began
    sender.close()
    return round(files / took, 1)


def main() -> None:
    files = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    with tempfile.TemporaryDirectory() as folder:
        (port,) = free_ports(1)
        script, root = Path(folder) / "ministry.py", Path(folder) / "root"
        script.write_text(MINISTRY, encoding="utf-8")
        root.mkdir()
        ministry = subprocess.Popen([sys.executable, str(script), str(root), str(port)])
        try:
            eventually(lambda: answers(port))
            figures = {"alone": files_per_second(port, files, "a")}
            for name, seconds in (("python's own interval", PYTHONS_OWN), ("the role's", SWITCH_SECONDS)):
                sys.setswitchinterval(seconds)
                stop = threading.Event()
                beside = threading.Thread(target=compute, args=(stop,))
                beside.start()
                figures[f"beside a computing thread, {name}"] = files_per_second(port, files, name[:3])
                stop.set()
                beside.join()
        finally:
            ministry.terminate()
            ministry.wait()
    print(json.dumps({"files_per_s": figures}, indent=2))


if __name__ == "__main__":
    main()
