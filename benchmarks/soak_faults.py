"""What happens to the department of a soak (benchmarks/soak.py): each fault by name, chosen by chance.

A fault ends what it began: after it returns nothing is held back by us, and all must come right by itself.
"""

import os
import random
import signal
import socket
import struct
import sys
import time
from collections import Counter
from collections.abc import Callable

from tests.postgresql import Server
from tests.system.department import Department, eventually

RECOVERY_SECONDS = 90.0
"""Within this /readyz must answer 200 again after any fault. A start takes 6 s of processor, mostly imports:
a machine that is busy with other things wants more (`--patience`)."""
STRANGER = "127.0.0.9"
"""Where what is no logger comes from: bans go by the address."""


class Faults:
    """Everything that can happen, and how long it took to be ready again."""

    def __init__(
        self,
        department: Department,
        chance: random.Random,
        server: Server | None,
        acknowledged: Callable[[], dict[str, bytes]],
        patience: float,
    ) -> None:
        self.department, self.chance, self.server = department, chance, server
        self.acknowledged, self.patience = acknowledged, patience
        self.happened: Counter[str] = Counter()
        self.slowest: tuple[float, str] = (0.0, "none")
        self.backup = department.folder / "backup.zip"
        self.before_backup: dict[str, bytes] = {}
        """What was acknowledged when the last backup began."""
        self.gentle: dict[str, Callable[[], None]] = {
            "the ministry away": self.ministry_away,
            "ingest frozen": self.freeze_ingest,
            "a backup made": self.back_up,
            "reloaded": self.reload,
            "uploads cut": self.cut_uploads,
            "strangers at the door": self.strangers,
        }
        self.hard: dict[str, Callable[[], None]] = {
            "a role killed": self.kill_role,
            "two roles killed": self.kill_two,
            "all killed and started": self.kill_all,
            "stopped and started": self.restart,
        }
        if server is not None:
            self.hard["the store away"] = self.store_away

    def one(self, gentle: bool) -> str:
        """Lets one happen, chosen by chance; mostly waits until all is ready again."""
        among = self.gentle if gentle else {**self.gentle, **self.hard}
        name = self.chance.choice(sorted(among))
        among[name]()
        self.happened[name] += 1
        if self.chance.random() < 0.7:  # else the next fault may come into the recovery from this one
            self.recover(name)
        return name

    def recover(self, after: str) -> None:
        """Waits for /readyz; fails, with the log's end, where that takes too long."""
        began = time.monotonic()
        try:
            eventually(
                self.department.ready, seconds=self.patience, what=f"/readyz answers 200 after: {after}"
            )
        except AssertionError:
            sys.stdout.write("\n".join(self.department.log().splitlines()[-40:]) + "\n")
            raise
        self.slowest = max(self.slowest, (time.monotonic() - began, after))

    def kill_role(self) -> None:
        os.kill(self.chance.choice(sorted(self.all_roles().values())), signal.SIGKILL)

    def kill_two(self) -> None:
        for pid in self.chance.sample(sorted(self.all_roles().values()), 2):
            os.kill(pid, signal.SIGKILL)

    def all_roles(self) -> dict[str, int]:
        return eventually(lambda: found if len(found := self.department.roles()) == 4 else None) or {}

    def kill_all(self) -> None:
        self.department.kill_all()
        self.start_again("all killed")

    def restart(self) -> None:
        assert self.department.stop() == 0
        self.start_again("stopped")

    def start_again(self, after: str) -> None:
        self.department.launch()
        self.recover(after)

    def store_away(self) -> None:
        """Usually seconds, sometimes minutes; the loggers must not notice."""
        assert self.server is not None
        self.server.stop()
        time.sleep(self.chance.choice((2, 5, 10, 60)))
        self.server.start()

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
        """The last one is kept: at the end it is restored elsewhere."""
        before, fresh = self.acknowledged(), self.backup.with_name("fresh.zip")
        self.department.qttd("backup", str(fresh), "--force")
        fresh.replace(self.backup)
        self.before_backup = before

    def reload(self) -> None:
        assert self.department.daemon is not None
        self.department.daemon.send_signal(signal.SIGHUP)

    def cut_uploads(self) -> None:
        """Uploads that end in a reset: never acknowledged, and so never anywhere."""
        for number in range(5):
            try:
                self.cut_upload(f"QN_0000_NUO001_2020010100{number:02}00.txt")
            except OSError:
                continue  # the door was just away
            time.sleep(0.05)

    def cut_upload(self, name: str) -> None:
        with socket.create_connection(("127.0.0.1", self.department.ftp_port), timeout=5) as control:
            answers = control.makefile("rb")

            def ask(line: str) -> str:
                control.sendall(f"{line}\r\n".encode())
                return answers.readline().decode()

            answers.readline()
            ask("USER all")
            if not ask("PASS bi-mat").startswith("230"):
                return
            told = ask("EPSV")
            if not told.startswith("229"):
                return
            with socket.create_connection(("127.0.0.1", int(told.split("|")[3])), timeout=5) as data:
                ask(f"STOR {name}")
                data.sendall(b"pH\t1.0\t\t2020010100")
                data.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def strangers(self) -> None:
        """Fifty that connect from another address, say something or nothing, and go."""
        held = []
        for number in range(50):
            try:
                one = socket.create_connection(
                    ("127.0.0.1", self.department.ftp_port), timeout=2, source_address=(STRANGER, 0)
                )
                if number % 2:
                    one.sendall(b"USER root\r\nPASS 123456\r\n")
            except OSError:
                continue  # refused, as it should be after a while
            held.append(one)
        for one in held:
            one.close()
