"""A shadow: another server's tree is watched, and only watched."""

import os
import stat
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from receiver.drop.folder import DropFolder, DropOptions
from receiver.drop.memory import TakenMemory, journal_of_imports
from receiver.drop.scan import SCANS_FOR_ALL, TreeScan
from receiver.drop.watch import run_drop_folders
from receiver.journal.arrivals import Journal
from receiver.journal.committer import Committer
from store.audit import Act
from store.engine import reading, writing
from store.relay.targets import TargetSettings, add_target
from store.tables import data_file, relay_item
from store.tables import reading as reading_table

from .conftest import poll
from .house import FILE, NAME, NOON, House

ARRIVED = datetime(2026, 5, 30, 3, 17, 42, tzinfo=UTC)
"""10:17:42 in Vietnam: within five minutes of the file's 10:15."""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "srv"
    root.mkdir()
    return root


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with Journal.open(tmp_path / "shadow.db") as journal:
        yield journal


@pytest.fixture
def shadow(journal: Journal, root: Path) -> Iterator[Callable[..., DropFolder]]:
    committer = Committer(journal)

    def make(journal: Journal = journal, **changes: object) -> DropFolder:
        options = DropOptions(root, settle_seconds=10, mode="shadow", min_free_bytes=0, **changes)  # type: ignore[arg-type]
        return DropFolder(options, journal, committer, lambda: NOON)

    yield make
    committer.close()


def put(path: Path, content: bytes = FILE, at: datetime = ARRIVED) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    os.utime(path, (at.timestamp(), at.timestamp()))


def look_twice(drop: DropFolder) -> None:
    drop.look()
    drop._scan_due = 0.0  # as if 30 seconds had passed
    drop.look()


def test_a_file_arrived_when_its_own_time_says(
    shadow: Callable[..., DropFolder], journal: Journal, root: Path
) -> None:
    put(root / "QN_THUB_NUODAU" / "2026" / "05" / "30" / NAME)
    put(root / "ahead.txt", at=NOON + timedelta(hours=3))
    look_twice(shadow())
    (arrival,) = journal.after(0, 10)  # the one from the future has not settled: its clock differs
    assert (arrival.path, arrival.content, arrival.arrived_at, arrival.door, arrival.account) == (
        f"/QN_THUB_NUODAU/2026/05/30/{NAME}", FILE, ARRIVED, "shadow", "",
    )  # fmt: skip
    assert arrival.peer == str(root)


def test_a_file_of_the_future_arrived_now(
    shadow: Callable[..., DropFolder], journal: Journal, root: Path
) -> None:
    put(root / "ahead.txt", at=NOON + timedelta(hours=3))
    drop = shadow()
    drop.look()
    (seen,) = drop._pending.values()
    drop._pending[str(root / "ahead.txt")] = seen._replace(since=seen.since - 11)
    drop.look()
    assert [arrival.arrived_at for arrival in journal.after(0, 10)] == [NOON]


def test_nothing_in_the_tree_changes_and_it_may_be_read_only(
    shadow: Callable[..., DropFolder], journal: Journal, root: Path
) -> None:
    put(root / "a" / "b" / NAME)
    before = {path: os.lstat(path) for path in sorted(root.rglob("*"))}
    for folder in (root, root / "a", root / "a" / "b"):
        folder.chmod(0o555)
    try:
        look_twice(shadow())
        after = {path: os.lstat(path) for path in sorted(root.rglob("*"))}
    finally:
        for folder in (root, root / "a", root / "a" / "b"):
            folder.chmod(0o755)
    assert len(journal.after(0, 10)) == 1
    kept = ("st_ino", "st_size", "st_mtime_ns", "st_nlink")
    for path, status in before.items():
        assert [getattr(status, name) for name in kept] == [getattr(after[path], name) for name in kept]
        if stat.S_ISREG(status.st_mode):
            assert status.st_atime_ns == after[path].st_atime_ns


def test_a_restart_takes_nothing_twice_but_what_changed(
    shadow: Callable[..., DropFolder], journal: Journal, root: Path
) -> None:
    put(root / NAME)
    look_twice(shadow())
    look_twice(shadow())
    assert len(journal.after(0, 10)) == 1
    put(root / NAME, FILE + b"TSS\t9\tmg/L\t20260530101500\t00\r\n", ARRIVED + timedelta(minutes=1))
    look_twice(shadow())
    assert [arrival.arrived_at - ARRIVED for arrival in journal.after(0, 10)] == [
        timedelta(0), timedelta(minutes=1),
    ]  # fmt: skip


def test_what_is_too_old_is_left_to_the_import(
    shadow: Callable[..., DropFolder], journal: Journal, root: Path
) -> None:
    put(root / "old.txt", at=NOON - timedelta(days=3, seconds=1))
    put(root / "new.txt", at=NOON - timedelta(days=2, hours=23))
    look_twice(shadow(max_age_seconds=3 * 86400))
    assert [arrival.path for arrival in journal.after(0, 10)] == ["/new.txt"]


def test_what_an_import_took_is_not_taken_again(journal: Journal, root: Path, tmp_path: Path) -> None:
    put(root / NAME)
    mark = os.lstat(root / NAME)
    with Journal.open(journal_of_imports(tmp_path / "shadow.db")) as imports:
        imports.connection.execute(
            "INSERT INTO taken VALUES (?, ?, ?, 1)", (str(root / NAME), mark.st_size, mark.st_mtime_ns)
        )
        committer = Committer(journal)
        options = DropOptions(root, mode="shadow", min_free_bytes=0)
        look_twice(DropFolder(options, journal, committer, lambda: NOON, imports))
        committer.close()
    assert journal.after(0, 10) == []


def test_a_file_that_could_not_be_taken_is_tried_at_the_next_scan(
    shadow: Callable[..., DropFolder], journal: Journal, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(root / "deep" / NAME)
    for folder in (root / "deep", root):
        os.utime(folder, (1.7e9, 1.7e9))  # nobody has changed these folders for years
    drop = shadow()
    with monkeypatch.context() as patch:
        patch.setattr("receiver.drop.folder.DiskSpace.nearly_full", lambda _self: True)
        look_twice(drop)
    assert journal.after(0, 10) == []
    drop._scan_due = 0.0
    drop.look()
    assert len(journal.after(0, 10)) == 1


def test_unchanged_folders_are_asked_for_their_time_only(root: Path) -> None:
    complaints: list[str] = []
    scan = TreeScan(str(root), lambda path, _: complaints.append(path))
    for day in range(1, 6):
        put(root / "S" / f"{day:02}" / "x.txt")
    old = NOON.timestamp() - 30 * 86400
    for folder in [*root.rglob("*"), root]:
        os.utime(folder, (old, old))
    now = NOON.timestamp()
    assert len(list(scan.files(now))) == 5
    assert list(scan.files(now)) == []
    put(root / "S" / "03" / "late.txt")
    assert sorted(path[-11:] for path in scan.files(now)) == ["/S/03/x.txt", "03/late.txt"]
    deep = root / "S" / "2027" / "01" / "01"
    put(deep / "new.txt")
    found = list(scan.files(now))
    assert str(deep / "new.txt") in found
    assert not any("/S/05/" in path for path in found)
    # whatever was written anew in place is seen within the hour
    os.utime(root / "S" / "05" / "x.txt")
    assert any(str(root / "S" / "05" / "x.txt") in list(scan.files(now)) for _ in range(SCANS_FOR_ALL))
    (root / "S" / "05" / "x.txt").unlink()
    (root / "S" / "05").rmdir()
    list(scan.files(now))
    assert complaints == []


def test_the_memory_of_a_large_tree_is_not_held(journal: Journal, root: Path) -> None:
    rows = [(f"{root}/{number:05}.txt", number, 7, 1) for number in range(2500)]
    journal.connection.execute("BEGIN")
    journal.connection.executemany("INSERT INTO taken VALUES (?, ?, ?, ?)", rows)
    journal.connection.execute("COMMIT")
    journal.connection.execute("INSERT INTO taken VALUES ('/elsewhere/x.txt', 1, 1, 1)")
    memory = TakenMemory(journal, str(root))
    assert len(memory._at_hand) == 0
    assert memory.marks_of([f"{root}/00003.txt", f"{root}/no.txt"]) == {f"{root}/00003.txt": (3, 7)}
    for clock in (0.0, 1.0, 2.0, 86400.0, 86401.0, 86402.0):
        memory.forget_step(clock)
    left = journal.connection.execute("SELECT count(*), min(path) FROM taken").fetchone()
    assert left == (1, "/elsewhere/x.txt")


def test_a_live_writer(tmp_path: Path, root: Path) -> None:
    """An FTP server that writes in pieces, in folders that it makes as it goes: each file once, and whole."""
    journal_path, stop = tmp_path / "live.db", threading.Event()
    options = DropOptions(
        root, settle_seconds=0.15, rescan_seconds=0.05, mode="shadow", watch=False, min_free_bytes=0
    )
    runner = threading.Thread(
        target=run_drop_folders, args=([options], journal_path, lambda: datetime.now(UTC), stop)
    )
    runner.start()
    try:
        for number in range(40):
            folder = root / f"S{number % 4}" / "2026" / "05" / f"{number:02}"
            folder.mkdir(parents=True)
            with (folder / f"S{number % 4}_202605301015{number:02}.txt").open("wb", buffering=0) as file:
                for line in FILE.splitlines(keepends=True):
                    file.write(line)
        with Journal.open(journal_path) as journal:
            poll(lambda: len(journal.after(0, 1000)) >= 40)
            stop.set()
            runner.join()
            arrivals = journal.after(0, 1000)
    finally:
        stop.set()
        runner.join()
    assert len({arrival.path for arrival in arrivals}) == len(arrivals) == 40
    assert {arrival.content for arrival in arrivals} == {FILE}


def target(engine: Engine, name: str, **changes: object) -> None:
    with writing(engine) as connection:
        settings = TargetSettings(url=f"file:///{name}", **changes)  # type: ignore[arg-type]
        add_target(connection, Act("cli:test", NOON - timedelta(days=1)), name, settings, None)


def queued(engine: Engine) -> list[int]:
    with reading(engine) as connection:
        return list(connection.scalars(select(relay_item.c.target_id).order_by(relay_item.c.target_id)))


def test_a_shadows_files_are_read_and_not_relayed(house: House, engine: Engine) -> None:
    target(engine, "ministry", from_at=NOON - timedelta(days=9))
    target(engine, "trial", also="shadow")
    house.take(FILE, account="", arrived_at=ARRIVED, door="shadow", peer="/srv")
    assert house.files() == [("accepted", None)]
    assert queued(engine) == [2]
    with reading(engine) as connection:
        assert connection.scalars(select(data_file.c.received_at)).all() == [ARRIVED]
        assert set(connection.scalars(select(reading_table.c.received_at))) == {ARRIVED}


def test_what_comes_to_us_after_its_shadow_is_ours_to_relay(house: House, engine: Engine) -> None:
    target(engine, "ministry")
    house.take(FILE, account="", arrived_at=ARRIVED, door="shadow", peer="/srv")
    house.take(FILE)
    assert house.files() == [("accepted", None), ("accepted", None)]
    assert queued(engine) == [1]
    house.take(FILE, name="again/" + NAME)
    assert house.files()[2:] == [("duplicate", None)]
    assert [row[1] for row in house.readings()] == [41.8, 7.12]


def test_the_same_in_one_batch(house: House, engine: Engine) -> None:
    target(engine, "ministry")
    house.send(FILE, account="", arrived_at=ARRIVED, door="shadow", peer="/srv")
    house.send(FILE)
    house.send(FILE, name="again/" + NAME)
    house.work()
    assert [state for state, _ in house.files()] == ["accepted", "accepted", "duplicate"]
    assert queued(engine) == [1]


def test_a_shadow_behind_us_changes_nothing(house: House, engine: Engine) -> None:
    target(engine, "ministry")
    house.take(FILE)
    house.take(FILE, account="", arrived_at=ARRIVED, door="shadow", peer="/srv")
    assert [state for state, _ in house.files()] == ["accepted", "duplicate"]
    assert queued(engine) == [1]
