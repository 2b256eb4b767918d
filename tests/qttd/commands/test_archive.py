"""`qttd archive`: a month of a station in one file, the same bytes each time; no damage goes unnoticed."""

import csv
import hashlib
import io
import json
import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from qttd.archive.book import read_manifest, verify
from qttd.archive.making import make_archive
from qttd.errors import BadDataError, NotAllowedError
from store.engine import open_engine, reading
from store.files.archive_view import ArchivedStation, archived_stations
from tests.qttd.archived_store import ACT, CODE, Store
from tests.qttd.conftest import CommandLine


@pytest.fixture
def store(engine: Engine) -> Store:
    store = Store(engine)
    store.measured("20260501000000")
    store.measured("20260531235500", "6.5")
    store.measured("20260531235500", "9.5")  # a second value: kept beside the first
    store.measured("20260430235500")
    store.measured("20260601000000")
    return store


def rows(archive: zipfile.ZipFile, name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(archive.read(name).decode("utf-8-sig"))))


def test_a_month_of_vietnam_is_in_it_whole_and_nothing_else(store: Store, tmp_path: Path) -> None:
    with store.make(tmp_path) as archive:
        readings = rows(archive, "readings.csv")
        assert [(row["measured_at"], row["parameter"], row["text"], row["value"]) for row in readings] == [
            ("2026-05-01T00:00:00+07:00", "COD", "---", ""),
            ("2026-05-01T00:00:00+07:00", "pH", "7.12", "7.12"),
            ("2026-05-31T23:55:00+07:00", "COD", "---", ""),
            ("2026-05-31T23:55:00+07:00", "pH", "6.5", "6.5"),
        ]
        assert {row["valid"] for row in readings} == {"true", "false"}
        assert [(row["parameter"], row["text"]) for row in rows(archive, "other_values.csv")] == [
            ("pH", "9.5")
        ]
        ledger = rows(archive, "files.csv")
        assert [row["state"] for row in ledger] == ["accepted", "accepted", "partial"]
        assert ledger[0]["received_at"] == "2026-06-30T12:00:00.001+07:00"
        for row in ledger:
            content = archive.read(row["member"])
            assert hashlib.sha256(content).hexdigest() == row["sha256"]
        assert archive.read(ledger[1]["member"]).startswith(b"pH\t6.5\t\t20260531235500\t00\r\n")
        manifest = json.loads(archive.read("manifest.json"))
    assert (manifest["station"], manifest["name"], manifest["month"]) == (CODE, "Trạm Thu Bồn", "2026-05")
    assert (manifest["files"], manifest["readings"], manifest["other_values"]) == (3, 4, 1)
    assert [path.name for path in tmp_path.glob("*.zip")] == [f"{CODE}_2026-05.zip"]
    assert not list(tmp_path.glob(".*zip*"))


def test_the_same_store_gives_the_same_bytes(store: Store, tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        store.make(tmp_path / name).close()
    first, second = ((tmp_path / name / f"{CODE}_2026-05.zip").read_bytes() for name in ("a", "b"))
    assert first == second


def test_an_archive_that_would_say_something_else_is_not_overwritten(store: Store, tmp_path: Path) -> None:
    store.make(tmp_path).close()
    before = (tmp_path / f"{CODE}_2026-05.zip").read_bytes()
    store.make(tmp_path).close()  # the same again
    store.measured("20260515101500")
    with pytest.raises(NotAllowedError, match="--force"):
        store.make(tmp_path)
    assert (tmp_path / f"{CODE}_2026-05.zip").read_bytes() == before
    store.make(tmp_path, force=True).close()
    assert verify(tmp_path / f"{CODE}_2026-05.zip").files == 4


def test_files_of_no_station_are_archived_by_their_arrival(store: Store, tmp_path: Path) -> None:
    store.take("rác.txt", b"\x00\x01\x02", "b")
    made = make_archive(store.engine, None, date(2026, 6, 1), tmp_path, ACT, force=False)
    assert made is not None
    assert (made.path.name, made.manifest.station, made.manifest.files) == (
        "without-station_2026-06.zip",
        None,
        1,
    )


def test_a_month_without_anything_makes_no_file(store: Store, tmp_path: Path) -> None:
    with reading(store.engine) as connection:
        (station,) = archived_stations(connection)
    assert make_archive(store.engine, station, date(2020, 1, 1), tmp_path, ACT, force=False) is None
    assert list(tmp_path.glob("*.zip")) == []


@pytest.fixture
def archive(ready: CommandLine) -> Path:
    """Made as typed."""
    engine = open_engine(f"sqlite:///{ready.folder / 'qttd.db'}")
    store = Store(engine)
    store.measured("20260501000000")
    engine.dispose()
    done = ready("archive", "make", str(ready.folder), "--station", CODE.lower(), "--month", "2026-05")
    assert done.code == 0, done
    file = ready.folder / f"{CODE}_2026-05.zip"
    assert done.out == f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file}\n"
    return file


def test_as_typed(archive: Path, ready: CommandLine) -> None:
    done = ready("archive", "make", str(ready.folder), "--station", "all", "--month", "2026-05")
    assert done.code == 0
    assert "as it was" in done.err
    assert "without-station 2026-05: nothing" in done.err
    (line,) = ready("archive", "list", "--json").json()
    assert (line["station"], line["month"], line["files"], line["readings"]) == (CODE, "2026-05", 1, 2)
    assert (line["part"], line["damage"], line["came_since"], line["removed_files"]) == (1, None, 0, 0)
    assert (line["path"], line["sha256"]) == (str(archive), hashlib.sha256(archive.read_bytes()).hexdigest())
    assert CODE in ready("archive", "list").out
    assert ready("archive", "verify", str(archive)).code == 0
    engine = open_engine(f"sqlite:///{ready.folder / 'qttd.db'}")
    with reading(engine) as connection:
        query = text("SELECT count(*) FROM audit_log WHERE action = 'archive.make'")
        assert connection.scalar(query) == 1
    engine.dispose()


@pytest.mark.parametrize(
    ("month", "station", "code"), [("2999-01", CODE, 64), ("2026-13", CODE, 64), ("2026-05", "KHAC", 65)]
)
def test_what_cannot_be_archived_is_refused(ready: CommandLine, month: str, station: str, code: int) -> None:
    assert ready("archive", "make", str(ready.folder), "--station", station, "--month", month).code == code


def rewritten(path: Path, change: Callable[[dict[str, bytes]], None]) -> None:
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    change(members)
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)


@pytest.mark.parametrize(
    "what", ["a byte", "a member less", "a member more", "its hash too", "cut", "no zip"]
)
def test_no_change_goes_unnoticed(archive: Path, ready: CommandLine, what: str) -> None:
    def change(members: dict[str, bytes]) -> None:
        (name,) = (name for name in members if name.startswith("files/"))
        if what == "a member more":
            members["files/2_x.txt"] = b"x"
        elif what == "a member less":
            del members[name]
        else:
            members[name] = members[name].replace(b"7.12", b"7.13")
        if what == "its hash too":
            # files.csv has it as well, and the audit log the hash of the whole
            manifest = json.loads(members["manifest.json"])
            manifest["members"][name]["sha256"] = hashlib.sha256(members[name]).hexdigest()
            members["manifest.json"] = json.dumps(manifest).encode()

    if what == "cut":
        archive.write_bytes(archive.read_bytes()[:-100])
    elif what == "no zip":
        archive.write_bytes(b"x" * 1000)
    else:
        rewritten(archive, change)
    done = ready("archive", "verify", str(archive))
    assert done.code == 65
    assert str(archive) in done.err


def test_another_zip_is_no_archive(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr("manifest.json", '{"format": "qttd-backup"}')
    with pytest.raises(BadDataError, match="no month archive"):
        read_manifest(tmp_path / "x.zip")


def test_stations_stand_in_order_of_their_codes(store: Store) -> None:
    with reading(store.engine) as connection:
        assert archived_stations(connection) == [ArchivedStation(1, CODE, "Trạm Thu Bồn")]
