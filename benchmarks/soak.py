"""Half an hour of load, kills and faults, bounded; then the counts of every hop are put beside one another.

    make soak                              thirty minutes
    make soak ARGS='--minutes 3'           a short one
    make soak ARGS='--seed 7'              the same faults in the same order

Stations send slot after slot to a department that runs as `qttd run`, each file again until it is answered.
Meanwhile roles are killed, all is killed and started, the ministry goes away, ingest freezes, backups are
made. At the end what was acknowledged, what the ledger has, its readings, the account of slots and what the
ministry has must be the same files, byte for byte and once. Exit 1 where they are not.
"""

import argparse
import os
import random
import signal
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.system.department import Department, eventually
from tests.system.test_kill import STATIONS, SYMBOLS, Logger

BETWEEN_FAULTS = (5.0, 15.0)
DRAIN_SECONDS = 300.0


class PacedLogger(Logger):
    """Rests between two files, so that half an hour fits on a small disk."""

    def send(self, name: str, content: bytes) -> bool:
        time.sleep(0.1)
        return super().send(name, content)


class Soak:
    """The department, its loggers, and what happens to them."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.chance = random.Random(seed)
        self.department = Department(folder)
        self.folder = folder
        self.backups = 0
        self.happened: Counter[str] = Counter()
        self.faults: dict[str, Callable[[], None]] = {
            "a role killed": self.kill_role,
            "all killed and started": self.kill_all,
            "the ministry away": self.ministry_away,
            "ingest frozen": self.freeze_ingest,
            "a backup made": self.back_up,
            "stopped and started": self.restart,
        }

    def run(self, seconds: float) -> bool:
        """Whether all counts agree."""
        department = self.department
        department.declare(dict.fromkeys(STATIONS, SYMBOLS))
        department.add_account("all", *STATIONS)
        department.start_ministry()
        department.add_ministry()
        department.start()
        stop = threading.Event()
        loggers = [PacedLogger(department.ftp_port, code, stop) for code in STATIONS]
        for logger in loggers:
            logger.start()
        ends = time.monotonic() + seconds
        try:
            while time.monotonic() < ends:
                time.sleep(self.chance.uniform(*BETWEEN_FAULTS))
                name = self.chance.choice(sorted(self.faults))
                self.faults[name]()
                self.happened[name] += 1
                sent = sum(len(logger.acknowledged) for logger in loggers)
                print(
                    f"{max(0, ends - time.monotonic()):5.0f} s left, {sent} files acknowledged; {name}",
                    flush=True,
                )
            eventually(department.ready, seconds=120, what="ready after the last fault")
        finally:
            stop.set()
            for logger in loggers:
                logger.join()
        sent = {name: content for logger in loggers for name, content in logger.acknowledged.items()}
        eventually(
            lambda: self.drained(len(sent)), seconds=DRAIN_SECONDS, what="everything is stored and relayed"
        )
        return self.proof(sent)

    def drained(self, sent: int) -> bool:
        rows = self.department.rows(
            "SELECT (SELECT count(*) FROM relay_item WHERE state <> 'sent' OR sent_revision < revision),"
            " (SELECT count(*) FROM dirty_hour), (SELECT count(DISTINCT name) FROM data_file)"
        )
        waiting, marks, known = rows[0]
        return waiting == marks == 0 and int(str(known)) >= sent

    def proof(self, sent: dict[str, bytes]) -> bool:
        """Prints what each hop has, and whether it is the same."""
        department = self.department
        files = department.rows("SELECT name, content FROM data_file WHERE state = 'accepted'")
        kept = {str(name): content for name, content in files}
        others = Counter(
            str(state)
            for (state,) in department.rows("SELECT state FROM data_file WHERE state <> 'accepted'")
        )
        (readings,) = department.rows("SELECT count(*) FROM reading")[0]
        (valid,) = department.rows("SELECT sum(valid) FROM slot_day")[0]
        received = {path.rpartition("/")[2]: content for path, content in department.received().items()}
        # a file whose 226 was lost on the way is kept, and a duplicate when it is sent again
        checks = {
            "every acknowledged file is in the ledger, byte for byte": all(
                kept.get(name) == content for name, content in sent.items()
            ),
            "each once": len(files) == len(kept),
            "what is no first copy is a duplicate": set(others) <= {"duplicate"},
            "readings are those of the files": readings == len(kept) * len(SYMBOLS),
            "every slot is counted valid once": valid == readings,
            "the ministry has the same files": received == kept,
            "and nothing else": len(department.received()) == len(kept),
            "it stops with 0": department.stop() == 0,
        }
        print(f"acknowledged {len(sent)}, in the ledger {len(kept)} and {others.total()} duplicates,")
        print(f"readings {readings}, valid slots {valid}, at the ministry {len(received)}")
        print("faults: " + ", ".join(f"{count} × {name}" for name, count in self.happened.most_common()))
        for what, holds in checks.items():
            print(f"{'ok    ' if holds else 'FAILED'}  {what}")
        return all(checks.values())

    def kill_role(self) -> None:
        roles = eventually(self.department.roles)
        os.kill(self.chance.choice(sorted(roles.values())), signal.SIGKILL)

    def kill_all(self) -> None:
        self.department.kill_all()
        self.start_again()

    def restart(self) -> None:
        assert self.department.stop() == 0
        self.start_again()

    def start_again(self) -> None:
        """With the patience that a busy machine asks for; what it said is shown where it does not come up."""
        try:
            self.department.start()
        except AssertionError:
            print("\n".join(self.department.log().splitlines()[-40:]), flush=True)
            eventually(self.department.ready, seconds=180, what="/readyz answers 200 after all")

    def ministry_away(self) -> None:
        assert self.department.ministry is not None
        self.department.ministry.kill()
        self.department.ministry.wait()
        time.sleep(self.chance.uniform(1, 5))
        self.department.start_ministry()

    def freeze_ingest(self) -> None:
        ingest = eventually(lambda: self.department.roles().get("ingest"))
        os.kill(ingest, signal.SIGSTOP)
        time.sleep(self.chance.uniform(1, 5))
        os.kill(ingest, signal.SIGCONT)

    def back_up(self) -> None:
        self.backups += 1
        file = self.folder / f"{self.backups}.zip"
        self.department.qttd("backup", str(file))
        file.unlink()


def main() -> int:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--minutes", type=float, default=30.0)
    options.add_argument("--seed", type=int, default=20260530)
    given = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="qttd-soak-") as name:
        soak = Soak(Path(name) / "department", given.seed)
        try:
            return 0 if soak.run(given.minutes * 60) else 1
        finally:
            soak.department.close()


if __name__ == "__main__":
    sys.exit(main())
