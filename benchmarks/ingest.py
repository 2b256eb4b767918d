"""Journal to store: how many files of ten lines a second, on one core, in SQLite.

Fills a journal with files of 500 stations that have ten declared channels each, then times the
watcher until the journal is empty. For scale, the same run inserts as many rows of the same
shape into a bare SQLite table with the driver alone, a hundred files a commit: what no program
that also reads, judges and accounts for files can reach.

    python benchmarks/ingest.py [FILES]
"""

import cProfile
import json
import logging
import os
import pstats
import sqlite3
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import structlog
from sqlalchemy import func, insert, select

from receiver.ingest.ingest_role import spare_garbage_collection
from receiver.ingest.watcher import BATCH, Watcher
from receiver.journal.arrivals import Journal
from receiver.journal.committer import Committer
from store import revisions
from store.engine import open_engine, reading, writing
from store.network.keys import code_key
from store.seed import seed
from store.tables import (
    account,
    account_station,
    channel,
    channel_symbol,
    data_file,
    metadata,
    parameter,
    station,
)
from store.tables import reading as reading_table

STATIONS = 500
SYMBOLS = {
    "pH": "pH", "COD": "COD", "TSS": "TSS", "NH4": "NH4-N", "Flow": "Flow",
    "Temp": "Temp", "Color": "Color", "TP": "TP", "TN": "TN", "DO": "DO",
}  # fmt: skip
UNITS = ["", "mg/L", "mg/L", "mg/L", "m3/h", "oC", "Pt-Co", "mg/L", "mg/L", "mg/L"]
START = datetime(2026, 1, 1, tzinfo=UTC)


def code_of(number: int) -> str:
    return f"BG_{number:04d}_NUO001"


def prepare(url: str):  # type: ignore[no-untyped-def]
    engine = open_engine(url)
    metadata.create_all(engine)
    with writing(engine) as connection:
        seed(connection)
        ids = {row.code: row.id for row in connection.execute(select(parameter.c.code, parameter.c.id))}
        account_id = connection.execute(
            insert(account)
            .values(name="u", password_hash="x", allow=[], created_at=START)
            .returning(account.c.id)
        ).scalar_one()
        for number in range(STATIONS):
            code = code_of(number)
            station_id = connection.execute(
                insert(station)
                .values(code=code, code_key=code_key(code), name=code, kind="wastewater", created_at=START)
                .returning(station.c.id)
            ).scalar_one()
            connection.execute(
                insert(account_station).values(account_id=account_id, code=code, code_key=code_key(code))
            )
            for symbol, code in SYMBOLS.items():
                channel_id = connection.execute(
                    insert(channel)
                    .values(station_id=station_id, parameter_id=ids[code], device_min=-10, device_max=1000)
                    .returning(channel.c.id)
                ).scalar_one()
                connection.execute(
                    insert(channel_symbol).values(
                        station_id=station_id, symbol=symbol, channel_id=channel_id, position=0
                    )
                )
        revisions.bump(connection, "network")
    return engine


def body(number: int, stamp: str) -> bytes:
    return "".join(
        f"{symbol}\t{1 + at + number % 997 / 250:.4f}\t{unit}\t{stamp}\t00\r\n"
        for at, (symbol, unit) in enumerate(zip(SYMBOLS, UNITS, strict=True))
    ).encode()


def fill(journal: Journal, files: int) -> None:
    committer = Committer(journal)
    futures = []
    for number in range(files):
        local = START + timedelta(hours=7, minutes=5 * (number // STATIONS))
        stamp = f"{local:%Y%m%d%H%M%S}"
        futures.append(
            committer.submit(
                "u", f"/{code_of(number % STATIONS)}_{stamp}.txt", body(number, stamp),
                arrived_at=local - timedelta(hours=7), peer="127.0.0.1", door="ftp",
            )
        )  # fmt: skip
    for future in futures:
        future.result()
    committer.close()


def bare(path: Path, files: int) -> float:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL").close()
    connection.execute("PRAGMA synchronous=FULL").close()
    columns = [column.name for column in reading_table.columns]
    connection.execute(
        f"CREATE TABLE r ({', '.join(columns)}, "
        "PRIMARY KEY (station_id, measured_at, parameter_id)) WITHOUT ROWID"
    )
    insertion = f"INSERT INTO r VALUES ({', '.join('?' * len(columns))})"  # noqa: S608 - only question marks
    began = time.perf_counter()
    for first in range(0, files, 100):
        connection.execute("BEGIN IMMEDIATE")
        rows = [
            (
                number % STATIONS,
                number // STATIONS * 300000,
                at,
                "COD",
                "41.8",
                41.8,
                "mg/L",
                "00",
                number,
                at,
                0,
                1,
                None,
                0,
            )
            for number in range(first, min(files, first + 100))
            for at in range(10)
        ]
        connection.executemany(insertion, rows)
        connection.execute("COMMIT")
    return files / (time.perf_counter() - began)


def main() -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    files = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    with tempfile.TemporaryDirectory(dir=os.environ.get("QTTD_BENCH_DIR")) as folder:
        engine = prepare(f"sqlite:///{folder}/qttd.db")
        with Journal.open(Path(folder) / "intake.db") as journal:
            fill(journal, files)
            watcher = Watcher(engine, journal, lambda: datetime.now(UTC), timedelta(days=7))
            spare_garbage_collection()
            watcher.take_arrivals()  # the first batch reads the network and compiles the statements
            warm = BATCH
            profiler = cProfile.Profile() if os.environ.get("PROFILE") else None
            if profiler:
                profiler.enable()
            began, cpu = time.perf_counter(), time.process_time()
            while watcher.take_arrivals():
                pass
            seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
            if profiler:
                profiler.disable()
                pstats.Stats(profiler).sort_stats(os.environ["PROFILE"]).print_stats(60)
            with reading(engine) as connection:
                stored = connection.scalar(select(func.count()).select_from(data_file))
                rows = connection.scalar(select(func.count()).select_from(reading_table))
            assert (stored, rows) == (files, 10 * files), (stored, rows)
        rate, floor = (files - warm) / seconds, bare(Path(folder) / "bare.db", files)
        print(
            json.dumps(
                {
                    "files_per_s": round(rate),
                    "files_per_cpu_s": round((files - warm) / cpu),
                    "bare_insert_files_per_s": round(floor),
                    "ratio": round(rate / floor, 2),
                }
            )
        )


if __name__ == "__main__":
    main()
