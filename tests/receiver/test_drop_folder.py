"""Drop folders: taken once, when whole, and left where they are."""

import os
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from receiver.drop.folder import DropFolder, DropOptions
from receiver.drop.watch import run_drop_folders
from receiver.journal.arrival import Arrival
from receiver.journal.arrivals import Journal
from receiver.journal.committer import CommitError, Committer

from .conftest import poll

NOW = datetime(2026, 5, 30, 3, 16, tzinfo=UTC)


class Clock:
    """A monotonic clock that a test moves."""

    def __init__(self) -> None:
        self.at = 1000.0

    def __call__(self) -> float:
        return self.at


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr("receiver.drop.folder.time.monotonic", clock)
    return clock


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "srv"
    root.mkdir()
    return root


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with Journal.open(tmp_path / "intake.db") as journal:
        yield journal


@pytest.fixture
def committer(journal: Journal) -> Iterator[Committer]:
    committer = Committer(journal)
    yield committer
    committer.close()


@pytest.fixture
def make_drop(journal: Journal, committer: Committer, root: Path) -> Callable[[], DropFolder]:
    options = DropOptions(root, settle_seconds=10, rescan_seconds=30, max_file_bytes=1000, min_free_bytes=0)
    return lambda: DropFolder(options, journal, committer, lambda: NOW)


def kept(journal: Journal) -> list[tuple[str, bytes]]:
    return [(arrival.path, arrival.content) for arrival in journal.after(0, 1000)]


def scan(drop: DropFolder, clock: Clock) -> None:
    """Two scans, with time enough in between for a file to settle."""
    clock.at += 31
    drop.look()
    clock.at += 31
    drop.look()


def test_a_file_is_taken_when_it_has_settled(
    make_drop: Callable[[], DropFolder], journal: Journal, root: Path, clock: Clock
) -> None:
    (root / "2026").mkdir()
    (root / "2026" / "x.txt").write_bytes(b"abc")
    drop = make_drop()
    assert drop.look() == 10
    clock.at += 9.9
    drop.look()
    assert kept(journal) == []
    clock.at += 0.2
    drop.look()
    assert journal.after(0, 10)[0] == Arrival(
        1, "", "/2026/x.txt", b"abc", journal.after(0, 10)[0].sha256, NOW, str(root), "drop", "complete"
    )
    assert (root / "2026" / "x.txt").read_bytes() == b"abc"
    scan(drop, clock)
    assert len(kept(journal)) == 1


def test_a_file_that_grows_is_not_taken_yet(
    make_drop: Callable[[], DropFolder], journal: Journal, root: Path, clock: Clock
) -> None:
    path = root / "x.txt"
    path.write_bytes(b"a")
    drop = make_drop()
    drop.look()
    clock.at += 8
    path.write_bytes(b"ab")
    drop.look()
    clock.at += 8
    drop.look()
    assert kept(journal) == []
    clock.at += 3
    drop.look()
    assert kept(journal) == [("/x.txt", b"ab")]


def test_a_restart_doubles_nothing(
    make_drop: Callable[[], DropFolder], journal: Journal, root: Path, clock: Clock
) -> None:
    (root / "x.txt").write_bytes(b"a")
    scan(make_drop(), clock)
    scan(make_drop(), clock)
    assert kept(journal) == [("/x.txt", b"a")]


def test_a_changed_file_enters_again(
    make_drop: Callable[[], DropFolder], journal: Journal, root: Path, clock: Clock
) -> None:
    drop = make_drop()
    (root / "x.txt").write_bytes(b"a")
    scan(drop, clock)
    (root / "x.txt").write_bytes(b"b")
    os.utime(root / "x.txt", ns=(1, 1))
    scan(drop, clock)
    assert kept(journal) == [("/x.txt", b"a"), ("/x.txt", b"b")]


def test_temporary_names_and_what_is_no_file_are_passed_over(
    make_drop: Callable[[], DropFolder], journal: Journal, root: Path, clock: Clock
) -> None:
    for name in ["x.tmp", "X.PART", ".hidden"]:
        (root / name).write_bytes(b"a")
    (root / "link.txt").symlink_to("/etc/passwd")
    os.mkfifo(root / "pipe.txt")
    drop = make_drop()
    scan(drop, clock)
    assert kept(journal) == []
    (root / "x.tmp").rename(root / "x.txt")
    scan(drop, clock)
    assert kept(journal) == [("/x.txt", b"a")]


def test_too_large_is_cut_and_kept(
    make_drop: Callable[[], DropFolder], journal: Journal, root: Path, clock: Clock
) -> None:
    (root / "x.bin").write_bytes(b"x" * 1_000_000)
    (root / "y.bin").write_bytes(b"y" * 1000)
    drop = make_drop()
    scan(drop, clock)
    arrivals = sorted(journal.after(0, 10), key=lambda arrival: arrival.path)
    assert [(arrival.path, arrival.fate) for arrival in arrivals] == [
        ("/x.bin", "too_large"),
        ("/y.bin", "complete"),
    ]
    assert 1000 < len(arrivals[0].content) < 1_000_000
    scan(drop, clock)
    assert len(kept(journal)) == 2


def test_names_of_any_bytes(
    make_drop: Callable[[], DropFolder], journal: Journal, root: Path, clock: Clock
) -> None:
    with open(os.fsencode(root) + b"/Th\xe1ng.txt", "wb") as file:  # noqa: PTH123 - a name that is no text
        file.write(b"a")
    (root / "a\nb.txt").write_bytes(b"b")
    drop = make_drop()
    scan(drop, clock)
    scan(make_drop(), clock)
    assert kept(journal) == [("/Th\uefe1ng.txt", b"a")]


def test_a_commit_that_fails_is_tried_again(
    make_drop: Callable[[], DropFolder],
    journal: Journal,
    root: Path,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (root / "x.txt").write_bytes(b"a")
    drop = make_drop()
    with monkeypatch.context() as patch:

        def fail(self: Committer, jobs: list[object]) -> None:
            raise CommitError("disk is full")

        patch.setattr(Committer, "_transaction", fail)
        scan(drop, clock)
        assert kept(journal) == []
    clock.at += 1
    drop.look()
    assert kept(journal) == [("/x.txt", b"a")]


def test_a_folder_that_is_away_for_a_while_doubles_nothing(
    make_drop: Callable[[], DropFolder], journal: Journal, root: Path, clock: Clock
) -> None:
    (root / "x.txt").write_bytes(b"a")
    drop = make_drop()
    scan(drop, clock)
    elsewhere = root.with_name("away")
    root.rename(elsewhere)
    scan(drop, clock)
    root.mkdir()
    scan(drop, clock)
    root.rmdir()
    elsewhere.rename(root)
    scan(drop, clock)
    assert kept(journal) == [("/x.txt", b"a")]


def test_what_is_gone_for_a_day_is_forgotten(
    make_drop: Callable[[], DropFolder], journal: Journal, root: Path, clock: Clock
) -> None:
    (root / "x.txt").write_bytes(b"a")
    drop = make_drop()
    scan(drop, clock)
    (root / "x.txt").unlink()
    scan(drop, clock)
    assert journal.connection.execute("SELECT count(*) FROM taken").fetchone() == (1,)
    clock.at += 86400
    scan(drop, clock)
    assert journal.connection.execute("SELECT count(*) FROM taken").fetchone() == (0,)


def test_events_are_enough_to_be_quick_and_the_scan_to_be_sure(tmp_path: Path, no_leaks: None) -> None:
    root, later = tmp_path / "srv", tmp_path / "later"
    root.mkdir()
    journal_path = tmp_path / "intake.db"
    stop = threading.Event()
    folders = [
        DropOptions(root, settle_seconds=0.1, rescan_seconds=3600, min_free_bytes=0),
        DropOptions(later, settle_seconds=0.1, rescan_seconds=0.2, min_free_bytes=0),
    ]
    runner = threading.Thread(target=run_drop_folders, args=(folders, journal_path, lambda: NOW, stop))
    runner.start()
    try:
        with Journal.open(journal_path) as journal:
            (root / "first.txt").write_bytes(b"1")
            poll(lambda: len(journal.after(0, 1000)) == 1)
            deep = root / "2026" / "05" / "30"
            deep.mkdir(parents=True)
            for at in range(200):
                (deep / f"{at}.txt").write_bytes(b"x")
            poll(lambda: len(journal.after(0, 1000)) == 201)
            later.mkdir()
            (later / "x.tmp").write_bytes(b"z")
            (later / "x.tmp").rename(later / "x.txt")
            poll(lambda: len(journal.after(0, 1000)) == 202)
    finally:
        stop.set()
        runner.join()
