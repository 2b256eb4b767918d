"""A tree of years, taken in: in any layout, once, and on from where it ended."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select

from receiver.drop.memory import journal_of_imports
from receiver.drop.tree_import import DiskFullError, TreeImport, TreeOptions, TreeTally, UnknownStationError
from receiver.journal.arrivals import Journal
from store.engine import reading
from store.files.folder_layouts import LAYOUTS, dated_folder
from store.tables import data_file
from store.tables import reading as reading_table

from .conftest import poll
from .house import DECLARED, NOON, declare

CODE = "QN_THUB_NUODAU"
FIRST = datetime(2026, 5, 30, 3, 15, tzinfo=UTC)
"""10:15 in Vietnam."""


def content(at: datetime, value: str = "7.12") -> bytes:
    stamp = f"{at + timedelta(hours=7):%Y%m%d%H%M%S}"
    return f"pH\t{value}\t\t{stamp}\t00\r\n".encode()


def put(root: Path, at: datetime, layout: int = 0, code: str = CODE, late: int = 60) -> Path:
    """A station's file as its logger put it `late` seconds after its time."""
    folder = root / code / dated_folder(layout, at)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{code}_{at + timedelta(hours=7):%Y%m%d%H%M%S}.txt"
    path.write_bytes(content(at))
    os.utime(path, (at.timestamp() + late, at.timestamp() + late))
    return path


@pytest.fixture
def root(tmp_path: Path, engine: Engine) -> Path:
    declare(engine, CODE, DECLARED)
    root = tmp_path / "srv"
    root.mkdir()
    return root


class Runs:
    """Runs imports into one store, each with a journal opened anew."""

    def __init__(self, engine: Engine, root: Path, tmp_path: Path) -> None:
        self.engine, self.root, self.intake = engine, root, tmp_path / "intake.db"

    def __call__(self, **changes: object) -> TreeTally:
        options = TreeOptions(self.root, min_free_bytes=0, **changes)  # type: ignore[arg-type]
        with Journal.open(journal_of_imports(self.intake)) as journal, Journal.open(self.intake) as beside:
            work = TreeImport(options, self.engine, journal, beside, lambda: NOON)
            tally = work.run(lambda _tally, _path: None)
            assert journal.after(0, 10) == []  # nothing stays in hand
            return tally

    def files(self) -> list[tuple[str, str, str, datetime]]:
        columns = (data_file.c.path, data_file.c.state, data_file.c.door, data_file.c.received_at)
        with reading(self.engine) as connection:
            return [tuple(row) for row in connection.execute(select(*columns).order_by(data_file.c.id))]

    def values(self) -> int:
        with reading(self.engine) as connection:
            return connection.scalar(select(func.count()).select_from(reading_table)) or 0


@pytest.fixture
def run(engine: Engine, root: Path, tmp_path: Path) -> Iterator[Runs]:
    return Runs(engine, root, tmp_path)


def test_all_ten_layouts(run: Runs, root: Path) -> None:
    for layout in LAYOUTS:
        put(root, FIRST - timedelta(days=layout), layout)
    tally = run()
    assert (tally.found, tally.taken, tally.on_time, tally.unreadable) == (10, 10, 10, [])
    assert {(state, door) for _, state, door, _ in run.files()} == {("accepted", "import")}
    assert max(at for *_, at in run.files()) == FIRST + timedelta(seconds=60)
    assert f"/{CODE}/Nam 2026/thang 05/ngay 21/{CODE}_20260521101500.txt" in {
        path for path, *_ in run.files()
    }
    assert run.values() == 10


def test_a_second_run_takes_only_what_is_new(run: Runs, root: Path) -> None:
    put(root, FIRST)
    run()
    late = put(root, FIRST - timedelta(minutes=5), late=3600)
    tally = run()
    assert (tally.found, tally.taken, tally.known) == (2, 1, 1)
    late.write_bytes(content(FIRST - timedelta(minutes=5)) + b"COD\t41.8\tmg/L\t20260530101000\t00\r\n")
    assert run().taken == 1
    assert [state for _, state, *_ in run.files()] == ["accepted", "superseded", "accepted"]
    assert run.values() == 3


def test_days_and_stations_are_chosen(run: Runs, root: Path, engine: Engine) -> None:
    declare(engine, "QN_X_NUO001", DECLARED)
    for day in range(5):
        put(root, FIRST - timedelta(days=day))
    put(root, FIRST, code="QN_X_NUO001")
    # the name holds no time: the dated folder does, or else the file's own time
    nameless = root / CODE / "2026" / "05" / "28" / "10 15.lsi"
    nameless.write_bytes(content(FIRST - timedelta(days=2, minutes=5)))
    ago = (FIRST - timedelta(days=9)).timestamp()
    os.utime(nameless, (ago, ago))
    tally = run(first=date(2026, 5, 28), last=date(2026, 5, 28), station=CODE.lower())
    assert (tally.found, tally.taken, tally.early) == (2, 2, 0)
    assert run(first=date(2026, 5, 28), last=date(2026, 5, 28), layout=5, station=CODE).found == 1
    assert run(station="QN_X_NUO001").taken == 1
    assert run(first=date(2026, 5, 31)).found == 0
    assert run(last=date(2026, 5, 21), layout=5).found == 1
    with pytest.raises(UnknownStationError, match="'QN_NO'"):
        run(station="QN_NO")


def test_what_cannot_be_read_is_told_and_tried_again(run: Runs, root: Path, tmp_path: Path) -> None:
    good, bad = put(root, FIRST), put(root, FIRST - timedelta(minutes=5))
    secret = tmp_path / "secret.txt"
    secret.write_bytes(content(FIRST))
    (root / "link.txt").symlink_to(secret)
    (root / "linked").symlink_to(tmp_path)
    (root / "x.tmp").write_bytes(b"half")
    (root / "a\nb.txt").write_bytes(b"x")
    os.mkfifo(root / "pipe")
    real = os.open

    def refused(path: str, flags: int, *rest: int) -> int:
        if path == str(bad):
            raise PermissionError(13, "Permission denied")
        return real(path, flags, *rest)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("receiver.drop.folder.os.open", refused)
        tally = run()
    assert (tally.found, tally.taken, tally.passed) == (3, 1, 4)
    assert sorted(tally.unreadable) == [
        (str(bad), "Permission denied"),
        (f"{root}/a\nb.txt", "A name can not hold control characters"),
    ]
    assert [path for path, *_ in run.files()] == [str(good)[len(str(root)) :]]
    again = run()
    assert (again.taken, again.known, len(again.unreadable)) == (1, 1, 1)


def test_times_that_a_copy_lost_are_counted(run: Runs, root: Path) -> None:
    put(root, FIRST, late=-6 * 60)
    put(root, FIRST - timedelta(minutes=5), late=2 * 86400)
    put(root, FIRST - timedelta(minutes=10), late=240)
    tally = run()
    assert (tally.on_time, tally.early, tally.day_late) == (1, 1, 0)  # none is later than now
    assert max(at for *_, at in run.files()) == NOON


def test_a_file_too_large_is_kept_up_to_the_limit(run: Runs, root: Path) -> None:
    put(root, FIRST).write_bytes(b"x" * 5000)
    run(max_file_bytes=1000)
    assert [state for _, state, *_ in run.files()] == ["rejected"]


def test_a_store_that_was_put_back_gets_everything_again(run: Runs, root: Path, engine: Engine) -> None:
    put(root, FIRST)
    run()
    with engine.begin() as connection:  # the store of before the import
        for table in ("dirty_hour", "reading", "file_problem", "data_file", "ingest_position"):
            connection.exec_driver_sql(f"DELETE FROM {table}")  # noqa: S608 - fixed words
    assert run().taken == 1
    assert run.values() == 1
    assert run().known == 1


def test_again_tells_duplicates(run: Runs, root: Path) -> None:
    put(root, FIRST)
    run()
    assert run(again=True).taken == 1
    assert [state for _, state, *_ in run.files()] == ["accepted", "duplicate"]


def test_a_shadows_files_are_known(run: Runs, root: Path) -> None:
    path = put(root, FIRST)
    mark = os.lstat(path)
    with Journal.open(run.intake) as journal:
        row = (str(path), mark.st_size, mark.st_mtime_ns)
        journal.connection.execute("INSERT INTO taken VALUES (?, ?, ?, 1)", row)
    assert (run().known, run.values()) == (1, 0)


def test_a_full_disk_ends_it_in_order(run: Runs, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(root, FIRST)
    with monkeypatch.context() as patch:
        patch.setattr("receiver.drop.tree_import.DiskSpace.nearly_full", lambda _self: True)
        with pytest.raises(DiskFullError):
            run()
    assert run().taken == 1


def test_killed_at_any_moment_it_goes_on(root: Path, tmp_path: Path, engine: Engine) -> None:
    for number in range(800):
        put(root, FIRST - timedelta(minutes=5 * number))
    run = Runs(engine, root, tmp_path)
    program = """
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from receiver.journal.arrivals import Journal
from receiver.drop.tree_import import TreeImport, TreeOptions
from receiver.drop import tree_import
from store.engine import open_engine
tree_import.FILES_PER_BATCH = 100
url, root, path = sys.argv[1:]
with Journal.open(path) as journal:
    work = TreeImport(TreeOptions(Path(root), min_free_bytes=0), open_engine(url), journal, None,
                      lambda: datetime(2026, 5, 30, 5, 0, tzinfo=UTC))
    work.run(lambda tally, path: print(tally.taken, file=sys.stderr, flush=True))
"""
    url = engine.url.render_as_string(hide_password=False)
    own = str(journal_of_imports(run.intake))
    for _ in range(2):
        command = [sys.executable, "-c", program, url, str(root), own]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as child:
            assert child.stderr is not None
            poll(lambda out=child.stderr: int(out.readline() or 9999) >= 300, 30)
            child.send_signal(signal.SIGKILL)
    tally = run()
    assert tally.found == 800
    assert tally.known >= 300
    files = run.files()
    assert len(files) == len({path for path, *_ in files}) == 800
    assert {state for _, state, *_ in files} == {"accepted"}
    assert run.values() == 800
