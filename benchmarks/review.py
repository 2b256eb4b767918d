"""A review of a stretch with 100,000 readings, and its undoing: how long it takes, how much is held.

    python benchmarks/review.py [--store URL]

Makes a store (SQLite on disk, unless it is told another one, which must be empty) of one station with ten
channels and 10,000 files for one target; then rejects the whole stretch, undoes that, corrects it, and undoes
that too. In the same run stands first what it takes to read the same readings and write them back unchanged,
which is the least a review can cost.
"""

import argparse
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Engine, insert, select

from quality.slots import day_start
from store.audit import Act
from store.engine import open_engine, writing
from store.files.ledger import queued_files
from store.readings import written as readings
from store.relay.outbox import queue
from store.relay.targets import active_targets
from store.reviews import reviewing as reviews
from store.reviews.reach import Reach, pieces
from store.reviews.reviewing import Wish
from store.seed import seed
from store.slots.settling import settle
from store.tables import channel, data_file, metadata, parameter, relay_target, station

CHANNELS, FILES = 10, 10_000
_BEGIN = day_start(datetime(2026, 5, 1, tzinfo=UTC).date())
_END = _BEGIN + timedelta(minutes=5 * FILES)
_NOW = _END + timedelta(days=1)
_ACT = Act("cli:benchmark", _NOW)


def main() -> int:
    """Prints the figures of one run."""
    options = argparse.ArgumentParser()
    options.add_argument("--store", default="")
    url = options.parse_args().store
    with tempfile.TemporaryDirectory() as folder:
        engine = open_engine(url or f"sqlite:///{Path(folder) / 'bench.db'}")
        _fill(engine)
        print(f"{CHANNELS * FILES} readings of {FILES} files; {_held()} MiB are held so far")
        _told("reading and writing them back", lambda: _rewrite(engine))
        everything = Wish(1, "reject", _BEGIN, _END, None, "biên bản")
        for name, wish in (
            ("rejecting", everything),
            ("correcting", Wish(1, "correct", _BEGIN, _END, None, "biên bản", factor=1.5)),
        ):
            review_id = _told(name, lambda wish=wish: _give(engine, wish))
            _told(f"  settling after {name}", lambda: _settle(engine))
            _told(f"undoing the {name}", lambda number=review_id: _undo(engine, number))
            _told("  settling after the undoing", lambda: _settle(engine))
        engine.dispose()
    return 0


def _told(name: str, work: Callable[[], int]) -> int:
    began, worked = time.perf_counter(), time.process_time()
    result = work()
    seconds, worked = time.perf_counter() - began, time.process_time() - worked
    print(f"{name:30} {seconds:6.2f} s, {worked:6.2f} s of work, {_held():4} MiB held at most", flush=True)
    return result


def _held() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def _give(engine: Engine, wish: Wish) -> int:
    with writing(engine) as connection:
        given = reviews.give(connection, wish, _ACT)
    assert given.readings == CHANNELS * FILES
    return given.id


def _undo(engine: Engine, review_id: int) -> int:
    with writing(engine) as connection:
        undone = reviews.undo(connection, review_id, "nhầm", _ACT)
    assert undone.readings == CHANNELS * FILES
    return undone.id


def _rewrite(engine: Engine) -> int:
    with writing(engine) as connection:
        for rows in pieces(connection, Reach(1, _BEGIN, _END, None)):
            readings.replace(connection, rows)
    return 0


def _settle(engine: Engine) -> int:
    taken = 0
    while marks := settle(engine, 128, _NOW):
        taken += marks
    return taken


def _fill(engine: Engine) -> None:
    metadata.create_all(engine)
    with writing(engine) as connection:
        seed(connection)
        ids = connection.scalars(select(parameter.c.id).order_by(parameter.c.id).limit(CHANNELS)).all()
        connection.execute(
            insert(station).values(
                id=1, code="S", code_key="s", name="S", kind="wastewater", created_at=_BEGIN
            )
        )
        rows = [{"station_id": 1, "parameter_id": one, "checks": "flat_line=12;zero"} for one in ids]
        connection.execute(insert(channel), rows)
        connection.execute(
            insert(relay_target).values(
                name="ministry", url="file:///out", send="verified", created_at=_BEGIN
            )
        )
    for first in range(0, FILES, 1000):
        with writing(engine) as connection:
            moments = [(at + 1, _BEGIN + timedelta(minutes=5 * at)) for at in range(first, first + 1000)]
            connection.execute(
                insert(data_file),
                [
                    {
                        "id": at, "journal_uuid": "j", "journal_id": at, "account": "a", "path": f"p{at}",
                        "name": "n", "door": "ftp", "peer": "127.0.0.1", "received_at": moment,
                        "station_id": 1, "measured_at": moment, "first_at": moment, "last_at": moment,
                        "size": 1, "sha256": "00", "state": "accepted", "readings": CHANNELS, "problems": 0,
                        "notes": [], "content": b"x",
                    }
                    for at, moment in moments
                ],
            )  # fmt: skip
            readings.add(
                connection,
                [
                    {
                        "station_id": 1, "measured_at": moment, "parameter_id": one, "symbol": "s",
                        "text": f"{at % 97}.{one}", "value": at % 97 + one / 10, "unit": "", "status": "00",
                        "file_id": at, "line": line, "received_at": moment, "valid": True, "flags": None,
                        "release_at": moment, "review": None, "reviewed_value": None,
                    }
                    for at, moment in moments
                    for line, one in enumerate(ids, 1)
                ],
            )  # fmt: skip
            readings.mark_dirty(connection, [(1, moment) for _, moment in moments])
            files = queued_files(connection, [at for at, _ in moments])
            queue(connection, active_targets(connection), files, _NOW)
    _settle(engine)


if __name__ == "__main__":
    sys.exit(main())
