"""The watcher under faults: what cannot be stored, a store away, journals that are not what they were."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, delete, select, text
from sqlalchemy.exc import OperationalError

from receiver.ingest import ingest_role
from receiver.ingest import watcher as watching
from receiver.ingest.batch import Batch
from receiver.ingest.watcher import Watcher
from receiver.journal.arrivals import Journal
from receiver.journal.committer import Committer
from store.engine import open_engine, writing
from store.files import read_again
from store.tables import (
    data_file,
    dirty_hour,
    file_problem,
    reading_version,
)
from store.tables import reading as reading_table
from tests.receiver.house import FILE, NAME, NOON, House


def test_a_file_that_cannot_be_stored_is_kept_and_its_neighbours_pass(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    from receiver.ingest import standing

    judge = standing.judge

    def broken(item, *rest):  # type: ignore[no-untyped-def]
        if item.text == "6.66":
            raise RuntimeError("planted")
        return judge(item, *rest)

    monkeypatch.setattr(standing, "judge", broken)
    house.send(FILE)
    house.send(FILE.replace(b"7.12", b"6.66").replace(b"1015", b"1020"), "QN_THUB_NUODAU_20260530102000.txt")
    house.send(FILE.replace(b"1015", b"1025"), "QN_THUB_NUODAU_20260530102500.txt")
    house.work()
    assert house.files() == [("accepted", None), ("rejected", "internal_error"), ("accepted", None)]
    monkeypatch.undo()
    with writing(house.engine) as connection:
        (kept,) = connection.scalars(select(data_file.c.id).where(data_file.c.state == "rejected"))
        assert read_again.ask(connection, [kept], NOON) == [kept]
    house.work()
    assert house.files() == [("accepted", None)] * 3
    assert len(house.readings()) == 6


def test_the_store_away_moves_nothing(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    from sqlalchemy.exc import OperationalError

    from receiver.ingest import watcher

    house.send(FILE)

    def away(_engine: Engine) -> None:
        raise OperationalError("BEGIN", None, Exception("database is locked"))

    monkeypatch.setattr(watcher, "writing_along", away)
    with pytest.raises(OperationalError):
        house.watcher.take_arrivals()
    assert house.files() == []
    monkeypatch.undo()
    house.work()
    assert house.files() == [("accepted", None)]


def test_a_lock_that_is_free_again_a_moment_later_rejects_no_file(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The store takes a write right after the one that waited in vain: it was not the file's fault."""
    house.send(FILE)
    held = _lock_error(house.engine)
    times = iter([held])

    def store(_self: Batch, _files: object) -> None:
        raise next(times)

    with monkeypatch.context() as patch:
        patch.setattr(Batch, "store", store)
        with pytest.raises(type(held)):
            house.watcher.take_arrivals()
    assert house.files() == []
    house.work()
    assert house.files() == [("accepted", None)]


def _lock_error(engine: Engine) -> Exception:
    """What each driver says when somebody else has held the store for too long."""
    waiting = open_engine(engine.url.render_as_string(hide_password=False))
    try:
        with writing(engine) as holder:
            if engine.dialect.name == "sqlite":
                with waiting.connect() as connection:
                    connection.exec_driver_sql("PRAGMA busy_timeout = 1")
                    with pytest.raises(OperationalError) as caught:
                        connection.exec_driver_sql("BEGIN IMMEDIATE")
                return caught.value
            holder.execute(text("LOCK TABLE data_file IN ACCESS EXCLUSIVE MODE"))
            with waiting.connect() as connection:
                connection.execute(text("SET lock_timeout = '10ms'"))
                with pytest.raises(OperationalError) as caught:
                    connection.execute(text("SELECT count(*) FROM data_file"))
            return caught.value
    finally:
        waiting.dispose()


def test_the_role_says_until_when_all_that_came_is_stored(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    for day in ("11", "12", "13"):
        house.send(FILE.replace(b"0530", f"05{day}".encode()), NAME.replace("0530", f"05{day}"))
    told: list[tuple[datetime, int]] = []
    stop, clock = threading.Event(), count()

    def read(until: datetime) -> None:
        told.append((until, len(house.files())))
        stop.set()

    monkeypatch.setattr(ingest_role, "BATCH", 2)
    monkeypatch.setattr(watching, "BATCH", 2)
    ingest_role.run_ingest(
        house.engine, Path(house.journal.path), now=lambda: NOON + timedelta(seconds=next(clock)), stop=stop,
        keep=timedelta(days=7), on_read=read,
    )  # fmt: skip
    ((until, stored),) = told
    assert stored == 3  # not after the first batch, which was full
    assert until > NOON


def test_a_watcher_started_again_repeats_nothing(house: House) -> None:
    house.take(FILE)
    again = Watcher(house.engine, house.journal, lambda: NOON, timedelta(days=7))
    assert again.take_arrivals() == 0
    house.send(FILE, "x/" + NAME)
    assert again.take_arrivals() == 1
    assert house.watcher.take_arrivals() == 1, "it finds that the other has read on, and begins anew"
    assert house.watcher.take_arrivals() == 0
    assert house.files() == [("accepted", None), ("duplicate", None)]


def test_an_older_copy_of_the_journal_is_read_anew(house: House, tmp_path: Path) -> None:
    """A journal that was put back from a backup gives its ids a second time."""
    house.take(FILE)
    copy = tmp_path / "copy.db"
    house.journal.connection.execute("VACUUM INTO ?", (str(copy),))
    for minute in ("20", "25"):
        name = f"QN_THUB_NUODAU_202605301{minute}000.txt"
        house.take(FILE.replace(b"1015", b"10" + minute.encode()), name)
    lost = FILE.replace(b"1015", b"1040")
    with Journal.open(copy) as journal:
        committer = Committer(journal)
        for name in ("QN_THUB_NUODAU_20260530104000.txt", "again/QN_THUB_NUODAU_20260530104000.txt"):
            committer.append(
                "thub", f"/{name}", lost, arrived_at=NOON + timedelta(hours=1), peer="127.0.0.1", door="ftp"
            )
        committer.close()
        watcher = Watcher(house.engine, journal, lambda: NOON, timedelta(days=7))
        assert watcher.take_arrivals() == 3
        assert watcher.take_arrivals() == 0
    states = [state for state, _ in house.files()]
    assert states == ["accepted"] * 3 + ["duplicate", "accepted", "duplicate"]


def test_old_journal_rows_go_only_once_they_are_in_the_store(house: House) -> None:
    house.take(FILE)
    house.send(FILE)
    house.clock[0] = NOON + timedelta(days=8)
    house.watcher.keep_house()
    assert [arrival.id for arrival in house.journal.after(0, 10)] == [2]
    house.work()
    assert house.files() == [("accepted", None), ("duplicate", None)]


LINES = st.tuples(
    st.sampled_from(["pH", "COD", "Lạ"]),
    st.sampled_from(["1", "2", "---"]),
    st.sampled_from(["1015", "1020"]),
)


@given(st.data())
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_order_of_reading_leaves_the_same_store(
    house: House, make_house: Callable[[], House], data: st.DataObject
) -> None:
    """Files with known times of arrival are brought to the store in any order."""
    files = data.draw(
        st.lists(
            st.lists(LINES, min_size=1, max_size=4, unique_by=lambda line: (line[0], line[2])),
            min_size=1,
            max_size=4,
        )
    )
    contents = [
        "".join(f"{s}\t{v}\t\t20260530{t}00\t00\r\n" for s, v, t in lines).encode() for lines in files
    ]

    def outcome(order: list[int]) -> tuple[object, ...]:
        with writing(house.engine) as connection:
            for table in (file_problem, data_file, reading_table, reading_version, dirty_hour):
                connection.execute(delete(table))
        run = make_house()
        for number in order:
            arrived = NOON + timedelta(minutes=number)
            run.send(contents[number], f"{number}/{NAME}", arrived_at=arrived)
        run.work()
        return run.readings(), {row[2] for row in run.readings()} | set(run.beside())

    order = data.draw(st.permutations(range(len(files))))
    assert outcome(list(order)) == outcome(list(range(len(files))))
