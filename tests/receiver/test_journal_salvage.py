"""A damaged journal: whatever is whole comes out of it, nothing that is not, and what is lost is named."""

import os
import random
import sqlite3
import tracemalloc
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from receiver.journal.arrivals import Journal
from receiver.journal.changes import Upload
from receiver.journal.committer import Committer
from receiver.journal.salvage import Salvaged, salvage
from receiver.upload_body import body_of

NOW = datetime(2026, 5, 30, 3, 16, tzinfo=UTC)
FILES = 120


def content_of(number: int) -> bytes:
    """Every tenth goes over many pages, and some are empty."""
    return b"" if number % 50 == 7 else f"file {number} ".encode() * (4000 if number % 10 == 0 else 30)


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    """Its file alone, of which everything is in the file and the log is empty."""
    path = tmp_path / "intake.db"
    with Journal.open(path) as journal:
        committer = Committer(journal)
        for number in range(1, FILES + 1):
            put(committer, number)
        waits = Upload("u", "", "x.tmp", body_of(b"it waits"), 1, "10.0.0.1", "ftp", "complete", waits=True)
        committer.put(waits, lambda _: None)
        committer.close()
        journal.connection.execute("DELETE FROM arrival WHERE id <= 10")
        journal.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        journal.connection.execute("VACUUM")
    return path


def put(committer: Committer, number: int) -> None:
    content = content_of(number)
    assert (
        committer.append("u", f"/{number}.txt", content, arrived_at=NOW, peer="10.0.0.1", door="ftp")
        == number
    )


def held(path: Path) -> dict[int, bytes]:
    with Journal.open(path) as journal:
        return {arrival.id: arrival.content for arrival in journal.after(0, 10 * FILES, 1 << 30)}


def uuid_of(path: Path) -> str:
    with closing(sqlite3.connect(path)) as connection:
        return str(connection.execute("SELECT uuid FROM journal").fetchone()[0])


def overwrite(path: Path, first: int, length: int) -> None:
    with path.open("r+b") as file:
        file.seek(first)
        file.write(random.Random(first).randbytes(length))


def missing(found: Salvaged) -> set[int]:
    return {number for first, last in found.missing for number in range(first, last + 1)}


WHOLE = {number: content_of(number) for number in range(11, FILES + 1)}


def test_a_whole_journal_comes_out_whole(journal: Path, tmp_path: Path) -> None:
    found = salvage(journal, tmp_path / "new.db")
    assert sorted(path.name for path in tmp_path.glob("new.db*")) == ["new.db"]
    assert found == Salvaged(uuid_of(journal), len(WHOLE), 1, FILES, [])
    assert held(tmp_path / "new.db") == WHOLE
    assert uuid_of(tmp_path / "new.db") == uuid_of(journal)
    with Journal.open(tmp_path / "new.db") as journal_again:
        committer = Committer(journal_again)
        put(committer, FILES + 1)  # ids go on
        committer.close()
        assert journal_again.connection.execute("SELECT content FROM waiting").fetchall() == [(b"it waits",)]


def test_what_was_committed_to_the_log_alone_comes_too(tmp_path: Path) -> None:
    path = tmp_path / "intake.db"
    with Journal.open(path) as journal:
        journal.connection.execute("PRAGMA wal_autocheckpoint=0")
        committer = Committer(journal)
        committer.journal.connection.execute("PRAGMA wal_autocheckpoint=0")
        for number in range(1, 40):
            put(committer, number)
        copy = tmp_path / "copy.db"
        for end in ("", "-wal"):
            copy.with_name(copy.name + end).write_bytes(path.with_name(path.name + end).read_bytes())
        committer.close()
    found = salvage(copy, tmp_path / "new.db")
    assert (found.arrivals, found.missing) == (39, [])
    # a log that is cut in its last commit gives all but that
    log = copy.with_name("copy.db-wal")
    log.write_bytes(log.read_bytes()[:-100])
    assert salvage(copy, tmp_path / "newer.db").arrivals == 38


@pytest.mark.parametrize("at", ["first page", "middle", "end", "cut"])
def test_damage_costs_what_it_hit_and_nothing_false_comes_out(journal: Path, tmp_path: Path, at: str) -> None:
    size = journal.stat().st_size
    if at == "first page":
        overwrite(journal, 0, 100)
    elif at == "middle":
        overwrite(journal, size // 2 // 4096 * 4096, 3 * 4096)
    elif at == "end":
        overwrite(journal, size - 2 * 4096, 2 * 4096)
    else:
        journal.write_bytes(journal.read_bytes()[: size // 2])
    found = salvage(journal, tmp_path / "new.db")
    there = held(tmp_path / "new.db")
    assert there == {number: WHOLE[number] for number in there}
    assert len(there) == found.arrivals
    if at == "first page":
        assert len(there) == len(WHOLE)
    assert found.arrivals >= len(WHOLE) // 3
    if found.last_id == FILES and min(there) == 11:
        assert missing(found) == WHOLE.keys() - there.keys()


def test_any_damage_is_borne(journal: Path, tmp_path: Path) -> None:
    whole = journal.read_bytes()
    chance = random.Random(20260530)
    for turn in range(12):
        journal.write_bytes(whole)
        for _ in range(chance.randrange(1, 30)):
            overwrite(journal, chance.randrange(len(whole) - 200), chance.randrange(1, 200))
        new = tmp_path / f"new{turn}.db"
        salvage(journal, new)
        there = held(new)
        assert there == {number: WHOLE[number] for number in there}
        assert len(there) > len(WHOLE) // 3


def test_ids_that_the_store_accounts_for_are_never_given_again(journal: Path, tmp_path: Path) -> None:
    """Those of this journal: an import's, or another host's, have numbers of their own."""
    uuid = uuid_of(journal)
    found = salvage(journal, tmp_path / "new.db", {"an import": 88_704, uuid: 500})
    assert (found.uuid, found.last_id, found.missing) == (uuid, 500, [(FILES + 1, 500)])
    with Journal.open(tmp_path / "new.db") as new:
        assert new.last_id() == 500


def test_a_journal_of_which_nothing_is_left_begins_anew(journal: Path, tmp_path: Path) -> None:
    accounted = {uuid_of(journal): 500}
    journal.write_bytes(b"")
    found = salvage(journal, tmp_path / "new.db", accounted)
    assert (found.uuid, found.arrivals, found.last_id, found.missing) == (None, 0, 0, [])
    assert uuid_of(tmp_path / "new.db") not in accounted


def test_nothing_is_overwritten(journal: Path) -> None:
    with pytest.raises(FileExistsError):
        salvage(journal, journal)
    assert held(journal) == WHOLE


def test_a_journal_may_be_larger_than_the_memory(tmp_path: Path) -> None:
    path, size = tmp_path / "intake.db", 400_000
    with Journal.open(path) as journal:
        committer = Committer(journal)
        for number in range(1, 61):
            committer.append("u", f"/{number}", bytes([number]) * size, arrived_at=NOW, peer="", door="ftp")
        committer.close()
    tracemalloc.start()
    found = salvage(path, tmp_path / "new.db")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (found.arrivals, found.missing) == (60, [])
    assert path.stat().st_size > 60 * size
    assert peak < 10 * size


def test_what_the_disk_does_not_give_costs_what_stands_there(
    journal: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pread, middle = os.pread, journal.stat().st_size // 2 // 4096 * 4096

    def bad_sector(descriptor: int, length: int, at: int) -> bytes:
        if at == middle:
            raise OSError(5, "Input/output error")
        return pread(descriptor, length, at)

    monkeypatch.setattr("receiver.journal.salvage.os.pread", bad_sector)
    found = salvage(journal, tmp_path / "new.db")
    monkeypatch.undo()
    lost = missing(found)
    assert 0 < len(lost) < len(WHOLE) // 2
    assert held(tmp_path / "new.db") == {number: WHOLE[number] for number in WHOLE if number not in lost}
