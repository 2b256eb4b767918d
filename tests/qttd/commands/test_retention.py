"""`qttd retention`: only what a whole archive holds goes, only when nobody needs it, and never half."""

import zipfile
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, insert, update

from qttd.archive.checking import check, known_at
from qttd.archive.making import make_archive
from qttd.archive.putting_back import put_back
from qttd.retention.plan import MonthPlan, plan
from qttd.sections.retention import RetentionSettings
from store import audit
from store.engine import open_engine, reading, writing
from store.files import archives, read_again
from store.files.archive_view import archived_stations
from store.files.file_view import BytesRemovedError, file_bytes
from store.network.station_view import find_station
from store.readings.partitions import has_partition, make_months
from store.slots.completeness import completeness
from store.slots.settled import settle_all
from store.tables import (
    archive,
    data_file,
    event,
    relay_item,
    relay_target,
    slot_day,
)
from store.tables import reading as readings
from tests.qttd.archived_store import (
    ACT,
    BOTH,
    CODE,
    LATER,
    MAY,
    NOON,
    RAW,
    Store,
    another_station,
    apply,
    counted,
    files_of_may,
    planned,
    rows,
)
from tests.qttd.conftest import CommandLine


def of_may(found: list[MonthPlan]) -> MonthPlan:
    (one,) = (one for one in found if (one.month, one.code) == (MAY, CODE))
    return one


@pytest.fixture
def store(engine: Engine) -> Store:
    return files_of_may(engine)


def test_without_a_setting_nothing_ever_goes(store: Store, tmp_path: Path) -> None:
    store.make(tmp_path).close()
    assert plan(store.engine, RetentionSettings(), LATER, print) == []


def test_what_is_not_archived_stays(store: Store) -> None:
    assert of_may(planned(store, BOTH)).kept_files == {"not_archived": 3}
    assert of_may(planned(store, BOTH)).kept_readings == {"not_archived": 6}
    done = apply(store, BOTH).removed
    assert (done.files, done.readings, done.problems) == (0, 0, [])


def test_bytes_go_and_everything_else_stays(store: Store, tmp_path: Path) -> None:
    store.make(tmp_path).close()
    before, count = rows(store, data_file), counted(store)
    one = of_may(planned(store))
    assert (one.files, one.bytes, one.kept_files) == (3, sum(row.size for row in before[:3]), {})
    done = apply(store).removed
    assert (done.files, done.bytes, done.problems) == (3, one.bytes, [])
    after = rows(store, data_file)
    assert [row.content for row in after] == [None, None, None, before[3].content]
    assert [row.archive_id for row in after] == [1, 1, 1, None]
    for old, new in zip(before, after, strict=True):
        changed = {"content", "archive_id"}
        assert {k: v for k, v in old._mapping.items() if k not in changed} == {
            k: v for k, v in new._mapping.items() if k not in changed
        }
    assert (len(rows(store, readings)), counted(store)) == (8, count)
    with reading(store.engine) as connection:
        (entry,) = audit.entries(connection, 10, action="retention.files")
        with pytest.raises(BytesRemovedError, match=rf"{CODE}_2026-05\.zip.*2026-05"):
            file_bytes(connection, 1)
    assert (entry.subject, entry.detail["files"], entry.detail["bytes"]) == (f"{CODE} 2026-05", 3, one.bytes)
    assert apply(store).removed.files == 0
    put_back(store.engine, tmp_path / f"{CODE}_2026-05.zip", ACT, print)
    assert rows(store, data_file) == before


@pytest.mark.parametrize("damage", ["a byte", "gone", "another archive"])
def test_an_archive_that_is_not_whole_any_more_counts_for_nothing(
    store: Store, tmp_path: Path, damage: str
) -> None:
    store.make(tmp_path).close()
    path = tmp_path / f"{CODE}_2026-05.zip"
    content = path.read_bytes()
    if damage == "gone":
        path.unlink()
    elif damage == "a byte":
        path.write_bytes(content.replace(b"PK\x01\x02", b"PK\x01\x03", 1))
    else:  # whole in itself, and says something else
        with zipfile.ZipFile(path, "a") as another:
            another.comment = b"x"
    remover = apply(store, BOTH)
    assert (remover.removed.files, remover.removed.readings) == (0, 0)
    assert len(remover.removed.problems) == 1
    assert all(row.content is not None for row in rows(store, data_file))
    assert rows(store, archive)[0].damage in remover.removed.problems[0]
    assert of_may(planned(store)).kept_files == {"archive_damaged": 3}
    path.write_bytes(content)
    moved = path.rename(tmp_path / "elsewhere.zip")
    known = known_at(store.engine, moved)
    assert known is not None
    assert check(store.engine, known, moved, ACT) is None
    assert apply(store).removed.files == 3


def test_bytes_that_changed_in_the_store_stay(store: Store, tmp_path: Path) -> None:
    store.make(tmp_path).close()
    with writing(store.engine) as connection:
        connection.execute(update(data_file).where(data_file.c.id == 2).values(content=b"pH\t9\n"))
    remover = apply(store)
    assert remover.removed.files == 2
    assert "file 2" in remover.removed.problems[0]
    assert rows(store, data_file)[1].content == b"pH\t9\n"


def test_what_came_later_stays_until_it_is_archived_too(store: Store, tmp_path: Path) -> None:
    store.make(tmp_path).close()
    store.measured("20260520000000")
    assert of_may(planned(store)).kept_files == {"not_archived": 1}
    assert apply(store).removed.files == 3
    second = store.make(tmp_path)
    assert Path(str(second.filename)).name == f"{CODE}_2026-05.2.zip"
    assert [name for name in second.namelist() if name.startswith("files/")] == [
        "files/5_QN_THUB_NUODAU_20260520000000.txt"
    ]
    second.close()
    store.make(tmp_path).close()  # nothing new: no third
    assert sorted(path.name for path in tmp_path.glob("*.zip")) == [
        f"{CODE}_2026-05.2.zip", f"{CODE}_2026-05.zip",
    ]  # fmt: skip
    assert apply(store).removed.files == 1
    assert [row.archive_id for row in rows(store, data_file)] == [1, 1, 1, None, 2]


def hold_up(store: Store, why: str) -> None:
    """Somebody needs the file of 15 May."""
    at = datetime(2026, 5, 15, 3, 15, tzinfo=UTC)
    with writing(store.engine) as connection:
        if why == "relay":
            connection.execute(insert(relay_target).values(id=1, name="bo", url="file:///x", created_at=NOON))
            connection.execute(
                insert(relay_item).values(
                    target_id=1,
                    station_id=1,
                    measured_at=at,
                    path="x",
                    name="x",
                    state="held",
                    queued_at=NOON,
                )
            )
        elif why == "review":
            connection.execute(update(readings).where(readings.c.measured_at == at).values(release_at=None))
        elif why == "event":
            connection.execute(
                insert(event).values(
                    station_id=1,
                    kind="limit_exceeded",
                    level="alarm",
                    started_at=at - timedelta(days=8),
                    ended_at=at,
                    detail={},
                    updated_at=NOON,
                )
            )
        elif why == "rejected":
            values = {"state": "rejected", "reason": "bad_number"}
            connection.execute(update(data_file).where(data_file.c.id == 2).values(values))
        else:
            values = {"state": "rejected", "reason": "no_station"}
            connection.execute(update(data_file).where(data_file.c.id == 2).values(values))
            _solve(connection, "no_station")
            read_again.ask(connection, [2], NOON)


def _solve(connection: Any, reason: str) -> None:
    connection.execute(
        insert(event).values(
            station_id=1, kind="file_rejected", subject=f"a: {reason}", level="warning", detail={},
            started_at=NOON, ended_at=NOON + timedelta(hours=1), state="solved", updated_at=NOON,
        )
    )  # fmt: skip


@pytest.mark.parametrize("why", ["relay", "review", "event", "rejected", "read_again"])
def test_what_somebody_needs_stays(store: Store, tmp_path: Path, why: str) -> None:
    store.make(tmp_path).close()
    hold_up(store, why)
    kept = of_may(planned(store)).kept_files
    assert kept == ({"event": 2} if why == "event" else {why: 1})
    assert apply(store).removed.files == 3 - kept[why]
    assert rows(store, data_file)[1].content is not None


def test_a_rejected_file_goes_once_its_event_is_solved(store: Store, tmp_path: Path) -> None:
    store.make(tmp_path).close()
    hold_up(store, "rejected")
    with writing(store.engine) as connection:
        _solve(connection, "bad_number")
    assert apply(store).removed.files == 3
    with writing(store.engine) as connection:
        assert read_again.ask(connection, [2], NOON) == []  # there is nothing to read


def test_a_month_is_old_when_so_many_whole_months_lie_behind_it(store: Store, tmp_path: Path) -> None:
    store.make(tmp_path).close()
    for day, there in ((date(2026, 8, 31), False), (date(2026, 9, 1), True)):
        now = datetime(day.year, day.month, day.day, tzinfo=UTC)
        found = plan(store.engine, RAW, now, print)
        assert (MAY in [one.month for one in found]) is there


def test_readings_go_and_what_was_counted_of_them_stays(store: Store, tmp_path: Path) -> None:
    store.make(tmp_path).close()
    count = counted(store)
    one = of_may(planned(store, BOTH))
    assert (one.readings, one.kept_readings) == (6, {})
    done = apply(store, BOTH).removed
    assert (done.files, done.readings, done.problems) == (3, 6, [])
    assert [row.measured_at for row in rows(store, readings)] == [datetime(2026, 5, 31, 17, tzinfo=UTC)] * 2
    assert counted(store) == count
    assert rows(store, archive)[0].readings_removed_at is not None
    with reading(store.engine) as connection:
        (first, *_) = completeness_of(connection)
        removed = sum(
            entry.detail["readings"] for entry in audit.entries(connection, 99, action="retention.readings")
        )
    assert (first.period, removed) == ("2026-05", 6)


def completeness_of(connection: Any) -> list[Any]:
    station = find_station(connection, CODE, None)
    assert station is not None
    return list(completeness(connection, [station], None, None, "month", NOON))


def test_readings_that_are_not_as_they_were_archived_stay(store: Store, tmp_path: Path) -> None:
    store.make(tmp_path).close()
    with writing(store.engine) as connection:
        chosen = readings.c.measured_at == datetime(2026, 5, 15, 3, 15, tzinfo=UTC)
        connection.execute(update(readings).where(chosen).values(review="rejected", valid=False))
    done = apply(store, BOTH).removed
    assert (done.files, done.readings) == (3, 0)
    assert f"{CODE} 2026-05" in done.problems[0]
    assert len(rows(store, readings)) == 8


def test_a_late_file_of_a_removed_month_is_taken_and_adds_to_what_was_counted(
    store: Store, tmp_path: Path
) -> None:
    store.make(tmp_path).close()
    apply(store, BOTH)
    before = {(row.day, row.parameter_id): row for row in rows(store, slot_day)}
    store.measured("20260515102000")
    store.measured("20260515101500", "9.9")  # for a slot that was counted
    settle_all(store.engine, NOON)
    after = {(row.day, row.parameter_id): row for row in rows(store, slot_day)}
    for key, row in after.items():
        grown = 1 if key[0] == date(2026, 5, 15) else 0
        assert sum(letter != "-" for letter in row.states) == (
            sum(letter != "-" for letter in before[key].states) + grown
        )
        for old, new in zip(before[key].states, row.states, strict=True):
            assert old in ("-", new)
    assert [row.state for row in rows(store, data_file)][4:] == ["accepted", "accepted"]
    with reading(store.engine) as connection:
        (one,) = archives.archive_page(connection)
        assert archives.since(connection, one, [one]).files == 2
    assert of_may(planned(store, BOTH)).kept_files == {"not_archived": 2}
    store.make(tmp_path).close()
    done = apply(store, BOTH).removed
    assert (done.files, done.readings, done.problems) == (2, 4, [])


def test_two_stations_hold_one_another_up_where_a_month_is_a_partition(store: Store, tmp_path: Path) -> None:
    another_station(store)
    if store.engine.dialect.name == "postgresql":
        with writing(store.engine) as connection:
            make_months(connection, [MAY])
    store.make(tmp_path).close()
    done = apply(store, BOTH).removed
    if store.engine.dialect.name == "postgresql":
        assert done.readings == 0
        assert of_may(planned(store, BOTH)).kept_readings == {"others_stay": 6}
        with reading(store.engine) as connection:
            other = next(one for one in archived_stations(connection) if one.code == "KHAC")
        assert make_archive(store.engine, other, MAY, tmp_path, ACT, force=False) is not None
        assert apply(store, BOTH).removed.readings == 8
        with reading(store.engine) as connection:
            assert not has_partition(connection, MAY)
    else:
        assert done.readings == 6


def test_as_typed(ready: CommandLine) -> None:
    engine = open_engine(f"sqlite:///{ready.folder / 'qttd.db'}")
    store = Store(engine)
    store.measured("20240501000000")
    (ready.folder / "a").mkdir()
    on = {"QTTD_RETENTION__RAW_MONTHS": "3", "QTTD_RETENTION__ARCHIVES": "a"}
    assert "nothing is ever removed" in ready("retention", "apply", "--yes").err
    (line,) = ready("retention", "plan", "--json", **on).json()
    assert (line["station"], line["month"], line["files"]) == (CODE, "2024-05", 0)
    assert line["kept_files"] == {"not_archived": 1}
    assert ready("archive", "make", "--station", "all", "--month", "missing", **on).code == 0
    assert "1 file" in ready("retention", "apply", **on).err  # the plan only
    assert "--yes" in ready("retention", "apply", **on).err
    assert rows(store, data_file)[0].content is not None
    done = ready("retention", "apply", "--yes", **on)
    assert (done.code, rows(store, data_file)[0].content) == (0, None), done
    assert "the bytes of 1 file\n" in done.err
    raw = ready("file", "1", "--raw")
    assert (raw.code, raw.out) == (69, "")
    assert f"{CODE}_2024-05.zip" in raw.err
    assert "put-back" in raw.err
    assert ready("archive", "list", "--json").json()[0]["removed_files"] == 1
    assert ready("archive", "verify").code == 0
    (ready.folder / "a" / f"{CODE}_2024-05.zip").write_bytes(b"")
    assert ready("archive", "verify").code == 65
    assert "damage" in ready("archive", "list").out
    engine.dispose()


@pytest.mark.parametrize(("name", "value"), [("RAW_MONTHS", "2"), ("READINGS_MONTHS", "12")])
def test_months_that_somebody_still_looks_at_cannot_be_set(ready: CommandLine, name: str, value: str) -> None:
    done = ready("retention", "plan", **{f"QTTD_RETENTION__{name}": value})
    assert (done.code, f"retention.{name.lower()}" in done.err) == (78, True)
