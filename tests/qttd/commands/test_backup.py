"""`qttd backup` and `qttd restore`, as typed: everything comes back, or nothing is changed."""

import fcntl
import io
import json
import sqlite3
import stat
import zipfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from qttd.backup.archive import extract, read_manifest, write_archive
from receiver.journal.arrivals import Journal
from tests.qttd.conftest import CommandLine

UUID = "00000000-0000-4000-8000-000000000001"


class Site:
    """A folder with a store, a journal, a key and settings."""

    def __init__(self, qttd: Any) -> None:
        self.qttd = qttd
        self.folder: Path = qttd.folder
        self.journal = self.folder / "intake.db"

    def fill(self) -> None:
        """A station, an account, a target with its password, files that were read and files that were not."""
        self.qttd.write("s.csv", "code,name,kind\nTRAM_A,Trạm A,wastewater\n")
        self.qttd.write("c.csv", "station_code,symbol,parameter\nTRAM_A,pH,pH\n")
        assert self.qttd("station", "import", "s.csv").code == 0
        assert self.qttd("channel", "import", "c.csv").code == 0
        assert self.qttd("account", "add", "a", "--stations", "TRAM_A", stdin="mat-khau\n").code == 0
        url = "ftp://bo@127.0.0.1:1/"
        assert self.qttd("target", "add", "bo", "--url", url, stdin="mat-khau\n").code == 0
        self.make_journal(range(1, 6))
        self.put_files(1, 2, 3)

    def make_journal(self, ids: range, uuid: str = UUID) -> None:
        """A journal that holds these arrivals, of all that were ever taken."""
        with Journal.open(self.journal) as journal:
            journal.connection.execute("UPDATE journal SET uuid = ?", (uuid,))
            for number in ids:
                journal.connection.execute(
                    "INSERT INTO arrival (id, account, folder, name, size, sha256, arrived_at, peer, door,"
                    " fate, content) VALUES (?, 'a', '', ?, 4, x'00', ?, '', 'ftp', 'plain', ?)",
                    (number, f"{number}.txt", number, f"file {number}".encode()),
                )

    def put_files(self, *ids: int) -> None:
        """These arrivals are in the ledger, and the last one is the store's position."""
        with closing(sqlite3.connect(self.folder / "qttd.db")) as store, store:
            for number in ids:
                store.execute(
                    "INSERT INTO data_file (journal_uuid, journal_id, account, path, name, door, peer,"
                    " received_at, size, sha256, state, readings, problems, notes, content) VALUES"
                    " (?, ?, 'a', '/x', 'x', 'ftp', '', 0, 4, '', 'accepted', 0, 0, '[]', ?)",
                    (UUID, number, f"file {number}".encode()),
                )
            store.execute("INSERT OR REPLACE INTO ingest_position VALUES (?, ?, 0)", (UUID, ids[-1]))

    def arrivals(self) -> dict[int, bytes]:
        with closing(sqlite3.connect(self.journal)) as journal:
            return dict(journal.execute("SELECT id, content FROM arrival ORDER BY id").fetchall())

    def everything(self) -> dict[str, object]:
        """Each row of both databases, the key and the settings."""
        found: dict[str, object] = {
            name: (self.folder / name).read_bytes() for name in ("qttd.key", "qttd.toml")
        }
        for name in ("qttd.db", "intake.db"):
            with closing(sqlite3.connect(self.folder / name)) as database:
                found[name] = list(database.iterdump())
        return found

    def names(self) -> set[str]:
        return {path.name for path in self.folder.iterdir()} - {"intake.db-spool", "intake.db.lock"}


@pytest.fixture
def site(ready: Any) -> Site:
    site = Site(ready)
    site.fill()
    return site


@pytest.fixture
def elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], site: Site
) -> Callable[[], Site]:
    """Goes to an empty folder on another machine, after whatever was done on the first one."""

    def go() -> Site:
        folder = tmp_path / "elsewhere"
        folder.mkdir()
        return Site(CommandLine(folder, monkeypatch, capsys))

    return go


@pytest.fixture
def backup(site: Site, tmp_path: Path) -> Path:
    file = tmp_path / "b.zip"
    done = site.qttd("backup", str(file))
    assert done.code == 0, done
    return file


def rewritten(file: Path, change: Callable[[dict[str, bytes]], None]) -> None:
    """Writes the backup anew with changed members."""
    with zipfile.ZipFile(file) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    change(members)
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)


def test_everything_comes_back_on_another_machine(
    site: Site, backup: Path, elsewhere: Callable[[], Site]
) -> None:
    before = site.everything()
    other = elsewhere()
    done = other.qttd("restore", str(backup))
    assert done.code == 0, done
    after = other.everything()
    # the backup is in the audit log of the store that was backed up, and cannot be in the backup itself
    lines = before["qttd.db"]
    assert isinstance(lines, list)
    before["qttd.db"] = [
        line for line in lines if "backup.make" not in line and 'INTO "sqlite_sequence"' not in line
    ]
    assert after == before
    assert "3 files" in done.err
    assert other.names() == {"qttd.db", "intake.db", "qttd.key", "qttd.toml"}
    for name in ("qttd.db", "intake.db", "qttd.key", "qttd.toml"):
        assert stat.S_IMODE((other.folder / name).stat().st_mode) == 0o600
    assert [target["name"] for target in other.qttd("target", "list", "--json").json()] == ["bo"]


def test_the_sftp_host_key_comes_back_too(site: Site, elsewhere: Callable[[], Site], tmp_path: Path) -> None:
    (site.folder / "sftp_host_key").write_bytes(b"what clients remember")
    assert site.qttd("backup", str(tmp_path / "b.zip")).code == 0
    other = elsewhere()
    assert other.qttd("restore", str(tmp_path / "b.zip")).code == 0
    key = other.folder / "sftp_host_key"
    assert (key.read_bytes(), stat.S_IMODE(key.stat().st_mode)) == (b"what clients remember", 0o600)


def test_a_backup_says_what_is_in_it_and_is_for_its_owner_only(site: Site, backup: Path) -> None:
    manifest = read_manifest(backup)
    assert (manifest.journal_uuid, manifest.position, manifest.last_id) == (UUID, 3, 5)
    assert manifest.rows["store.db"]["data_file"] == 3
    assert manifest.rows["intake.db"] == {"arrival": 5, "waiting": 0, "entry": 0, "folder": 0, "taken": 0}
    assert set(manifest.members) == {"store.db", "intake.db", "qttd.key", "qttd.toml"}
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600
    assert [path.name for path in backup.parent.iterdir() if path.name.startswith(".")] == []
    with closing(sqlite3.connect(site.folder / "qttd.db")) as store:
        rows = store.execute("SELECT subject FROM audit_log WHERE action = 'backup.make'").fetchall()
    assert rows == [(str(backup),)]


def test_a_file_that_is_there_is_replaced_only_by_force(site: Site, backup: Path) -> None:
    before = backup.read_bytes()
    assert site.qttd("backup", str(backup)).code == 77
    assert backup.read_bytes() == before
    site.put_files(4)
    assert site.qttd("backup", str(backup), "--force").code == 0
    assert read_manifest(backup).position == 4


def test_settings_of_the_environment_are_named(site: Site, tmp_path: Path) -> None:
    done = site.qttd("backup", str(tmp_path / "x.zip"), QTTD_FTP__PORT="2222")
    assert "WARNING: not in the backup, because the environment sets them: ftp.port" in done.err


@pytest.mark.parametrize("name", ["store.db", "intake.db", "qttd.key", "qttd.toml"])
def test_a_member_that_was_changed_restores_nothing(
    backup: Path, elsewhere: Callable[[], Site], name: str
) -> None:
    def change(members: dict[str, bytes]) -> None:
        members[name] = members[name][:-1] + bytes([members[name][-1] ^ 1])

    rewritten(backup, change)
    other = elsewhere()
    done = other.qttd("restore", str(backup))
    assert done.code == 65
    assert name in done.err
    assert other.names() == set()


@pytest.mark.parametrize("what", ["no zip", "cut", "member more", "member less", "other format", "newer"])
def test_what_is_no_whole_backup_restores_nothing(
    backup: Path, elsewhere: Callable[[], Site], what: str
) -> None:
    def change(members: dict[str, bytes]) -> None:
        manifest = json.loads(members["manifest.json"])
        if what == "member more":
            members["../evil"] = b""
        elif what == "member less":
            del members["intake.db"]
        elif what == "other format":
            manifest["format"] = "other"
        elif what == "newer":
            manifest["version"] = 2
        members["manifest.json"] = json.dumps(manifest).encode()

    if what == "no zip":
        backup.write_bytes(b"no zip at all")
    elif what == "cut":
        backup.write_bytes(backup.read_bytes()[:-200])
    else:
        rewritten(backup, change)
    other = elsewhere()
    assert other.qttd("restore", str(backup)).code == 65
    assert other.names() == set()


def test_a_store_that_is_not_empty_is_not_touched(site: Site, backup: Path) -> None:
    before = site.everything()
    done = site.qttd("restore", str(backup))
    assert done.code == 77
    assert "not empty" in done.err
    assert site.everything() == before


def test_a_running_daemon_is_not_restored_under(
    site: Site, backup: Path, elsewhere: Callable[[], Site]
) -> None:
    other = elsewhere()
    with (other.folder / "intake.db.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert other.qttd("restore", str(backup)).code == 75
    assert other.names() == set()


def test_an_empty_store_and_other_settings_and_key_give_way_or_stay(
    site: Site, backup: Path, elsewhere: Callable[[], Site]
) -> None:
    other = elsewhere()
    assert other.qttd("init").code == 0
    other.qttd.write("qttd.toml", "[ftp]\nport = 2199\n")
    key = (other.folder / "qttd.key").read_bytes()
    done = other.qttd("restore", str(backup))
    assert done.code == 0, done
    assert (other.folder / "qttd.toml").read_text() == "[ftp]\nport = 2199\n"
    assert (other.folder / "qttd.toml.from-backup").read_bytes() == (site.folder / "qttd.toml").read_bytes()
    assert (other.folder / "qttd.key").read_bytes() == (site.folder / "qttd.key").read_bytes()
    (old,) = other.folder.glob("qttd.key.before-restore-*")
    assert old.read_bytes() == key
    assert other.arrivals() == site.arrivals()


def test_a_journal_that_survived_is_kept_and_has_all_that_is_left(
    site: Site, backup: Path, elsewhere: Callable[[], Site]
) -> None:
    other = elsewhere()
    # since the backup, whose store had read up to 3: 1 to 4 were purged and 6 and 7 came
    other.make_journal(range(5, 8))
    done = other.qttd("restore", str(backup))
    assert done.code == 0, done
    assert other.arrivals() == {number: f"file {number}".encode() for number in range(4, 8)}
    assert "1 file put back" in done.err
    assert "WARNING" not in done.err


def test_what_is_in_neither_journal_is_told(site: Site, backup: Path, elsewhere: Callable[[], Site]) -> None:
    other = elsewhere()
    other.make_journal(range(8, 10))
    done = other.qttd("restore", str(backup))
    assert done.code == 0, done
    assert sorted(other.arrivals()) == [4, 5, 8, 9]
    assert "WARNING: 2 files came after the backup" in done.err


@pytest.mark.parametrize(("ids", "uuid"), [(range(1, 3), "another"), (range(1, 3), UUID)])
def test_a_journal_of_another_history_is_not_touched(
    backup: Path, elsewhere: Callable[[], Site], ids: range, uuid: str
) -> None:
    other = elsewhere()
    other.make_journal(ids, uuid)
    before = other.arrivals()
    done = other.qttd("restore", str(backup))
    assert done.code == 77
    assert other.arrivals() == before
    assert other.names() == {"intake.db"}


def test_a_journal_that_is_behind_the_store_is_refused(
    site: Site, backup: Path, elsewhere: Callable[[], Site], tmp_path: Path
) -> None:
    """As one gets it by copying the journal first: numbers would be given twice, and files never be read."""
    manifest = read_manifest(backup)
    sources = {}
    for name in manifest.members:
        sources[name] = tmp_path / name
        with sources[name].open("wb") as file:
            extract(backup, manifest, name, file)
    with closing(sqlite3.connect(sources["store.db"])) as store, store:
        store.execute("UPDATE ingest_position SET position = 6")
    whole = io.BytesIO()
    write_archive(whole, sources, manifest)
    backup.write_bytes(whole.getvalue())
    other = elsewhere()
    done = other.qttd("restore", str(backup))
    assert done.code == 65
    assert "does not reach as far" in done.err
    assert other.names() == set()


def test_a_journal_with_a_hole_beyond_the_position_is_no_backup(site: Site, tmp_path: Path) -> None:
    with closing(sqlite3.connect(site.journal)) as journal, journal:
        journal.execute("DELETE FROM arrival WHERE id = 4")
    done = site.qttd("backup", str(tmp_path / "b.zip"))
    assert done.code == 75
    assert "the journal lacks 1 file that the store has not read" in done.err
    assert not (tmp_path / "b.zip").exists()


def test_a_damaged_store_is_no_backup(site: Site, tmp_path: Path) -> None:
    content = bytearray((site.folder / "qttd.db").read_bytes())
    at = len(content) // 4096 // 2 * 4096
    content[at : at + 4096] = b"\xff" * 4096
    (site.folder / "qttd.db").write_bytes(content)
    done = site.qttd("backup", str(tmp_path / "b.zip"))
    assert done.code == 74
    assert "damaged" in done.err
    assert not (tmp_path / "b.zip").exists()


def test_before_the_first_run_there_is_no_journal(ready: Any, tmp_path: Path) -> None:
    file = tmp_path / "b.zip"
    assert ready("backup", str(file)).code == 0
    assert read_manifest(file).journal_uuid is None
