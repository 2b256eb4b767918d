"""`qttd store copy`, and backups of a PostgreSQL store: everything goes over, or nothing is changed."""

import socket
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, insert, text

from qttd.backup import making, sides
from qttd.commands import store
from qttd.sqlite_file import snapshot
from qttd.store_schema import migrate
from store import audit
from store.copying import CopyDiffersError
from store.engine import open_engine, reading, writing
from store.files.archives import of_month as find_archive
from store.tables import role_beat
from tests.postgresql import PASSWORD, Server
from tests.qttd.archived_store import BOTH, MAY, apply
from tests.qttd.commands.test_backup import UUID, Site
from tests.qttd.commands.test_put_back import PATH, come_to_may, values
from tests.qttd.conftest import CommandLine, Done
from tests.store_rows import dump, fill

NOW = datetime(2026, 5, 30, 5, tzinfo=UTC)


class Places:
    """Stores of both kinds, of one settings file."""

    def __init__(self, qttd: CommandLine, server: Server, database: str, other: str) -> None:
        self.qttd, self.server, self.database, self.other = qttd, server, database, other
        self.file_url = f"sqlite:///{qttd.folder / 'qttd.db'}"

    def engine(self, database: str | None = None) -> Engine:
        return open_engine(self.server.url(database) if database else self.file_url)

    def run(self, *arguments: str, store: str = "") -> Done:
        """With the settings' own store, or with a database of the server's."""
        environment = {"QTTD_STORE__URL": self.server.network_url(store)} if store else {}
        return self.qttd(*arguments, QTTD_STORE__PASSWORD=PASSWORD, **environment)

    def dump(self, database: str | None = None) -> dict[str, Any]:
        """Every row but those of the audit log, where each act leaves one."""
        engine = self.engine(database)
        rows = dump(engine)
        engine.dispose()
        del rows["audit_log"]
        return rows

    def fill(self, database: str | None = None) -> None:
        engine = self.engine(database)
        migrate(engine, NOW, print)
        fill(engine)
        engine.dispose()


@pytest.fixture
def places(ready: CommandLine, postgresql: Server, database: str) -> Iterator[Places]:
    other = f"{database}_other"
    postgresql.query("postgres", f"CREATE DATABASE {other}")
    yield Places(ready, postgresql, database, other)
    postgresql.query("postgres", f"DROP DATABASE {other} WITH (FORCE)")


def test_a_department_moves_to_postgresql_and_back(places: Places) -> None:
    places.fill()
    server_url = places.server.network_url(places.database)
    done = places.run("store", "copy", "sqlite:///qttd.db", server_url, "--json")
    assert done.code == 0, done
    assert {line["table"]: line["rows"] for line in done.json()}["reading"] == 3
    assert "the same on both sides" in done.err
    assert PASSWORD not in done.err
    assert places.dump(places.database) == places.dump()
    asked = "SELECT count(*) FROM audit_log WHERE action = 'store.copy'"
    assert places.server.query(places.database, asked) == "1"
    back = places.run("store", "copy", server_url, "sqlite:///back.db")
    assert back.code == 0, back
    assert "reading" in back.out
    engine = open_engine(f"sqlite:///{places.qttd.folder / 'back.db'}")
    rows = dump(engine)
    engine.dispose()
    del rows["audit_log"]
    assert rows == places.dump()


def test_a_department_whose_month_is_in_an_archive_moves(places: Places, tmp_path: Path) -> None:
    """Reviews, settled slots, the audit log's chain, and what is only in an archive: it comes back there."""
    engine = places.engine()
    before = come_to_may(engine)
    before.make(tmp_path).close()
    whole = values(before)
    apply(before, BOTH)
    server_url = places.server.network_url(places.database)
    assert places.run("store", "copy", "sqlite:///qttd.db", server_url).code == 0
    assert places.dump(places.database) == places.dump()
    there = places.engine(places.database)
    with reading(there) as connection:
        assert audit.verify(connection, {}) == []
        assert find_archive(connection, 1, MAY)[0].readings_removed_at is not None
    done = places.run("archive", "put-back", str(tmp_path / PATH), store=places.database)
    assert done.code == 0, done
    before.engine = there
    assert values(before) == whole
    engine.dispose()
    there.dispose()


def test_a_store_that_holds_something_is_not_overwritten(places: Places) -> None:
    places.fill()
    places.fill(places.database)
    before = places.dump(places.database)
    done = places.run("store", "copy", places.file_url, places.server.network_url(places.database))
    assert done.code == 77
    assert places.dump(places.database) == before


def test_roles_at_work_on_the_source_must_end_first_and_the_doors_may_stay(places: Places) -> None:
    engine = places.engine()

    def beats(role: str, ago: timedelta, host: str = "h", pid: int = 1) -> None:
        moment = datetime.now(UTC) - ago
        row = {"host": host, "role": role, "pid": pid, "started_at": moment, "beat_at": moment}
        with writing(engine) as connection:
            connection.execute(insert(role_beat).values(row))

    with subprocess.Popen(["true"]) as ended:
        pass
    beats("api", timedelta(), socket.gethostname(), ended.pid)  # killed just now, on this very host
    beats("receive", timedelta())
    beats("forward", timedelta(minutes=1))
    beats("ingest", timedelta())
    arguments = ("store", "copy", places.file_url, places.server.network_url(places.database))
    done = places.run(*arguments)
    assert done.code == 75
    assert "ingest on h." in done.err
    with writing(engine) as connection:
        connection.execute(text("DELETE FROM role_beat WHERE role = 'ingest'"))
    engine.dispose()
    assert places.run(*arguments).code == 0


def test_a_copy_into_a_file_is_there_whole_or_not_at_all(
    places: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    places.fill(places.database)
    server_url = places.server.network_url(places.database)
    arguments = ("store", "copy", server_url, "sqlite:///back.db")
    there = places.engine(places.database)
    moment = datetime.now(UTC)
    row = {"host": "h", "role": "ingest", "pid": 1, "started_at": moment, "beat_at": moment}
    with writing(there) as connection:
        connection.execute(insert(role_beat).values(row))

    def refused(code: int, what: str) -> None:
        before = sorted(places.qttd.folder.iterdir())
        done = places.run(*arguments)
        assert (done.code, what in done.err) == (code, True), done
        assert sorted(places.qttd.folder.iterdir()) == before

    refused(75, "ingest on h.")
    with writing(there) as connection:
        connection.execute(text("DELETE FROM role_beat"))
    there.dispose()

    def differs(*_arguments: object) -> None:
        raise CopyDiffersError("reading: 3 rows were read and 2 arrived")

    with monkeypatch.context() as patch:
        patch.setattr(store, "copy_all", differs)
        refused(65, "nothing was copied")
    back = places.qttd.folder / "back.db"
    with closing(sqlite3.connect(back)) as foreign, foreign:
        foreign.execute("CREATE TABLE theirs (one)")
    refused(77, "is not empty")
    back.unlink()
    assert places.run(*arguments).code == 0
    assert back.stat().st_mode & 0o777 == 0o600
    refused(77, "is not empty")


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("sqlite:///qttd.db", "sqlite:///qttd.db"),
        ("sqlite:///qttd.db", "mysql://x/y"),
        ("sqlite:///qttd.db", "postgresql://qttd:bi-mat@127.0.0.1/x"),
    ],
)
def test_what_cannot_be_meant_is_refused(places: Places, source: str, target: str) -> None:
    done = places.run("store", "copy", source, target)
    assert done.code == 64
    assert "bi-mat" not in done.err


@pytest.mark.parametrize("to_server", [True, False])
def test_a_backup_of_postgresql_comes_back_on_either_database(
    places: Places, tmp_path: Path, to_server: bool, restored_in: Callable[[], Site]
) -> None:
    places.fill(places.database)
    before = places.dump(places.database)
    site = Site(places.qttd)
    site.make_journal(range(1, 6))
    done = places.run("backup", str(tmp_path / "b.zip"), store=places.database)
    assert done.code == 0, done
    other = restored_in()
    environment = {"QTTD_STORE__PASSWORD": PASSWORD}
    if to_server:
        environment["QTTD_STORE__URL"] = places.server.network_url(places.other)
    else:
        environment["QTTD_STORE__URL"] = places.file_url.replace("qttd.db", "new.db")
    done = other.qttd("restore", str(tmp_path / "b.zip"), **environment)
    assert done.code == 0, done
    engine = open_engine(places.server.url(places.other) if to_server else environment["QTTD_STORE__URL"])
    rows = dump(engine)
    engine.dispose()
    del rows["audit_log"]
    assert rows == before
    assert other.arrivals() == site.arrivals()
    assert (other.folder / "qttd.key").read_bytes() == (site.folder / "qttd.key").read_bytes()
    assert [name for name in other.names() if name.startswith(".")] == []
    again = other.qttd("restore", str(tmp_path / "b.zip"), **environment)
    assert again.code == 77
    assert "not empty" in again.err


def test_a_backup_of_sqlite_comes_back_on_postgresql(
    places: Places, tmp_path: Path, restored_in: Callable[[], Site]
) -> None:
    places.fill()
    assert places.run("backup", str(tmp_path / "b.zip")).code == 0
    url = places.server.network_url(places.database)
    other = restored_in()
    done = other.qttd("restore", str(tmp_path / "b.zip"), QTTD_STORE__URL=url, QTTD_STORE__PASSWORD=PASSWORD)
    assert done.code == 0, done
    assert places.dump(places.database) == places.dump()


@pytest.mark.parametrize("on_server", [True, False])
def test_a_restore_keeps_aside_what_was_there_or_puts_it_back(
    places: Places, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, on_server: bool
) -> None:
    database = places.database if on_server else ""
    places.fill(database or None)
    before = places.dump(database or None)
    backup = str(tmp_path / "b.zip")
    assert places.run("backup", backup, store=database).code == 0
    engine = places.engine(database or None)
    with writing(engine) as connection:
        connection.execute(text("UPDATE station SET name = 'moi'"))
    engine.dispose()
    newer = places.dump(database or None)
    assert newer != before

    def asides() -> list[str]:
        if not on_server:
            return [path.name for path in places.qttd.folder.glob("before-restore-*")]
        asked = "SELECT nspname FROM pg_namespace WHERE nspname LIKE 'before_restore_%'"
        return places.server.query(database, asked).split()

    def no_room(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(sides, "copy_all" if on_server else "put_in_place", no_room)
        assert places.run("restore", backup, "--aside", store=database).code == 74
    assert places.dump(database or None) == newer
    assert asides() == []

    assert places.run("restore", backup, store=database).code == 77
    done = places.run("restore", backup, "--aside", store=database)
    assert done.code == 0, done
    assert places.dump(database or None) == before
    (aside,) = asides()
    assert aside in done.err
    asked = "SELECT DISTINCT name, (SELECT count(*) FROM reading) FROM station"
    if on_server:
        kept = places.server.query(database, f"SET search_path = {aside}; {asked}")
    else:
        with closing(sqlite3.connect(places.qttd.folder / aside / "qttd.db")) as store:
            kept = "\n".join(f"{name}|{count}" for name, count in store.execute(asked))
    assert kept == "moi|3"


def test_a_damaged_store_is_set_aside_too(places: Places, tmp_path: Path) -> None:
    places.fill()
    before = places.dump()
    assert places.run("backup", str(tmp_path / "b.zip")).code == 0
    (places.qttd.folder / "qttd.db").write_bytes(b"no database" * 1000)
    assert places.run("restore", str(tmp_path / "b.zip"), "--aside").code == 0
    assert places.dump() == before


def test_what_comes_during_a_backup_of_postgresql_is_in_its_journal(
    places: Places, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The store is looked at first: what it takes after that, the journal's copy has."""
    places.run("migrate", store=places.database)
    site = Site(places.qttd)
    site.make_journal(range(1, 4))
    moved = f"INSERT INTO ingest_position VALUES ('{UUID}', 4, now())"  # noqa: S608 - our own constant

    def taken_meanwhile(path: Path) -> Any:
        with closing(sqlite3.connect(path)) as journal, journal:
            journal.execute(
                "INSERT INTO arrival SELECT 4, account, folder, '4.txt', size, sha256, arrived_at, peer,"
                " door, fate, content FROM arrival WHERE id = 3"
            )
        places.server.query(places.database, moved)
        return snapshot(path)

    monkeypatch.setattr(making, "snapshot", taken_meanwhile)
    done = places.run("backup", str(tmp_path / "b.zip"), store=places.database)
    assert done.code == 0, done
    assert "0 files of the ledger and 4 to be read yet" in done.err


def test_a_server_that_does_not_answer_is_told(places: Places, tmp_path: Path) -> None:
    done = places.qttd(
        "backup", str(tmp_path / "b.zip"), QTTD_STORE__URL="postgresql://nobody@127.0.0.1:1/none"
    )
    assert done.code == 69
    assert not (tmp_path / "b.zip").exists()


@pytest.fixture
def restored_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[[], Site]:
    """Goes to an empty folder on another machine."""

    def go() -> Site:
        folder = tmp_path / "elsewhere"
        folder.mkdir()
        return Site(CommandLine(folder, monkeypatch, capsys))

    return go
