"""Half an hour of load, kills and faults, bounded; then the counts of every hop are put beside one another.

    make soak                              thirty minutes, the store an SQLite file
    make soak ARGS='--postgresql'          a PostgreSQL server of its own, which goes away too
    make soak ARGS='--minutes 3'           a short one
    make soak ARGS='--seed 7'              the same faults in the same order

Stations send slot after slot to a department that runs as `qttd run`, each file again until it is answered,
while readings are corrected and readers fetch and ask (soak_people.py). Meanwhile roles are killed, all is
killed and started, the ministry and the store go away, backups are made (soak_faults.py). The last third is
without kills, and shows whether any role grows (soak_watch.py). At the end what was acknowledged, what the
journal, the ledger, its readings and the account of slots have, what was relayed and what the ministry has
must be the same files, byte for byte and once; so must be the last backup, restored elsewhere. Exit 1 where
they are not.
"""

import argparse
import random
import sqlite3
import sys
import tempfile
import threading
import time
from collections import Counter
from contextlib import closing
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import psycopg

from benchmarks.soak_faults import RECOVERY_SECONDS, Faults
from benchmarks.soak_people import Asker, PacedLogger, Reader, Reviewer
from benchmarks.soak_watch import Watch
from tests.postgresql import PASSWORD, Server
from tests.system.department import Department, eventually
from tests.system.test_kill import STATIONS, SYMBOLS

BETWEEN_FAULTS = (5.0, 15.0)
STANDSTILL_SECONDS = 60.0
"""When the loggers rest, what is left to relay must grow less within this time, until nothing is left."""
QUIET = 1 / 3
"""The last part, in which nothing is killed."""


class Store:
    """Looked into past all of qttd's code, whichever kind it is."""

    def __init__(self, department: Department, server: Server | None, database: str) -> None:
        self.department, self.server, self.database = department, server, database

    def rows(self, query: str) -> list[tuple[object, ...]]:
        if self.server is None:
            return self.department.rows(query)
        with psycopg.connect(self.server.url(self.database)) as connection:
            return list(connection.execute(query.encode()).fetchall())

    def files(self) -> list[tuple[str, str, bytes]]:
        """Name, state and bytes of every file of the ledger."""
        rows = self.rows("SELECT name, state, content FROM data_file")
        return [(str(name), str(state), bytes(content)) for name, state, content in rows]  # type: ignore[call-overload]


class Soak:
    """The department, who uses it, and what happens to it."""

    def __init__(self, folder: Path, seed: int, server: Server | None, patience: float) -> None:
        self.folder, self.server = folder, server
        self.department = Department(folder / "department", self.environment("tram"))
        self.department.patience = 300.0  # a backup of half an hour on a machine that is busy
        self.store = Store(self.department, server, "tram")
        self.loggers: list[PacedLogger] = []
        self.chance = random.Random(seed)
        self.faults = Faults(self.department, self.chance, server, self.acknowledged, patience)
        self.stop = threading.Event()
        self.quiet_since = 0.0
        self.other: Department | None = None

    def environment(self, database: str) -> dict[str, str]:
        if self.server is None:
            return {}
        self.server.query("postgres", f"CREATE DATABASE {database}")
        return {"QTTD_STORE__URL": self.server.network_url(database), "QTTD_STORE__PASSWORD": PASSWORD}

    def acknowledged(self) -> dict[str, bytes]:
        return {
            name: content for logger in self.loggers for name, content in list(logger.acknowledged.items())
        }

    def run(self, seconds: float) -> bool:
        """Whether all counts agree and nothing grew."""
        department = self.department
        department.declare(dict.fromkeys(STATIONS, SYMBOLS))
        department.add_account("all", *STATIONS)
        department.qttd("account", "add", "doc", "--reader", "--layout", "1", stdin="bi-mat\n")
        department.start_ministry()
        department.add_ministry()
        department.start()
        self.loggers += [PacedLogger(department.ftp_port, code, self.stop) for code in STATIONS]
        self.reviewer = Reviewer(department, self.acknowledged, self.stop, random.Random(1))
        self.reader = Reader(department.ftp_port, self.stop, random.Random(2))
        self.asker = Asker(department, self.stop)
        self.watch = Watch(department, self.stop)
        people = [*self.loggers, self.reviewer, self.reader, self.asker, self.watch]
        for one in people:
            one.start()
        try:
            self.suffer(time.monotonic() + seconds, seconds * QUIET)
        finally:
            self.stop.set()
            for one in people:
                one.join()
        sent = self.acknowledged()
        self.drain(len(sent))
        return self.proof(sent)

    def suffer(self, ends: float, quiet_seconds: float) -> None:
        while (left := ends - time.monotonic()) > 0:
            gentle = left <= quiet_seconds
            if gentle and not self.quiet_since:
                self.faults.recover("the last kill")
                self.quiet_since = time.monotonic()
            time.sleep(self.chance.uniform(*BETWEEN_FAULTS))
            name = self.faults.one(gentle)
            count = len(self.acknowledged())
            print(f"{max(0, left):5.0f} s left, {count} files acknowledged; {name}", flush=True)
        self.faults.back_up()
        self.faults.recover("the last fault")

    def drain(self, sent: int) -> None:
        """Waits until nothing is left to do; where nothing moves any more, tells what is left and fails."""
        began = moved = time.monotonic()
        before = (0, 0, 0)
        while (now := (*self.left(), max(0, sent - self.known()))) != (0, 0, 0):
            if now != before:
                before, moved = now, time.monotonic()
            if time.monotonic() > moved + STANDSTILL_SECONDS:
                self.tell_left(sent)
                raise AssertionError(
                    f"nothing was stored or relayed for {STANDSTILL_SECONDS} s, and some is left"
                )
            time.sleep(1)  # looking costs as much as the work
        print(f"all was stored and relayed {time.monotonic() - began:.0f} s after the last file")

    def tell_left(self, sent: int) -> None:
        items, hours = self.left()
        print(f"left: {items} items to relay, {hours} hours to settle; {self.known()} of {sent} files known")
        print(*self.store.rows("SELECT state, count(*), min(next_try_at) FROM relay_item GROUP BY state"))
        sys.stdout.write("\n".join(self.department.log().splitlines()[-40:]) + "\n")

    def left(self) -> tuple[int, int]:
        """Items to relay and hours to settle."""
        items, hours = self.store.rows(
            "SELECT (SELECT count(*) FROM relay_item WHERE state <> 'sent' OR sent_revision < revision),"
            " (SELECT count(*) FROM dirty_hour)"
        )[0]
        return int(str(items)), int(str(hours))

    def known(self) -> int:
        return int(str(self.store.rows("SELECT count(DISTINCT name) FROM data_file")[0][0]))

    def proof(self, sent: dict[str, bytes]) -> bool:
        """Prints what each hop has, and whether it is the same."""
        department, rows = self.department, self.store.rows
        with closing(sqlite3.connect(department.folder / "intake.db")) as journal:
            taken = set(journal.execute("SELECT name, content FROM arrival").fetchall())
            (journal_whole,) = journal.execute("PRAGMA integrity_check").fetchone()
        files = self.store.files()
        kept = {name: content for name, state, content in files if state == "accepted"}
        others = Counter(state for _, state, _ in files if state != "accepted")
        (readings,) = rows("SELECT count(*) FROM reading")[0]
        (corrected,) = rows("SELECT count(*) FROM reading WHERE review = 'corrected'")[0]
        (valid,) = rows("SELECT sum(valid) FROM slot_day")[0]
        (receipts,) = rows("SELECT count(DISTINCT item_id) FROM relay_attempt WHERE outcome = 'sent'")[0]
        received = {path.rpartition("/")[2]: content for path, content in department.received().items()}
        reviewer, reader, asker = self.reviewer, self.reader, self.asker
        bugs = [
            line
            for line in department.log().splitlines()
            if ("[error" in line and "api_store_unreachable" not in line)
            or "[critical" in line
            or line.startswith("Traceback")
        ]
        # a file whose 226 was lost on the way is kept, and a duplicate when it is sent again
        checks = {
            "every acknowledged file is in the journal, byte for byte": all(
                file in taken for file in sent.items()
            ),
            "every acknowledged file is in the ledger, byte for byte": all(
                kept.get(name) == content for name, content in sent.items()
            ),
            "each once": others.total() + len(kept) == len(files),
            "what is no first copy is a duplicate": set(others) <= {"duplicate"},
            "readings are those of the files": readings == len(kept) * len(SYMBOLS),
            "every slot is counted valid once": int(str(valid)) == readings,
            "every correction counts": len(reviewer.corrected)
            <= int(str(corrected))
            <= len(reviewer.corrected) + len(reviewer.unanswered),
            "every file has its receipt": receipts == len(kept),
            "the ministry has the same files, corrected where they were": received.keys() == kept.keys()
            and all(content in reviewer.expected(name, kept[name]) for name, content in received.items()),
            "and nothing else": len(department.received()) == len(kept),
            "readers were given what was sent": bool(reader.fetched)
            and all(kept.get(name) == content for name, content in reader.fetched.items()),
            "questions were answered, and none wrongly": asker.answered > 0 and not asker.wrong,
            "no role grows": self.watch.is_bounded(self.quiet_since),
            "the databases' logs stay small": self.watch.logs_are_small(),
            "the journal is whole": journal_whole == "ok",
            "no bug of ours is in the log": not bugs,
            "it stops with 0": department.stop() == 0,
            "the last backup, restored elsewhere, has all that was acknowledged before it": self.restores(),
        }
        print(f"acknowledged {len(sent)}, in the ledger {len(kept)} and {others.total()} duplicates,")
        print(
            f"readings {readings}, valid slots {valid}, receipts {receipts}, at the ministry {len(received)},"
        )
        print(
            f"corrected {corrected} of {len(reviewer.corrected)} and {len(reviewer.unanswered)} unanswered,"
        )
        print(
            f"fetched by FTP {len(reader.fetched)}, questions answered {asker.answered}, wrong {asker.wrong}"
        )
        print(
            "faults: " + ", ".join(f"{count} × {what}" for what, count in self.faults.happened.most_common())
        )
        print(f"ready again at the latest after {self.faults.slowest[0]:.1f} s ({self.faults.slowest[1]})")
        print(f"longest write-ahead log {self.watch.most_log >> 20} MiB")
        print("\n".join([*self.watch.told(self.quiet_since), *bugs[:10]]))
        for what, holds in checks.items():
            print(f"{'ok    ' if holds else 'FAILED'}  {what}")
        return all(checks.values())

    def restores(self) -> bool:
        """Whether another machine reads from the last backup all that was acknowledged before it."""
        before = self.faults.before_backup
        self.other = Department(self.folder / "other", self.environment("khac"))
        self.other.qttd("restore", str(self.faults.backup))
        self.other.qttd("target", "disable", "bo")
        self.other.start()
        store = Store(self.other, self.server, "khac")

        def whole() -> bool:
            kept = {name: content for name, state, content in store.files() if state == "accepted"}
            return all(kept.get(name) == content for name, content in before.items())

        try:
            return bool(before) and eventually(whole, seconds=120)
        except AssertionError:
            return False

    def close(self) -> None:
        for department in filter(None, (self.department, self.other)):
            department.close()


def main() -> int:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--minutes", type=float, default=30.0)
    options.add_argument("--seed", type=int, default=20260530)
    options.add_argument("--patience", type=float, default=RECOVERY_SECONDS, metavar="SECONDS")
    options.add_argument("--postgresql", action="store_true")
    given = options.parse_args()
    server = Server() if given.postgresql else None
    with tempfile.TemporaryDirectory(prefix="qttd-soak-") as name:
        if server is not None:
            server.start()
        soak = Soak(Path(name), given.seed, server, given.patience)
        try:
            return 0 if soak.run(given.minutes * 60) else 1
        finally:
            soak.close()
            if server is not None:
                server.remove()


if __name__ == "__main__":
    sys.exit(main())
