"""What the judgement of data costs: all checks and averages, beside the main job without them.

Three stores of 500 stations with ten channels each take the same files of ten lines, in turn, on one core,
with SQLite, counted in seconds of the processor; what they mark is settled in the rhythm of the completeness
ledger, by a clock that goes with the files: two hours up to midnight in Vietnam, so that two hours and a day
of each station end on the way. In one the channels have no checks and no averages are taken, in the second
every channel has every check, in the third hours and days are kept, too; with 144000 files it is a whole day
of them, and a day's averages weigh as much as they do. With --year a station-year (105,120
slots of ten parameters) is judged anew instead, dry and for good.

    python benchmarks/judgement.py [FILES]
    python benchmarks/judgement.py --year [DAYS]
"""

import json
import logging
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from unittest.mock import patch

import structlog
from ingest import STATIONS, SYMBOLS, UNITS, body, code_of, prepare
from sqlalchemy import Engine, func, select, update

from forwarder.completeness_ledger import POLL_SECONDS
from parsers.vietnam_time import VN
from quality.verdict import flags_from_json
from receiver.ingest.ingest_role import spare_garbage_collection
from receiver.ingest.watcher import Watcher
from receiver.journal.arrivals import Journal
from receiver.journal.committer import Committer
from store import revisions
from store.engine import reading, writing
from store.network.snapshot import load_network
from store.readings.check_plans import PlanBook
from store.readings.recheck import Period, judge_period
from store.readings.recheck_copy import try_out
from store.readings.written import ReadingRow, add, mark_dirty
from store.slots.settling import settle
from store.tables import channel, daily, hourly, owed_hour, parameter, slot_day
from store.tables import reading as reading_table

START = datetime(2026, 1, 1, tzinfo=UTC)
MIDNIGHT = datetime(2026, 1, 1, 17, tzinfo=UTC)
"""In Vietnam; with it the files end."""
SLOT = timedelta(minutes=5)
FILES = 24 * STATIONS
CHECKS = "zero;negative;flat_line=12;rate_of_change=50%;spike=500"
NAMED = {"COD": ";compare<=1000*TSS", "TP": ";compare<=1000*TN;companion=TN", "NH4-N": ";companion=Temp"}


def switch_on(engine: Engine) -> None:
    """Every check on every channel, and two parameters compared with and going with others."""
    with writing(engine) as connection:
        codes = dict(connection.execute(select(parameter.c.id, parameter.c.code)).all())
        for number, parameter_id in connection.execute(select(channel.c.id, channel.c.parameter_id)).all():
            checks = CHECKS + NAMED.get(codes[parameter_id], "")
            connection.execute(update(channel).where(channel.c.id == number).values(checks=checks))
        revisions.bump(connection, "network")


def value_of(chance: Random, slot: int, at: int) -> float:
    """An honest sensor's: it wanders, and one reading in four repeats the one before."""
    return round(5 + at + (slot - slot % 4 % 2) % 97 / 50 + (0 if slot % 4 == 1 else chance.random() / 10), 2)


def begin_of(files: int) -> datetime:
    """The slot of the first of so many files."""
    return MIDNIGHT - SLOT * -(-files // STATIONS)


def fill(journal: Journal, files: int) -> None:
    committer = Committer(journal)
    futures = []
    chance = Random(7)
    for number in range(files):
        slot = number // STATIONS
        moment = begin_of(files) + SLOT * slot
        stamp = f"{moment.astimezone(VN):%Y%m%d%H%M%S}"
        lines = body(number, stamp).decode().splitlines()
        cells = [line.split("\t") for line in lines]
        for at, cell in enumerate(cells):
            cell[1] = str(value_of(chance, slot, at))
        content = "".join("\t".join(cell) + "\r\n" for cell in cells).encode()
        path = f"/{code_of(number % STATIONS)}_{stamp}.txt"
        futures.append(committer.submit("u", path, content, arrived_at=moment, peer="127.0.0.1", door="ftp"))
    for future in futures:
        future.result()
    committer.close()


@contextmanager
def without_averages() -> Iterator[None]:
    """Settling as it was: slots, and nothing that follows from them."""
    with patch("store.slots.settling.settle_averages"), patch("store.slots.settling.note_changes"):
        yield


class House:
    """A store, its journal, and who works them off."""

    def __init__(self, folder: Path, name: str, files: int) -> None:
        self.engine = prepare(f"sqlite:///{folder}/{name}.db")
        self.journal = Journal.open(folder / f"{name}.intake.db")
        fill(self.journal, files)
        self.watcher = Watcher(self.engine, self.journal, lambda: self.now, timedelta(days=7))
        self.book = PlanBook()
        self.seconds = {"ingest": 0.0, "settle": 0.0}
        self.taken = 0
        self.begin = begin_of(files)

    @property
    def now(self) -> datetime:
        """When the newest file that was taken arrived."""
        return self.begin + SLOT * (self.taken // STATIONS)

    def work(self) -> bool:
        """What is ingested while the ledger rests, then what that marked."""
        began = time.process_time()
        taken = 1
        while taken and time.process_time() - began < POLL_SECONDS:
            taken = self.watcher.take_arrivals()
            self.taken += taken
        between = time.process_time()
        # when nothing is left, the clock goes on until the last hour is over
        now = self.now if taken else self.now + timedelta(hours=1)
        while settle(self.engine, 1024, now, book=self.book):
            pass
        self.seconds["ingest"] += between - began
        self.seconds["settle"] += time.process_time() - between
        return taken > 0

    def rates(self, files: int) -> dict[str, object]:
        total = sum(self.seconds.values())
        split = {name: round(1e6 * seconds / files) for name, seconds in self.seconds.items()}
        return {"files_per_s": round(files / total), "microseconds_per_file": split}


def compare(files: int) -> None:
    with tempfile.TemporaryDirectory(dir=os.environ.get("QTTD_BENCH_DIR")) as folder:
        plain, checked, judged = (House(Path(folder), name, files) for name in ("p", "c", "j"))
        switch_on(checked.engine)
        switch_on(judged.engine)
        spare_garbage_collection()
        busy = True
        while busy:
            with without_averages():
                busy = plain.work()
                busy |= checked.work()
            busy |= judged.work()
        with reading(judged.engine) as connection:
            hours = connection.scalar(select(func.count()).select_from(hourly))
            days = connection.scalar(select(func.count()).select_from(daily))
            lines = connection.scalar(select(func.count()).select_from(slot_day))
            owed = connection.scalar(select(func.count()).select_from(owed_hour))
        channels = STATIONS * len(SYMBOLS)
        assert lines == channels, "slots are kept"
        assert hours == channels * -(-files // (12 * STATIONS)), "and every hour"
        assert days >= channels, "and every day"
        assert not owed
        said: dict[str, object] = {}
        for name, house in (("plain", plain), ("checks", checked), ("checks_and_averages", judged)):
            ratio = sum(house.seconds.values()) / sum(plain.seconds.values())
            said[name] = house.rates(files) | {"ratio": round(ratio, 2)}
        print(json.dumps(said))


def timed(said: dict[str, object], name: str, work: Callable[[], object]) -> None:
    began = time.process_time()
    work()
    said[name] = round(time.process_time() - began, 1)


def year(days: int) -> None:
    said: dict[str, object] = {"readings": days * 2880}
    with tempfile.TemporaryDirectory(dir=os.environ.get("QTTD_BENCH_DIR")) as folder:
        engine = prepare(f"sqlite:///{folder}/qttd.db")
        period = Period(1, START, START + timedelta(days=days), None)
        fill_year(engine, days)
        now = START + timedelta(days=days + 1)
        settle_all(engine, now)
        switch_on(engine)
        reports = []

        def dry() -> None:
            with reading(engine) as connection:
                copy = Path(folder) / "copy.db"
                reports.append(try_out(connection, copy, period, now, lambda *_: None))

        def for_good() -> None:
            with reading(engine) as connection:
                network = load_network(connection)
            for chunk in period.chunks():
                with writing(engine) as connection:
                    judge_period(connection, network, chunk, now)
            settle_all(engine, now)

        timed(said, "dry_seconds", dry)
        timed(said, "apply_seconds", for_good)
        said["flags"] = {change.rule: change.added for change in reports[0].flags}
        counted: dict[str, int] = {}
        with reading(engine) as connection:
            for flags in connection.scalars(
                select(reading_table.c.flags).where(reading_table.c.flags.is_not(None))
            ):
                for flag in flags_from_json(flags):
                    counted[flag.rule] = counted.get(flag.rule, 0) + 1
        assert counted == said["flags"], (counted, said)
        said["peak_mib"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        print(json.dumps(said))


def settle_all(engine: Engine, now: datetime) -> None:
    book = PlanBook()
    while settle(engine, 256, now, book=book):
        pass


def fill_year(engine: Engine, days: int) -> None:
    chance = Random(7)
    with reading(engine) as connection:
        entries = load_network(connection).channels[1]
    for day in range(days):
        rows: list[ReadingRow] = []
        for slot in range(288 * day, 288 * day + 288):
            moment = START + timedelta(minutes=5 * slot)
            for at, (symbol, unit) in enumerate(zip(SYMBOLS, UNITS, strict=True)):
                # two hours a day a sensor stands still, and once a day it jumps
                value = (
                    7.0
                    if 100 <= slot % 288 < 124
                    else value_of(chance, slot, at) * (5 if slot % 288 == 7 else 1)
                )
                rows.append(
                    {
                        "station_id": 1, "measured_at": moment,
                        "parameter_id": entries[symbol].parameter_id, "symbol": symbol, "text": str(value),
                        "value": value, "unit": unit, "status": "00", "file_id": slot + 1, "line": at + 1,
                        "received_at": moment, "valid": True, "flags": None, "release_at": moment,
                        "review": None, "reviewed_value": None,
                    }
                )  # fmt: skip
        with writing(engine) as connection:
            add(connection, rows)
            mark_dirty(connection, {(1, row["measured_at"]) for row in rows})


def main() -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    if sys.argv[1:2] == ["--year"]:
        year(int(sys.argv[2]) if len(sys.argv) > 2 else 365)
    else:
        compare(int(sys.argv[1]) if len(sys.argv) > 1 else FILES)


if __name__ == "__main__":
    main()
