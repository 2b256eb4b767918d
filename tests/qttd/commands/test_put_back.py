"""`qttd archive put-back`: what left comes back as it was, beside what came and was decided meanwhile."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from shutil import copy
from typing import Any

import pytest
from sqlalchemy import Engine, delete, insert, update

from forwarder.consignment import collect
from qttd.archive.putting_back import PutBack, put_back
from qttd.errors import BadDataError, TryAgainError
from store import audit
from store.engine import open_engine, reading, writing
from store.files import retention
from store.lists.channels_csv import read_channels
from store.network.channels import put_channels
from store.network.interval_changes import first_free_days
from store.network.snapshot import load_network
from store.readings import judge_again, returned
from store.readings.partitions import has_partition, make_months
from store.readings.recheck import Period, judge_period
from store.relay.outbox import QueuedFile, queue
from store.relay.outbox_work import next_items
from store.relay.targets import active_targets
from store.reviews import reviewing
from store.reviews.reviewing import Wish
from store.slots.settled import settle_all
from store.tables import archive, data_file, dirty_hour, reading_version, relay_item, relay_target
from store.tables import reading as readings
from tests.qttd.archived_store import (
    ACT,
    BOTH,
    CODE,
    LATER,
    MAY,
    NOON,
    Store,
    apply,
    counted,
    files_of_may,
    rows,
)

PATH = f"{CODE}_2026-05.zip"
AT = datetime(2026, 5, 15, 3, 15, tzinfo=UTC)
JUNE = datetime(2026, 5, 31, 17, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
COMMA = "7,15"
"""A number's text that a cell must be quoted for."""


def come_to_may(engine: Engine) -> Store:
    """A month with all that a row may be: missing, flagged, contradicted, undeclared, reviewed, held."""
    if engine.dialect.name == "postgresql":
        with writing(engine) as connection:
            make_months(connection, [MAY])
    store = files_of_may(engine)
    store.measured("20260515101500", "8.31")  # another value, kept beside
    stamp = "20260520000000"
    store.take(f"{CODE}_{stamp}.txt", f"Lạ\t0.1\tmg/l\t{stamp}\t00\r\npH\t-0\t\t{stamp}\t01\r\n".encode())
    store.measured("20260521000000", "0.30000000000000004")
    with writing(engine) as connection:
        held = readings.c.measured_at == datetime(2026, 5, 20, 17, tzinfo=UTC)
        millis = NOON + timedelta(milliseconds=7)
        connection.execute(update(readings).where(held).values(release_at=millis, text=COMMA))
    settle_all(engine, NOON)
    review(store, "correct", AT, value=1 / 3)
    settle_all(engine, NOON)
    return store


def review(store: Store, verb: Any, at: datetime, **more: Any) -> None:
    with writing(store.engine) as connection:
        ids = load_network(connection).parameters
        wish = Wish(1, verb, at, at + MINUTE, frozenset({ids["pH"]}), "vì thế", **more)
        reviewing.give(connection, wish, audit.Act("user:lan", NOON))


def values(store: Store) -> list[Any]:
    return [*rows(store, readings), *rows(store, reading_version)]


def without_readings(store: Store) -> None:
    done = apply(store, BOTH)
    assert done.removed.problems == []
    assert [
        row for row in rows(store, readings) if row.measured_at < datetime(2026, 5, 31, 17, tzinfo=UTC)
    ] == []


def back(store: Store, folder: Path) -> PutBack:
    return put_back(store.engine, folder / PATH, audit.Act("cli:test", LATER), print)


@pytest.fixture
def store(engine: Engine) -> Store:
    return come_to_may(engine)


def test_a_month_comes_back_as_it_was(store: Store, tmp_path: Path) -> None:
    store.make(tmp_path).close()
    before = (values(store), rows(store, data_file), counted(store))
    for _ in range(2):  # and leaves again, and comes back again
        without_readings(store)
        with reading(store.engine) as connection:
            assert first_free_days(connection, {CODE: 1}) == {CODE: date(2026, 6, 1)}
        done = back(store, tmp_path)
        assert done == PutBack(6, len(before[0]) - 3)  # two of June, and the value beside
        assert (values(store), rows(store, data_file), counted(store)) == before
        assert (rows(store, dirty_hour), rows(store, archive)[0].readings_removed_at) == ([], None)
        with reading(store.engine) as connection:
            assert first_free_days(connection, {CODE: 1}) == {}
            assert has_partition(connection, MAY) is (store.engine.dialect.name == "postgresql")
            assert judge_again.jobs(connection) == []
    assert back(store, tmp_path) == PutBack(0, 0)
    with reading(store.engine) as connection:
        assert [
            entry.detail["readings"] for entry in audit.entries(connection, 9, action="archive.month_back")
        ]
        assert audit.verify(connection, {}) == []


def test_it_can_be_judged_anew_then(store: Store, tmp_path: Path) -> None:
    store.make(tmp_path).close()
    without_readings(store)
    back(store, tmp_path)
    channels = f"station_code,symbol,parameter,device_max\n{CODE},pH,pH,7\n"
    with writing(store.engine) as connection:
        put_channels(
            connection, read_channels(channels.encode()), ACT, valid_from=datetime(2026, 1, 1, tzinfo=UTC)
        )
        period = Period(1, AT - timedelta(days=30), AT + timedelta(days=30), None)
        changed = judge_period(connection, load_network(connection), period, NOON)
    assert changed > 0
    settle_all(store.engine, LATER)
    first = rows(store, readings)[0]
    assert (first.text, first.valid, "gross_range" in first.flags) == ("7.12", False, True)
    assert "not" in apply(store, BOTH).removed.problems[0]  # the archive does not say that


def meanwhile(store: Store) -> None:
    """What comes, and what people decide, whether the month is here or not."""
    store.measured("20260515101500", "9.9")  # late, for what was counted
    store.measured("20260501000000")  # the same again
    store.measured("20260522000000", "6.5")  # late, where there was nothing
    settle_all(store.engine, NOON)
    with writing(store.engine) as connection:
        reviewing.undo(connection, 1, "thôi", audit.Act("user:lan", NOON))
        network = load_network(connection)
        at = datetime(2026, 5, 31, 16, 55, tzinfo=UTC)
        wish = Wish(1, "reject", at, at + MINUTE, frozenset({network.parameters["pH"]}), "hỏng")
        reviewing.give(connection, wish, audit.Act("user:lan", NOON))


@pytest.fixture
def twin(tmp_path: Path, _empty_file: Path) -> Store:
    """The same month in a store that it never leaves."""
    return come_to_may(open_engine(f"sqlite:///{copy(_empty_file, tmp_path / 'twin.db')}"))


def test_what_came_and_was_decided_meanwhile_counts_as_if_it_had_never_been_away(
    store: Store, twin: Store, tmp_path: Path
) -> None:
    store.make(tmp_path).close()
    without_readings(store)
    for one in (store, twin):
        meanwhile(one)
    store.make(tmp_path).close()
    without_readings(store)  # what came late, in an archive of its own
    second = tmp_path / f"{CODE}_2026-05.2.zip"
    content = second.read_bytes()
    second.unlink()
    with pytest.raises(BadDataError, match=r"2 archives.*2026-05\.2\.zip"):
        back(store, tmp_path)
    assert None not in [row.readings_removed_at for row in rows(store, archive)]
    second.write_bytes(content)
    back(store, tmp_path)
    store.measured("20260523000000")  # a late file, from now on, is like any other
    twin.measured("20260523000000")
    for one in (store, twin):
        settle_all(one.engine, LATER)
    assert values(store) == values(twin)
    assert counted(store) == counted(twin)
    twin.engine.dispose()


def test_cut_off_it_counts_as_away_and_goes_on(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.make(tmp_path).close()
    before = values(store)
    without_readings(store)
    bring, calls = returned.bring_back, list[int]()

    def cut(*arguments: Any) -> int:
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return bring(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(returned, "bring_back", cut)
        with pytest.raises(KeyboardInterrupt):
            back(store, tmp_path)
    assert rows(store, archive)[0].readings_removed_at is not None
    assert 0 < len(rows(store, readings)) < len(before) - 1

    decided: Callable[..., None] = returned.under_reviews

    def removed_meanwhile(connection: Any, *arguments: Any) -> None:
        decided(connection, *arguments)
        connection.execute(delete(readings).where(readings.c.measured_at == AT))
        retention.note_readings_removed(connection, 1, LATER + MINUTE)

    with monkeypatch.context() as patch:
        patch.setattr(returned, "under_reviews", removed_meanwhile)
        with pytest.raises(TryAgainError, match="again"):
            back(store, tmp_path)
    assert back(store, tmp_path) == PutBack(0, 2)
    assert values(store) == before


def test_what_was_declared_meanwhile_is_judged_by_ingest(store: Store, tmp_path: Path) -> None:
    store.make(tmp_path).close()
    without_readings(store)
    with writing(store.engine) as connection:
        channels = f"station_code,symbol,parameter\n{CODE},Lạ,TSS\n"
        put_channels(connection, read_channels(channels.encode()), ACT)
        connection.execute(judge_again.judge_again.delete())  # ingest found nothing of it
    back(store, tmp_path)
    with reading(store.engine) as connection:
        assert [job.symbol for job in judge_again.jobs(connection)] == ["Lạ"]


def test_what_waits_for_bytes_in_an_archive_goes_on_when_they_are_back(store: Store, tmp_path: Path) -> None:
    store.make(tmp_path).close()
    apply(store)
    at = datetime(2026, 5, 15, 3, 15, tzinfo=UTC)
    with writing(store.engine) as connection:
        connection.execute(
            insert(relay_target).values(
                id=1, name="bo", url="file:///x", created_at=NOON, from_at=NOON - timedelta(days=90)
            )
        )
        (target,) = active_targets(connection)
        queue(connection, [target], [QueuedFile(2, 1, CODE, at, NOON, "ftp")], NOON)

    def pick(connection: Any) -> list[Any]:
        return next_items(connection, 1, 1, NOON, 10)

    looked = collect(store.engine, target, NOON, pick)
    assert ([one.why for one in looked.settled.empty], looked.parcels) == (["archived"], [])
    with writing(store.engine) as connection:
        looked.settled.write(connection)
    (item,) = rows(store, relay_item)
    assert (item.state, item.last_detail) == ("held", "archived")
    assert back(store, tmp_path).files == 6
    (parcel,) = collect(store.engine, target, LATER, pick).parcels
    assert parcel.data.startswith(b"pH\t0.3333333333\t")


def test_only_a_whole_archive_puts_back(store: Store, tmp_path: Path) -> None:
    store.make(tmp_path).close()
    apply(store)
    path = tmp_path / f"{CODE}_2026-05.zip"
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(BadDataError):
        back(store, tmp_path)
    assert rows(store, data_file)[0].content is None
