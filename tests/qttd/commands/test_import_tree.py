"""`qttd import-tree`, as an operator types it."""

import fcntl
import os
from pathlib import Path
from typing import Any

STATIONS = "code,name,kind\nQN_THUB_NUODAU,Trạm,wastewater\n"
NAME = "QN_THUB_NUODAU_20260530101500.txt"
ARRIVED = 1780111062
"""10:17:42 on 30 May 2026 in Vietnam."""


def put(root: Path, name: str = NAME, at: int = ARRIVED) -> None:
    folder = root / "QN_THUB_NUODAU" / "20260530"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(b"pH\t7.12\t\t20260530101500\t00\r\n")
    os.utime(folder / name, (at, at))


def test_a_tree_is_taken_once(ready: Any) -> None:
    ready("station", "import", ready.write("s.csv", STATIONS))
    put(ready.folder / "srv")
    done = ready.process("import-tree", "srv", "--layout", "2", "--station", "qn_thub_nuodau", "--json")
    assert (done.code, done.json()) == (
        0,
        [
            {
                "path": str(ready.folder / "srv"), "files": 1, "taken": 1, "known": 0, "passed_over": 0,
                "on_time": 1, "early": 0, "day_late": 0, "unreadable": [],
            }
        ],
    )  # fmt: skip
    (file,) = ready("files", "--json").json()
    assert (file["door"], file["received_at"], file["state"], file["account"]) == (
        "import", "2026-05-30T10:17:42+07:00", "accepted", "",
    )  # fmt: skip
    again = ready("import-tree", "srv")
    assert (again.code, again.out) == (0, "")
    assert again.err == "1 file: 0 taken, 1 known from before, 0 passed over (temporary names, links)\n"


def test_what_is_wrong_is_said(ready: Any, tmp_path: Path) -> None:
    put(ready.folder / "srv", "x\ny.txt")
    put(ready.folder / "srv", at=ARRIVED - 3600)
    done = ready("import-tree", "srv")
    assert done.code == 74
    assert "y.txt: A name can not hold control characters\n" in done.err
    assert "warning: 1 file is older than what was measured in them" in done.err
    assert ready("import-tree", "none").code == 74
    assert ready("import-tree", "srv", "--layout", "10").code == 64
    assert ready("import-tree", "srv", "--from", "2026-05-31", "--to", "2026-05-30").code == 64
    assert ready("import-tree", "srv", "--from", "31/5").code == 64
    assert ready("import-tree", "srv", "--station", "X").code == 65
    with (ready.folder / "intake.db-import.lock").open("a+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        busy = ready("import-tree", "srv")
    assert busy.code == 75
    assert "another `qttd import-tree`" in busy.err
