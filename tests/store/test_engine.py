"""Writers side by side: who waits for whom, and what happens when two meet."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from threading import Event, Thread

import pytest
from sqlalchemy import Engine, insert, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from qttd.store_schema import migrate
from store.bulk import insert_rows
from store.engine import is_clash, open_engine, reading, retried, writing, writing_along
from store.relay.lease import Lease
from store.tables import facility
from tests.postgresql import Server


@pytest.fixture
def shared(postgresql: Server, database: str) -> Iterator[Engine]:
    """A PostgreSQL store: on SQLite nobody writes beside anybody."""
    engine = open_engine(postgresql.url(database))
    migrate(engine, datetime(2026, 5, 30, tzinfo=UTC), print)
    yield engine
    engine.dispose()


def names(engine: Engine) -> list[str]:
    with reading(engine) as connection:
        return list(connection.scalars(select(facility.c.name).order_by(facility.c.name)))


def test_one_that_writes_alone_waits_for_those_that_write_along(shared: Engine) -> None:
    began, done = Event(), Event()

    def alone() -> None:
        began.set()
        with writing(shared) as connection:
            assert connection.scalar(select(facility.c.name)) == "one", "it sees what the other one did"
        done.set()

    thread = Thread(target=alone)
    with writing_along(shared) as first, writing_along(shared):
        first.execute(insert(facility).values(name="one"))
        thread.start()
        assert began.wait(10)
        assert not done.wait(0.3)
    thread.join(10)
    assert done.is_set()


def test_a_view_stays_what_it_was_and_changes_nothing(shared: Engine) -> None:
    with reading(shared) as view:
        assert view.scalars(select(facility.c.name)).all() == []
        with writing(shared) as connection:
            connection.execute(insert(facility).values(name="one"))
        assert view.scalars(select(facility.c.name)).all() == []
        with pytest.raises(DBAPIError):
            view.execute(insert(facility).values(name="two"))
    assert names(shared) == ["one"]


def test_two_that_take_one_key_both_come_through(shared: Engine) -> None:
    """The second waits for the first, fails on its key, and finds it there when it does its work again."""
    tries = []

    def add() -> None:
        tries.append(None)
        with writing_along(shared) as connection:
            if connection.scalar(select(facility.c.name)) is None:
                connection.execute(insert(facility).values(name="one"))

    with writing_along(shared) as first:
        first.execute(insert(facility).values(name="one"))
        thread = Thread(target=lambda: retried(add))
        thread.start()
        while not waits_for_a_lock(shared):
            assert thread.is_alive()
    thread.join(10)
    assert len(tries) == 2
    assert names(shared) == ["one"]


def waits_for_a_lock(engine: Engine) -> bool:
    with engine.connect() as connection:
        return bool(connection.scalar(text("SELECT count(*) FROM pg_locks WHERE NOT granted")))


def test_what_clashes_for_ever_is_told(shared: Engine) -> None:
    def add() -> None:
        with writing_along(shared) as connection:
            connection.execute(insert(facility).values(name="one"))

    add()
    with pytest.raises(IntegrityError) as told:
        retried(add)
    assert is_clash(told.value)


def test_rows_in_bulk_and_a_taken_key(engine: Engine) -> None:
    with writing(engine) as connection:
        insert_rows(connection, facility, [{"id": 1, "name": "Nhà máy\tA\\N"}, {"id": 2, "name": ""}])
    assert names(engine) == ["", "Nhà máy\tA\\N"]
    with pytest.raises(IntegrityError), writing(engine) as connection:
        insert_rows(connection, facility, [{"id": 3, "name": "c"}, {"id": 2, "name": "d"}])
    assert len(names(engine)) == 2


def test_a_nul_in_a_text_stops_nothing(engine: Engine) -> None:
    with writing(engine) as connection:
        connection.execute(insert(facility).values(name="a\0b"))
    assert names(engine)[0] in ("a\0b", "a\u2400b")


def test_one_forwarder_works_on_a_target(shared: Engine) -> None:
    one, two = Lease(shared, 1), Lease(shared, 1)
    assert one.take()
    assert one.still_held()
    assert not two.take()
    other = Lease(shared, 2)
    assert other.take(), "another target is nobody's yet"
    other.give_up()
    one.give_up()
    assert not one.still_held()
    assert two.take()
    with shared.connect() as connection:
        connection.execute(
            text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()")
        )
    assert not two.still_held(), "a session that is gone has lost its claim"
    assert one.take()
    one.give_up()


def test_on_sqlite_every_target_is_the_only_forwarders(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'store.db'}")
    lease = Lease(engine, 1)
    assert lease.take()
    assert lease.still_held()
    lease.give_up()
    assert not lease.still_held()
    engine.dispose()
