"""The watch over signs: every station once a night, none before it is time."""

from datetime import datetime, timedelta
from itertools import count
from threading import Event, Thread
from time import monotonic, sleep
from typing import Any

from sqlalchemy import Engine, insert, select

from forwarder.sign_watch import run_sign_watch
from store.engine import reading, writing
from store.tables import sign_look, station

MIDNIGHT = datetime.fromisoformat("2026-05-30T00:00+07:00")


def looked(engine: Engine) -> list[datetime]:
    with reading(engine) as connection:
        return list(connection.scalars(select(sign_look.c.looked_at)))


def test_a_station_is_looked_at_once_the_day_before_has_come(engine: Engine) -> None:
    with writing(engine) as connection:
        values: dict[str, Any] = {
            "code": "A",
            "code_key": "a",
            "name": "A",
            "kind": "stack",
            "created_at": MIDNIGHT,
        }
        connection.execute(insert(station).values(values))
    clock = [MIDNIGHT + timedelta(minutes=50)]
    asked = count()
    turns = [0]

    def now() -> datetime:
        turns[0] = next(asked)
        return clock[0]

    stop = Event()
    thread = Thread(target=run_sign_watch, args=(engine, now, stop, 0.01, 0.01))
    thread.start()
    try:
        until(lambda: looked(engine) == [clock[0]])
        clock[0] = MIDNIGHT + timedelta(hours=24, minutes=30)
        before = turns[0]
        until(lambda: turns[0] > before + 3)  # several turns of the watch, in which nothing may happen
        assert looked(engine) == [MIDNIGHT + timedelta(minutes=50)]
        clock[0] = MIDNIGHT + timedelta(hours=24, minutes=40)
        until(lambda: looked(engine) == [clock[0]])
    finally:
        stop.set()
        thread.join(10)
    assert not thread.is_alive()


def until(look: Any) -> None:
    deadline = monotonic() + 20
    while not look():
        assert monotonic() < deadline
        sleep(0.02)
