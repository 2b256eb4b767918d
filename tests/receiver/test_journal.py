"""The intake journal: order, identity, ageing, and commits that fail."""

import hashlib
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from receiver.journal.arrival import Arrival, from_microseconds, to_microseconds, waits_for_rename
from receiver.journal.arrivals import Journal
from receiver.journal.changes import Hide, Rename, Upload
from receiver.journal.committer import CommitError, Committer, Outcome
from receiver.journal.schema import JournalError
from receiver.refusals import RefusedError
from receiver.upload_body import MEMORY_PER_UPLOAD, Body, MemoryBudget, UploadBuffer, body_of

NOW = datetime(2026, 5, 30, 3, 16, 0, 123456, tzinfo=UTC)


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with Journal.open(tmp_path / "intake.db") as journal:
        yield journal


@pytest.fixture
def committer(journal: Journal) -> Iterator[Committer]:
    committer = Committer(journal)
    yield committer
    committer.close()


def put(
    committer: Committer, path: str, content: bytes = b"x", at: datetime = NOW, account: str = "u"
) -> int:
    return committer.append(account, path, content, arrived_at=at, peer="10.0.0.1", door="ftp")


def upload(name: str, *, waits: bool = False, content: bytes = b"x", at: datetime = NOW) -> Upload:
    return Upload(
        "u", "", name, body_of(content), to_microseconds(at), "10.0.0.1", "ftp", "complete", waits=waits
    )


def outcome_of(committer: Committer, change: Upload | Rename | Hide) -> Outcome:
    answers: list[Outcome] = []
    done = threading.Event()

    def take(outcome: Outcome) -> None:
        answers.append(outcome)
        done.set()

    committer.put(change, take)
    assert done.wait(10)
    return answers[0]


def test_an_arrival_says_everything(journal: Journal, committer: Committer) -> None:
    number = put(committer, "/2026/x.txt", b"pH\t7\r\n")
    assert journal.after(0, 10) == [
        Arrival(
            number, "u", "/2026/x.txt", b"pH\t7\r\n", hashlib.sha256(b"pH\t7\r\n").hexdigest(),
            NOW, "10.0.0.1", "ftp", "complete",
        )
    ]  # fmt: skip


def test_sha256_is_of_the_bytes(journal: Journal, committer: Committer) -> None:
    put(committer, "/x.txt", b"")
    assert journal.after(0, 1)[0].sha256 == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def test_after_goes_on_where_it_stopped(journal: Journal, committer: Committer) -> None:
    numbers = [put(committer, f"/{at}.txt") for at in range(5)]
    assert [arrival.id for arrival in journal.after(0, 2)] == numbers[:2]
    assert [arrival.id for arrival in journal.after(numbers[1], 100)] == numbers[2:]
    assert journal.after(numbers[-1], 100) == []
    assert journal.last_id() == numbers[-1]


def test_after_is_bounded_in_bytes_but_never_stuck(journal: Journal, committer: Committer) -> None:
    for at in range(3):
        put(committer, f"/{at}.txt", b"x" * 1000)
    assert len(journal.after(0, 10, max_bytes=10)) == 1
    assert len(journal.after(0, 10, max_bytes=2000)) == 2
    assert len(journal.after(0, 10, max_bytes=3000)) == 3


def test_uuid_is_the_files_own(tmp_path: Path) -> None:
    with Journal.open(tmp_path / "a.db") as first, Journal.open(tmp_path / "b.db") as other:
        assert first.uuid != other.uuid
        with Journal.open(tmp_path / "a.db") as again:
            assert again.uuid == first.uuid


def test_another_programs_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE something (x)")
    connection.close()
    with pytest.raises(JournalError, match="another program"):
        Journal.open(path)


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.db").write_bytes(b"hello" * 1000)
    with pytest.raises(JournalError, match=r"x\.db"):
        Journal.open(tmp_path / "x.db")


def test_ids_are_not_used_again_after_a_purge(journal: Journal, committer: Committer) -> None:
    number = put(committer, "/a.txt")
    assert journal.purge(number, NOW + timedelta(days=1)) == 1
    assert journal.after(0, 10) == []
    assert journal.last_id() == number
    assert put(committer, "/b.txt") == number + 1


def test_purge_keeps_what_is_young_or_not_ingested(journal: Journal, committer: Committer) -> None:
    old = [put(committer, f"/old{at}.txt", at=NOW - timedelta(days=8)) for at in range(3)]
    young = put(committer, "/young.txt")
    limit = NOW - timedelta(days=7)
    assert journal.purge(old[1], limit) == 2
    assert [arrival.id for arrival in journal.after(0, 10)] == [old[2], young]
    assert journal.purge(young, limit) == 1
    assert [arrival.id for arrival in journal.after(0, 10)] == [young]
    names = [row[0] for row in journal.connection.execute("SELECT name FROM entry ORDER BY name")]
    assert names == ["young.txt"]


def test_purge_in_many_steps(journal: Journal, committer: Committer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("receiver.journal.arrivals.PURGE_CHUNK", 3)
    last = [put(committer, f"/{at}.txt") for at in range(10)][-1]
    assert journal.purge(last, NOW + timedelta(seconds=1)) == 10


def test_two_processes_write_one_journal(journal: Journal, committer: Committer) -> None:
    program = (
        "import sys\nfrom datetime import UTC, datetime\nfrom pathlib import Path\n"
        "from receiver.journal.committer import Committer\nfrom receiver.journal.arrivals import Journal\n"
        "with Journal.open(Path(sys.argv[1])) as journal:\n"
        "    committer = Committer(journal)\n"
        "    for at in range(200):\n"
        "        at_once = {'arrived_at': datetime.now(UTC), 'peer': '', 'door': 'ftp'}\n"
        "        committer.append('other', f'/{at}.txt', b'x', **at_once)\n"
        "    committer.close()\n"
    )
    other = subprocess.Popen([sys.executable, "-c", program, str(journal.path)])
    seen: list[int] = []
    mine = 0
    while other.poll() is None or mine < 200:
        if mine < 200:
            put(committer, f"/{mine}.txt")
            mine += 1
        seen += [arrival.id for arrival in journal.after(seen[-1] if seen else 0, 1000)]
    seen += [arrival.id for arrival in journal.after(seen[-1], 1000)]
    assert other.returncode == 0
    assert seen == list(range(1, 401))


def test_many_uploads_share_one_commit(journal: Journal, committer: Committer) -> None:
    blocker = sqlite3.connect(journal.path, isolation_level=None)
    blocker.execute("BEGIN IMMEDIATE")
    futures = [
        committer.submit("u", f"/{at}.txt", b"%d" % at, arrived_at=NOW, peer="", door="ftp")
        for at in range(300)
    ]
    blocker.execute("COMMIT")
    blocker.close()
    numbers = [future.result(10) for future in futures]
    assert numbers == list(range(1, 301))
    assert [arrival.content for arrival in journal.after(0, 1000)] == [b"%d" % at for at in range(300)]


def test_a_submitted_file_can_not_be_taken_back(journal: Journal, committer: Committer) -> None:
    future = committer.submit("u", "/x.txt", b"x", arrived_at=NOW, peer="", door="ftp")
    assert not future.cancel()
    assert future.result(10) == 1


def test_a_door_that_fails_at_its_answer_does_not_stop_the_others(committer: Committer) -> None:
    def fail(_: Outcome) -> None:
        raise ValueError("a bug of a door")

    committer.put(upload("a.txt"), fail)
    assert put(committer, "/b.txt") == 2
    assert committer.alive


def test_a_failed_commit_is_told_and_the_next_one_works(
    journal: Journal, committer: Committer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(connection: sqlite3.Connection, uploads: list[Upload]) -> list[int]:
        raise sqlite3.OperationalError("database or disk is full")

    with monkeypatch.context() as patch:
        patch.setattr("receiver.journal.committer.apply_uploads", full)
        with pytest.raises(CommitError, match="disk is full"):
            put(committer, "/a.txt")
    assert journal.last_id() == 0
    assert put(committer, "/b.txt") == 1


def test_one_impossible_upload_does_not_take_the_others_with_it(
    journal: Journal, committer: Committer
) -> None:
    blocker = sqlite3.connect(journal.path, isolation_level=None)
    blocker.execute("BEGIN IMMEDIATE")
    good = committer.submit("u", "/a.txt", b"a", arrived_at=NOW, peer="", door="ftp")
    bad = committer.submit("u\udc80", "/b.txt", b"b", arrived_at=NOW, peer="", door="ftp")
    also_good = committer.submit("u", "/c.txt", b"c", arrived_at=NOW, peer="", door="ftp")
    blocker.execute("COMMIT")
    blocker.close()
    assert good.result(10) == 1
    assert also_good.result(10) == 2
    with pytest.raises(CommitError):
        bad.result(10)


def test_a_full_disk_is_a_failed_commit(journal: Journal, committer: Committer) -> None:
    put(committer, "/small.txt")
    (connection,) = journal._connections  # the committer's own
    pages = connection.execute("PRAGMA page_count").fetchone()[0]
    connection.execute(f"PRAGMA max_page_count={pages + 4}")
    with pytest.raises(CommitError, match="full"):
        put(committer, "/big.txt", b"x" * 1_000_000)
    assert put(committer, "/small2.txt") == 2


@pytest.mark.parametrize(
    ("name", "waits"),
    [
        ("x.tmp", True), ("x.TMP", True), ("x.txt.part", True), ("x.Part", True), (".x.txt", True),
        ("x.txt", False), ("tmp", False), ("x.tmp.txt", False), ("x.filepart", False), ("x.temp", False),
    ],
)  # fmt: skip
def test_names_that_wait(name: str, waits: bool) -> None:
    assert waits_for_rename(name) is waits


def test_a_waiting_file_enters_by_its_rename(journal: Journal, committer: Committer) -> None:
    assert outcome_of(committer, upload("x.tmp", waits=True, content=b"abc")) is None
    assert journal.after(0, 10) == []
    later = NOW + timedelta(seconds=5)
    assert outcome_of(committer, Rename("u", "/x.tmp", "/2026/x.txt", to_microseconds(later))) == 1
    (arrival,) = journal.after(0, 10)
    assert (arrival.path, arrival.content, arrival.arrived_at) == ("/2026/x.txt", b"abc", later)
    assert journal.connection.execute("SELECT count(*) FROM waiting").fetchone() == (0,)


def test_a_waiting_file_may_change_its_temporary_name(journal: Journal, committer: Committer) -> None:
    outcome_of(committer, upload("x.tmp", waits=True))
    assert outcome_of(committer, Rename("u", "/x.tmp", "/y.part", 1)) is None
    assert journal.after(0, 10) == []
    assert outcome_of(committer, Rename("u", "/y.part", "/y.txt", 2)) == 1


@pytest.mark.parametrize(
    ("target", "enters"), [("/y.txt", True), ("/2026/x.txt", False), ("/2026/y.txt", True), ("/x.tmp", False)]
)
def test_only_a_new_base_name_enters_again(
    journal: Journal, committer: Committer, target: str, enters: bool
) -> None:
    put(committer, "/x.txt", b"abc")
    outcome = outcome_of(committer, Rename("u", "/x.txt", target, to_microseconds(NOW)))
    paths = [arrival.path for arrival in journal.after(0, 10)]
    assert paths == (["/x.txt", target] if enters else ["/x.txt"])
    assert outcome == (2 if enters else None)


def test_what_is_not_there_can_not_be_renamed(committer: Committer) -> None:
    assert isinstance(outcome_of(committer, Rename("u", "/x.txt", "/y.txt", 1)), RefusedError)


def test_a_file_that_is_never_renamed_is_swept(journal: Journal, committer: Committer) -> None:
    outcome_of(committer, upload("old.tmp", waits=True, content=b"old", at=NOW - timedelta(hours=25)))
    outcome_of(committer, upload("new.tmp", waits=True, content=b"new"))
    assert journal.sweep_waiting(NOW - timedelta(hours=24)) == 1
    (arrival,) = journal.after(0, 10)
    assert (arrival.path, arrival.content, arrival.fate) == ("/old.tmp", b"old", "not_renamed")
    assert arrival.arrived_at == NOW - timedelta(hours=25)
    assert journal.sweep_waiting(NOW - timedelta(hours=24)) == 0
    assert outcome_of(committer, Rename("u", "/old.tmp", "/old.txt", 1)) == 2


def test_every_version_of_a_waiting_file_is_accounted_for(journal: Journal, committer: Committer) -> None:
    outcome_of(committer, upload("x.tmp", waits=True, content=b"first"))
    outcome_of(committer, upload("x.tmp", waits=True, content=b"second"))
    outcome_of(committer, Hide("u", "/x.tmp"))
    assert journal.sweep_waiting(NOW + timedelta(days=1)) == 2
    assert [arrival.content for arrival in journal.after(0, 10)] == [b"first", b"second"]


def test_sweep_in_many_steps(journal: Journal, committer: Committer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("receiver.journal.arrivals.PURGE_CHUNK", 2)
    for at in range(5):
        outcome_of(committer, upload(f"{at}.tmp", waits=True))
    assert journal.sweep_waiting(NOW + timedelta(days=1)) == 5


@pytest.mark.parametrize("size", [0, 1, MEMORY_PER_UPLOAD, MEMORY_PER_UPLOAD + 1, 3_000_000])
def test_any_size_is_kept_byte_for_byte(journal: Journal, committer: Committer, size: int) -> None:
    budget = MemoryBudget()
    free = budget.free
    buffer = UploadBuffer(budget, journal.spool)
    content = bytes(at % 251 for at in range(size))
    for start in range(0, size, 50_000):
        buffer.write(content[start : start + 50_000])
    body = buffer.body()
    assert (body.file is None) is (size <= MEMORY_PER_UPLOAD)
    future = committer.submit("u", "/x.bin", body, arrived_at=NOW, peer="", door="ftp")
    assert future.result(10) == 1
    buffer.discard()
    assert budget.free == free
    (arrival,) = journal.after(0, 10)
    assert arrival.content == content
    assert arrival.sha256 == body_of(content).sha256.hex()


def test_a_long_waiting_file_is_kept_too(journal: Journal, committer: Committer) -> None:
    buffer = UploadBuffer(MemoryBudget(), journal.spool)
    buffer.write(b"x" * 200_000)
    body = buffer.body()
    change = Upload("u", "", "x.tmp", body, to_microseconds(NOW), "", "ftp", "complete", waits=True)
    assert outcome_of(committer, change) is None
    buffer.discard()
    assert outcome_of(committer, Rename("u", "/x.tmp", "/x.txt", 1)) == 1
    assert journal.after(0, 1)[0].content == b"x" * 200_000


def test_uploads_spill_once_the_role_holds_enough(journal: Journal) -> None:
    budget = MemoryBudget(100)
    first, second = UploadBuffer(budget, journal.spool), UploadBuffer(budget, journal.spool)
    first.write(b"x" * 80)
    second.write(b"y" * 80)
    assert first.body().file is None
    assert second.body().file is not None
    assert b"".join(second.body().chunks()) == b"y" * 80
    first.discard()
    first.discard()
    second.discard()
    assert budget.free == 100


def test_stale_spool_files_are_removed_at_the_start(tmp_path: Path) -> None:
    folder = tmp_path / "intake.db-spool"
    folder.mkdir()
    (folder / "upload-stale").write_bytes(b"x")
    with Journal.open(tmp_path / "intake.db"):
        assert list(folder.iterdir()) == []


def test_times_survive_to_the_microsecond() -> None:
    assert from_microseconds(to_microseconds(NOW)) == NOW


def test_body_gives_its_bytes_again() -> None:
    assert b"".join(Body(1, b"", b"x").chunks()) == b"x"


def test_many_open_a_new_journal_at_once(tmp_path: Path) -> None:
    """As the roles do at the very first start: one switches to the write-ahead log, the others wait."""
    for attempt in range(20):
        path = tmp_path / f"new{attempt}.db"
        with ThreadPoolExecutor(8) as threads:
            journals = list(threads.map(Journal.open, [path] * 8))
        assert len({journal.uuid for journal in journals}) == 1
        for journal in journals:
            journal.close()
