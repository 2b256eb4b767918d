"""A damaged journal as an administrator meets it: qttd refuses to start, and says how to mend it."""

import sqlite3
from contextlib import closing
from hashlib import sha256
from pathlib import Path

import pytest

from qttd import journal_check
from qttd.settings import load
from receiver.journal.arrivals import Journal
from tests.qttd.commands.test_backup import Site
from tests.qttd.conftest import CommandLine

SIZE = 4096


@pytest.fixture
def site(ready: CommandLine) -> Site:
    """Files 1 to 60 in the journal with their hashes, of which the store has read 1 to 30."""
    site = Site(ready)
    site.make_journal(range(1, 61))
    with closing(sqlite3.connect(site.journal)) as journal, journal:
        for number in range(1, 61):
            content = f"file {number}".encode() + bytes(700)
            journal.execute(
                "UPDATE arrival SET content = ?, size = ?, sha256 = ? WHERE id = ?",
                (content, len(content), sha256(content).digest(), number),
            )
    with closing(sqlite3.connect(site.journal)) as journal:
        journal.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    site.put_files(30)
    return site


def spoil(path: Path, *ids: int) -> None:
    """Overwrites the pages that these arrivals are on."""
    content = bytearray(path.read_bytes())
    for number in ids:
        at = content.index(f"file {number}\0".encode()) // SIZE * SIZE
        content[at : at + SIZE] = b"\xff" * SIZE
    path.write_bytes(content)


def test_a_damaged_journal_is_refused_mended_and_its_loss_named(site: Site) -> None:
    spoil(site.journal, 45)
    done = site.qttd("run")
    assert done.code == 74
    assert f"`qttd journal salvage {site.journal} {site.journal}.salvaged`" in done.err
    assert site.qttd("run", "--role", "receive").code == 74
    salvaged = site.qttd("journal", "salvage", str(site.journal), str(site.folder / "new.db"))
    assert salvaged.code == 65
    with Journal.open(site.folder / "new.db") as new:
        there = {arrival.id for arrival in new.after(0, 100)}
        assert new.last_id() == 60
    lost = set(range(1, 61)) - there
    assert 45 in lost
    assert len(lost) < 10
    assert f"{len(lost)} files cannot be read any more, and the store has not read them" in salvaged.err
    assert f"{min(lost)}-{max(lost)}" in salvaged.err
    assert site.qttd("journal", "salvage", str(site.journal), str(site.folder / "new.db")).code == 77


def test_what_the_store_has_is_not_lost(site: Site) -> None:
    spoil(site.journal, 12)
    salvaged = site.qttd("journal", "salvage", str(site.journal), str(site.folder / "new.db"))
    assert salvaged.code == 0, salvaged
    assert "nothing is lost" in salvaged.err


def test_without_the_store_nobody_knows_what_it_has(site: Site) -> None:
    spoil(site.journal, 12)
    url = "postgresql://nobody@127.0.0.1:1/none"
    new = str(site.folder / "new.db")
    salvaged = site.qttd("journal", "salvage", str(site.journal), new, QTTD_STORE__URL=url)
    assert salvaged.code == 65
    assert "whether the store has read them is not known" in salvaged.err


def test_a_file_that_is_no_database_is_refused(site: Site) -> None:
    spoil(site.journal, 45)
    site.journal.write_bytes(b"no database" * 1000)
    assert site.qttd("run").code == 74


def test_a_journal_too_large_to_look_through_opens_its_doors(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_check, "LONGEST_SECONDS", 0.0)
    monkeypatch.setattr(journal_check, "_OPERATIONS", 1)
    spoil(site.journal, 45)
    settings = load(site.folder / "qttd.toml")
    journal_check.refuse_damaged_journal(settings)
