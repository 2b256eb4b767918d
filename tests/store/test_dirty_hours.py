"""A mark that is added to while it is taken: what was added is taken too, now or the next time."""

from datetime import UTC, datetime, timedelta
from threading import Event, Thread

from sqlalchemy import Engine, select

from store.engine import writing_along
from store.readings.written import mark_dirty
from store.slots.dirty_hours import Mark, take
from store.tables import dirty_hour

HOUR = datetime(2026, 5, 30, 3, tzinfo=UTC)
"""10:00 in Vietnam."""
NOW = HOUR + timedelta(hours=1)


def minute(number: int) -> datetime:
    return HOUR + timedelta(minutes=number)


def taken(engine: Engine) -> list[Mark]:
    with writing_along(engine) as connection:
        return take(connection, 10, NOW)


def test_a_mark_that_is_widened_while_it_is_taken_is_taken_with_all_of_it(engine: Engine) -> None:
    with writing_along(engine) as connection:
        mark_dirty(connection, [(1, minute(0)), (2, minute(0))])
    widened, looked = Event(), Event()
    found: list[Mark] = []

    def settle() -> None:
        widened.wait(10)
        while len(found) < 2:
            found.extend(taken(engine))
            looked.set()

    settler = Thread(target=settle)
    settler.start()
    with writing_along(engine) as connection:
        mark_dirty(connection, [(1, minute(50))])
        widened.set()
        if engine.dialect.name == "postgresql":  # SQLite lets nobody look for marks before the commit
            assert looked.wait(10), "the settler waits for one who writes"
            assert [mark.station_id for mark in found] == [2], "the mark of another station is not waited for"
    settler.join(10)
    assert sorted(found) == [Mark(1, HOUR, minute(0), minute(50)), Mark(2, HOUR, minute(0), minute(0))]


def test_a_mark_that_is_set_while_it_is_settled_is_there_afterwards(engine: Engine) -> None:
    with writing_along(engine) as connection:
        mark_dirty(connection, [(1, minute(0))])
    begun = Event()

    def ingest() -> None:
        begun.set()
        with writing_along(engine) as connection:
            mark_dirty(connection, [(1, minute(50))])

    with writing_along(engine) as connection:
        assert take(connection, 10, NOW) == [Mark(1, HOUR, minute(0), minute(0))]
        writer = Thread(target=ingest)
        writer.start()
        assert begun.wait(10)
    writer.join(10)
    with writing_along(engine) as connection:
        assert connection.scalars(select(dirty_hour.c.station_id)).all() == [1]
        assert take(connection, 10, NOW) == [Mark(1, HOUR, minute(50), minute(50))]
