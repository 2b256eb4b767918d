"""Averages kept current: 500 stations of ten channels, 100 files a second, beside the running ledger.

    nice -n 10 python benchmarks/averages.py [SECONDS]

A writer puts the readings of 100 files a second into a store on disk, while the completeness ledger runs in a
thread of its own, as in the forward role. The shown clock goes 60 times as fast as the real one, so that 500
stations that send every five minutes make 100 files a second; it starts an hour before midnight in Vietnam,
so that hours and a day end on the way. Each second it is looked how old the oldest mark is, and the oldest
average that is due. At the end every average is computed from the beginning, from the readings alone, and
compared.
"""

import json
import sys
import tempfile
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

from sqlalchemy import Connection, Engine, delete, func, insert, select

from forwarder.completeness_ledger import run_completeness_ledger
from quality.slots import day_start
from store.averages.keeping import settle_averages
from store.averages.owed import Due
from store.engine import open_engine, writing
from store.engine import reading as looking
from store.network.intervals import load_intervals
from store.readings.written import add, hour_of, mark_dirty
from store.seed import seed
from store.slots.dirty_hours import Mark
from store.slots.settling import anything_to_settle
from store.tables import (
    channel,
    daily,
    dirty_hour,
    hourly,
    metadata,
    owed_day,
    owed_hour,
    parameter,
    reading,
    station,
)

STATIONS, CHANNELS, FILES = 500, 10, 100
QUICKENED = 60
BEGIN = day_start(datetime(2026, 5, 30, tzinfo=UTC).date()) - timedelta(hours=1)


class Clock:
    """Shown time, from `BEGIN` on."""

    def __init__(self) -> None:
        self.began = time.monotonic()
        self.ahead = timedelta(0)

    def __call__(self) -> datetime:
        return BEGIN + timedelta(seconds=(time.monotonic() - self.began) * QUICKENED) + self.ahead


def main() -> int:
    """Prints the figures of one run; 1 where an average is not what it should be."""
    seconds = int(sys.argv[1]) if len(sys.argv) > 1 else 180
    with tempfile.TemporaryDirectory() as folder:
        engine = open_engine(f"sqlite:///{Path(folder) / 'bench.db'}")
        ids = prepare(engine)
        clock, stop = Clock(), threading.Event()
        worked = [0.0]

        def work() -> None:
            run_completeness_ledger(engine, clock, stop)
            worked[0] = time.thread_time()

        ledger = threading.Thread(target=work)
        ledger.start()
        waits, late = [], 0
        for second in range(seconds):
            put(engine, ids, second)
            waits.append(oldest(engine, clock()))
            rest = clock.began + second + 1 - time.monotonic()
            late += rest < 0
            time.sleep(max(0.0, rest))
        clock.ahead = timedelta(days=2)
        while settling(engine, clock()):
            time.sleep(0.1)
        stop.set()
        ledger.join()
        said = {
            "seconds": seconds, "files": seconds * FILES, "seconds_begun_late": late,
            "oldest_mark_or_due_average_s": {"median": median(waits), "most": max(waits)},
            "ledger_share_of_a_core": round(worked[0] / seconds, 2), **compare(engine),
        }  # fmt: skip
        engine.dispose()
    print(json.dumps(said))
    return 0 if said["as_from_scratch"] else 1


def prepare(engine: Engine) -> list[int]:
    """Stations with channels; returns the parameters' ids."""
    metadata.create_all(engine)
    with writing(engine) as connection:
        seed(connection)
        ids = connection.scalars(select(parameter.c.id).order_by(parameter.c.id).limit(CHANNELS)).all()
        for number in range(STATIONS):
            connection.execute(
                insert(station).values(
                    id=number + 1, code=f"S{number}", code_key=f"s{number}", name="S", kind="wastewater",
                    created_at=BEGIN,
                )
            )  # fmt: skip
            rows = [{"station_id": number + 1, "parameter_id": one} for one in ids]
            connection.execute(insert(channel), rows)
    return list(ids)


def put(engine: Engine, ids: list[int], second: int) -> None:
    """What arrives in a second: a fifth of the stations, each with its newest slot."""
    part = second % (STATIONS // FILES)
    moment = BEGIN + timedelta(minutes=second)
    stations = range(part * FILES + 1, part * FILES + FILES + 1)
    with writing(engine) as connection:
        add(connection, [row(number, moment, one) for number in stations for one in ids])  # type: ignore[arg-type]  # made here, not by ingest
        mark_dirty(connection, [(number, moment) for number in stations])


def oldest(engine: Engine, now: datetime) -> float:
    """How many real seconds the oldest mark, or the oldest average that is due, has waited."""
    with looking(engine) as connection:
        waiting = [
            connection.scalar(select(func.min(dirty_hour.c.last_at))),
            connection.scalar(select(func.min(owed_hour.c.due_at))),
            connection.scalar(select(func.min(owed_day.c.due_at))),
        ]
    ages = [(now - one).total_seconds() / QUICKENED for one in waiting if one is not None]
    return round(max([0.0, *ages]), 2)


def settling(engine: Engine, now: datetime) -> bool:
    """Whether there is still something to settle."""
    with looking(engine) as connection:
        return anything_to_settle(connection, now)


def compare(engine: Engine) -> dict[str, Any]:
    """How many averages are kept, and whether a computation from the readings alone gives the same."""
    with engine.connect() as connection, connection.begin() as undone:
        kept = tables(connection)
        for table in (hourly, daily):
            connection.execute(delete(table))
        keys = connection.execute(select(reading.c.station_id, reading.c.measured_at).distinct())
        hours = sorted({(station_id, hour_of(moment)) for station_id, moment in keys})
        marks = [Mark(station_id, hour, hour, hour) for station_id, hour in hours]
        long_after = BEGIN + timedelta(days=30)
        settle_averages(connection, marks, Due(set(), set()), load_intervals(connection), long_after)
        same = tables(connection) == kept
        undone.rollback()
    return {"hours": len(kept[0]), "days": len(kept[1]), "as_from_scratch": same}


def tables(connection: Connection) -> tuple[list[Any], list[Any]]:
    """Every row of both."""
    hours, days = (
        connection.execute(select(table).order_by(*table.primary_key)).all() for table in (hourly, daily)
    )
    return list(hours), list(days)


def row(station_id: int, moment: datetime, parameter_id: int) -> dict[str, Any]:
    """A reading as ingest writes it."""
    value = 7.12 + station_id % 7 + moment.minute / 60
    return {
        "station_id": station_id, "measured_at": moment, "parameter_id": parameter_id, "symbol": "X",
        "text": str(value), "value": value, "unit": "", "status": "00", "file_id": 1, "line": 1,
        "received_at": moment, "valid": True, "flags": None, "release_at": moment, "review": None,
        "reviewed_value": None,
    }  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
