"""Averages kept current: 500 stations of ten channels, 100 files arriving a second, settled as they come.

    python benchmarks/averages.py

Each round puts the readings of 100 files (one second's worth) into a store on disk and settles them, as the
completeness ledger does. Settling is told as processor seconds per second of arrival, with the part of it
that goes to hourly and daily averages; beside it, in the same run, the bare inserts of the same rows.
"""

import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import insert, select

import store.slots
from quality.slots import day_start
from store.check_plans import PlanBook
from store.engine import open_engine, writing
from store.readings import add, mark_dirty
from store.seed import seed
from store.slots import settle
from store.tables import channel, metadata, parameter, station

STATIONS, CHANNELS, FILES = 500, 10, 100
SLOTS = 18
"""Files of each station: an hour and a half."""
_BEGIN = day_start(datetime(2026, 5, 30, tzinfo=UTC).date())


def main() -> int:
    """Prints the figures of one run."""
    with tempfile.TemporaryDirectory() as folder:
        engine = open_engine(f"sqlite:///{Path(folder) / 'bench.db'}")
        metadata.create_all(engine)
        with writing(engine) as connection:
            seed(connection)
            ids = connection.scalars(select(parameter.c.id).order_by(parameter.c.id).limit(CHANNELS)).all()
            for number in range(STATIONS):
                connection.execute(
                    insert(station).values(
                        id=number + 1, code=f"S{number}", code_key=f"s{number}", name="S", kind="wastewater",
                        created_at=_BEGIN,
                    )
                )  # fmt: skip
                rows = [{"station_id": number + 1, "parameter_id": one} for one in ids]
                connection.execute(insert(channel), rows)
        spent = {"inserts": 0.0, "settling": 0.0, "averages": 0.0}
        _watch(spent)
        book = PlanBook()
        now = _BEGIN + timedelta(days=1)
        rounds = 0
        for slot in range(SLOTS):
            for first in range(0, STATIONS, FILES):
                moment = _BEGIN + timedelta(hours=9, minutes=slot * 5)
                rows = [
                    _row(number + 1, moment, one) for number in range(first, first + FILES) for one in ids
                ]
                began = time.process_time()
                with writing(engine) as connection:
                    add(connection, rows)  # type: ignore[arg-type]  # made here, not by ingest
                    mark_dirty(connection, [(number + 1, moment) for number in range(first, first + FILES)])
                spent["inserts"] += time.process_time() - began
                began = time.process_time()
                while settle(engine, 128, now, None, book):
                    pass
                spent["settling"] += time.process_time() - began
                rounds += 1
        engine.dispose()
    print(
        f"{rounds} seconds of {FILES} files, {STATIONS} stations of {CHANNELS} channels, a mark for each file"
    )
    for name, seconds in spent.items():
        print(f"{name:10} {seconds / rounds:.3f} s of work for each second of arrivals")
    print(f"averages are {spent['averages'] / spent['settling']:.0%} of settling")
    return 0


def _watch(spent: dict[str, float]) -> None:
    """Takes the time of the averages inside of settling."""
    original = store.slots.settle_hours

    def timed(*given: Any) -> Any:
        began = time.process_time()
        try:
            return original(*given)
        finally:
            spent["averages"] += time.process_time() - began

    store.slots.settle_hours = timed


def _row(station_id: int, moment: datetime, parameter_id: int) -> dict[str, Any]:
    return {
        "station_id": station_id, "measured_at": moment, "parameter_id": parameter_id, "symbol": "X",
        "text": "7.12", "value": 7.12 + station_id % 7, "unit": "", "status": "00", "file_id": 1, "line": 1,
        "received_at": moment, "valid": True, "flags": None, "release_at": moment, "review": None,
        "reviewed_value": None,
    }  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
